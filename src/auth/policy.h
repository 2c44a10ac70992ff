// The rules, pure: what a good field is, what a credential looks like, which requests come from another site.
// No database, no clock, no I/O.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/problem.h"
#include "base/secret.h"
#include "crypto/token.h"
#include "http/request.h"

namespace auth {

inline constexpr std::size_t kMostPasswordBytes = 1024;

/// Each returns what is wrong with a value, or nothing.
std::optional<base::FieldError> check_name(std::string_view name);
std::optional<base::FieldError> check_username(std::string_view username);
/// A password to be set; `field` is its name in the request (ASVS A6.2, NIST SP 800-63B 3.1.1.2).
std::optional<base::FieldError> check_new_password(const base::Settings& settings, std::string_view field,
                                                   std::string_view password, std::string_view username);
/// A password to be verified: only its size, so that nobody makes us hash megabytes.
std::optional<base::FieldError> check_given_password(std::string_view field, std::string_view password);

/// The names under which cookies are set and read.
inline constexpr std::string_view kAccessCookie = "access_token";
inline constexpr std::string_view kRefreshCookie = "refresh_token";
/// Proves nothing but that this browser logged in before as some user; outlives sessions.
inline constexpr std::string_view kDeviceCookie = "device_token";

/// What a request brings along to prove who it is.
struct Credentials {
  std::optional<crypto::Token> access;  ///< Well-formed; whether it is live is for the database to say.
  std::optional<crypto::Token> refresh;
  std::optional<crypto::Token> device;
  bool access_given = false;  ///< Something was presented as an access token, well-formed or not.
  bool refresh_given = false;
  bool from_bearer = false;  ///< `access` comes from Authorization, which decides alone.
  bool has_cookies = false;  ///< At least one of our cookies is there.
};

/// Reads cookies and Authorization: Bearer (RFC 6750). A cookie that is there twice, or a header that is,
/// counts for nothing. Never looks at the URL.
Credentials find_credentials(const base::Settings& settings, const http::Request& request);

/// True for a request that a browser sent on behalf of another site (OWASP CSRF cheat sheet, Fetch Metadata).
/// Clients that send neither Sec-Fetch-Site nor Origin are no browsers and pass.
bool is_cross_site(const base::Settings& settings, const http::Request& request);

/// True for `application/json`, with charset absent or utf-8 (RFC 9110 section 8.3).
bool is_json_content_type(std::string_view content_type);

}  // namespace auth
