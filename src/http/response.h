// One answer before it is sent: status, headers and body. nginx adds the headers that every answer has.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/problem.h"
#include "base/secret.h"

namespace http {

/// A name, which must be a literal, and a value.
using Header = std::pair<std::string_view, std::string>;

/// Header values must not contain CR, LF or NUL: make_head() aborts the process when one does.
struct Response {
  int status = 200;
  std::string_view reason = "OK";
  std::string_view content_type = "application/json";  ///< Empty: there is no body.
  std::string body;
  std::vector<Header> headers;
  std::vector<base::Secret> cookies;  ///< Values of Set-Cookie; they contain tokens.
};

/// The problem as application/problem+json (RFC 9457), with its headers and cookies. Status 429 and 503 also
/// get Retry-After, and so does a problem that may be gone at once.
Response make_problem_response(base::Problem problem, std::string_view request_id);

/// The header fields of the answer as CGI has them, with the empty line at their end (RFC 3875 section 6.2).
base::Secret make_head(const Response& response);

}  // namespace http
