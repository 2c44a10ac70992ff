// Refresh, which replaces the tokens of a session and detects stolen ones (docs/sessions.md), and logout.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "auth/session_cookies.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;

/// A 401 that also deletes both cookies. `token_given` says whether the request had a token. Of several under
/// one name, which did not count, the service's own may be a good one and stays, so that another try
/// succeeds.
Problem refuse_and_clear(const Service& service, const Call& call, ProblemId id, bool token_given,
                         bool several) {
  Problem problem(id);
  problem.headers.push_back(make_challenge(token_given));
  if (several) return offer_another_try(service, call, std::move(problem));
  add_cleared_cookies(service.settings, call, problem.cookies);
  return problem;
}

Problem make_refresh_refusal(const Service& service, const Call& call) {
  const auto& credentials = call.credentials;
  return refuse_and_clear(service, call, ProblemId::invalid_refresh_token, credentials.refresh_given,
                          credentials.several_refresh);
}

Problem refuse_refresh(Service& service, const Call& call) {
  service.revocations.await_end(std::nullopt, call.credentials.refresh);
  audit(call, LogLevel::info, "authn_token_refused", {}, {}, "refresh");
  return make_refresh_refusal(service, call);
}

http::Response answer_renewed(const Service& service, const Call& call, const store::OpenedSession& session,
                              const crypto::TokenPair& pair) {
  audit(call, LogLevel::info, "session_renewed", session.user.id, session.id);
  auto response = make_opened_response(service, call, session, pair, find_redirect(service, call));
  move_device_cookie(service.settings, call, response.cookies);
  return response;
}

/// Revokes a session whose family the refresh token has, although it is neither the current token nor a
/// previous one that may be repeated (row 4). Then somebody else may have a copy of the tokens, and nothing
/// tells the user from the thief (RFC 9700 section 4.14.2).
Problem end_reused(Service& service, const Call& call, const store::OpenedSession& session) {
  pg::Transaction transaction(service.connection);
  service.users.lock(session.user.id, std::nullopt);
  if (service.revocations.revoke(session.id))
    record(service, call, session.user.id, "authn_token_reuse", session.id);
  transaction.commit();
  audit(call, LogLevel::warning, "authn_token_reuse", session.user.id, session.id, "refresh_reuse");
  return make_refresh_refusal(service, call);
}

/// The session whose current pair the request has, when its access token has not expired.
std::optional<store::OpenedSession> find_unexpired(Service& service, const Call& call) {
  const auto& tokens = call.credentials;
  if (!tokens.access) return std::nullopt;
  return service.rotations.find_unexpired(*tokens.refresh, *tokens.access);
}

/// The rotation table in docs/sessions.md says what each refresh token gets. The rotation (row 2) is tried
/// first, because it is one statement and nearly always the right case. Of two requests at the same time, the
/// second finds that its token is now the previous one (row 3).
Answer renew(Service& service, const Call& call) {
  const crypto::Token& presented = *call.credentials.refresh;
  const auto salt = crypto::make_rotation_salt();
  const auto successors = crypto::derive_successors(presented, salt);
  if (const auto rotated = service.rotations.rotate(presented, successors, salt))
    return answer_renewed(service, call, *rotated, successors);

  const auto found = service.rotations.find_by_family(presented.family_hash(), presented.hash());
  if (!found) return refuse_refresh(service, call);
  if (!found->is_previous || !found->replay_allowed || !found->salt)
    return end_reused(service, call, found->session);
  const bool expired = found->session.access_life <= 0;
  const auto session = expired ? service.rotations.extend_access(found->session.id, presented.hash())
                               : std::optional(found->session);
  if (!session) return refuse_refresh(service, call);  // it was ended or renewed a moment ago
  // Nothing has been written here, so nothing has been waited for. The rotation may be one that was committed
  // while no standby followed, and that a fail-over would lose.
  if (!expired) service.connection.await_standbys();
  return answer_renewed(service, call, *session, crypto::derive_successors(presented, *found->salt));
}

}  // namespace

/// Of several clients that share one pair and all ask for a new one if it has expired, the first gets it, and
/// those that come with the new pair already are spared another.
Answer post_refresh(Service& service, Call& call) {
  auto if_expired = read_flag(call.request.query, "if_expired");
  if (!if_expired) return std::move(if_expired.problem());
  if (!call.credentials.refresh) return refuse_refresh(service, call);
  if (*if_expired)
    if (const auto session = find_unexpired(service, call))
      return make_user_response(*session, find_redirect(service, call), true);
  return renew(service, call);
}

/// Whoever has no session is as signed out as after a logout, and is told where to go all the same. Where no
/// token counted because there were several, the session may live on, so the cookies to end it with stay.
Answer post_logout(Service& service, Call& call) {
  const auto& credentials = call.credentials;
  const bool given = credentials.access_given || credentials.refresh_given;
  const bool several = credentials.several_access || credentials.several_refresh;
  const auto refresh = credentials.from_bearer ? std::nullopt : credentials.refresh;
  const auto ended = service.revocations.revoke_presented(credentials.access, refresh);
  const auto redirect = find_redirect(service, call);
  if (ended.empty()) {
    service.revocations.await_end(credentials.access, refresh);
    auto refusal = refuse_and_clear(service, call, ProblemId::unauthorized, given, several);
    refusal.redirect = redirect;
    return refusal;
  }
  for (const auto& session : ended)
    audit(call, LogLevel::info, "authn_token_revoked", session.user, session.id, "logout");
  auto response = make_message("Logged out", redirect);
  add_farewell(service, call, response);
  return response;
}

}  // namespace auth
