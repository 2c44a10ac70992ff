#include "nginx/site.h"

#include <algorithm>
#include <array>

namespace nginx {
namespace {

struct Pass {
  std::string_view name, list, port;
};
constexpr std::array kPasses{
    Pass{"proxy_pass", "proxy_set_header", "80"}, Pass{"fastcgi_pass", "fastcgi_param", "9000"},
    Pass{"uwsgi_pass", "uwsgi_param", "9000"}, Pass{"scgi_pass", "scgi_param", "4000"},
    Pass{"grpc_pass", "grpc_set_header", "80"}};

/// Where one begins as another one does, the longer first.
constexpr std::array<std::string_view, 4> kModifiers{"=", "^~", "~*", "~"};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Match match_of(const Directive& block) {
  if (block.name() != "location") return {};
  if (block.words.size() > 2) return {block.argument(0), block.argument(1)};
  const auto word = block.argument(0);
  for (const auto modifier : kModifiers)
    if (word.starts_with(modifier)) return {modifier, word.substr(modifier.size())};
  return {{}, word};
}

Pattern pattern_of(const Match& match) {
  if (match.modifier.starts_with('~')) return Pattern::of_regex(match.path, match.modifier == "~*");
  return match.modifier == "=" ? Pattern::of_path(match.path) : Pattern::of_prefix(match.path);
}

void add_scopes(Sites& sites, const Directive& block, Scope* outer) {
  sites.scopes.push_back(Scope{&block, outer, outer ? outer->server : nullptr, match_of(block), {}, {}});
  Scope& scope = sites.scopes.back();
  scope.pattern = pattern_of(scope.match);
  if (outer) outer->inner.push_back(&scope);
  if (block.name() == "server") scope.server = &scope;
  auto& list = block.name() == "http"     ? sites.https
               : block.name() == "server" ? sites.servers
                                          : sites.locations;
  list.push_back(&scope);
  const std::string_view inner = outer == nullptr ? "server" : "location";
  for (const auto& child : block.children)
    if (child.is_block && child.name() == inner) add_scopes(sites, child, &scope);
}

void collect(const Directive& block, Names names, bool within, Directives& result) {
  for (const auto& child : block.children) {
    if (has(names, child.name())) result.push_back(&child);
    if (within && child.is_block && (child.name() == "if" || child.name() == "limit_except"))
      collect(child, names, within, result);
  }
}

}  // namespace

Sites find_sites(const Config& config) {
  Sites sites;
  sites.config = &config;
  for (const auto& directive : config.directives)
    if (directive.is_block && directive.name() == "http") add_scopes(sites, directive, nullptr);
  return sites;
}

Directives own(const Scope& scope, Names names) {
  Directives result;
  collect(*scope.block, names, false, result);
  return result;
}

Directives own_and_within(const Scope& scope, Names names) {
  Directives result;
  collect(*scope.block, names, true, result);
  return result;
}

Directives in_force(const Scope& scope, Names names) {
  for (const auto* at = &scope; at != nullptr; at = at->outer)
    if (auto found = own(*at, names); !found.empty()) return found;
  return {};
}

std::string_view value_in_force(const Scope& scope, std::string_view name, std::string_view otherwise) {
  const auto found = in_force(scope, {name});
  return found.empty() ? otherwise : found.front()->argument();
}

const Directive* find_pass(const Scope& scope) {
  const auto found =
      own_and_within(scope, {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"});
  return found.empty() ? nullptr : found.front();
}

std::string_view list_of(const Directive& pass) {
  for (const auto& row : kPasses)
    if (row.name == pass.name()) return row.list;
  return {};
}

std::string_view port_of(const Directive& pass) {
  for (const auto& row : kPasses)
    if (row.name == pass.name()) return row.port;
  return {};
}

const Scope* find_location(const Sites& sites, const Scope& server, std::string_view path) {
  for (const auto* location : sites.locations)
    if (location->server == &server && location->path() == path && !location->is_regex()) return location;
  return nullptr;
}

}  // namespace nginx
