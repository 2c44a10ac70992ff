#include "nginx/rules_shared.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "nginx/choice.h"
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

bool is_of_name(char byte) {
  return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
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
  for (const auto& way : ways_from(from))
    for (const auto* location : sites.locations)
      if (location != &from && location->server == from.server && may_lead(way, *location))
        result.push_back({location, way.is_rewrite});
  return result;
}

bool tells_nobody(const Scope& location) {
  const auto* pass = find_pass(location);
  if (!pass) return false;
  const Directive* last = nullptr;
  for (const auto* said : in_force(location, {list_of(*pass)}))
    if (is_identity(said->argument())) last = said;
  return last && last->argument(1).empty();
}

bool has_variable(std::string_view text, std::string_view variable) {
  const auto braced = "${" + std::string(variable.substr(1)) + "}";
  if (text.find(braced) != std::string_view::npos) return true;
  for (auto at = text.find(variable); at != std::string_view::npos; at = text.find(variable, at + 1))
    if (const auto end = at + variable.size(); end == text.size() || !is_of_name(text[end])) return true;
  return false;
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> result;
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    const auto begin = at + 1 < text.size() && text[at + 1] == '{' ? at + 2 : at + 1;
    auto end = begin;
    while (end < text.size() && is_of_name(text[end])) ++end;
    result.push_back("$" + std::string(text.substr(begin, end - begin)));
  }
  return result;
}

bool is_of_client(std::string_view value) {
  const auto variables = variables_in(value);
  return std::any_of(variables.begin(), variables.end(), [](std::string_view name) {
    return name.starts_with("$http_") || name.starts_with("$arg_") || name.starts_with("$cookie_");
  });
}

std::string quoted(const Directive& directive) {
  std::string text = "`";
  for (const auto word : directive.words) text.append(text.size() > 1 ? " " : "").append(word);
  return text + "`";
}

bool is_identity(std::string_view name) {
  constexpr std::array<std::string_view, 6> kParts{"user",  "group",       "role",
                                                   "email", "remote-name", "auth-name"};
  const auto plain = plain_name(name);
  return plain != "user-agent" && std::any_of(kParts.begin(), kParts.end(), [&plain](auto part) {
           return plain.find(part) != std::string::npos;
         });
}

}  // namespace nginx::rules
