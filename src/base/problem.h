// Every error that a client can see: one table of status, code, title and public text.
// Internal details never appear in these texts; they are logged with the request id.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_table.h"
#include "base/secret.h"

namespace base {

enum class ProblemId {
  invalid_request,
  invalid_json,
  invalid_content_length,
  repeated_header,
  unauthorized,
  invalid_credentials,
  invalid_refresh_token,
  invalid_ticket,
  cross_site_request,
  registration_closed,
  current_password_required,
  wrong_current_password,
  group_required,
  forbidden,
  status_forbidden,
  not_found,
  method_not_allowed,
  username_taken,
  payload_too_large,
  unsupported_media_type,
  too_many_attempts,
  internal_error,
  service_unavailable,
  count,
};

/// One row of the table. `code` is stable: clients may rely on it. The other members are as in RFC 9457.
struct ProblemRow {
  ProblemId id;
  int status;
  std::string_view code;
  std::string_view title;
  std::string_view detail;
};

inline constexpr std::array kProblems{
    ProblemRow{ProblemId::invalid_request, 400, "invalid_request", "Bad Request",
               "A field of the request is not acceptable; `errors` names it."},
    ProblemRow{ProblemId::invalid_json, 400, "invalid_json", "Bad Request",
               "The body must be one JSON object in UTF-8."},
    ProblemRow{ProblemId::invalid_content_length, 400, "invalid_content_length", "Bad Request",
               "The length of the body is not what Content-Length says."},
    ProblemRow{ProblemId::repeated_header, 400, "repeated_header", "Bad Request",
               "A header occurs twice that may occur once, such as Origin, Content-Type or Authorization."},
    ProblemRow{ProblemId::unauthorized, 401, "unauthorized", "Unauthorized",
               "A live session is needed; log in."},
    ProblemRow{ProblemId::invalid_credentials, 401, "invalid_credentials", "Unauthorized",
               "The username or the password is wrong."},
    ProblemRow{ProblemId::invalid_refresh_token, 401, "invalid_refresh_token", "Unauthorized",
               "The refresh token is missing, expired or no longer valid; log in."},
    ProblemRow{ProblemId::invalid_ticket, 401, "invalid_ticket", "Unauthorized",
               "The link is unknown, used or too old; ask for a new one."},
    ProblemRow{
        ProblemId::cross_site_request, 403, "cross_site_request", "Forbidden",
        "The request comes from another site, or from an origin that CORS_ORIGINS does not list. To list "
        "another site does not help: browsers send no session from there."},
    ProblemRow{ProblemId::registration_closed, 403, "registration_closed", "Forbidden",
               "Registration is closed, or needs an invitation that is still good."},
    ProblemRow{ProblemId::current_password_required, 403, "current_password_required", "Forbidden",
               "The current password is needed for this."},
    ProblemRow{ProblemId::wrong_current_password, 403, "wrong_current_password", "Forbidden",
               "The current password is wrong."},
    ProblemRow{ProblemId::group_required, 403, "group_required", "Forbidden",
               "The user is signed in, but not in a group that this place asks for."},
    ProblemRow{
        ProblemId::forbidden, 403, "forbidden", "Forbidden",
        "A header of the request says who its user is, or cannot be read safely; such requests reach no "
        "guarded page."},
    ProblemRow{ProblemId::status_forbidden, 403, "status_forbidden", "Forbidden",
               "Only this host and those that STATUS_FROM names may see this."},
    ProblemRow{ProblemId::not_found, 404, "not_found", "Not Found", "There is nothing at this path."},
    ProblemRow{ProblemId::method_not_allowed, 405, "method_not_allowed", "Method Not Allowed",
               "The path exists, but not with this method; `Allow` lists those it has."},
    ProblemRow{ProblemId::username_taken, 409, "username_taken", "Conflict", "This username is taken."},
    ProblemRow{ProblemId::payload_too_large, 413, "payload_too_large", "Content Too Large",
               "The body is larger than 8 KiB."},
    ProblemRow{ProblemId::unsupported_media_type, 415, "unsupported_media_type", "Unsupported Media Type",
               "The body must be sent as Content-Type: application/json, charset utf-8, not encoded."},
    ProblemRow{ProblemId::too_many_attempts, 429, "too_many_attempts", "Too Many Requests",
               "Too many attempts; try again after the time that Retry-After gives."},
    ProblemRow{ProblemId::internal_error, 500, "internal_error", "Internal Server Error",
               "Something went wrong here; the request id helps to find it in the log."},
    ProblemRow{ProblemId::service_unavailable, 503, "service_unavailable", "Service Unavailable",
               "The service cannot answer now; try again after the time that Retry-After gives."},
};

static_assert(is_enum_table(kProblems));

constexpr const ProblemRow& problem_row(ProblemId id) {
  return row_of(kProblems, id);
}

/// What is wrong with one field of a request. `code` is stable; `detail` is for people and may change.
struct FieldError {
  std::string field;
  std::string code;
  std::string detail;
};

/// An error for the client as a value, with the headers and cookies that its answer carries.
struct Problem {
  Problem(ProblemId problem_id) : id(problem_id) {}
  Problem(ProblemId problem_id, std::vector<FieldError> field_errors)
      : id(problem_id), errors(std::move(field_errors)) {}

  ProblemId id;
  std::vector<FieldError> errors;  ///< Empty: the problem is not about a field.
  std::string redirect;            ///< Where to go all the same, as in an answer; empty: not said.
  std::int64_t retry_after = 1;    ///< Seconds; sent with 429 and 503, and 0 (at once) with any status.
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< Names must be literals.
  std::vector<Secret> cookies;                                    ///< Values of Set-Cookie.
};

}  // namespace base
