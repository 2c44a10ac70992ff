#include "auth/answers.h"

#include "auth/audit.h"
#include "auth/redirect.h"
#include "auth/session_cookies.h"
#include "base/clock.h"

namespace auth {

http::Response make_json(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

http::Response make_message(std::string_view message, std::string_view redirect) {
  http::JsonWriter json;
  json.begin_object().member("message", message);
  if (!redirect.empty()) json.member("redirect", redirect);
  json.end_object();
  return make_json(json.take());
}

http::Response make_user_response(const store::OpenedSession& session, std::string_view redirect,
                                  bool spared) {
  http::JsonWriter json;
  json.begin_object();
  json.begin_object("user");
  json.member("id", std::to_string(session.user.id.value)).member("name", session.user.name);
  json.member("username", session.user.username);
  json.member("created_at", base::make_rfc3339(session.user.created_at));
  json.end_object();
  json.begin_object("session");
  json.member("id", std::to_string(session.id.value));
  json.member("access_expires_at", base::make_rfc3339(session.access_expires_at));
  json.member("refresh_expires_at", base::make_rfc3339(session.refresh_expires_at));
  json.end_object();
  if (!redirect.empty()) json.member("redirect", redirect);
  if (spared) json.member("renewed", false);
  json.end_object();
  return make_json(json.take());
}

http::Response make_opened_response(const Service& service, const Call& call,
                                    const store::OpenedSession& session, const crypto::TokenPair& pair,
                                    std::string_view redirect) {
  auto response = make_user_response(session, redirect);
  add_session_cookies(service.settings, call, session, pair, response.cookies);
  return response;
}

void add_farewell(const Service& service, const Call& call, http::Response& response) {
  add_cleared_cookies(service.settings, call, response.cookies);
  if (call.request.https == "on")
    response.headers.emplace_back("Clear-Site-Data", R"("prefetchCache", "prerenderCache")");
}

std::string_view find_redirect(const Service& service, const Call& call) {
  const auto given = call.fields.optional("redirect");
  if (!given) return {};
  const auto chosen = choose_redirect(service.settings, call.request.service_origin, *given);
  if (chosen != *given)
    audit(call, base::LogLevel::warning, "redirect_refused", {}, {}, describe_refused_redirect(*given));
  return chosen;
}

base::Problem without_strays(const Service& service, const Call& call, base::Problem problem) {
  add_cleared_strays(service.settings, call, problem.cookies);
  return problem;
}

base::Problem offer_another_try(const Service& service, const Call& call, base::Problem problem) {
  auto refusal = without_strays(service, call, std::move(problem));
  if (!refusal.cookies.empty()) refusal.retry_after = 0;
  return refusal;
}

std::pair<std::string_view, std::string> make_challenge(bool token_given) {
  return {"WWW-Authenticate", token_given ? "Bearer error=\"invalid_token\"" : "Bearer"};
}

}  // namespace auth
