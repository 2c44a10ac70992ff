// What a rule is, and the functions that look for what the rules mean. Each takes the sites and notes the
// places where it finds something; its row in check.cc says what that means.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/severity.h"
#include "nginx/site.h"

namespace nginx {

/// An error is a guard that is open, or that cannot work; a warning is something that can open it, or that is
/// lost.
using base::Severity;

/// Takes the place and what stands there.
using Note = std::function<void(const Place& place, std::string what)>;

struct Rule {
  std::string_view name;
  Severity severity;
  std::string_view meaning;
  std::string_view cure;
  void (*look)(const Sites& sites, const Note& note);
};

namespace rules {

// rules_place.cc: where the includes stand.
void find_missing_http(const Sites& sites, const Note& note);
void find_missing_guard_location(const Sites& sites, const Note& note);
void find_nothing_guarded(const Sites& sites, const Note& note);
void find_late_guard_location(const Sites& sites, const Note& note);
void find_answered_question(const Sites& sites, const Note& note);
void find_late_guard(const Sites& sites, const Note& note);
void find_own_answer(const Sites& sites, const Note& note);
void find_early_error_page(const Sites& sites, const Note& note);
void find_two_versions(const Sites& sites, const Note& note);

// rules_open.cc: locations that lack the include.
void find_bare_nested(const Sites& sites, const Note& note);
void find_nested_list(const Sites& sites, const Note& note);
void find_bare_named(const Sites& sites, const Note& note);
void find_better_script(const Sites& sites, const Note& note);
void find_better_files(const Sites& sites, const Note& note);
void find_optional_way(const Sites& sites, const Note& note);
void find_switched_off(const Sites& sites, const Note& note);
void find_limit_except(const Sites& sites, const Note& note);

// rules_ways.cc: other ways to what is guarded.
void find_same_program(const Sites& sites, const Note& note);
void find_passed_session(const Sites& sites, const Note& note);
void find_same_files(const Sites& sites, const Note& note);
void find_part_of_files(const Sites& sites, const Note& note);
void find_path_above(const Sites& sites, const Note& note);
void find_open_port(const Sites& sites, const Note& note);
void find_anybodys_port(const Sites& sites, const Note& note);

// rules_say.cc: what a location says of itself.
void find_lost_group(const Sites& sites, const Note& note);
void find_better_without_group(const Sites& sites, const Note& note);
void find_wrong_group(const Sites& sites, const Note& note);
void find_misspelt(const Sites& sites, const Note& note);
void find_group_for_all(const Sites& sites, const Note& note);
void find_late_say(const Sites& sites, const Note& note);
void find_wrong_say(const Sites& sites, const Note& note);
void find_preflights_of_server(const Sites& sites, const Note& note);
void find_refused_subrequests(const Sites& sites, const Note& note);

// rules_beside.cc: what stands beside the include.
void find_satisfy_any(const Sites& sites, const Note& note);
void find_basic(const Sites& sites, const Note& note);
void find_basic_name(const Sites& sites, const Note& note);
void find_late_list(const Sites& sites, const Note& note);
void find_lost_list(const Sites& sites, const Note& note);
void find_passed_claim(const Sites& sites, const Note& note);
void find_passed_credentials(const Sites& sites, const Note& note);
void find_told_twice(const Sites& sites, const Note& note);
void find_early_words(const Sites& sites, const Note& note);
void find_early_user(const Sites& sites, const Note& note);
void find_cache(const Sites& sites, const Note& note);
void find_old_websocket(const Sites& sites, const Note& note);

// rules_client.cc: what a client could choose by what he sends.
void find_passed_upgrade(const Sites& sites, const Note& note);
void find_passed_connection(const Sites& sites, const Note& note);
void find_decoded_path(const Sites& sites, const Note& note);
void find_dav_destination(const Sites& sites, const Note& note);
void find_chosen_group(const Sites& sites, const Note& note);

// rules_limits.cc: what was not looked at to its end.
void find_not_followed(const Sites& sites, const Note& note);

// rules_server.cc: settings of servers.
void find_loose_server(const Sites& sites, const Note& note);
void find_lost_limit(const Sites& sites, const Note& note);
void find_logged_queries(const Sites& sites, const Note& note);
void find_believed_header(const Sites& sites, const Note& note);
void find_believed_strangers(const Sites& sites, const Note& note);
void find_other_header(const Sites& sites, const Note& note);
void find_idle_access(const Sites& sites, const Note& note);

}  // namespace rules
}  // namespace nginx
