// Other ways to what is guarded, also in other servers: docs/nginx.md, N19, N23, N38 and N39.
#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "base/text.h"
#include "nginx/access.h"
#include "nginx/files.h"
#include "nginx/guard.h"
#include "nginx/listens.h"
#include "nginx/programs.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

using Reaches = bool (*)(const Files& open, const Files& guarded);

/// Notes each way to files by which more people get in than by another one.
void note_files(const Sites& sites, const Note& note, Reaches fits) {
  const auto files = find_files(sites);
  for (const auto& open : files) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const auto& row) {
      return row.is_all && fits(open, row) && reaches(open, row) && keeps_out(sites, *row.scope, *open.scope);
    });
    if (found != files.end())
      note(open.scope->block->at, open.directory + " is served at " + std::string(open.scope->path()) +
                                      " to more people than at " + std::string(found->scope->path()));
  }
}

bool is_all_of(const Files& open, const Files& guarded) {
  return open.is_all && guarded.directory.starts_with(open.directory);
}

using Programs = std::vector<std::pair<const Scope*, Program>>;

/// The programs behind the locations of sites in which somebody gets anything.
Programs find_programs(const Sites& sites) {
  Programs result;
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && !is_closed(sites, *location))
      for (auto& program : programs_of(sites, *location)) result.emplace_back(location, std::move(program));
  return result;
}

/// The locations without a guard whose program another location guards, each with the first such program.
Programs find_open_programs(const Sites& sites) {
  const auto programs = find_programs(sites);
  std::multimap<std::string, Program, std::less<>> guarded;
  for (const auto& [location, program] : programs)
    if (is_guarded(sites, *location)) guarded.emplace(program.address, program);
  Programs result;
  for (const auto& [location, program] : programs) {
    const bool is_known = !result.empty() && result.back().first == location;
    if (is_known || guard_of(sites, *location) != Guard::none) continue;
    const auto [begin, end] = guarded.equal_range(program.address);
    const auto is_its = [&own = program](const auto& row) { return is_same(row.second, own); };
    if (std::any_of(begin, end, is_its)) result.emplace_back(location, program);
  }
  return result;
}

/// Whether only this host reaches the address: of a program, or of a listener.
bool is_here(std::string_view address) {
  return address.starts_with("unix:") || address.starts_with("127.") || address.starts_with("[::1]");
}

/// Whether strangers of other hosts get something by the block. Where all are denied but some, these are
/// meant.
bool serves_strangers(const Sites& sites, const Scope& scope) {
  const auto denials = in_force(scope, {"deny"});
  return admits(sites, scope) == Admits::everybody && !is_closed(sites, scope) &&
         std::ranges::none_of(denials, [](const auto* said) { return said->argument() == "all"; });
}

bool serves_strangers_anywhere(const Sites& sites, const Scope& server) {
  bool has_locations = false;
  for (const auto* location : sites.locations) {
    if (location->server != &server) continue;
    has_locations = true;
    if (is_of_site(*location) && serves_strangers(sites, *location)) return true;
  }
  return !has_locations && serves_strangers(sites, server);
}

/// Whether this nginx listens on the port of the address for other hosts as well, and serves strangers there.
bool is_open_to_others(const Sites& sites, const std::map<std::string, Listener>& listeners,
                       std::string_view address) {
  if (address.starts_with("unix:")) return false;
  const auto port = address.substr(address.rfind(':'));
  return std::ranges::any_of(listeners, [&](const auto& row) {
    return row.first.ends_with(port) && !is_here(row.first) &&
           std::ranges::any_of(row.second.servers,
                               [&](const auto* server) { return serves_strangers_anywhere(sites, *server); });
  });
}

bool is_prefix_without_slash(const Scope& location) {
  return !location.is_regex() && !location.is_named() && location.modifier() != "=" &&
         !location.path().ends_with('/');
}

bool any_guarded(const Sites& sites) {
  return std::any_of(sites.scopes.begin(), sites.scopes.end(),
                     [&sites](const auto& scope) { return is_guarded(sites, scope); });
}

/// Whether the program behind the location is one of which other locations keep people out.
bool shares_program(const Sites& sites, const Programs& programs, const Scope& location) {
  return std::any_of(programs.begin(), programs.end(), [&](const auto& row) {
    return row.first == &location && std::any_of(programs.begin(), programs.end(), [&](const auto& other) {
             return is_same(row.second, other.second) && keeps_out(sites, *other.first, location);
           });
  });
}

/// What the addresses of this host begin with.
constexpr std::array<std::string_view, 7> kOfThisHost{
    "127.", "0.0.0.0:", "localhost:", "localhost.:", "[::]:", "[::1]:", "[::ffff:127."};

/// A port of this host where not only root can listen (ip(7)).
bool is_anybodys(const std::string& address) {
  const auto port = base::parse_number(address.substr(address.rfind(':') + 1));
  const auto begins = [&address](auto text) { return address.starts_with(text); };
  return std::ranges::any_of(kOfThisHost, begins) && port && *port >= 1024;
}

}  // namespace

void find_same_files(const Sites& sites, const Note& note) {
  note_files(sites, note, is_all_of);
}

void find_part_of_files(const Sites& sites, const Note& note) {
  note_files(sites, note, [](const Files& open, const Files& guarded) { return !is_all_of(open, guarded); });
}

void find_same_program(const Sites& sites, const Note& note) {
  for (const auto& [location, program] : find_open_programs(sites))
    if (!tells_nobody(*location))
      note(location->block->at, "the location " + std::string(location->path()) + " passes to " +
                                    program.address + " without the guard, and another one does so with it");
}

void find_passed_session(const Sites& sites, const Note& note) {
  for (const auto& [location, program] : find_open_programs(sites))
    if (tells_nobody(*location) && passes_cookies(sites, *location))
      note(location->block->at, "the location " + std::string(location->path()) + " passes all cookies to " +
                                    program.address + ", which another one guards");
}

void find_open_port(const Sites& sites, const Note& note) {
  const auto listeners = listeners_of(sites);
  for (const auto& [location, program] : find_programs(sites)) {
    if (guard_of(sites, *location) != Guard::own) continue;
    const std::string what = "a guarded location passes to " + program.address;
    if (!is_here(program.address))
      note(find_pass(*location)->at, what + ", which is not this host");
    else if (is_open_to_others(sites, listeners, program.address))
      note(find_pass(*location)->at,
           what + ", where this nginx listens for other hosts, too, without the guard");
  }
}

/// Where this nginx listens itself, nobody asks while it is away.
void find_anybodys_port(const Sites& sites, const Note& note) {
  for (const auto& scope : sites.scopes) {
    if (guard_of(sites, scope) != Guard::gateway) continue;
    const auto& asking = gateway_of(sites, scope);
    const auto* pass = find_pass(asking);
    if (std::ranges::any_of(addresses_of(sites, asking, *pass), [&sites](const auto& address) {
          return is_anybodys(address) && !listens_at(sites, address);
        }))
      note(pass->at, quoted(*pass));
  }
}

void find_path_above(const Sites& sites, const Note& note) {
  if (!any_guarded(sites)) return;
  const auto programs = find_programs(sites);
  for (const auto* location : sites.locations) {
    if (!is_prefix_without_slash(*location) || !is_of_site(*location)) continue;
    for (const auto* said : own(*location, {"alias", "proxy_pass"})) {
      const auto end = said->name() == "alias" ? said->argument() : uri_of(said->argument());
      if (end.ends_with('/') && (said->name() == "alias" || shares_program(sites, programs, *location)))
        note(said->at, quoted(*said) + " in the location " + std::string(location->path()));
    }
  }
}

}  // namespace nginx::rules
