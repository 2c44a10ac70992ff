// Locations that lack the include: docs/nginx.md, N16 to N18.
#include <algorithm>

#include "nginx/guard.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

/// The location around this one from which it has the guard's question; null where it has the include itself,
/// where a server has it, and where there is no question.
const Scope* find_lender(const Scope& location) {
  if (!question_of(location).starts_with("sessiond/verify")) return nullptr;
  for (const auto* at = &location; at != nullptr && !at->is_server(); at = at->outer)
    if (has_own_guard(*at)) return at == &location ? nullptr : at;
  return nullptr;
}

bool is_bare(const Sites& sites, const Scope& location) {
  return is_of_site(location) && guard_of(sites, location) == Guard::none && !is_closed(location);
}

/// Whether requests that a guarded location of the server would get can fit the regular expression.
bool takes_from_guarded(const Sites& sites, const Scope& location) {
  return std::any_of(sites.locations.begin(), sites.locations.end(), [&](const auto* guarded) {
    return is_guarded(sites, *guarded) && is_of_site(*guarded) && takes_from(location, *guarded);
  });
}

/// Whether it refuses the methods that it does not name, which needs nothing of the location.
bool denies_only(const Directive& limit) {
  return limit.children.size() == 1 && limit.children.front().name() == "deny" &&
         limit.children.front().argument() == "all";
}

std::string within(const Scope& location) {
  return "the location " + std::string(location.path()) + " within " + std::string(location.outer->path());
}

}  // namespace

void find_bare_nested(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto* lender = find_lender(*location);
    if (lender && !question_of(*location).starts_with("sessiond/verify/") && is_of_site(*location) &&
        !is_closed(*location))
      note(location->block->at, within(*location) + " has no include of its own");
  }
}

void find_nested_list(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto* pass = find_pass(*location);
    if (!pass || has_own_guard(*location) || guard_of(sites, *location) != Guard::own) continue;
    if (!is_of_site(*location) || is_closed(*location)) continue;
    if (const auto* lender = find_lender(*location); lender && group_of(*lender).empty()) continue;
    if (!own(*location, {list_of(*pass)}).empty())
      note(location->block->at, within(*location) + " inherits the guard, and has a `" +
                                    std::string(list_of(*pass)) + "` of its own");
  }
}

void find_bare_named(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (is_guarded(sites, *location) && is_of_site(*location))
      for (const auto* target : named_targets(sites, *location))
        if (is_bare(sites, *target))
          note(target->block->at, "the location " + std::string(target->path()) +
                                      ", to which the guarded location " + std::string(location->path()) +
                                      " leads, has no include");
}

void find_better_script(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto* pass = find_pass(*location);
    if (!pass || !list_of(*pass).ends_with("_param") || tells_nobody(*location)) continue;
    if (location->is_regex() && is_bare(sites, *location) && takes_from_guarded(sites, *location))
      note(location->block->at, "the location " + std::string(location->path()) + " has no include");
  }
}

void find_better_files(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto* pass = find_pass(*location);
    if (pass && (list_of(*pass).ends_with("_param") || tells_nobody(*location))) continue;
    if (location->is_regex() && is_bare(sites, *location) && takes_from_guarded(sites, *location))
      note(location->block->at, "the location " + std::string(location->path()) + " has no include");
  }
}

void find_switched_off(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    for (const auto* off : own(*location, {"auth_request"}))
      if (off->argument() == "off" && guard_of(sites, *location->outer) == Guard::own &&
          !is_closed(*location) && !tells_nobody(*location))
        note(off->at, "`auth_request off` in the location " + std::string(location->path()));
}

void find_limit_except(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (guard_of(sites, *location) == Guard::own)
      for (const auto* limit : own(*location, {"limit_except"}))
        if (!denies_only(*limit))
          note(limit->at, "`limit_except` in the guarded location " + std::string(location->path()));
}

}  // namespace nginx::rules
