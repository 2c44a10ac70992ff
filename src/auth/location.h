// What a guarded location of the web server's configuration says of itself (nginx/guard.conf.in,
// http/authorizer.cc), never the client. Pure functions; over HTTP, where no location asks, they find
// nothing.
#pragma once

#include <string_view>
#include <vector>

#include "http/request.h"

namespace auth {

/// The groups of which a user has to be in one; empty when the location asks for none. Views into the
/// request.
std::vector<std::string_view> find_asked_groups(const http::Request& request);

/// True when the location lets this pass: `basic`, `bearer` or `cors`, as in `set $sessiond_basic
/// pass`.
bool lets_pass(const http::Request& request, std::string_view what);

/// True for a preflight that the location lets pass. Browsers send it without credentials (Fetch, 4.8): one
/// that has Authorization is judged as any other request, and so is one of which an error page or an
/// application has made a GET for another location.
bool is_passing_preflight(const http::Request& request);

/// True when the location is open to all, and only wants to know who is there.
bool is_open_to_all(const http::Request& request);

/// Why nginx would hand the session's cookies to the application, for its administrator: its parts were
/// rendered for another COOKIE_PREFIX. Empty when it would not, and for parts that do not say what they take
/// away.
std::string_view find_stale_parts(const http::Request& request, std::string_view cookie_prefix);

/// What is wrong with the location, for its administrator; empty when nothing is.
std::string_view find_misplacement(const http::Request& request);

}  // namespace auth
