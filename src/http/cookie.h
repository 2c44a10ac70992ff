// Cookies: reading them from a request, writing Set-Cookie. Pure; which cookies exist is decided elsewhere.
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

/// Looks for a name, case-sensitive, in a Cookie header (RFC 6265 section 5.4). The first `=` splits, nothing
/// is decoded. The order of equal names is no guarantee (section 4.2.2), so several are said to be several.
FoundCookie find_cookie(std::string_view header, std::string_view name);

/// What all cookies of the service share.
struct CookieScope {
  std::string_view prefix;  ///< Put before the name, such as `__Host-`.
  std::string_view domain;  ///< Empty: host-only.
  bool secure;
};

/// The value of Set-Cookie with HttpOnly, Path=/ and SameSite=Lax. `max_age` in seconds; 0 deletes the
/// cookie.
base::Secret make_set_cookie(const CookieScope& scope, std::string_view name, std::string_view value,
                             std::int64_t max_age);

}  // namespace http
