// FastCGI's role Authorizer: Apache and lighttpd ask whether a request for a page of theirs may pass. It is
// the question of nginx's guard in other words, so it is put in those, and is judged like it. It has the
// method, path and query of the page, by which nothing is routed here.
#include <algorithm>
#include <array>
#include <iterator>

#include "http/role.h"

namespace http {
namespace {

// The words of nginx/guard.conf.in for a location that lets nothing pass beside the session.
constexpr std::string_view kQuestion = "sessiond/verify";
constexpr std::string_view kMark = "sessiond/verify basic= bearer= cors=";

/// What REQUIRED_GROUP says for whoever is signed in.
constexpr std::string_view kAnybody = "*";

/// Apache asks who the user is, and compares the groups with its own lines of Require.
bool asks_for_name_only(const Request& request) {
  return request.apache_role == "AUTHENTICATOR";
}

/// The URL of the page. A target that is a whole URL (RFC 9112, 3.2.2) stays as it is.
std::string make_page_url(const Request& request) {
  if (!request.target.starts_with('/')) return std::string(request.target);
  const std::string_view scheme = request.https == "on" ? "https" : request.scheme;
  return std::string(scheme).append("://").append(request.host).append(request.target);
}

/// A variable of the page's own program for each header by which an application behind nginx is told.
struct Variable {
  std::string_view header, name;
};

constexpr std::array kVariables{
    Variable{"Remote-User", "Variable-REMOTE_USER"},
    Variable{"Remote-Name", "Variable-REMOTE_NAME"},
    Variable{"Remote-Groups", "Variable-REMOTE_GROUPS"},
};

Response make_bare(int status, std::string_view reason) {
  Response bare;
  bare.status = status;
  bare.reason = reason;
  bare.content_type = {};
  return bare;
}

/// Nothing but variables, as Apache would take any other header for one of the page.
Response make_permission(const Response& response) {
  auto permission = make_bare(response.status, response.reason);
  for (const auto& [header, value] : response.headers)
    for (const Variable& variable : kVariables)
      if (variable.header == header) permission.headers.emplace_back(variable.name, value);
  return permission;
}

/// Sends the visitor to the login.
Response make_redirect(const std::string& location) {
  auto redirect = make_bare(302, "Found");
  redirect.headers = {{"Location", location}, {"Cache-Control", "no-store"}};
  return redirect;
}

/// Without what is for nginx alone.
Response make_refusal(const Response& response) {
  Response refusal{response.status, response.reason, response.content_type, response.body, {}, {}};
  std::ranges::copy_if(response.headers, std::back_inserter(refusal.headers),
                       [](const Header& header) { return !header.first.starts_with("X-Sessiond-"); });
  refusal.headers.emplace_back("Cache-Control", "no-store");
  return refusal;
}

}  // namespace

void become_question(Request& request, std::string& room) {
  room = make_page_url(request);
  request.original_method = request.method;
  request.original_url = room;
  request.method = "GET";
  request.path = "/verify";
  request.query = {};
  request.content_type = request.content_type_header = request.content_length = {};
  request.question = kQuestion;
  request.guard_mark = request.required_group.empty() && !asks_for_name_only(request) ? "" : kMark;
  request.preflight = {};
  request.gateway = {};
  if (request.required_group == kAnybody) request.required_group = {};
}

Response make_authorizer_answer(const Response& response) {
  if (response.status == 200) return make_permission(response);
  const auto location = std::ranges::find(response.headers, "Location", &Header::first);
  return location == response.headers.end() ? make_refusal(response) : make_redirect(location->second);
}

}  // namespace http
