// What was not looked at to its end, because it is made of too much: docs/nginx.md, N19 and N37.
#include <algorithm>
#include <string>

#include "nginx/guard.h"
#include "nginx/origins.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

bool any_guarded(const Sites& sites) {
  return std::any_of(sites.scopes.begin(), sites.scopes.end(),
                     [&sites](const auto& scope) { return is_guarded(sites, scope); });
}

/// What other rules read the values of: where requests and files are, and where nginx leads on.
Directives read_by_value(const Scope& scope) {
  return own_and_within(scope, {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "root",
                                "alias", "try_files", "rewrite"});
}

bool has_more(const Sites& sites, const Scope& scope, const Directive& directive) {
  return std::any_of(directive.words.begin() + 1, directive.words.end(),
                     [&](auto word) { return has_more_values(sites, scope, word); });
}

}  // namespace

void find_not_followed(const Sites& sites, const Note& note) {
  if (!any_guarded(sites)) return;
  for (const auto& scope : sites.scopes) {
    if (is_part(scope.block->written.file)) continue;
    for (const auto* directive : read_by_value(scope))
      if (!is_part(directive->written.file) && has_more(sites, scope, *directive))
        note(directive->at, quoted(*directive) + " can have too many values");
    for (const auto& setting : settings_of(scope))
      if (setting.set->argument() == "$required_group" && has_more_origins(origins_of(sites, scope, setting)))
        note(setting.set->at, quoted(*setting.set) + " is made of too many variables");
    if (guard_of(sites, scope) != Guard::own) continue;
    for (const auto* said : said_beside(scope))
      if (has_more_origins(origins_of(sites, scope, said->argument(1), Follow::choice)))
        note(said->at, quoted(*said) + " is made of too many variables");
  }
}

}  // namespace nginx::rules
