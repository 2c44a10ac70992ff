// The rules: which values of fields are valid, how credentials are read, which requests come from another
// site. Pure functions, without database, clock or I/O.
#pragma once

#include <optional>
#include <string_view>

#include "base/config.h"
#include "base/problem.h"
#include "base/result.h"
#include "crypto/token.h"
#include "http/request.h"

namespace auth {

inline constexpr std::size_t kMostPasswordBytes = 1024;

/// What is wrong with a name or a username, or nothing.
std::optional<base::FieldError> check_name(std::string_view name);
std::optional<base::FieldError> check_username(std::string_view username);
/// What is wrong with a new password, or nothing; `field` is its name in the request (ASVS 5.0, 6.2; NIST SP
/// 800-63B-4, 3.1.1.2). The list of common passwords is checked by new_password.h.
std::optional<base::FieldError> check_new_password(const base::Settings& settings, std::string_view field,
                                                   std::string_view password, std::string_view username);
/// The same for a password that is to be verified. Only its size is checked, so that clients cannot have
/// megabytes hashed.
std::optional<base::FieldError> check_given_password(std::string_view field, std::string_view password);

/// The names of the cookies, without COOKIE_PREFIX.
inline constexpr std::string_view kAccessCookie = "access_token";
inline constexpr std::string_view kRefreshCookie = "refresh_token";
/// Shows only that a user has logged in with this browser before. It outlives sessions.
inline constexpr std::string_view kDeviceCookie = "device_token";

/// The tokens that a request has.
struct Credentials {
  std::optional<crypto::Token> access;  ///< Well-formed; only the database knows whether it is live.
  std::optional<crypto::Token> refresh;
  std::optional<crypto::Token> device;
  bool access_given = false;    ///< There was an access token, well-formed or not.
  bool refresh_given = false;   ///< There was a refresh token, well-formed or not.
  bool from_bearer = false;     ///< The access token is from Authorization; the access cookie is ignored.
  bool several_access = false;  ///< Cookies have different access tokens, so that none of them counts.
  bool several_refresh = false;
  bool several_device = false;
  bool has_cookies = false;  ///< There is an access cookie or a refresh cookie.
};

/// Reads the cookies and Authorization: Bearer (RFC 6750), never the URL; the cookies alone for a guarded
/// location that lets bearer tokens pass. A token whose cookie occurs twice is not used, as it is unclear
/// which one should count.
Credentials find_credentials(const base::Settings& settings, const http::Request& request);

/// True when a header by which the request is judged occurs twice (RFC 9110 section 5.3). nginx from 1.23 on
/// joins lines of one name with a comma; then Content-Type is the only one that shows here, and the others
/// have a value that no rule accepts.
bool has_repeated_header(const http::Request& request);

/// True for a request that a browser sent for another site, or for another origin of this site that is not in
/// CORS_ORIGINS (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, Fetch Metadata). Without
/// Sec-Fetch-Site, true when Origin is neither that of the service, nor that of PUBLIC_URL if it was set, nor
/// in CORS_ORIGINS. Without both, the client is not a browser: false.
bool is_cross_site(const base::Settings& settings, const http::Request& request);

/// Whether the query says `name`=true; it may also be empty, or say `name`=false. Anything else is refused.
base::Result<bool> read_flag(std::string_view query, std::string_view name);

/// True for `application/json` without parameters or with charset=utf-8 (RFC 9110 section 8.3).
bool is_json_content_type(std::string_view content_type);

}  // namespace auth
