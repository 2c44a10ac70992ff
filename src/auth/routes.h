// The routes: one table of method, path, pool of workers, what a request must bring, and its handler. A new
// route is one row here. The nginx configuration is made from this table (`sessiond -r`,
// scripts/render-nginx).
#pragma once

#include <span>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"
#include "base/pools.h"

namespace auth {

/// What the session of the access token is to a route: nothing, looked up and judged by the handler, or
/// demanded.
enum class Needs { nothing, session_if_any, session };

/// Which unsafe requests the rule against cross-site requests covers: those that bring cookies of ours, or
/// all of them. A login needs no cookie to do harm: it signs the victim in as somebody else (login CSRF).
enum class CrossSite { with_cookies, always };

struct Route {
  std::string_view method;  ///< HEAD is served wherever GET is.
  std::string_view path;    ///< A last segment of {id} stands for any one that is not empty.
  base::Pool pool;
  bool limited = false;  ///< Whether nginx limits the rate of one address (LOGIN_RATE).
  Needs needs = Needs::nothing;
  CrossSite cross_site = CrossSite::with_cookies;
  std::span<const http::FieldSpec> fields = {};  ///< Of the body; with GET, a body is not looked at.
  Answer (*handler)(Service& service, Call& call) = nullptr;
};

std::span<const Route> routes();

/// True for methods that change nothing (RFC 9110 section 9.2.1).
bool is_safe(std::string_view method);

/// The route of a request, or the Problem: not_found, or method_not_allowed with the header Allow.
base::Result<const Route*> find_route(std::string_view method, std::string_view path);

/// What stands for {id} in a path of this route; empty for a route without one.
std::string_view find_path_parameter(const Route& route, std::string_view path);

}  // namespace auth
