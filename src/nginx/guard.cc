#include "nginx/guard.h"

#include <algorithm>
#include <array>

#include "nginx/origins.h"

namespace nginx {
namespace {

constexpr std::string_view kQuestion = "sessiond/verify";

constexpr std::array<std::string_view, 14> kParts{
    "http.conf",         "proxies.conf", "routes.conf",  "problems-map.conf", "guard-map.conf",
    "server.conf",       "headers.conf", "fastcgi.conf", "problems.conf",     "guard-location.conf",
    "guard-answer.conf", "guard.conf",   "open.conf",    "open-map.conf"};

/// The include's question in the block itself; null without one.
const Directive* find_own_question(const Scope& scope) {
  for (const auto* directive : own(scope, {"auth_request"}))
    if (directive->argument().starts_with(kQuestion)) return directive;
  return nullptr;
}

bool asks_verify(const Sites& sites, const Scope& server, std::string_view question) {
  const auto* location = find_location(sites, server, question);
  const auto* pass = location ? find_pass(*location) : nullptr;
  if (!pass) return false;
  const auto targets = values_of(sites, *location, pass->argument());
  return std::any_of(targets.begin(), targets.end(),
                     [](const auto& target) { return target.ends_with("/verify"); });
}

Directives between(const Scope& scope, Names names, std::size_t begin, std::size_t end) {
  const auto& children = scope.block->children;
  Directives result;
  for (auto i = begin; i < end; ++i)
    if (std::find(names.begin(), names.end(), children[i].name()) != names.end())
      result.push_back(&children[i]);
  return result;
}

std::string_view last_value(const Directives& sets, std::string_view variable) {
  std::string_view value;
  for (const auto* set : sets)
    if (set->argument(0) == variable) value = set->argument(1);
  return value;
}

}  // namespace

std::string_view question_of(const Scope& scope) {
  const auto question = value_in_force(scope, "auth_request", "off");
  return question == "off" ? std::string_view{} : question;
}

Guard guard_of(const Sites& sites, const Scope& scope) {
  const auto question = question_of(scope);
  if (question.empty()) return Guard::none;
  if (question.starts_with(kQuestion)) return Guard::own;
  return scope.server && asks_verify(sites, *scope.server, question) ? Guard::gateway : Guard::other;
}

const Scope& gateway_of(const Sites& sites, const Scope& scope) {
  return *find_location(sites, *scope.server, question_of(scope));
}

bool is_guarded(const Sites& sites, const Scope& scope) {
  const auto guard = guard_of(sites, scope);
  return guard == Guard::own || guard == Guard::gateway;
}

bool has_own_guard(const Scope& scope) {
  return find_own_question(scope) != nullptr;
}

bool has_open_include(const Scope& scope) {
  return own_value(scope, "$sessiond_captured") == "$sessiond_captures";
}

bool uses_guard(const Sites& sites, const Scope& server) {
  return question_of(server).starts_with(kQuestion) ||
         std::any_of(sites.locations.begin(), sites.locations.end(), [&server](const auto* location) {
           return location->server == &server && has_own_guard(*location);
         });
}

/// The include is what stands without a gap in the file of the question, which is not the file of the block.
Range guard_range(const Scope& scope) {
  const auto& children = scope.block->children;
  const auto* question = find_own_question(scope);
  if (!question) return {};
  const auto place = static_cast<std::size_t>(question - children.data());
  Range range{place, place + 1};
  if (question->written.file == scope.block->written.file) return range;
  const auto belongs = [&](std::size_t i) { return children[i].written.file == question->written.file; };
  while (range.begin > 0 && belongs(range.begin - 1)) --range.begin;
  while (range.end < children.size() && belongs(range.end)) ++range.end;
  return range;
}

Directives before_guard(const Scope& scope, Names names) {
  return between(scope, names, 0, guard_range(scope).begin);
}

Directives after_guard(const Scope& scope, Names names) {
  return between(scope, names, guard_range(scope).end, scope.block->children.size());
}

Directives beside_guard(const Scope& scope, Names names) {
  auto result = before_guard(scope, names);
  const auto after = after_guard(scope, names);
  result.insert(result.end(), after.begin(), after.end());
  return result;
}

std::string_view group_of(const Scope& scope) {
  const auto group = last_value(beside_guard(scope, {"set"}), "$required_group");
  const auto question = question_of(scope);
  if (!group.empty() || !question.starts_with("sessiond/verify/")) return group;
  return question.substr(std::string_view("sessiond/verify/").size());
}

std::string_view own_value(const Scope& scope, std::string_view variable) {
  return last_value(has_own_guard(scope) ? before_guard(scope, {"set"}) : own(scope, {"set"}), variable);
}

bool is_part(std::string_view file) {
  const auto place = file.rfind("/sessiond/");
  if (place == std::string_view::npos) return false;
  const auto name = file.substr(place + 10);
  return name == "guard-optional.conf" || name.starts_with("group/") ||
         std::find(kParts.begin(), kParts.end(), name) != kParts.end();
}

bool is_of_site(const Scope& scope) {
  return !is_part(scope.block->written.file) && !scope.path().starts_with("sessiond/") &&
         !scope.path().starts_with("/_sessiond/") && !scope.path().starts_with("@sessiond_");
}

bool is_service(const Sites& sites, const Scope& server) {
  return find_location(sites, server, "/_sessiond/check") != nullptr;
}

}  // namespace nginx
