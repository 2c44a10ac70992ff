// Changing the password and deleting the account. Both may require the current password.
#include "auth/answers.h"
#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "auth/new_password.h"
#include "auth/session_cookies.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;

/// Verifies the current password that was given, under the throttle. Returns the stored hash that it matches,
/// or the Problem.
base::Result<std::string> verify_given_password(Service& service, const Call& call,
                                                std::string_view password) {
  const auto& session = *call.session;
  if (auto error = check_given_password("current_password", password))
    return Problem(ProblemId::invalid_request, {*error});
  const auto attempt = begin_proof(service, call);
  if (!attempt) return attempt.problem();
  auto phc = service.users.find_password(session.user);
  if (!phc) return ProblemId::unauthorized;
  if (service.verify_password(password, *phc) != crypto::Verdict::match) {
    audit(call, LogLevel::warning, "authn_password_check_fail", session.user, session.id);
    return ProblemId::wrong_current_password;
  }
  service.throttle.forgive(attempt.value());
  service.sessions.mark_authenticated(session.id);
  return std::move(*phc);
}

/// Verifies the current password if it was given; REAUTH_TTL decides whether it must be. Returns the stored
/// hash that it matches, nothing when it was neither given nor required, or the Problem.
base::Result<std::optional<std::string>> verify_current(Service& service, const Call& call) {
  const auto reauth_ttl = service.settings.reauth_ttl;
  const auto password = call.fields.optional("current_password");
  if (!password) {
    if (reauth_ttl > 0 && !service.sessions.is_fresh(call.session->id, reauth_ttl))
      return ProblemId::current_password_required;
    return std::optional<std::string>();
  }
  auto phc = verify_given_password(service, call, *password);
  if (!phc) return std::move(phc.problem());
  return std::optional(std::move(*phc));
}

enum class Change { done, hash_changed, session_ended };

ProblemId refuse_change(Change change) {
  return change == Change::hash_changed ? ProblemId::wrong_current_password : ProblemId::unauthorized;
}

/// Does `work` with the stored hash that the given password matches; it must do nothing when the stored one
/// is another by now. A login may have replaced it by a stronger hash of the same password: then the password
/// is verified once more.
template <class Work>
Change do_with_current(Service& service, const Call& call, const std::optional<std::string>& verified,
                       Work work) {
  const auto change = work(verified);
  if (change != Change::hash_changed || !verified) return change;
  const auto stored = service.users.find_password(call.session->user);
  const auto password = *call.fields.optional("current_password");
  const bool matches = stored && service.verify_password(password, *stored) == crypto::Verdict::match;
  return matches ? work(stored) : change;
}

/// Sets the hash, ends all other sessions and the tokens before those of this one, forgets all other devices,
/// and takes back the link to reset the password, in one transaction. Setting the hash locks the row of the
/// user, as a login does, so that no login with the old password can open a session meanwhile.
Change change_password(Service& service, const Call& call, std::string_view phc,
                       const std::optional<std::string>& expected) {
  const auto& session = *call.session;
  const auto& presented = call.credentials.device;
  const auto device = presented ? std::optional(presented->hash()) : std::nullopt;
  pg::Transaction transaction(service.connection);
  const bool changed = service.users.set_password(session.user, phc, expected);
  if (!service.sessions.is_live(session.id)) return Change::session_ended;
  if (!changed) return Change::hash_changed;
  service.revocations.revoke_others(session.user, session.id);
  service.rotations.end_predecessors(session.id);
  service.devices.remove_others(session.user, device);
  service.tickets.remove_of_user(session.user);
  if (call.credentials.several_device) service.devices.insert(*device, session.user);
  record(service, call, session.user, "authn_password_change", session.id);
  transaction.commit();
  return Change::done;
}

/// Deletes the user, unless the session has ended or the password has been changed since it was verified.
Change remove_account(Service& service, const store::FoundSession& session,
                      const std::optional<std::string>& expected) {
  pg::Transaction transaction(service.connection);
  const bool unchanged = service.users.lock(session.user, expected);
  if (!service.sessions.is_live(session.id)) return Change::session_ended;
  if (!unchanged) return Change::hash_changed;
  service.users.remove(session.user);
  transaction.commit();
  return Change::done;
}

}  // namespace

Answer post_change_password(Service& service, Call& call) {
  const auto& session = *call.session;
  const auto password = call.fields.required("new_password");
  if (auto error = check_settable_password(service.settings, service.blocklist, "new_password", password,
                                           session.username))
    return Problem(ProblemId::invalid_request, {*error});
  auto current = verify_current(service, call);
  if (!current) return std::move(current.problem());
  if (*current && call.fields.optional("current_password") == password)
    return Problem(ProblemId::invalid_request,
                   {{"new_password", "unchanged", "The new password must be another one."}});

  if (auto problem = count_change(service, call)) return std::move(*problem);
  // Of several device tokens none counts, and the browser shall stay known: it gets a fresh one.
  auto& device = call.credentials.device;
  if (call.credentials.several_device) device = crypto::make_token();
  const auto phc = service.hash_password(password);
  const auto change = do_with_current(service, call, *current, [&](const auto& expected) {
    return change_password(service, call, phc, expected);
  });
  if (change != Change::done) return refuse_change(change);
  audit(call, LogLevel::info, "authn_password_change", session.user, session.id);
  auto response = make_message("Password changed");
  if (call.credentials.several_device) add_device_cookie(service.settings, call, *device, response.cookies);
  return response;
}

Answer delete_account(Service& service, Call& call) {
  const auto& session = *call.session;
  auto current = verify_current(service, call);
  if (!current) return std::move(current.problem());
  const auto change = do_with_current(service, call, *current, [&](const auto& expected) {
    return remove_account(service, session, expected);
  });
  if (change != Change::done) return refuse_change(change);
  audit(call, LogLevel::info, "user_deleted", session.user, session.id);
  auto response = make_message("Account deleted");
  add_farewell(service, call, response);
  return response;
}

}  // namespace auth
