// What users see and change of their own: the user, the name, the sessions.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "base/clock.h"
#include "base/text.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;

Answer answer_user(Service& service, const Call& call) {
  const auto session = service.sessions.describe(call.session->id);
  if (!session) return ProblemId::unauthorized;
  return make_user_response(*session);
}

std::string make_session_list(const std::vector<store::ListedSession>& sessions, store::SessionId current) {
  http::JsonWriter json;
  json.begin_object().begin_array("sessions");
  for (const auto& session : sessions) {
    json.begin_object();
    json.member("id", std::to_string(session.id.value));
    json.member("created_at", base::make_rfc3339(session.created_at));
    json.member("last_used_at", base::make_rfc3339(session.last_used_at));
    session.address ? json.member("ip", *session.address) : json.member_null("ip");
    json.member("user_agent", session.user_agent);
    json.member("current", session.id.value == current.value);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

/// Revokes all other sessions of the user, or all, and returns how many. The row of the user is locked so
/// that no login can open a session meanwhile.
std::int64_t revoke_sessions(Service& service, const Call& call, bool all) {
  const auto& session = *call.session;
  pg::Transaction transaction(service.connection);
  service.users.lock(session.user, std::nullopt);
  const auto revoked = all ? service.revocations.revoke_all(session.user)
                           : service.revocations.revoke_others(session.user, session.id);
  if (revoked > 0) record(service, call, session.user, "authn_token_revoked");
  transaction.commit();
  return revoked;
}

/// Revokes one session of the user; false when there is no such live one.
bool revoke_session(Service& service, const Call& call, store::SessionId session) {
  const auto user = call.session->user;
  pg::Transaction transaction(service.connection);
  service.users.lock(user, std::nullopt);
  if (!service.revocations.revoke_of_user(session, user)) return false;
  record(service, call, user, "authn_token_revoked", session);
  transaction.commit();
  return true;
}

/// Of each kind.
constexpr std::int64_t kMostEvents = 20;

std::string make_event_list(const std::vector<store::ListedEvent>& events) {
  http::JsonWriter json;
  json.begin_object().begin_array("events");
  for (const auto& event : events) {
    json.begin_object();
    json.member("event", event.event).member("time", base::make_rfc3339(event.happened_at));
    event.session ? json.member("session_id", std::to_string(event.session->value))
                  : json.member_null("session_id");
    event.address ? json.member("ip", *event.address) : json.member_null("ip");
    json.member("user_agent", event.user_agent).member("by_operator", !event.actor.empty());
    json.member("new_device", event.new_device);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace

Answer get_me(Service& service, Call& call) {
  return answer_user(service, call);
}

Answer patch_me(Service& service, Call& call) {
  const auto name = call.fields.required("name");
  if (auto error = check_name(name)) return Problem(ProblemId::invalid_request, {*error});
  service.users.rename(call.session->user, name);
  audit(call, LogLevel::info, "user_updated", call.session->user, call.session->id);
  return answer_user(service, call);
}

Answer get_sessions(Service& service, Call& call) {
  return make_json(make_session_list(service.sessions.list(call.session->user), call.session->id));
}

Answer get_events(Service& service, Call& call) {
  return make_json(make_event_list(service.events.list(call.session->user, kMostEvents)));
}

Answer delete_session(Service& service, Call& call) {
  const auto id = base::parse_number(call.path_parameter);
  const auto user = call.session->user;
  if (!id) return ProblemId::not_found;
  if (!revoke_session(service, call, {*id})) {
    service.revocations.await_end_of_user({*id}, user);
    return ProblemId::not_found;
  }
  audit(call, LogLevel::info, "authn_token_revoked", user, store::SessionId{*id}, "ended by its user");
  auto response = make_message("Session ended");
  if (*id == call.session->id.value) add_farewell(service, call, response);
  return response;
}

Answer delete_sessions(Service& service, Call& call) {
  auto flag = read_flag(call.request.query, "all");
  if (!flag) return std::move(flag.problem());
  const bool all = *flag;
  const auto& session = *call.session;
  const auto revoked = revoke_sessions(service, call, all);
  audit(call, LogLevel::info, "authn_token_revoked", session.user, session.id,
        all ? "all sessions" : "all other sessions");
  http::JsonWriter json;
  json.begin_object().member("revoked", revoked).end_object();
  auto response = make_json(json.take());
  if (all) add_farewell(service, call, response);
  return response;
}

}  // namespace auth
