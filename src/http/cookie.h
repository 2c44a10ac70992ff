// Cookies: finding one in a request, and making the value of Set-Cookie. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace http {

enum class CookieCount { none, one, several };

struct FoundCookie {
  CookieCount count = CookieCount::none;
  std::string_view value;  ///< Set when there is exactly one; a view into the header.
};

/// Finds a cookie by its name, case-sensitively, in a Cookie header (RFC 6265 section 5.4). The value is what
/// follows the first `=`, not decoded. When several have the name, none is returned, because their order says
/// nothing (section 4.2.2).
FoundCookie find_cookie(std::string_view header, std::string_view name);

/// What was found in two lines of the header together: several if both have the cookie.
FoundCookie join(const FoundCookie& one, const FoundCookie& other);

/// The attributes that all cookies of the service share.
struct CookieScope {
  std::string_view prefix;  ///< Put before the name, such as `__Host-`.
  std::string_view domain;  ///< Empty: the cookie is for this host only.
  bool secure;
};

/// The value of Set-Cookie, with HttpOnly, Path=/ and SameSite=Lax. `max_age` is in seconds; 0 or less
/// deletes the cookie.
base::Secret make_set_cookie(const CookieScope& scope, std::string_view name, std::string_view value,
                             std::int64_t max_age);

}  // namespace http
