// Cookies: finding them in a request, and making the value of Set-Cookie. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace http {

/// Calls `visit` for each cookie of this name, case-sensitively, in a Cookie header (RFC 6265, 5.4), with its
/// value: what follows the first `=`, not decoded; a view into the header. The order of several says nothing
/// (4.2.2).
void for_each_cookie(std::string_view header, std::string_view name,
                     const std::function<void(std::string_view value)>& visit);

/// The attributes that all cookies of the service share.
struct CookieScope {
  std::string_view prefix;  ///< Put before the name, such as `__Host-`.
  std::string_view domain;  ///< Empty: the cookie is for this host only.
  bool secure;
  std::string_view path = "/";
};

/// The value of Set-Cookie, with HttpOnly and SameSite=Lax. `max_age` is in seconds; 0 or less
/// deletes the cookie.
base::Secret make_set_cookie(const CookieScope& scope, std::string_view name, std::string_view value,
                             std::int64_t max_age);

}  // namespace http
