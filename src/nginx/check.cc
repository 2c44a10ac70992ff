#include "nginx/check.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "nginx/access.h"
#include "nginx/guard.h"

namespace nginx {
namespace {

using enum Severity;
using namespace rules;

/// A new trap of docs/nginx.md that can be seen in a text is a new row here.
constexpr std::array kRules{
    Rule{"no-http-conf", error, "nginx has neither the service's upstreams nor the guard's variables",
         "include sessiond/http.conf in the block http: docs/nginx.md#into-your-own-nginx",
         find_missing_http},
    Rule{"no-guard-location", error,
         "nobody gets in, or with a rule that fits everything, everybody gets into nested locations",
         "include sessiond/guard-location.conf, first in the server: docs/nginx.md#n18",
         find_missing_guard_location},
    Rule{"nothing-guarded", error, "everybody gets in",
         "include sessiond/guard.conf in the locations, or leave guard-location.conf out: "
         "docs/nginx.md#protect-a-site",
         find_nothing_guarded},
    Rule{"late-guard-location", warning,
         "the rule is done to the guard's question, too, and can lead it away",
         "have sessiond/guard-location.conf before each set, if, rewrite, break and return: docs/nginx.md#n2",
         find_late_guard_location},
    Rule{"answered-question", error,
         "the question of the guard is answered by the site, so that everybody gets in",
         "have sessiond/guard-location.conf before each set, if, rewrite, break and return: docs/nginx.md#n2",
         find_answered_question},
    Rule{"late-guard", error, "nginx does this before the guard is asked, and may not ask it at all",
         "have the include before each rewrite, if and return of the location: docs/nginx.md#n18",
         find_late_guard},
    Rule{"own-answer", error, "nginx gives this answer to everybody, before the guard is asked",
         "serve the content from a file or another location: docs/nginx.md#n18", find_own_answer},
    Rule{"early-error-page", error,
         "of two for one status the first counts, so strangers are shown this page",
         "have the include before each error_page of the location: docs/nginx.md#n20", find_early_error_page},
    Rule{"two-versions", warning, "files of two versions or settings of the service do not fit together",
         "include all from one directory, and run scripts/render-nginx again: "
         "docs/nginx.md#into-your-own-nginx",
         find_two_versions},
    Rule{"bare-nested", error,
         "it answers 500, and lets people in with what they claim where a rule or an error page leads to it",
         "include the guard in the nested location, too, after its `set`: docs/nginx.md#n16",
         find_bare_nested},
    Rule{"nested-list", warning,
         "the application gets the session's cookies, and is not told who the user is",
         "include the guard in this location, too: docs/nginx.md#n16", find_nested_list},
    Rule{"bare-named", error, "what the guarded location leads to is served without a question",
         "include the guard in the named location, too: docs/nginx.md#n16", find_bare_named},
    Rule{"bare-script", error,
         "requests that fit it get there, past the guarded location around the same paths",
         "include the guard there, or sessiond/open.conf where it is open on purpose: "
         "docs/nginx.md#n17",
         find_better_script},
    Rule{"bare-files", warning,
         "requests that fit it get there, past the guarded location around the same paths",
         "include the guard there, or sessiond/open.conf where it is open on purpose: docs/nginx.md#n17",
         find_better_files},
    Rule{"optional-way", warning, "what is guarded there is open here, to everybody",
         "include the guard here, or have `^~` at the guarded location, and locations within it for what is "
         "open: docs/nginx.md#n17",
         find_optional_way},
    Rule{"switched-off", warning, "everybody gets in there",
         "remove it, or include guard-optional.conf or sessiond/open.conf where it is open on purpose: "
         "docs/nginx.md#open-pages",
         find_switched_off},
    Rule{"limit-except", warning,
         "the methods that it does not name come without what the location says, and are 500",
         "use `if ($request_method ...)` after the include, or another location: docs/nginx.md#n31",
         find_limit_except},
    Rule{"same-program", error, "the application is open there, and a client can claim there to be anybody",
         "include the guard; or guard-optional.conf or sessiond/open.conf, where it is open on purpose: "
         "docs/nginx.md#n19",
         find_same_program},
    Rule{"passed-session", warning,
         "the application gets the tokens of the session there, and can act as the user",
         "include sessiond/open.conf there, after lists such as fastcgi_params: docs/nginx.md#n19",
         find_passed_session},
    Rule{"same-files", error, "guarded files are as open as at the least guarded of their paths",
         "include the guard there, too, or give it another root: docs/nginx.md#n19", find_same_files},
    Rule{"part-of-files", warning, "guarded files are as open as at the least guarded of their paths",
         "include the guard there, too, unless these files are for everybody: docs/nginx.md#n19",
         find_part_of_files},
    Rule{"path-above", error,
         "a `..` behind the location's path leads to what is beside the directory, past its guard",
         "end the path of the location and the address alike, both with a slash: docs/nginx.md#n38",
         find_path_above},
    Rule{"open-port", warning, "who connects to this port directly may claim to be anybody",
         "let the application listen on a unix socket or on 127.0.0.1 of this host, or for this nginx alone: "
         "docs/nginx.md#n23",
         find_open_port},
    Rule{"anybodys-port", warning,
         "whoever listens there while the nginx of the service is away gets the cookies of all visitors, and "
         "says who they are",
         "have the service listen on a port below 1024, or in this nginx, by each family that the "
         "address has: docs/nginx.md#n39",
         find_anybodys_port},
    Rule{"lost-group", error, "everybody who is signed in gets in, whatever the group",
         "say `set $required_group` there, too, or include sessiond/group/NAME.conf: docs/nginx.md#n16",
         find_lost_group},
    Rule{"better-without-group", warning, "requests that fit it need no group, unlike others for these paths",
         "say `set $required_group` there, too, before the include: docs/nginx.md#n17",
         find_better_without_group},
    Rule{"wrong-group", warning, "this is no list of groups, so nobody gets in",
         "name groups with spaces between them, as in `set $required_group \"staff wheel\";`: "
         "docs/nginx.md#protect-a-site",
         find_wrong_group},
    Rule{"misspelt", error, "the guard does not know this variable, so what it says does not count",
         "say `$required_group`, or include sessiond/group/NAME.conf: docs/nginx.md#protect-a-site",
         find_misspelt},
    Rule{"group-for-all", warning, "nobody gets in", "choose one of both: docs/nginx.md#open-pages",
         find_group_for_all},
    Rule{"late-say", warning, "what is said after the include does not count",
         "have the `set` before the include: docs/nginx.md#headers-that-a-client-cannot-forge",
         find_late_say},
    Rule{"wrong-say", warning, "another value than `pass` lets nobody in",
         "say `pass`, or nothing: docs/nginx.md#headers-that-a-client-cannot-forge", find_wrong_say},
    Rule{"preflights-of-server", warning,
         "a location without an include of its own is told what a preflight claims of its user",
         "say so in the one location that answers preflights: docs/nginx.md#n30", find_preflights_of_server},
    Rule{"refused-subrequests", warning, "in a server with a guard, subrequests are refused",
         "`set $sessiond_subrequests on;` in this location lets them pass, unguarded: docs/nginx.md#n18",
         find_refused_subrequests},
    Rule{"satisfy-any", error, "whom `allow` or `auth_basic` lets in, the guard is not asked about",
         "have `satisfy all` there: docs/nginx.md#n24", find_satisfy_any},
    Rule{"basic", warning, "the guard refuses requests with HTTP authentication, so nobody gets in",
         "`set $sessiond_basic pass;` before the include, or `auth_basic off;`: docs/nginx.md#n24",
         find_basic},
    Rule{"basic-name", error, "the application takes the name of HTTP authentication for the user",
         "have the list before the include: docs/nginx.md#headers-that-a-client-cannot-forge",
         find_basic_name},
    Rule{"late-list", warning, "applications take the last REMOTE_USER, which is not the guard's",
         "have lists such as fastcgi_params before the include: docs/nginx.md#protect-a-site",
         find_late_list},
    Rule{"lost-list", warning, "nginx inherits none of them into a location that has one of its own",
         "repeat them beside the include: docs/nginx.md#n29", find_lost_list},
    Rule{"passed-claim", error, "the application is told what a client claims of its user",
         "say `$sessiond_user`, or remove it: docs/nginx.md#headers-that-a-client-cannot-forge",
         find_passed_claim},
    Rule{"passed-credentials", warning,
         "the application gets the tokens of the session, and can act as the user",
         "remove it: the include passes on what is the application's own: docs/nginx.md#n26",
         find_passed_credentials},
    Rule{"told-twice", warning, "the guard tells it under this name, too, and both arrive",
         "say it by `auth_request_set` behind the include, as in `auth_request_set $sessiond_user "
         "\"$sessiond_user@example.org\";`: docs/nginx.md#n29",
         find_told_twice},
    Rule{"early-words", warning, "the answer of the guard takes its place, so it does not count",
         "say it by `auth_request_set` behind the include: docs/nginx.md#n29", find_early_words},
    Rule{"early-user", error, "nginx does this before the guard has answered, when the variable is empty",
         "say by groups who is let in, or have the application decide: docs/nginx.md#own-words",
         find_early_user},
    Rule{"cache", error, "the page of one user is served to another",
         "let the key begin with `$sessiond_user` and a space, or have no cache and no store: "
         "docs/nginx.md#n22",
         find_cache},
    Rule{"old-websocket", warning, "WebSockets cannot be opened",
         "say `proxy_http_version 1.1;`: docs/nginx.md#n28", find_old_websocket},
    Rule{"passed-upgrade", warning,
         "by `Upgrade: h2c` a client speaks HTTP/2 with an application that knows it, and claims to be "
         "anybody",
         "pass on `$sessiond_upgrade`, which is `websocket` or empty: docs/nginx.md#n33",
         find_passed_upgrade},
    Rule{"passed-connection", warning,
         "a client says in it which headers of nginx the application drops, and what it changes to",
         "say `upgrade` for WebSockets, or nothing: docs/nginx.md#n33", find_passed_connection},
    Rule{"decoded-path", error,
         "it may hold line breaks, so a client writes headers of the application's request, such as "
         "Remote-User",
         "use $request_uri, or proxy_pass without variables, or an expression that fits no line break: "
         "docs/nginx.md#n34",
         find_decoded_path},
    Rule{"dav-destination", warning,
         "nginx asks about the path, and not about Destination, which may be in another location",
         "leave COPY and MOVE out, or give these files a server and a root of their own: docs/nginx.md#n36",
         find_dav_destination},
    Rule{"chosen-group", error, "a client chooses the group for which he is asked",
         "name the group, or take it from the path of the location: docs/nginx.md#n37", find_chosen_group},
    Rule{"not-followed", warning, "it was not looked at to its end, so another rule may miss something there",
         "make it of less, or look yourself at who decides it: docs/nginx.md#n37", find_not_followed},
    Rule{"loose-server", error,
         "nginx reads requests to guarded servers by it, which opens `//private/` or headers such as X_User "
         "there",
         "leave it at its default: docs/nginx.md#n21", find_loose_server},
    Rule{"lost-limit", warning,
         "nginx inherits none into a server that has one of the same name, as guard-location.conf and "
         "server.conf have, so it limits nothing there",
         "repeat it in the server: docs/nginx.md#n20", find_lost_limit},
    Rule{"logged-queries", warning, "the log says where people wanted to go",
         "say `access_log FILE sessiond;` in the service's server: docs/nginx.md#into-your-own-nginx",
         find_logged_queries},
    Rule{"believed-header", warning, "without TRUSTED_PROXIES it is whatever a client says",
         "name the proxies in TRUSTED_PROXIES, and use $remote_addr and $sessiond_scheme: "
         "docs/nginx.md#behind-another-proxy",
         find_believed_header},
    Rule{"believed-strangers", warning, "a network with strangers in it may claim any address",
         "name the proxies alone: docs/nginx.md#behind-another-proxy", find_believed_strangers},
    Rule{"other-header", warning, "with TRUSTED_PROXIES the header of this server is X-Forwarded-For",
         "say which one is meant, as in `real_ip_header X-Real-IP;`: docs/nginx.md#behind-another-proxy",
         find_other_header},
    Rule{"idle-access", error, "nginx does not look at it in a location that leads to the service",
         "use `if ($remote_addr ...)` with `return 403;`: docs/nginx.md#protect-a-site", find_idle_access},
};

auto order_of(const Finding& finding) {
  return std::tie(finding.file, finding.line, finding.rule, finding.what);
}

void look(const Sites& sites, const Rule& rule, std::vector<Finding>& findings) {
  rule.look(sites, [&](const Place& place, std::string what) {
    findings.push_back({rule.severity, rule.name, std::string(place.file), place.line, std::move(what),
                        rule.meaning, rule.cure});
  });
}

}  // namespace

std::span<const Rule> all_rules() {
  return kRules;
}

std::size_t count_guarded(const Config& config) {
  const auto sites = find_sites(config);
  return static_cast<std::size_t>(std::ranges::count_if(sites.locations, [&](const Scope* location) {
    return is_of_site(*location) && is_guarded(sites, *location);
  }));
}

std::vector<Finding> check(const Config& config) {
  auto sites = find_sites(config);
  sites.reached = find_reached(sites);
  std::vector<Finding> findings;
  for (const auto& rule : kRules) look(sites, rule, findings);
  std::sort(findings.begin(), findings.end(),
            [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  const auto is_same = [](const auto& a, const auto& b) { return order_of(a) == order_of(b); };
  findings.erase(std::unique(findings.begin(), findings.end(), is_same), findings.end());
  return findings;
}

}  // namespace nginx
