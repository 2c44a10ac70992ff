// What a rule is, and the functions that look for what the rules mean. Each takes the sites and notes the
// places where it finds something; its row in nginx_check.cc says what that means.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ctl/nginx_site.h"

namespace ctl {

/// An error is a guard that is open, or that cannot work; a warning is something that can open it, or that is
/// lost.
enum class NginxSeverity { warning, error };

/// Takes the place and what stands there.
using NginxNote = std::function<void(const NginxPlace& place, std::string what)>;

struct NginxRule {
  std::string_view name;
  NginxSeverity severity;
  std::string_view meaning;
  std::string_view cure;
  void (*look)(const NginxSites& sites, const NginxNote& note);
};

namespace nginx_rules {

// nginx_rules_place.cc: where the includes stand.
void find_missing_http(const NginxSites& sites, const NginxNote& note);
void find_missing_guard_location(const NginxSites& sites, const NginxNote& note);
void find_late_guard_location(const NginxSites& sites, const NginxNote& note);
void find_answered_question(const NginxSites& sites, const NginxNote& note);
void find_late_guard(const NginxSites& sites, const NginxNote& note);
void find_own_answer(const NginxSites& sites, const NginxNote& note);
void find_early_error_page(const NginxSites& sites, const NginxNote& note);
void find_two_versions(const NginxSites& sites, const NginxNote& note);

// nginx_rules_open.cc: locations that lack the include.
void find_bare_nested(const NginxSites& sites, const NginxNote& note);
void find_nested_list(const NginxSites& sites, const NginxNote& note);
void find_bare_named(const NginxSites& sites, const NginxNote& note);
void find_better_script(const NginxSites& sites, const NginxNote& note);
void find_better_files(const NginxSites& sites, const NginxNote& note);
void find_switched_off(const NginxSites& sites, const NginxNote& note);
void find_limit_except(const NginxSites& sites, const NginxNote& note);

// nginx_rules_ways.cc: other ways to what is guarded.
void find_same_program(const NginxSites& sites, const NginxNote& note);
void find_same_files(const NginxSites& sites, const NginxNote& note);
void find_part_of_files(const NginxSites& sites, const NginxNote& note);
void find_open_port(const NginxSites& sites, const NginxNote& note);

// nginx_rules_say.cc: what a location says of itself.
void find_lost_group(const NginxSites& sites, const NginxNote& note);
void find_better_without_group(const NginxSites& sites, const NginxNote& note);
void find_wrong_group(const NginxSites& sites, const NginxNote& note);
void find_group_for_all(const NginxSites& sites, const NginxNote& note);
void find_late_say(const NginxSites& sites, const NginxNote& note);
void find_wrong_say(const NginxSites& sites, const NginxNote& note);
void find_preflights_of_server(const NginxSites& sites, const NginxNote& note);
void find_refused_subrequests(const NginxSites& sites, const NginxNote& note);

// nginx_rules_beside.cc: what stands beside the include.
void find_satisfy_any(const NginxSites& sites, const NginxNote& note);
void find_basic(const NginxSites& sites, const NginxNote& note);
void find_basic_name(const NginxSites& sites, const NginxNote& note);
void find_late_list(const NginxSites& sites, const NginxNote& note);
void find_lost_list(const NginxSites& sites, const NginxNote& note);
void find_passed_claim(const NginxSites& sites, const NginxNote& note);
void find_passed_credentials(const NginxSites& sites, const NginxNote& note);
void find_cache(const NginxSites& sites, const NginxNote& note);
void find_old_websocket(const NginxSites& sites, const NginxNote& note);

// nginx_rules_server.cc: settings of servers.
void find_loose_server(const NginxSites& sites, const NginxNote& note);
void find_logged_queries(const NginxSites& sites, const NginxNote& note);
void find_believed_header(const NginxSites& sites, const NginxNote& note);
void find_believed_strangers(const NginxSites& sites, const NginxNote& note);
void find_other_header(const NginxSites& sites, const NginxNote& note);
void find_idle_access(const NginxSites& sites, const NginxNote& note);

}  // namespace nginx_rules
}  // namespace ctl
