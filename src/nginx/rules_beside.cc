// What stands beside the include in a location: docs/nginx.md, N9, N22, N24, N26, N28, N29.
#include <algorithm>
#include <span>

#include "base/text.h"
#include "nginx/access.h"
#include "nginx/guard.h"
#include "nginx/origins.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"
#include "nginx/symbols.h"

namespace nginx::rules {
namespace {

/// The locations of the site in which the guard decides.
std::vector<const Scope*> guarded_locations(const Sites& sites) {
  std::vector<const Scope*> result;
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && guard_of(sites, *location) == Guard::own) result.push_back(location);
  return result;
}

/// The last REMOTE_USER that is said after the include and is neither the guard's nor empty; null for none.
const Directive* find_late_name(const Scope& location) {
  const auto* pass = find_pass(location);
  if (!pass || !has_own_guard(location)) return nullptr;
  const Directive* last = nullptr;
  for (const auto* said : after_guard(location, {list_of(*pass)}))
    if (said->argument() == "REMOTE_USER") last = said;
  return last && !last->argument(1).empty() && last->argument(1) != "$sessiond_user" ? last : nullptr;
}

bool lets_basic_pass(const Scope& location) {
  return own_value(location, "$sessiond_basic") == "pass";
}

bool is_said_in(const Directives& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [name](const auto* said) { return base::equals_ignoring_case(said->argument(), name); });
}

/// What the nearest block around says in a list that the location has not, in one text.
std::string find_lost(const Scope& location, std::string_view list) {
  const auto mine = beside_guard(location, {list});
  std::string lost;
  for (const auto* said : in_force(*location.outer, {list})) {
    if (is_part(said->written.file) || is_identity(said->argument()) || is_said_in(mine, said->argument()))
      continue;
    if (lost.find(said->argument()) == std::string::npos)
      lost.append(lost.empty() ? "" : ", ").append(said->argument());
  }
  return lost;
}

/// Whether it is the name under which the application is told a user or a group, or the guard's variable for
/// it.
bool names_somebody(const Directive& said) {
  return is_identity(said.argument()) || said.argument() == "$sessiond_name";
}

/// Whether a client chooses what is said. The name of HTTP authentication is his where that passes; of the
/// parameter REMOTE_USER, for which nginx's lists have it, find_late_name() knows.
bool is_claimed(const Sites& sites, const Scope& location, const Directive& said) {
  auto origins = origins_of(sites, location, said.argument(1), Follow::choice);
  if (!lets_basic_pass(location) || said.argument() == "REMOTE_USER") origins.erase("$remote_user");
  return is_of_client(origins);
}

bool is_header(const Directive& said) {
  return said.name() == "proxy_set_header" || said.name() == "grpc_set_header";
}

/// Whether the include tells the application something under the same name, and in the same list.
bool is_told_by_guard(const Scope& location, const Directive& said) {
  const auto& children = location.block->children;
  const auto range = guard_range(location);
  return std::any_of(children.data() + range.begin, children.data() + range.end, [&said](const auto& mine) {
    return mine.name() == said.name() && !mine.argument(1).empty() &&
           base::equals_ignoring_case(mine.argument(), said.argument());
  });
}

/// Whether the answer of the guard decides what one of the words is, but for the name of what is set.
bool has_told(const Sites& sites, const Scope& scope, const Directive& directive) {
  const std::size_t first = directive.name() == "set" ? 2 : 1;
  const auto words = std::span(directive.words);
  return std::ranges::any_of(words.subspan(std::min(first, words.size())), [&](auto word) {
    const auto origins = origins_of(sites, scope, word, Follow::choice);
    return std::any_of(origins.begin(), origins.end(), is_told_by_variable);
  });
}

/// Those of the block that nginx carries out before it asks anybody, but for the include's.
Directives early_rules(const Scope& scope) {
  auto result = own_and_within(scope, {"if", "set", "return", "rewrite"});
  std::erase_if(result, [](const auto* rule) { return is_part(rule->written.file); });
  return result;
}

/// The zone of a limit, with the name that it has in `zone=NAME:SIZE` or, in limit_conn, without `zone=`.
std::string_view zone_of(const Directive& directive) {
  for (const auto word : directive.words)
    if (word.starts_with("zone=")) return word.substr(5, word.find(':') - 5);
  return directive.argument();
}

/// What makes the key of the zone by which the limit counts; null where no such zone is said.
const Directive* find_zone(const Sites& sites, const Directive& limit) {
  const auto kind = std::string(limit.name()) + "_zone";
  for (const auto* http : sites.https)
    for (const auto* zone : own(*http, {"limit_req_zone", "limit_conn_zone"}))
      if (zone->name() == kind && zone_of(*zone) == zone_of(limit)) return zone;
  return nullptr;
}

/// Whether requests of clients begin there: what leads to another place does so when the guard has answered.
bool is_first_place(const Scope& scope) {
  return !scope.is_named() && !is_internal(scope);
}

/// Whether each user has keys of a cache that no other user has, whatever follows: what the client says there
/// can be no part of a name.
bool begins_with_user(std::string_view key) {
  constexpr std::string_view kNoSeparators = ".@+-%$";
  for (const std::string_view user : {"$sessiond_user", "${sessiond_user}"}) {
    if (!key.starts_with(user)) continue;
    const auto rest = key.substr(user.size());
    return rest.empty() ||
           !(is_of_word(rest.front()) || kNoSeparators.find(rest.front()) != std::string_view::npos);
  }
  return false;
}

}  // namespace

void find_satisfy_any(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    if (value_in_force(*location, "satisfy", "all") == "any")
      note(location->block->at,
           "`satisfy any` counts in the guarded location " + std::string(location->path()));
}

void find_basic(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    if (value_in_force(*location, "auth_basic", "off") != "off" && !lets_basic_pass(*location))
      note(location->block->at,
           "`auth_basic` counts in the guarded location " + std::string(location->path()));
}

void find_basic_name(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    if (const auto* name = find_late_name(*location); name && lets_basic_pass(*location))
      note(name->at, quoted(*name) + " after the include, and HTTP authentication passes");
}

void find_late_list(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    if (const auto* name = find_late_name(*location); name && !lets_basic_pass(*location))
      note(name->at, quoted(*name) + " after the guard's include");
}

void find_lost_list(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites)) {
    const auto* pass = find_pass(*location);
    if (!pass || !has_own_guard(*location)) continue;
    if (const auto lost = find_lost(*location, list_of(*pass)); !lost.empty())
      note(location->block->at, "the location " + std::string(location->path()) + " loses the `" +
                                    std::string(list_of(*pass)) + "` around it: " + lost);
  }
}

void find_passed_claim(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    for (const auto* said : said_beside(*location))
      if (names_somebody(*said) && is_claimed(sites, *location, *said)) note(said->at, quoted(*said));
}

void find_passed_credentials(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    for (const auto* said : said_beside(*location)) {
      const auto origins = origins_of(sites, *location, said->argument(1), Follow::content);
      if (origins.contains("$http_cookie") ||
          (origins.contains("$http_authorization") && has_own_guard(*location)))
        note(said->at, quoted(*said) + " in a guarded location");
    }
}

void find_told_twice(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    for (const auto* said : said_beside(*location))
      if (is_header(*said) && !said->argument(1).empty() && is_told_by_guard(*location, *said))
        note(said->at, quoted(*said) + " beside the guard's include");
}

void find_early_words(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites)) {
    if (!has_own_guard(*location)) continue;
    auto idle = before_guard(*location, {"auth_request_set"});
    const auto sets = beside_guard(*location, {"set"});
    idle.insert(idle.end(), sets.begin(), sets.end());
    for (const auto* said : idle)
      if (is_told_by_variable(said->argument())) note(said->at, quoted(*said));
  }
}

void find_early_user(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    if (uses_guard(sites, *server))
      for (const auto* rule : early_rules(*server))
        if (has_told(sites, *server, *rule)) note(rule->at, quoted(*rule) + " in a guarded server");
  for (const auto* location : guarded_locations(sites)) {
    if (!is_first_place(*location)) continue;
    for (const auto* rule : early_rules(*location))
      if (has_told(sites, *location, *rule)) note(rule->at, quoted(*rule) + " in a guarded location");
    for (const auto name : {"limit_req", "limit_conn"})
      for (const auto* limit : in_force(*location, {name}))
        if (const auto* zone = find_zone(sites, *limit); zone && has_told(sites, *location, *zone))
          note(limit->at, quoted(*limit) + " in a guarded location, by " + quoted(*zone));
  }
}

void find_cache(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites)) {
    const auto* pass = find_pass(*location);
    if (!pass) continue;
    const auto kind = std::string(pass->name().substr(0, pass->name().rfind('_')));
    const auto counts = [&](const std::string& name) {
      return value_in_force(*location, name, "off") != "off";
    };
    const auto where = "` counts in the guarded location " + std::string(location->path());
    if (counts(kind + "_cache") && !begins_with_user(value_in_force(*location, kind + "_cache_key", "")))
      note(location->block->at,
           "`" + kind + "_cache" + where +
               ", and the key does not begin with `$sessiond_user` and what no name of a user has");
    if (counts(kind + "_store")) note(location->block->at, "`" + kind + "_store" + where);
  }
}

void find_old_websocket(const Sites& sites, const Note& note) {
  for (const auto* location : guarded_locations(sites))
    for (const auto* said : beside_guard(*location, {"proxy_set_header"}))
      if (base::equals_ignoring_case(said->argument(), "Upgrade") && !said->argument(1).empty() &&
          value_in_force(*location, "proxy_http_version", "1.0") != "1.1")
        note(said->at, quoted(*said) + " without `proxy_http_version 1.1`");
}

}  // namespace nginx::rules
