// Where the includes stand: docs/nginx.md, N2, N18 and N20.
#include <algorithm>
#include <map>

#include "nginx/access.h"
#include "nginx/guard.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

/// The rule with which guard-location.conf begins; null in a server without the include.
const Directive* find_first_rule(const Scope& server) {
  const auto rules = own(server, {"if"});
  const auto found = std::find_if(rules.begin(), rules.end(), [](const auto* rule) {
    return rule->words.back().starts_with("^sessiond/verify");
  });
  return found == rules.end() ? nullptr : *found;
}

/// What nginx does to the question before guard-location.conf takes it out.
Directives rules_before(const Scope& server) {
  const auto* first = find_first_rule(server);
  auto rules = own(server, {"rewrite", "if", "set", "return", "break"});
  if (!first) return {};
  rules.erase(std::find(rules.begin(), rules.end(), first), rules.end());
  return rules;
}

bool is_good_answer(const Directive& rule) {
  return rule.name() == "return" && rule.argument().starts_with('2');
}

bool gives_content(const Directive& rule) {
  return is_good_answer(rule) && rule.argument() != "204";
}

/// Whether the rule, or one in its block, fits the test.
bool any_within(const Directive& rule, bool (*fits)(const Directive&)) {
  return fits(rule) || std::any_of(rule.children.begin(), rule.children.end(), fits);
}

bool leads_away(const Directive& rule) {
  return rule.name() == "rewrite" || rule.name() == "break" || gives_content(rule);
}

/// What undoes the refusal of a question that a rule has led away: docs/nginx.md, N2.
bool is_undone(const Scope& server) {
  const auto pages = in_force(server, {"error_page"});
  const auto opens = [](const auto* page) {
    const auto& words = page->words;
    return std::find(words.begin(), words.end(), "503") != words.end() &&
           std::any_of(words.begin(), words.end(),
                       [](auto word) { return word == "=" || word.starts_with("=2"); });
  };
  const auto limits = own(server, {"limit_req"});
  const auto is_other = [](const auto* limit) {
    return limit->argument() != "zone=sessiond_stray_subrequests";
  };
  return std::any_of(pages.begin(), pages.end(), opens) ||
         std::any_of(limits.begin(), limits.end(), is_other);
}

bool answers_question(const Scope& server, const Directive& rule) {
  return any_within(rule, is_good_answer) || (any_within(rule, leads_away) && is_undone(server));
}

/// The words of the headers and parameters in each of the guard's files.
std::map<std::string_view, std::string> lists_by_file(const Sites& sites) {
  std::map<std::string_view, std::string> lists;
  for (const auto* location : sites.locations) {
    const auto range = guard_range(*location);
    if (range.end - range.begin < 2) continue;
    const auto [place, is_new] = lists.try_emplace(location->block->children[range.begin].written.file);
    for (auto i = range.begin; is_new && i < range.end; ++i)
      if (const auto& child = location->block->children[i]; child.words.size() == 3 && child.name() != "set")
        if (child.name().ends_with("_header") || child.name().ends_with("_param"))
          place->second.append(child.argument(0)).append(" ").append(child.argument(1)).append("\n");
  }
  return lists;
}

/// Whether everybody gets something there, of which nothing says that it is meant so.
bool serves_openly(const Sites& sites, const Scope& server) {
  bool has_locations = false;
  for (const auto* location : sites.locations) {
    if (location->server != &server || !is_of_site(*location)) continue;
    if (!is_closed(sites, *location) && !has_open_include(*location) && !tells_nobody(*location)) return true;
    has_locations = true;
  }
  return !has_locations && !serves_nothing(server);
}

}  // namespace

void find_missing_http(const Sites& sites, const Note& note) {
  for (const auto* http : sites.https) {
    const auto upstreams = own(*http, {"upstream"});
    if (std::any_of(upstreams.begin(), upstreams.end(),
                    [](const auto* upstream) { return upstream->argument() == "sessiond_verify"; }))
      continue;
    for (const auto* server : sites.servers)
      if (server->outer == http && (uses_guard(sites, *server) || is_service(sites, *server)))
        return note(http->block->at, "a block http without sessiond/http.conf");
  }
}

void find_missing_guard_location(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    if (uses_guard(sites, *server) && !find_location(sites, *server, "sessiond/verify"))
      note(server->block->at, "a server with guarded locations, but without sessiond/guard-location.conf");
}

void find_nothing_guarded(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    if (find_location(sites, *server, "sessiond/verify") && !is_service(sites, *server) &&
        !uses_guard(sites, *server) && serves_openly(sites, *server))
      note(server->block->at, "a server with sessiond/guard-location.conf, in which nothing is guarded");
}

void find_late_guard_location(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    for (const auto* rule : rules_before(*server))
      if (!answers_question(*server, *rule))
        note(rule->at, "`" + std::string(rule->name()) + "` before sessiond/guard-location.conf");
}

void find_answered_question(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    for (const auto* rule : rules_before(*server))
      if (answers_question(*server, *rule))
        note(rule->at,
             "`" + std::string(rule->name()) + "` before sessiond/guard-location.conf answers the question");
}

void find_late_guard(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    for (const auto* rule : before_guard(*location, {"rewrite", "if", "return", "break"}))
      if (any_within(*rule, leads_away))
        note(rule->at, "`" + std::string(rule->name()) + "` before the guard's include in the location " +
                           std::string(location->path()));
}

void find_own_answer(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && is_guarded(sites, *location))
      for (const auto* rule : after_guard(*location, {"if", "return"}))
        if (any_within(*rule, gives_content))
          note(rule->at, "a `return` with content in the guarded location " + std::string(location->path()));
}

void find_early_error_page(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    for (const auto* page : before_guard(*location, {"error_page"}))
      if (std::any_of(page->words.begin(), page->words.end(),
                      [](auto word) { return word == "401" || word == "403"; }))
        note(page->at, "`error_page` of 401 or 403 before the guard's include in the location " +
                           std::string(location->path()));
}

void find_two_versions(const Sites& sites, const Note& note) {
  std::string_view directory;
  for (const auto file : sites.config->files) {
    if (!file.ends_with("/sessiond/guard-location.conf") && !file.ends_with("/sessiond/http.conf")) continue;
    const auto own_directory = file.substr(0, file.rfind('/'));
    if (!directory.empty() && own_directory != directory)
      return note({file, 1}, "parts of the service from here and from " + std::string(directory));
    directory = own_directory;
  }
  const auto lists = lists_by_file(sites);
  for (const auto& [file, list] : lists)
    if (list != lists.begin()->second)
      return note({file, 1}, "other headers and parameters than in " + std::string(lists.begin()->first));
}

}  // namespace nginx::rules
