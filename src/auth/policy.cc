#include "auth/policy.h"

#include <algorithm>
#include <string>

#include "auth/location.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/cookie.h"

namespace auth {
namespace {

using base::FieldError;

constexpr std::size_t kMostNameLength = 200;
constexpr std::size_t kLeastUsernameLength = 3;
constexpr std::size_t kMostUsernameLength = 64;

bool is_letter_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_username_character(char c) {
  return is_letter_or_digit(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
}

FieldError error(std::string_view field, std::string_view code, std::string detail) {
  return {std::string(field), std::string(code), std::move(detail)};
}

/// What follows the scheme and its spaces in `Authorization: Bearer TOKEN`, not yet parsed; nothing when the
/// header is absent or has another scheme (RFC 6750, 2.1; RFC 9110, 11.4 and 5.6.3).
std::optional<std::string_view> find_bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  authorization = base::trim(authorization);
  const auto scheme = authorization.substr(0, kScheme.size());
  if (!base::equals_ignoring_case(scheme, kScheme)) return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  if (authorization.empty()) return authorization;
  if (authorization.front() == '\t') return authorization;  // does not parse: only spaces may stand here
  if (authorization.front() != ' ') return std::nullopt;
  return authorization.substr(authorization.find_first_not_of(' '));
}

struct FoundToken {
  bool given = false;    ///< There is something of that name, whatever its value.
  bool several = false;  ///< There are different tokens of that name.
  std::optional<crypto::Token> token;
};

/// The token in the cookie of this name. A value that by its form is no token counts for nothing, because any
/// application of the domain may have a cookie of that name. Of two tokens neither is taken.
FoundToken find_token_cookie(const base::Settings& settings, const http::Request& request,
                             std::string_view name) {
  if (request.cookie.empty() && request.further_cookies.empty()) return {};
  const auto full_name = settings.cookie_prefix + std::string(name);
  FoundToken found;
  int tokens = 0;
  std::string_view first;
  const auto take = [&found, &tokens, &first](std::string_view value) {
    found.given = true;
    auto token = crypto::parse_token(value);
    if (!token) return;
    if (++tokens == 1) first = value;
    found.several = found.several || value != first;
    found.token = tokens == 1 ? std::move(token) : std::nullopt;
  };
  http::for_each_cookie(request.cookie, full_name, take);
  for (const auto line : request.further_cookies) http::for_each_cookie(line, full_name, take);
  return found;
}

/// True for the origin under which the client reached the service, and for that of PUBLIC_URL if it was set,
/// whatever a proxy in front has told nginx of the scheme.
bool is_own_origin(const base::Settings& settings, const http::Request& request) {
  return request.origin == request.service_origin || request.origin == settings.stated_origin;
}

}  // namespace

std::optional<FieldError> check_name(std::string_view name) {
  const auto length = base::count_code_points(name).value_or(0);
  if (length > kMostNameLength) return error("name", "too_long", "The name may have 200 characters at most.");
  if (base::is_blank(name)) return error("name", "blank", "The name must have something to see.");
  if (base::has_control_character(name))
    return error("name", "invalid_format",
                 "The name must not have control characters, line breaks or directional overrides.");
  return std::nullopt;
}

std::optional<FieldError> check_username(std::string_view username) {
  if (username.size() < kLeastUsernameLength)
    return error("username", "too_short", "The username must have 3 to 64 characters.");
  if (username.size() > kMostUsernameLength)
    return error("username", "too_long", "The username must have 3 to 64 characters.");
  if (!is_letter_or_digit(username.front()) ||
      !std::all_of(username.begin(), username.end(), is_username_character))
    return error("username", "invalid_format",
                 "The username begins with a letter or digit and consists of A-Z a-z 0-9 . _ @ + -.");
  return std::nullopt;
}

std::optional<FieldError> check_new_password(const base::Settings& settings, std::string_view field,
                                             std::string_view password, std::string_view username) {
  const auto length = static_cast<std::int64_t>(base::count_code_points(password).value_or(0));
  if (length < settings.password_min_length)
    return error(
        field, "too_short",
        "The password must have at least " + std::to_string(settings.password_min_length) + " characters.");
  if (auto problem = check_given_password(field, password)) return problem;
  if (base::equals_ignoring_case(password, username))
    return error(field, "same_as_username", "The password must not be the username.");
  return std::nullopt;
}

std::optional<FieldError> check_given_password(std::string_view field, std::string_view password) {
  if (password.size() <= kMostPasswordBytes) return std::nullopt;
  return error(field, "too_long", "The password may have 1024 bytes at most.");
}

Credentials find_credentials(const base::Settings& settings, const http::Request& request) {
  const auto access_cookie = find_token_cookie(settings, request, kAccessCookie);
  const auto refresh_cookie = find_token_cookie(settings, request, kRefreshCookie);
  const auto device_cookie = find_token_cookie(settings, request, kDeviceCookie);
  Credentials found;
  found.several_access = access_cookie.several;
  found.several_refresh = refresh_cookie.several;
  found.several_device = device_cookie.several;
  found.access = access_cookie.token;
  found.access_given = access_cookie.given;
  found.refresh = refresh_cookie.token;
  found.refresh_given = refresh_cookie.given;
  found.device = device_cookie.token;
  found.has_cookies = access_cookie.given || refresh_cookie.given;
  if (const auto bearer = find_bearer(request.authorization); bearer && !lets_pass(request, "bearer")) {
    found.from_bearer = true;
    found.access_given = true;
    found.access = crypto::parse_token(*bearer);
  }
  return found;
}

bool has_repeated_header(const http::Request& request) {
  return request.repeats_header ||
         (!request.content_type_header.empty() && request.content_type_header != request.content_type);
}

bool is_cross_site(const base::Settings& settings, const http::Request& request) {
  const auto site = request.sec_fetch_site;
  if (site == "same-origin" || site == "none") return false;
  if (site == "same-site") return !base::is_listed_origin(settings, request.origin);
  if (!site.empty()) return true;
  return !request.origin.empty() && !is_own_origin(settings, request) &&
         !base::is_listed_origin(settings, request.origin);
}

base::Result<bool> read_flag(std::string_view query, std::string_view name) {
  const auto is_set = std::string(name) + "=true";
  const auto is_unset = std::string(name) + "=false";
  if (query == is_set) return true;
  if (query.empty() || query == is_unset) return false;
  const auto detail = "The query may be " + is_set + " or " + is_unset + ".";
  return base::Problem(base::ProblemId::invalid_request, {{std::string(name), "invalid_format", detail}});
}

bool is_json_content_type(std::string_view content_type) {
  const auto semicolon = std::min(content_type.find(';'), content_type.size());
  if (!base::equals_ignoring_case(base::trim(content_type.substr(0, semicolon)), "application/json"))
    return false;
  const auto parameters = base::split(content_type.substr(semicolon), ';');
  return std::all_of(parameters.begin(), parameters.end(), [](std::string_view parameter) {
    return base::equals_ignoring_case(parameter, "charset=utf-8") ||
           base::equals_ignoring_case(parameter, "charset=\"utf-8\"");
  });
}

}  // namespace auth
