// The routes: one table of method, path, pool, what a request must bring, and its handler; and the way of a
// call through it. The nginx configuration is held to this table by a test.
#pragma once

#include <exception>
#include <span>
#include <string_view>

#include "auth/call.h"

namespace auth {

/// Which pool of workers nginx sends a route to.
enum class Pool { check, write, password };
std::string_view pool_name(Pool pool);

/// What the session of the access token is to a route: not looked up, for the handler to judge, or demanded.
enum class Needs { nothing, verdict, access_token };

/// Which unsafe requests the cross-site rule covers: those with our cookies, or all (login CSRF).
enum class CrossSite { with_cookies, always };

/// Whether a body is taken: never (GET), or one object, which may be absent when no field is required.
enum class Body { ignored, object };

struct Route {
  std::string_view method;  ///< HEAD is served wherever GET is.
  std::string_view path;    ///< A last segment of {id} stands for any one that is not empty.
  Pool pool;
  Pool pool_with_body;
  Needs needs;
  CrossSite cross_site;
  Body body;
  std::span<const http::FieldSpec> fields;
  Answer (*handler)(Service& service, Call& call);
};

std::span<const Route> routes();

/// First half: finds the route, refuses what needs no database. Fills in `call.route`, `refusal`,
/// `credentials`.
void begin_call(const base::Settings& settings, Call& call);

/// True when the second half wants the session of `call.credentials.access`.
bool needs_session(const Call& call);

/// Second half, with `call.session` looked up: body, handler, answer. Throws what the database and the hasher
/// throw.
http::Response finish_call(Service& service, Call& call);

/// Notes that an exception took the place of the answer, and logs it; finish_call() then makes the refusal.
void fail_call(Call& call, const std::exception& failure);

}  // namespace auth
