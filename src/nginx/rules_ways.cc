// Other ways to what is guarded, also in other servers: docs/nginx.md, N19 and N23.
#include <algorithm>
#include <functional>
#include <map>

#include "nginx/access.h"
#include "nginx/guard.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

/// The files of a location: the directory that its path stands for.
struct Files {
  const Scope* scope;
  std::string directory;  ///< With a slash at its end.
  std::string path;       ///< That of the location, with a slash at its end.
};

std::string with_slash(std::string_view path) {
  std::string result(path);
  while (result.ends_with('/')) result.pop_back();
  return result + "/";
}

/// `root` and `alias` inherit as one; without either, nginx has a directory of its own.
std::string directory_of(const Scope& scope) {
  const auto roots = in_force(scope, {"root", "alias"});
  if (!roots.empty() && roots.front()->name() == "alias") return with_slash(roots.front()->argument());
  const auto root = with_slash(roots.empty() ? "html" : roots.front()->argument());
  return with_slash(root + std::string(scope.path().substr(1)));
}

/// A server without a location for everything serves files by itself.
bool serves_by_itself(const Sites& sites, const Scope& server) {
  const auto* all = find_location(sites, server, "/");
  return (!all || all->modifier() == "=") && own(server, {"return"}).empty();
}

/// What serves files by a path, whether guarded or open.
std::vector<const Scope*> file_scopes(const Sites& sites) {
  std::vector<const Scope*> result;
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && !location->is_regex() && !location->is_named() &&
        !is_closed(sites, *location))
      if (!find_pass(*location) && location->path().starts_with('/')) result.push_back(location);
  for (const auto* server : sites.servers)
    if (serves_by_itself(sites, *server)) result.push_back(server);
  return result;
}

std::vector<Files> find_files(const Sites& sites, bool guarded) {
  std::vector<Files> result;
  for (const auto* scope : file_scopes(sites)) {
    if (guarded ? !is_guarded(sites, *scope) : guard_of(sites, *scope) != Guard::none) continue;
    Files files{scope, directory_of(*scope), with_slash(scope->path())};
    if (files.directory.find('$') == std::string::npos) result.push_back(std::move(files));
  }
  return result;
}

/// Whether the open location reaches all files of the guarded one, and by a path that does not lead there.
bool reaches_all(const Files& open, const Files& guarded) {
  if (!guarded.directory.starts_with(open.directory)) return false;
  if (open.scope->server != guarded.scope->server) return true;
  return open.path + guarded.directory.substr(open.directory.size()) != guarded.path;
}

/// The same for some of the files, in one server: others have reasons of their own to show a part.
bool reaches_some(const Files& open, const Files& guarded) {
  if (open.scope->server != guarded.scope->server || open.directory == guarded.directory) return false;
  return open.directory.starts_with(guarded.directory) &&
         guarded.path + open.directory.substr(guarded.directory.size()) != open.path;
}

using Reaches = bool (*)(const Files&, const Files&);

void note_files(const Sites& sites, const Note& note, Reaches reaches) {
  const auto guarded = find_files(sites, true);
  for (const auto& open : find_files(sites, false)) {
    const auto found =
        std::find_if(guarded.begin(), guarded.end(), [&](const auto& row) { return reaches(open, row); });
    if (found != guarded.end())
      note(open.scope->block->at, open.directory + " is served at " + std::string(open.scope->path()) +
                                      " without the guard, and at " + std::string(found->scope->path()) +
                                      " with it");
  }
}

/// The program behind a pass: its address, and with FastCGI the script or the directory of the scripts.
struct Program {
  std::string address, script;
};

std::string script_of(const Scope& scope) {
  std::string_view script;
  for (const auto* parameter : in_force(scope, {"fastcgi_param"}))
    if (parameter->argument() == "SCRIPT_FILENAME") script = parameter->argument(1);
  if (!script.empty() && script.find('$') == std::string_view::npos) return std::string(script);
  const auto roots = in_force(scope, {"root", "alias"});
  return with_slash(roots.empty() ? "html" : roots.front()->argument());
}

std::vector<Program> programs_of(const Sites& sites, const Scope& scope) {
  const auto* pass = find_pass(scope);
  std::vector<Program> result;
  if (!pass || !is_of_site(scope) || is_closed(sites, scope)) return result;
  const auto script = pass->name() == "fastcgi_pass" ? script_of(scope) : std::string();
  for (const auto& address : addresses_of(sites, scope, *pass)) result.push_back({address, script});
  return result;
}

bool is_same(const Program& a, const Program& b) {
  return a.script.starts_with(b.script) || b.script.starts_with(a.script);
}

bool is_here(std::string_view address) {
  return address.starts_with("unix:") || address.starts_with("127.") || address.starts_with("[::1]");
}

}  // namespace

void find_same_files(const Sites& sites, const Note& note) {
  note_files(sites, note, reaches_all);
}

void find_part_of_files(const Sites& sites, const Note& note) {
  note_files(sites, note, [](const Files& open, const Files& guarded) {
    return reaches_some(open, guarded) && !reaches_all(open, guarded);
  });
}

void find_same_program(const Sites& sites, const Note& note) {
  std::multimap<std::string, Program, std::less<>> guarded;
  for (const auto* location : sites.locations)
    if (is_guarded(sites, *location))
      for (auto& program : programs_of(sites, *location))
        guarded.emplace(program.address, std::move(program));
  for (const auto* location : sites.locations) {
    if (guard_of(sites, *location) != Guard::none || tells_nobody(*location)) continue;
    for (const auto& program : programs_of(sites, *location)) {
      const auto [begin, end] = guarded.equal_range(program.address);
      if (std::none_of(begin, end, [&](const auto& row) { return is_same(row.second, program); })) continue;
      note(location->block->at, "the location " + std::string(location->path()) + " passes to " +
                                    program.address + " without the guard, and another one does so with it");
      break;
    }
  }
}

void find_open_port(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations)
    if (guard_of(sites, *location) == Guard::own)
      for (const auto& program : programs_of(sites, *location))
        if (!is_here(program.address))
          note(find_pass(*location)->at,
               "a guarded location passes to " + program.address + ", which is not this host");
}

}  // namespace nginx::rules
