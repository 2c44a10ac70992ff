// Locations that lack the include: docs/nginx.md, N16 to N18.
#include <algorithm>

#include "nginx/access.h"
#include "nginx/choice.h"
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
  return is_of_site(location) && guard_of(sites, location) == Guard::none && !has_open_include(location) &&
         !is_closed(sites, location);
}

/// The guarded location from which this one takes requests; null for none.
const Scope* find_owner(const Sites& sites, const Scope& location) {
  const auto& list = sites.locations;
  const auto owner = std::find_if(list.begin(), list.end(), [&](const auto* guarded) {
    return is_of_site(*guarded) && is_guarded(sites, *guarded) && takes(location, *guarded);
  });
  return owner == list.end() ? nullptr : *owner;
}

/// Whether a program that is told its user by parameters serves there, such as PHP.
bool runs_scripts(const Scope& location) {
  const auto* pass = find_pass(location);
  return pass && list_of(*pass).ends_with("_param");
}

void note_bare(const Sites& sites, const Note& note, bool scripts) {
  for (const auto* location : sites.locations) {
    if (runs_scripts(*location) != scripts || !is_bare(sites, *location) || tells_nobody(*location)) continue;
    if (const auto* owner = find_owner(sites, *location))
      note(location->block->at, "the location " + std::string(location->path()) +
                                    " has no include, and takes requests from " + std::string(owner->path()));
  }
}

/// Whether the location itself says that it is open to all who can come there by another's path.
bool is_open_to_all(const Sites& sites, const Scope& location) {
  return is_of_site(location) && (has_own_guard(location) || has_open_include(location)) &&
         admits(sites, location) == Admits::everybody && !is_closed(sites, location);
}

/// Whether the guarded location loses requests to one for all. One whose paths are all the guarded one's is
/// so on purpose.
bool loses_to(const Sites& sites, const Scope& guarded, const Scope& open) {
  return is_of_site(guarded) && keeps_out(sites, guarded, open) && takes(open, guarded) &&
         !lies_within(open, guarded);
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
        !is_closed(sites, *location))
      note(location->block->at, within(*location) + " has no include of its own");
  }
}

void find_nested_list(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto* pass = find_pass(*location);
    if (!pass || has_own_guard(*location) || guard_of(sites, *location) != Guard::own) continue;
    if (!is_of_site(*location) || is_closed(sites, *location)) continue;
    if (const auto* lender = find_lender(*location); lender && group_of(*lender).empty()) continue;
    if (!own(*location, {list_of(*pass)}).empty())
      note(location->block->at, within(*location) + " inherits the guard, and has a `" +
                                    std::string(list_of(*pass)) + "` of its own");
  }
}

/// What nobody reaches but by nginx itself. A page for errors may be there without the include.
void find_bare_named(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    if (!is_guarded(sites, *location) || !is_of_site(*location)) continue;
    for (const auto& [target, is_of_rewrite] : targets_of(sites, *location)) {
      const bool counts = target->is_named() || find_pass(*target) || (is_internal(*target) && is_of_rewrite);
      if (counts && is_of_site(*target) && guard_of(sites, *target) == Guard::none &&
          !has_open_include(*target) && !serves_nothing(*target))
        note(target->block->at, "the location " + std::string(target->path()) +
                                    ", to which the guarded location " + std::string(location->path()) +
                                    " leads, has no include");
    }
  }
}

void find_better_script(const Sites& sites, const Note& note) {
  note_bare(sites, note, true);
}

void find_better_files(const Sites& sites, const Note& note) {
  note_bare(sites, note, false);
}

void find_optional_way(const Sites& sites, const Note& note) {
  for (const auto* open : sites.locations) {
    if (!is_open_to_all(sites, *open)) continue;
    for (const auto* guarded : sites.locations)
      if (loses_to(sites, *guarded, *open)) {
        note(open->block->at, "the location " + std::string(open->path()) +
                                  ", which is open to all, takes requests from " +
                                  std::string(guarded->path()));
        break;
      }
  }
  for (const auto* guarded : sites.locations)
    if (is_of_site(*guarded))
      for (const auto& [target, is_of_rewrite] : targets_of(sites, *guarded))
        if (is_open_to_all(sites, *target) && keeps_out(sites, *guarded, *target))
          note(target->block->at, "the location " + std::string(target->path()) +
                                      ", which is open to all, gets the requests of " +
                                      std::string(guarded->path()));
}

void find_switched_off(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    for (const auto* off : own(*location, {"auth_request"}))
      if (off->argument() == "off" && guard_of(sites, *location->outer) == Guard::own &&
          !is_closed(sites, *location) && !tells_nobody(*location) && !has_open_include(*location))
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
