#include "http/response.h"

#include <cstdlib>

#include "http/json.h"

namespace http {
namespace {

void append_header(std::string& head, std::string_view name, std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) std::abort();
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Response make_problem_response(base::Problem problem, std::string_view request_id) {
  const base::ProblemRow& row = base::problem_row(problem.id);
  JsonWriter json;
  json.begin_object();
  json.member("type", "about:blank").member("title", row.title).member("status", row.status);
  json.member("code", row.code).member("detail", row.detail).member("request_id", request_id);
  if (!problem.errors.empty()) {
    json.begin_array("errors");
    for (const auto& error : problem.errors)
      json.begin_object()
          .member("field", error.field)
          .member("code", error.code)
          .member("detail", error.detail)
          .end_object();
    json.end_array();
  }
  if (!problem.redirect.empty()) json.member("redirect", problem.redirect);
  json.end_object();
  Response response{row.status,
                    row.title,
                    "application/problem+json",
                    json.take(),
                    std::move(problem.headers),
                    std::move(problem.cookies)};
  if (row.status == 429 || row.status == 503 || problem.retry_after == 0)
    response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after));
  return response;
}

base::Secret make_head(const Response& response) {
  // Memory for all of it: a string that grows leaves copies of its tokens behind.
  std::size_t size = 512;
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 4;
  for (const auto& cookie : response.cookies) size += cookie.size() + 16;
  std::string head;
  head.reserve(size);
  append_header(head, "Status", std::to_string(response.status) + " " + std::string(response.reason));
  if (!response.content_type.empty()) {
    append_header(head, "Content-Type", response.content_type);
    append_header(head, "Content-Length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  for (const auto& cookie : response.cookies) append_header(head, "Set-Cookie", cookie.view());
  head.append("\r\n");
  return base::Secret(std::move(head));
}

}  // namespace http
