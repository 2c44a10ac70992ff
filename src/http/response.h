// One answer before it is written: status, headers that vary, body. nginx adds what every answer carries.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/problem.h"
#include "base/secret.h"

namespace http {

/// Header values must be free of CR, LF and NUL; make_head() aborts on one that is not (a bug of ours).
struct Response {
  int status = 200;
  std::string_view reason = "OK";
  std::string_view content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::vector<base::Secret> cookies;  ///< Values of Set-Cookie; they hold tokens.
};

/// The problem as application/problem+json (RFC 9457) with its headers and cookies, and with Retry-After
/// where its status is 429 or 503.
Response make_problem_response(base::Problem problem, std::string_view request_id);

/// The CGI head of the answer, ended by an empty line (RFC 3875 section 6.2).
base::Secret make_head(const Response& response);

}  // namespace http
