#include "nginx/files.h"

#include <algorithm>
#include <array>

#include "nginx/access.h"
#include "nginx/guard.h"
#include "nginx/names.h"
#include "nginx/origins.h"

namespace nginx {
namespace {

/// A variable at which the file is that of the path.
constexpr std::array<std::string_view, 3> kOfPath{"$uri", "$document_uri", "$request_filename"};

/// A server without a location for everything serves files by itself.
bool serves_by_itself(const Sites& sites, const Scope& server) {
  const auto* all = find_location(sites, server, "/");
  return (!all || all->modifier() == "=") && !serves_nothing(server);
}

std::string literal_of(std::string_view text) {
  return std::string(text.substr(0, text.find('$')));
}

/// What a location says in place of its own path: the file of a `rewrite ... break`, or of try_files.
std::vector<std::string_view> renamed(const Scope& scope) {
  std::vector<std::string_view> result;
  for (const auto* rewrite : own_and_within(scope, {"rewrite"}))
    if (rewrite->argument(2) == "break") result.push_back(rewrite->argument(1));
  for (const auto* files : own(scope, {"try_files"}))
    result.insert(result.end(), files->words.begin() + 1, files->words.end() - 1);
  std::erase_if(result, [](auto name) {
    const auto variables = variables_in(name);
    return name.starts_with('@') || variables.empty() ||
           (name.starts_with('$') &&
            std::find(kOfPath.begin(), kOfPath.end(), variables[0]) != kOfPath.end());
  });
  return result;
}

void add_alias(const Scope& scope, const std::string& alias, std::vector<Files>& result) {
  const bool is_all = !scope.is_regex() && alias.find('$') == std::string::npos;
  if (alias.starts_with('$')) return;
  if (is_all)
    result.push_back({&scope, normal_directory(alias), normal_directory(scope.path()), true});
  else
    result.push_back({&scope, normal_path(literal_of(alias)), "", false});
}

std::string join(std::string_view root, std::string_view path) {
  return normal_path(std::string(root).append("/").append(path));
}

void add_root(const Sites& sites, const Scope& scope, const std::string& root, std::vector<Files>& result) {
  if (root.find('$') != std::string::npos) return;
  const auto path = scope.is_regex() ? scope.pattern.beginning() : normal_directory(scope.path());
  if (scope.is_named()) return;
  result.push_back({&scope, join(root, path), path.empty() ? "/" : path, !scope.is_regex()});
  for (const auto name : renamed(scope))
    for (const auto& value : values_of(sites, scope, name))
      if (const auto literal = literal_of(value); !literal.empty())
        result.push_back({&scope, join(root, literal), "", false});
}

void add_files(const Sites& sites, const Scope& scope, std::vector<Files>& result) {
  const auto roots = in_force(scope, {"root", "alias"});
  const bool is_alias = !roots.empty() && roots.front()->name() == "alias";
  const auto written = roots.empty() ? "html" : roots.front()->argument();
  for (const auto& value : values_of(sites, scope, written))
    is_alias ? add_alias(scope, value, result) : add_root(sites, scope, value, result);
}

}  // namespace

std::vector<Files> find_files(const Sites& sites) {
  std::vector<Files> result;
  for (const auto* location : sites.locations)
    if (is_of_site(*location) && !is_closed(sites, *location) && !find_pass(*location))
      add_files(sites, *location, result);
  for (const auto* server : sites.servers)
    if (serves_by_itself(sites, *server)) add_files(sites, *server, result);
  return result;
}

/// In another server only what is not below the guarded files is of interest: there, others have reasons of
/// their own to show a part.
bool reaches(const Files& open, const Files& guarded) {
  const bool is_above = guarded.directory.starts_with(open.directory);
  const bool is_below = open.directory.starts_with(guarded.directory) && !is_above;
  const bool is_one_server = open.scope->server == guarded.scope->server;
  if (!is_above && !(is_below && is_one_server)) return false;
  if (!is_one_server || open.path.empty() || guarded.path.empty()) return true;
  return is_above ? open.path + guarded.directory.substr(open.directory.size()) != guarded.path
                  : guarded.path + open.directory.substr(guarded.directory.size()) != open.path;
}

}  // namespace nginx
