// Login, which opens a session of a user who is there.
#include "auth/answers.h"
#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/client.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "auth/opening.h"
#include "auth/session_cookies.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;

/// Not another try, as the password would be as wrong; but the next one shall know the browser.
Problem refuse_credentials(const Service& service, const Call& call) {
  Problem problem(ProblemId::invalid_credentials);
  add_cleared_strays(service.settings, call, problem.cookies);
  return problem;
}

/// Whether the password is that of the user, who may log in. Takes as long for users that do not exist, and
/// for those that are disabled.
bool verify_login(Service& service, const Call& call, const std::optional<store::LoginUser>& user) {
  const auto password = call.fields.required("password");
  if (!user) {
    service.verify_nobody(password);
    audit(call, LogLevel::warning, "authn_login_fail", {}, {}, "unknown user");
    record_failed_login(service, call, std::nullopt);
    return false;
  }
  const auto verdict = service.verify_password(password, user->phc);
  if (verdict == crypto::Verdict::unusable)
    audit(call, LogLevel::error, "password_hash_unusable", user->id, {},
          service.passwords.find_fault(user->phc).value_or(""));
  const bool matches = verdict == crypto::Verdict::match;
  if (matches && !user->disabled) return true;
  if (matches) service.spend_as_mismatch(password, user->phc);
  audit(call, LogLevel::warning, "authn_login_fail", user->id, {},
        matches ? "the user is disabled" : "wrong password");
  record_failed_login(service, call, user->id);
  return false;
}

/// Replaces the stored hash by one with the cost of the settings if it is weaker.
void rehash_if_weak(Service& service, const Call& call, const store::UserPassword& user) {
  const auto password = call.fields.required("password");
  if (service.passwords.needs_rehash(password, user.phc))
    service.users.rehash(user.id, user.phc, service.hash_password(password));
}

/// The user whom the request names; nothing when there is none.
std::optional<store::LoginUser> find_user(Service& service, const Call& call) {
  const auto& device = call.credentials.device;
  return service.users.find_for_login(call.fields.required("username"),
                                      device ? std::optional(device->hash()) : std::nullopt);
}

/// Opens a session if the hash that was verified is still the stored one, and the user may log in; else
/// nothing. A login with an old password must not outlive the change of the password (CWE-613).
std::optional<Opened> open_verified(Service& service, const Call& call, const store::LoginUser& user) {
  pg::Transaction transaction(service.connection);
  return open_session(service, call, transaction,
                      {.user = user.id,
                       .event = "authn_login_success",
                       .device_known = user.device_known,
                       .tells_device = true,
                       .verified = user.phc});
}

/// Opens a session if the password is right; else nothing. When the hash is replaced meanwhile, by a stronger
/// one or by that of a new password, or the user is disabled, `user` becomes what is stored then, which is
/// tried as well.
std::optional<Opened> log_in(Service& service, const Call& call, std::optional<store::LoginUser>& user) {
  if (!verify_login(service, call, user)) return std::nullopt;
  if (auto opened = open_verified(service, call, *user)) return opened;
  user = find_user(service, call);
  return verify_login(service, call, user) ? open_verified(service, call, *user) : std::nullopt;
}

/// Does what is left when the session is committed. A failure is logged and does not become the answer,
/// because then the client would not get the tokens of a session that is live.
template <class Work>
void do_afterwards(std::string_view event, Work work) {
  if (const auto failure = catch_failure(work)) log_failure(LogLevel::warning, event, *failure);
}

}  // namespace

Answer post_login(Service& service, Call& call) {
  if (auto error = check_given_password("password", call.fields.required("password")))
    return Problem(ProblemId::invalid_request, {*error});
  const auto username = call.fields.required("username");
  if (check_username(username)) {
    audit(call, LogLevel::warning, "authn_login_fail", {}, {}, "no account can have this username");
    return refuse_credentials(service, call);
  }
  auto user = find_user(service, call);
  auto attempt = begin_login(service, call, username, user);
  if (!attempt) {
    const auto answer_for = call.credentials.several_device ? offer_another_try : without_strays;
    return answer_for(service, call, std::move(attempt.problem()));
  }
  auto opened = log_in(service, call, user);
  if (!opened) return refuse_credentials(service, call);
  audit(call, LogLevel::info, "authn_login_success", user->id, opened->session.id);
  do_afterwards("attempt_not_forgiven", [&] { service.throttle.forgive(attempt.value()); });
  do_afterwards("password_not_rehashed", [&] { rehash_if_weak(service, call, *user); });
  return answer_opened(service, call, *opened, find_redirect(service, call));
}

}  // namespace auth
