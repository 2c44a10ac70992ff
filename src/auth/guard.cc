// The guard: answers the auth_request of nginx, FastCGI's role Authorizer, and the forward_auth of gateways,
// for the sites behind the login. It never renews a session, because none of them passes the new cookies on
// to the browser.
#include <algorithm>
#include <array>

#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/identity.h"
#include "auth/location.h"
#include "auth/redirect.h"
#include "base/html.h"
#include "base/text.h"

namespace auth {
namespace {

using base::Problem;
using base::ProblemId;

/// True when a browser goes to a page, a form or a frame, and a person will see the answer. Browsers tell by
/// Sec-Fetch-Mode (Fetch Metadata), but not over plain HTTP. Without it, a request that accepts HTML counts
/// as one, unless it says that it is an XMLHttpRequest. Any other X-Requested-With means nothing: Android's
/// WebView names its application there, also when it loads a page.
bool is_navigation(const http::Request& request) {
  if (!request.sec_fetch_mode.empty()) return request.sec_fetch_mode == "navigate";
  const bool is_script = base::equals_ignoring_case(request.requested_with, "XMLHttpRequest");
  return !is_script && request.accept.find("text/html") != std::string_view::npos;
}

/// True when the answer can be the login page: it can lead back to the request only if that was a GET.
bool can_be_repeated(const http::Request& request) {
  const auto method = request.original_method;
  return method.empty() || method == "GET" || method == "HEAD";
}

/// True when a guard asks that is a part of the service. Others ask over HTTP, and have rules of their own.
bool is_own_guard(const http::Request& request) {
  return !request.question.empty();
}

/// True when that guard has pages for people (nginx/guard-location.conf.in). Those who ask for a gateway have
/// none.
bool has_pages(const http::Request& request) {
  return is_own_guard(request) && request.gateway.empty();
}

/// True for a navigation within a page. The login page refuses to be framed.
bool is_in_frame(const http::Request& request) {
  constexpr std::array<std::string_view, 4> kFrames{"iframe", "frame", "embed", "object"};
  return std::find(kFrames.begin(), kFrames.end(), request.sec_fetch_dest) != kFrames.end();
}

/// Tells nginx/guard-location.conf.in which of its answers to give: `refusal` is a row of its tables, and
/// with `way`, the URL of the link, the answer is a page.
void add_refusal(Problem& problem, const Call& call, std::string_view refusal, std::string way) {
  if (!has_pages(call.request)) return;
  problem.headers.emplace_back("X-Sessiond-Refusal", std::string(refusal));
  if (is_navigation(call.request)) problem.headers.emplace_back("X-Sessiond-Way", std::move(way));
}

/// A gateway gives its visitors the answer as it is, and browsers follow no Location of a 401.
http::Response make_redirect(std::string location) {
  http::Response redirect;
  redirect.status = 302;
  redirect.reason = "Found";
  redirect.content_type = {};
  redirect.headers.emplace_back("Location", std::move(location));
  return redirect;
}

/// A 401. For a page load, its Location is the login, or the answer leads there by itself; scripts and
/// programs get no way.
Answer refuse_stranger(const Service& service, const Call& call) {
  const http::Request& request = call.request;
  Problem problem(ProblemId::unauthorized);
  if (!is_navigation(request)) return problem;
  const bool framed = is_own_guard(request) && is_in_frame(request);
  const auto back = choose_return(request.original_url, request.referer);
  if (framed || !can_be_repeated(request))
    add_refusal(problem, call, framed ? "frame" : "form", make_login_url(service.settings, back));
  else if (!request.gateway.empty())
    return make_redirect(make_login_url(service.settings, request.original_url));
  else
    problem.headers.emplace_back("Location", make_login_url(service.settings, request.original_url));
  return problem;
}

/// A 403 for somebody who is signed in, or for a stranger where these are let in.
Problem refuse_user(const Service& service, const Call& call, ProblemId id, std::string_view refusal) {
  Problem problem(id);
  add_refusal(problem, call, refusal, service.settings.public_url + "/account");
  if (has_pages(call.request) && call.session)
    problem.headers.emplace_back("X-Sessiond-Person", base::escape_html(call.session->username));
  return problem;
}

/// Where an application may find the scheme of an Authorization: behind whatever is no letter, as
/// applications pass over more kinds of space than the service does.
std::string_view find_scheme(std::string_view authorization) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return {std::ranges::find_if(authorization, is_letter), authorization.end()};
}

bool begins_with(std::string_view text, std::string_view scheme) {
  return base::equals_ignoring_case(text.substr(0, scheme.size()), scheme);
}

/// True for HTTP's Basic and Digest authentication, whose name applications would take for a user, whatever
/// follows the scheme: applications find names where nginx finds none, as in `YW*RtaW46eA==`.
bool claims_name(const http::Request& request) {
  const auto scheme = find_scheme(request.authorization);
  return (begins_with(scheme, "basic") || begins_with(scheme, "digest")) && !lets_pass(request, "basic");
}

/// True for an Authorization in which an application may find a token that the service does not see: with
/// control characters (RFC 9110, 5.5), or with Bearer behind other bytes than spaces and tabs.
bool hides_token(const http::Request& request) {
  const auto text = request.authorization;
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
  const bool hides_scheme =
      begins_with(find_scheme(text), "bearer") && !begins_with(base::trim(text), "bearer");
  return hides_scheme || std::ranges::any_of(text, is_control);
}

/// True for a header such as Remote-User. nginx refuses it before it asks.
bool claims_identity(const http::Request& request) {
  return !request.claim.empty();
}

/// A header that reaches no application, whoever sends it; with its event, and its row in the tables of
/// nginx/guard-map.conf.in.
struct RefusedHeader {
  bool (*fits)(const http::Request&);
  std::string_view event;
  std::string_view refusal;
};

constexpr std::array kRefusedHeaders{
    RefusedHeader{claims_identity, "claim_refused", "claim"},
    RefusedHeader{claims_name, "basic_refused", "basic"},
    RefusedHeader{hides_token, "authorization_refused", "authorization"},
};

/// The row that fits; null for none, and for gateways that decide by themselves what they pass on.
const RefusedHeader* find_refused_header(const http::Request& request) {
  const auto fits = [&request](const RefusedHeader& row) { return row.fits(request); };
  const auto row = std::ranges::find_if(kRefusedHeaders, fits);
  return is_own_guard(request) && row != kRefusedHeaders.end() ? &*row : nullptr;
}

Problem refuse_header(const Service& service, const Call& call, const RefusedHeader& row) {
  if (call.session)
    audit(call, base::LogLevel::warning, row.event, call.session->user, call.session->id, call.request.claim);
  else
    audit(call, base::LogLevel::warning, row.event, {}, {}, call.request.claim);
  return refuse_user(service, call, ProblemId::forbidden, row.refusal);
}

http::Response make_identity(const store::FoundSession& session) {
  auto response = make_message("Signed in");
  response.headers = make_identity_headers(session.username, session.name, session.groups);
  return response;
}

/// Why nobody gets in; empty when nothing is wrong.
std::string_view find_fault(const Service& service, const http::Request& request) {
  const auto stale = find_stale_parts(request, service.settings.cookie_prefix);
  return stale.empty() ? find_misplacement(request) : stale;
}

}  // namespace

Answer get_verify(Service& service, Call& call) {
  const http::Request& request = call.request;
  if (const auto fault = find_fault(service, request); !fault.empty()) {
    audit(call, base::LogLevel::error, "guard_misplaced", std::nullopt, std::nullopt, fault);
    return ProblemId::internal_error;
  }
  if (is_passing_preflight(request)) return make_message("A preflight, of nobody");
  if (!call.session && !is_open_to_all(request)) return refuse_stranger(service, call);
  if (const auto* row = find_refused_header(request)) return refuse_header(service, call, *row);
  if (!call.session) return make_message("Nobody is signed in");
  const auto& session = *call.session;
  const auto asked = find_asked_groups(request);
  if (is_in_one_of(session.groups, asked)) return make_identity(session);
  audit(call, base::LogLevel::warning, "authz_fail", session.user, session.id,
        asked.size() == 1 ? asked.front() : request.required_group);
  return refuse_user(service, call, ProblemId::group_required, "group");
}

}  // namespace auth
