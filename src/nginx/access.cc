#include "nginx/access.h"

#include <algorithm>

#include "nginx/guard.h"
#include "nginx/ways.h"

namespace nginx {
namespace {

bool fits_all(std::string_view regex) {
  static const auto all = Pattern::of_prefix("/");
  const auto pattern = Pattern::of_regex(regex, false);
  return pattern.is_exact() && !may_fit({&all}, {&pattern});
}

/// Whether requests that the rule fits are served by what they have become.
bool ends_rules(const Scope& scope, const Directive& rule) {
  const auto flag = rule.name() == "rewrite" ? rule.argument(2) : rule.name();
  return flag == "break" || (flag == "last" && scope.is_server());
}

/// A server goes on with what a rewrite makes of a request.
bool leads_all_away(const Scope& scope, const Directive& rule) {
  if (rule.name() != "rewrite" || !fits_all(rule.argument())) return false;
  const auto flag = rule.argument(2);
  return !scope.is_server() || flag == "redirect" || flag == "permanent" ||
         rule.argument(1).find("://") != std::string_view::npos;
}

/// Whether the rules of the block, in their order, leave no request to be served there.
bool answers_all(const Scope& scope) {
  const auto ends = [&scope](const auto& rule) { return ends_rules(scope, rule); };
  for (const auto& rule : scope.block->children) {
    if (is_part(rule.written.file)) continue;
    if (rule.name() == "return") return true;
    if (ends(rule) || (rule.name() == "if" && std::any_of(rule.children.begin(), rule.children.end(), ends)))
      return false;
    if (leads_all_away(scope, rule)) return true;
  }
  return false;
}

/// The first rule that fits counts.
bool denies_all(const Scope& scope) {
  const auto rules = in_force(scope, {"allow", "deny"});
  const auto first = std::find_if(rules.begin(), rules.end(), [](const auto* rule) {
    return rule->name() == "allow" || rule->argument() == "all";
  });
  return first != rules.end() && (*first)->name() == "deny" &&
         value_in_force(scope, "satisfy", "all") != "any";
}

/// Whether strangers whose requests are in the block can take the way.
bool is_open(const Sites& sites, const Scope& from, const Way& way) {
  return way.is_early || (admits(sites, from) == Admits::everybody && !serves_nothing(from));
}

bool leads_strangers(const Sites& sites, const Scope& from, const Scope& to) {
  if (&from == &to || from.server != to.server) return false;
  const auto ways = ways_from(sites, from);
  return std::any_of(ways.begin(), ways.end(),
                     [&](const auto& way) { return is_open(sites, from, way) && may_lead(way, to); });
}

}  // namespace

Admits admits(const Sites& sites, const Scope& scope) {
  const auto guard = guard_of(sites, scope);
  if (guard == Guard::other) return Admits::unknown;
  if (guard == Guard::none || question_of(scope) == "sessiond/verify-optional") return Admits::everybody;
  return group_of(scope).empty() ? Admits::users : Admits::members;
}

bool keeps_out(const Sites& sites, const Scope& scope, const Scope& other) {
  const auto mine = admits(sites, scope);
  return mine != Admits::unknown && mine < admits(sites, other);
}

bool serves_nothing(const Scope& scope) {
  return (scope.server != nullptr && answers_all(*scope.server)) || answers_all(scope) || denies_all(scope);
}

bool is_closed(const Sites& sites, const Scope& scope) {
  return serves_nothing(scope) || (is_internal(scope) && !sites.reached.contains(&scope));
}

bool is_internal(const Scope& location) {
  return !own(location, {"internal"}).empty();
}

std::set<const Scope*> find_reached(const Sites& sites) {
  std::vector<const Scope*> internal, open = sites.servers;
  for (const auto* location : sites.locations)
    (is_internal(*location) && is_of_site(*location) ? internal : open).push_back(location);
  std::set<const Scope*> reached;
  while (!open.empty() && reached.size() < internal.size()) {
    const auto* from = open.back();
    open.pop_back();
    for (const auto* location : internal)
      if (!reached.contains(location) && leads_strangers(sites, *from, *location)) {
        reached.insert(location);
        open.push_back(location);
      }
  }
  return reached;
}

}  // namespace nginx
