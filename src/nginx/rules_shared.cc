#include "nginx/rules_shared.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "nginx/choice.h"
#include "nginx/guard.h"
#include "nginx/origins.h"
#include "nginx/ways.h"

namespace nginx::rules {
namespace {

/// The name of a header without the `HTTP_` of a parameter, in lower case and with `-`.
std::string plain_name(std::string_view name) {
  auto plain = base::to_lower(name);
  if (plain.starts_with("http_")) plain.erase(0, 5);
  std::replace(plain.begin(), plain.end(), '_', '-');
  return plain;
}

/// What is said last under this name in a list.
std::string_view last_said(const Directives& list, std::string_view name) {
  std::string_view value = "-";
  for (const auto* said : list)
    if (plain_name(said->argument()) == plain_name(name)) value = said->argument(1);
  return value;
}

/// Whether the regular expression, in a location for scripts, fits a path that goes on behind a script's
/// (`/a.php/b.php`), whose location compares the whole path and so does not get it.
bool reaches_script(const Scope& regex, const Scope& script) {
  if (regex.outer != script.outer || !regex.is_regex() || script.modifier() != "=") return false;
  const auto* pass = find_pass(regex);
  if (!pass || !list_of(*pass).ends_with("_param") || !script.path().ends_with(".php")) return false;
  const auto behind = Pattern::of_prefix(std::string(script.path()) + "/");
  return may_fit({&regex.pattern, &behind});
}

}  // namespace

bool takes(const Scope& taker, const Scope& owner) {
  return may_take(taker, owner) || reaches_script(taker, owner);
}

std::vector<Target> targets_of(const Sites& sites, const Scope& from) {
  std::vector<Target> result;
  for (const auto& way : ways_from(sites, from))
    for (const auto* location : sites.locations)
      if (location != &from && location->server == from.server && may_lead(way, *location))
        result.push_back({location, way.is_rewrite});
  return result;
}

/// The names by which guard.conf tells who is signed in.
bool tells_nobody(const Scope& location) {
  constexpr std::array<std::string_view, 6> kHeaders{
      "Remote-User",         "Remote-Name",           "Remote-Groups",
      "X-Auth-Request-User", "X-Auth-Request-Groups", "X-Auth-Request-Preferred-Username"};
  const auto* pass = find_pass(location);
  if (!pass) return false;
  const auto list = in_force(location, {list_of(*pass)});
  if (list_of(*pass).ends_with("_param")) return last_said(list, "REMOTE_USER").empty();
  return std::all_of(kHeaders.begin(), kHeaders.end(),
                     [&list](auto name) { return last_said(list, name).empty(); });
}

bool passes_cookies(const Sites& sites, const Scope& location) {
  const auto* pass = find_pass(location);
  if (!pass) return false;
  const auto kind = std::string(pass->name().substr(0, pass->name().rfind('_')));
  bool is_said = value_in_force(location, kind + "_pass_request_headers", "on") == "off";
  for (const auto* said : in_force(location, {list_of(*pass)})) {
    if (plain_name(said->argument()) != "cookie") continue;
    if (origins_of(sites, location, said->argument(1), Follow::content).contains("$http_cookie")) return true;
    is_said = true;
  }
  return !is_said;
}

bool is_told_by_variable(std::string_view variable) {
  constexpr std::array<std::string_view, 5> kTold{"$sessiond_user", "$sessiond_name", "$sessiond_groups",
                                                  "$sessiond_cookies", "$sessiond_authorization"};
  return std::find(kTold.begin(), kTold.end(), variable) != kTold.end();
}

Directives said_beside(const Scope& location) {
  auto result = beside_guard(
      location, {"proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param", "scgi_param"});
  for (const auto* said : beside_guard(location, {"auth_request_set"}))
    if (is_told_by_variable(said->argument())) result.push_back(said);
  return result;
}

std::string quoted(const Directive& directive) {
  std::string text = "`";
  for (const auto word : directive.words) text.append(text.size() > 1 ? " " : "").append(word);
  return text + "`";
}

bool is_identity(std::string_view name) {
  constexpr std::array<std::string_view, 14> kEnds{"user",     "users", "user-id",     "user-name", "userid",
                                                   "username", "login", "group",       "groups",    "role",
                                                   "roles",    "email", "remote-name", "auth-name"};
  const auto plain = plain_name(name);
  return std::any_of(kEnds.begin(), kEnds.end(), [&plain](auto end) { return plain.ends_with(end); });
}

}  // namespace nginx::rules
