// What a location says of itself to the guard: docs/nginx.md, N16, N18, N30 and "Groups".
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "nginx/access.h"
#include "nginx/guard.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

constexpr std::array<std::string_view, 3> kSaid{"$sessiond_basic", "$sessiond_bearer", "$sessiond_cors"};
/// All that a site may say to the guard by `set`.
constexpr std::array<std::string_view, 5> kKnown{"$required_group", "$sessiond_subrequests", kSaid[0],
                                                 kSaid[1], kSaid[2]};

bool is_optional(const Scope& location) {
  return question_of(location) == "sessiond/verify-optional";
}

/// Whether it has the include that lets in everybody who is signed in.
bool asks_no_group(const Scope& location) {
  return has_own_guard(location) && question_of(location) == "sessiond/verify" && group_of(location).empty();
}

bool is_list_of_groups(std::string_view text) {
  const auto groups = base::split(text, ' ');
  return text.find('$') != std::string_view::npos ||
         (!groups.empty() && std::all_of(groups.begin(), groups.end(), base::is_group));
}

/// The group for which a location around this one asks; empty for none.
std::string_view group_around(const Scope& location) {
  for (const auto* at = location.outer; at != nullptr && !at->is_server(); at = at->outer)
    if (const auto group = group_of(*at); !group.empty()) return group;
  return {};
}

std::string named(const Scope& location) {
  return "the location " + std::string(location.path());
}

bool is_said(std::string_view variable) {
  return std::find(kSaid.begin(), kSaid.end(), variable) != kSaid.end();
}

/// How many letters have to be put in, left out or changed to make one text of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto before = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = std::exchange(row[j], std::min({row[j - 1] + 1, row[j] + 1, changed}));
    }
  }
  return row.back();
}

/// Whether the variable is nothing to the guard, and looks as if it was meant for it.
bool is_slip(std::string_view variable) {
  constexpr std::size_t kMost = 2;
  if (std::ranges::find(kKnown, variable) != kKnown.end()) return false;
  if (variable.starts_with("$sessiond_")) return !is_told_by_variable(variable);
  return variable.starts_with("$require") || std::ranges::any_of(kKnown, [variable](auto known) {
           return distance(base::to_lower(variable), known) <= kMost;
         });
}

bool makes_subrequests(const Directive& directive) {
  return directive.argument() != "off" && !directive.argument().empty();
}

}  // namespace

void find_lost_group(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    if (const auto group = group_around(*location); asks_no_group(*location) && !group.empty())
      note(location->block->at,
           named(*location) + " asks for no group, and the one around it for " + std::string(group));
    if (!is_of_site(*location) || group_of(*location).empty()) continue;
    for (const auto& [target, is_of_rewrite] : targets_of(sites, *location))
      if (asks_no_group(*target) && (target->is_named() || is_internal(*target)))
        note(target->block->at, named(*target) + " asks for no group, and " + std::string(location->path()) +
                                    ", which leads to it, for " + std::string(group_of(*location)));
  }
}

void find_better_without_group(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    if (!asks_no_group(*location) || is_closed(sites, *location)) continue;
    const auto found = std::find_if(sites.locations.begin(), sites.locations.end(), [&](const auto* other) {
      return is_of_site(*other) && admits(sites, *other) == Admits::members && takes(*location, *other);
    });
    if (found != sites.locations.end())
      note(location->block->at, named(*location) + " asks for no group, and " +
                                    std::string((*found)->path()) + " for " + std::string(group_of(**found)));
  }
}

void find_wrong_group(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    for (const auto* set : own(*location, {"set"}))
      if (set->argument(0) == "$required_group" && !is_list_of_groups(set->argument(1)))
        note(set->at, "`set $required_group \"" + std::string(set->argument(1)) + "\"`");
}

void find_misspelt(const Sites& sites, const Note& note) {
  for (const auto& scope : sites.scopes)
    for (const auto* set : own_and_within(scope, {"set"}))
      if (!is_part(set->written.file) && is_slip(set->argument())) note(set->at, quoted(*set));
}

void find_group_for_all(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (is_optional(*location) && !own_value(*location, "$required_group").empty())
      note(location->block->at, named(*location) + " is open to all, and asks for a group");
}

void find_late_say(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (has_own_guard(*location))
      for (const auto* set : after_guard(*location, {"set"}))
        if (is_said(set->argument()))
          note(set->at, "`set " + std::string(set->argument()) + "` after the guard's include");
}

void find_wrong_say(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (has_own_guard(*location))
      for (const auto* set : before_guard(*location, {"set"}))
        if (is_said(set->argument()) && set->argument(1) != "pass" && !set->argument(1).empty())
          note(set->at, "`set " + std::string(set->argument(0)) + " " + std::string(set->argument(1)) + "`");
}

void find_preflights_of_server(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    if (question_of(*server).starts_with("sessiond/verify"))
      for (const auto* set : own(*server, {"set"}))
        if (set->argument() == "$sessiond_cors" && set->argument(1) == "pass")
          note(set->at, "`set $sessiond_cors pass` in a guarded server");
}

void find_refused_subrequests(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && uses_guard(sites, *location->server) && !is_closed(sites, *location) &&
        own_value(*location, "$sessiond_subrequests").empty())
      for (const auto* directive : own(*location, {"ssi", "mirror", "add_before_body", "add_after_body"}))
        if (makes_subrequests(*directive))
          note(directive->at, "`" + std::string(directive->name()) + "` in " + named(*location));
}

}  // namespace nginx::rules
