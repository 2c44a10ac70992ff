// What a client could choose by what he sends: docs/nginx.md, N33, N34, N36 and N37.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.h"
#include "nginx/guard.h"
#include "nginx/listens.h"
#include "nginx/origins.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"
#include "nginx/symbols.h"

namespace nginx::rules {
namespace {

constexpr std::array<std::string_view, 4> kDecoded{"$uri", "$document_uri", "$fastcgi_script_name",
                                                   "$fastcgi_path_info"};
/// What in a regular expression fits a line break, though nobody means it.
constexpr std::array<std::string_view, 6> kFitBreaks{"[^", "\\s", "\\W", "\\D", "\\H", "(?s"};
/// The headers that count for an application behind the guard, also by a way that is open on purpose.
Directives headers_of(const Sites& sites, const Scope& location) {
  const bool counts = is_of_site(location) && (guard_of(sites, location) == Guard::own ||
                                               has_open_include(location) || tells_nobody(location));
  return counts ? in_force(location, {"proxy_set_header"}) : Directives{};
}

void note_passed(const Sites& sites, const Note& note, std::string_view name, std::string_view variable) {
  for (const auto* location : sites.locations)
    for (const auto* said : headers_of(sites, *location))
      if (base::equals_ignoring_case(said->argument(), name) && has_variable(said->argument(1), variable))
        note(said->at,
             quoted(*said) + " counts in " +
                 (is_guarded(sites, *location) ? "a guarded location" : "an open way to its application"));
}

bool fits_break(std::string_view regex) {
  return std::any_of(kFitBreaks.begin(), kFitBreaks.end(),
                     [regex](auto part) { return regex.find(part) != std::string_view::npos; });
}

/// The regular expressions that give the location its $1.
std::vector<std::string_view> regexes_of(const Scope& location) {
  std::vector<std::string_view> result;
  if (location.is_regex()) result.push_back(location.path());
  for (const auto* rewrite : own_and_within(location, {"rewrite"})) result.push_back(rewrite->argument());
  return result;
}

bool is_capture_of(std::string_view variable, std::string_view regex) {
  const auto name = std::string(variable.substr(1));
  const bool is_number = name.size() == 1 && name >= "1" && name <= "9";
  return is_number || regex.find("?<" + name + ">") != std::string_view::npos ||
         regex.find("?P<" + name + ">") != std::string_view::npos;
}

/// Whether the variable has a part of the decoded path in which a line break can be.
bool may_break(const Scope& location, std::string_view variable) {
  if (std::find(kDecoded.begin(), kDecoded.end(), variable) != kDecoded.end()) return true;
  const auto regexes = regexes_of(location);
  return std::any_of(regexes.begin(), regexes.end(),
                     [variable](auto regex) { return fits_break(regex) && is_capture_of(variable, regex); });
}

bool has_breaking(const Scope& location, std::string_view value) {
  const auto variables = variables_in(value);
  return std::any_of(variables.begin(), variables.end(),
                     [&](const auto& variable) { return may_break(location, variable); });
}

/// Whether a name of the server has the variable in its regular expression, as `(?<team>...)`.
bool is_of_name(const Scope& server, std::string_view variable) {
  const auto names = own(server, {"server_name"});
  return std::any_of(names.begin(), names.end(), [variable](const auto* said) {
    return std::any_of(said->words.begin(), said->words.end(), [variable](auto word) {
      return word.starts_with('~') && is_capture_of(variable, word);
    });
  });
}

/// Whether one of the variables is made of the host, for which a client may say anything: the default server
/// gets what fits no name.
bool is_of_any_host(const Sites& sites, const Scope& scope, const std::set<std::string>& variables) {
  if (!scope.server || !is_default_server(sites, *scope.server)) return false;
  return std::any_of(variables.begin(), variables.end(), [&scope](const auto& variable) {
    const bool is_named = variable.size() > 1 && !is_digit(variable[1]);
    return variable == "$host" || (is_named && is_of_name(*scope.server, variable));
  });
}

bool copies(const Scope& location) {
  const auto methods = in_force(location, {"dav_methods"});
  return std::any_of(methods.begin(), methods.end(), [](const auto* said) {
    return std::any_of(said->words.begin(), said->words.end(),
                       [](auto word) { return word == "COPY" || word == "MOVE"; });
  });
}

bool has_neighbour(const Sites& sites, const Scope& location) {
  return std::any_of(sites.locations.begin(), sites.locations.end(), [&](const auto* other) {
    return other != &location && other->server == location.server && is_of_site(*other);
  });
}

}  // namespace

void find_passed_upgrade(const Sites& sites, const Note& note) {
  note_passed(sites, note, "Upgrade", "$http_upgrade");
}

void find_passed_connection(const Sites& sites, const Note& note) {
  note_passed(sites, note, "Connection", "$http_connection");
}

void find_decoded_path(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    if (!is_of_site(*location) || !(is_guarded(sites, *location) || tells_nobody(*location))) continue;
    for (const auto* pass : own_and_within(*location, {"proxy_pass"}))
      if (has_breaking(*location, pass->argument())) note(pass->at, quoted(*pass));
    for (const auto* said : in_force(*location, {"proxy_set_header"}))
      if (!is_part(said->written.file) && has_breaking(*location, said->argument(1)))
        note(said->at, quoted(*said));
  }
}

void find_dav_destination(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && is_guarded(sites, *location) && copies(*location) &&
        has_neighbour(sites, *location))
      note(location->block->at,
           "`dav_methods` with COPY or MOVE in the guarded location " + std::string(location->path()));
}

void find_chosen_group(const Sites& sites, const Note& note) {
  for (const auto& scope : sites.scopes)
    for (const auto& setting : settings_of(scope)) {
      if (setting.set->argument() != "$required_group") continue;
      const auto origins = origins_of(sites, scope, setting);
      if (is_of_client(origins) || is_of_any_host(sites, scope, origins))
        note(setting.set->at, quoted(*setting.set));
    }
}

}  // namespace nginx::rules
