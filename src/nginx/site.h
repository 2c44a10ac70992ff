// The servers and locations of a configuration, and what nginx's rules of inheritance make of their
// directives. This is the only place that knows these rules. It knows nothing of the guard.
#pragma once

#include <deque>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/config.h"
#include "nginx/pattern.h"

namespace nginx {

/// What a location compares with, as nginx reads its words: `~\.php$` is the same as `~ \.php$`.
struct Match {
  std::string_view modifier;    ///< `=`, `^~`, `~` or `~*`; empty for a prefix.
  std::string_view path = "/";  ///< A path, a regular expression, or a name with its `@`.
};

/// The block `http`, a server or a location, with what is around it.
struct Scope {
  const Directive* block = nullptr;
  const Scope* outer = nullptr;   ///< Null for `http`.
  const Scope* server = nullptr;  ///< Itself for a server, null for `http`.
  Match match;                    ///< That of `location /` for what is no location.
  Pattern pattern;                ///< The paths that fit it.
  std::vector<const Scope*> inner;

  bool is_server() const { return server == this; }
  std::string_view modifier() const { return match.modifier; }
  std::string_view path() const { return match.path; }
  bool is_regex() const { return modifier() == "~" || modifier() == "~*"; }
  bool is_named() const { return path().starts_with('@'); }
};

/// The scopes are parts of the configuration from which they are made, which must outlive them.
struct Sites {
  const Config* config = nullptr;
  std::deque<Scope> scopes;
  std::vector<const Scope*> https;
  std::vector<const Scope*> servers;
  std::vector<const Scope*> locations;
  std::set<const Scope*> reached;  ///< The internal ones to which strangers get: see access.h.
};

using Directives = std::vector<const Directive*>;
using Names = std::initializer_list<std::string_view>;

Sites find_sites(const Config& config);

/// The directives with one of these names that stand in the block itself, in their order.
Directives own(const Scope& scope, Names names);
/// The same, and those in its blocks `if` and `limit_except`.
Directives own_and_within(const Scope& scope, Names names);

/// The directives with one of these names that count in the block: its own, or where it has none of them
/// those of the nearest block around it. Not for what nginx never inherits: `set`, `if`, `rewrite`, `return`,
/// `try_files`, `internal` and the passes, which are only the block's own.
Directives in_force(const Scope& scope, Names names);
/// The first argument of the one that counts; `otherwise` when there is none.
std::string_view value_in_force(const Scope& scope, std::string_view name, std::string_view otherwise);

/// The directive that passes requests on (proxy_pass and its like); null for files.
const Directive* find_pass(const Scope& scope);
/// The directive by which a pass of this kind says headers or parameters: proxy_set_header, fastcgi_param,
/// ...
std::string_view list_of(const Directive& pass);
/// The port of a pass of this kind that names none.
std::string_view port_of(const Directive& pass);
/// The location of the server with this name or path; null when there is none.
const Scope* find_location(const Sites& sites, const Scope& server, std::string_view path);

}  // namespace nginx
