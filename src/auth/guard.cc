// The guard: answers the auth_request of nginx for the sites behind the login. It never renews a session,
// because auth_request does not pass the new cookies on to the browser.
#include <algorithm>

#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/redirect.h"
#include "base/text.h"
#include "base/uri.h"

namespace auth {
namespace {

using base::Problem;
using base::ProblemId;

/// True when a browser loads a page, so that it can be sent to the login. Browsers tell by Sec-Fetch-Mode
/// (Fetch Metadata), but not over plain HTTP. Without it, a request that accepts HTML and has no
/// X-Requested-With counts as a page load.
bool is_page_load(const http::Request& request) {
  const auto method = request.original_method;
  if (!method.empty() && method != "GET" && method != "HEAD") return false;
  if (!request.sec_fetch_mode.empty()) return request.sec_fetch_mode == "navigate";
  return request.requested_with.empty() && request.accept.find("text/html") != std::string_view::npos;
}

/// A 401. For a page load, its Location is the login; scripts and programs get none.
Problem refuse_stranger(const Service& service, const Call& call) {
  Problem problem(ProblemId::unauthorized);
  if (is_page_load(call.request))
    problem.headers.emplace_back("Location", make_login_url(service.settings, call.request.original_url));
  return problem;
}

bool is_in_group(const store::FoundSession& session, std::string_view group) {
  const auto groups = base::split(session.groups, ',');
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

/// The user in the headers that Authelia and oauth2-proxy use.
http::Response make_identity(const store::FoundSession& session) {
  auto response = make_message("Signed in");
  const auto user = base::encode_header_value(session.username);
  const auto groups = base::encode_header_value(session.groups);
  response.headers = {{"Remote-User", user},
                      {"Remote-Name", base::encode_header_value(session.name)},
                      {"Remote-Groups", groups},
                      {"X-Auth-Request-User", user},
                      {"X-Auth-Request-Preferred-Username", user},
                      {"X-Auth-Request-Groups", groups}};
  return response;
}

}  // namespace

Answer get_verify(Service& service, Call& call) {
  if (!call.session) return refuse_stranger(service, call);
  const auto group = call.request.required_group;
  if (group.empty() || is_in_group(*call.session, group)) return make_identity(*call.session);
  audit(call, base::LogLevel::warning, "authz_fail", call.session->user, call.session->id, group);
  return ProblemId::group_required;
}

}  // namespace auth
