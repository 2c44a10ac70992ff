// The routes: one table of their methods, paths, pools, requirements and handlers. A new route is a new row.
// scripts/render-nginx makes the configuration of nginx from this table, which `sessiond -r` prints.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"
#include "base/pools.h"

namespace auth {

/// Whether the session of the access token is looked up for a route: not at all; if there is one, and the
/// handler decides; or it is required, and without one the answer is 401.
enum class Needs { nothing, session_if_any, session };

/// Which unsafe requests are refused when they come from another site: those with an access or refresh
/// cookie, or all. Login and registration need the latter, because another site could log a browser in to an
/// account of its own (login CSRF).
enum class CrossSite { with_cookies, always };

struct Route {
  std::string_view method;  ///< A route with GET also serves HEAD.
  std::string_view path;    ///< {id} as the last segment fits any segment that is not empty.
  base::Pool pool;
  /// Whether nginx limits the requests of an address (LOGIN_RATE): all that hash must be.
  bool limited = false;
  Needs needs = Needs::nothing;
  CrossSite cross_site = CrossSite::with_cookies;
  std::span<const http::FieldSpec> fields = {};  ///< The members of the body; GET and HEAD ignore it.
  Answer (&handler)(Service& service, Call& call);
};

/// All routes.
std::span<const Route> routes();

/// The place of a route of the table in the tally of a worker; the place behind the last one for none (null).
std::size_t index_of(const Route* route);

/// True for GET and HEAD, the safe methods of the routes (RFC 9110 section 9.2.1).
bool is_safe(std::string_view method);

/// The route of a request. The Problem is not_found, or method_not_allowed with the header Allow.
base::Result<const Route*> find_route(std::string_view method, std::string_view path);

/// True when the handler of the route computes password hashes: when its pool is made for that.
constexpr bool computes_hash(const Route& route) {
  return base::pool_row(route.pool).hashes;
}
/// The same of the route of a request; false when there is none.
bool computes_hash(const http::Request& request);

/// What `path` has in place of {id}; empty when the route has no {id}. `path` must fit the route.
std::string_view find_path_parameter(const Route& route, std::string_view path);

}  // namespace auth
