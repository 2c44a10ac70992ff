// Accounts: register, login, change of password, deletion. Everything that hashes or verifies a password.
#include "auth/handlers.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;

using FieldErrors = std::vector<base::FieldError>;

void add_if_wrong(FieldErrors& errors, std::optional<base::FieldError> error) {
  if (error) errors.push_back(std::move(*error));
}

std::string_view required(const Call& call, std::size_t field) {
  return call.fields[field].value().view();
}

/// Ends the session of the same browser, which no login may leave behind (ASVS A7.2.4).
void end_presented_session(Service& service, const Call& call) {
  const auto& credentials = call.credentials;
  for (const auto& ended : service.sessions.revoke_presented(credentials.access, credentials.refresh))
    audit(call, LogLevel::info, "authn_token_revoked", ended.user, ended.id, "replaced by a login");
}

http::Response answer_opened(const Service& service, const Call& call, const store::OpenedSession& session,
                             const crypto::TokenPair& pair) {
  audit(call, LogLevel::info, "session_created", session.user.id, session.id);
  return make_opened_response(service, call, session, pair);
}

/// Finds the user and verifies the password; unknown users cost the same time. Nothing when either is wrong.
std::optional<store::UserPassword> verify_login(Service& service, const Call& call) {
  const auto password = required(call, 1);
  auto user = service.users.find_by_username(required(call, 0));
  if (!user) {
    service.passwords.verify_dummy(password);
    return std::nullopt;
  }
  const auto verdict = service.passwords.verify(password, user->phc);
  if (verdict == crypto::Verdict::unusable)
    audit(call, LogLevel::error, "password_hash_unusable", user->id, {},
          "the stored hash is none that is verified here");
  if (verdict != crypto::Verdict::match) return std::nullopt;
  return user;
}

/// Stores a hash with today's parameters if the old one is weaker.
void rehash_if_weak(Service& service, const Call& call, store::UserPassword& user) {
  if (!service.passwords.needs_rehash(user.phc)) return;
  auto phc = service.passwords.hash(required(call, 1));
  if (service.users.rehash(user.id, user.phc, phc)) user.phc = std::move(phc);
}

/// Opens a session if the verified hash is still the user's: a login must not survive a password change
/// (CWE-613).
std::optional<store::OpenedSession> open_session(Service& service, const Call& call,
                                                 const store::UserPassword& user,
                                                 const crypto::TokenPair& pair) {
  pg::Transaction transaction(service.connection);
  if (!service.users.lock_with_password(user.id, user.phc)) return std::nullopt;
  service.sessions.revoke_excess(user.id);
  auto session = service.sessions.insert(user.id, pair, make_client_info(call.request));
  transaction.commit();
  return session;
}

/// Verifies `current_password` if it was given. The hash that it fits, nothing when none was given, or the
/// Problem.
base::Result<std::optional<std::string>> verify_current(Service& service, const Call& call, std::size_t field,
                                                        std::string_view event) {
  if (!call.fields[field]) return std::optional<std::string>();
  const auto password = call.fields[field]->view();
  if (auto error = check_given_password("current_password", password))
    return Problem(ProblemId::invalid_request, {*error});
  auto phc = service.users.find_password(call.session->user);
  if (!phc) return ProblemId::unauthorized;
  if (service.passwords.verify(password, *phc) == crypto::Verdict::match) return phc;
  audit(call, LogLevel::warning, event, call.session->user, call.session->id, "wrong current password");
  return ProblemId::wrong_current_password;
}

enum class Change { done, hash_changed, session_ended };

/// Sets the hash and ends all other sessions, in one transaction. The user's row is locked first, as at
/// login.
Change change_password(Service& service, const store::FoundSession& session, std::string_view phc,
                       const std::optional<std::string>& expected) {
  pg::Transaction transaction(service.connection);
  if (!service.users.set_password(session.user, phc, expected)) return Change::hash_changed;
  service.sessions.revoke_others(session.user, session.id);
  if (!service.sessions.is_live(session.id)) return Change::session_ended;
  transaction.commit();
  return Change::done;
}

}  // namespace

Answer post_register(Service& service, Call& call) {
  const auto name = required(call, 0);
  const auto username = required(call, 1);
  const auto password = required(call, 2);
  FieldErrors errors;
  add_if_wrong(errors, check_name(name));
  add_if_wrong(errors, check_username(username));
  add_if_wrong(errors, check_new_password(service.settings, "password", password, username));
  if (!errors.empty()) return Problem(ProblemId::invalid_request, std::move(errors));

  const auto phc = service.passwords.hash(password);
  const auto pair = crypto::make_token_pair();
  pg::Transaction transaction(service.connection);
  const auto user = service.users.insert(name, username, phc);
  if (!user) return ProblemId::username_taken;
  const auto session = service.sessions.insert(*user, pair, make_client_info(call.request));
  transaction.commit();
  audit(call, LogLevel::info, "user_created", *user);
  end_presented_session(service, call);
  auto response = answer_opened(service, call, session, pair);
  response.status = 201;
  response.reason = "Created";
  return response;
}

Answer post_login(Service& service, Call& call) {
  if (auto error = check_given_password("password", required(call, 1)))
    return Problem(ProblemId::invalid_request, {*error});
  const auto pair = crypto::make_token_pair();
  auto user = verify_login(service, call);
  if (user) rehash_if_weak(service, call, *user);
  const auto session = user ? open_session(service, call, *user, pair) : std::nullopt;
  if (!session) {
    audit(call, LogLevel::warning, "authn_login_fail", user ? std::optional(user->id) : std::nullopt);
    return ProblemId::invalid_credentials;
  }
  audit(call, LogLevel::info, "authn_login_success", session->user.id, session->id);
  end_presented_session(service, call);
  return answer_opened(service, call, *session, pair);
}

Answer post_change_password(Service& service, Call& call) {
  const auto& session = *call.session;
  const auto password = required(call, 0);
  if (auto error = check_new_password(service.settings, "new_password", password, session.username))
    return Problem(ProblemId::invalid_request, {*error});
  auto current = verify_current(service, call, 1, "authn_password_change_fail");
  if (!current) return std::move(current.problem());
  if (*current && call.fields[1]->view() == password)
    return Problem(ProblemId::invalid_request,
                   {{"new_password", "unchanged", "The new password must be another one."}});

  const auto change = change_password(service, session, service.passwords.hash(password), *current);
  if (change == Change::session_ended) return ProblemId::unauthorized;
  if (change == Change::hash_changed)
    return *current ? ProblemId::wrong_current_password : ProblemId::unauthorized;
  audit(call, LogLevel::info, "authn_password_change", session.user, session.id);
  return make_message("Password changed");
}

Answer delete_account(Service& service, Call& call) {
  const auto& session = *call.session;
  auto current = verify_current(service, call, 0, "user_delete_fail");
  if (!current) return std::move(current.problem());
  if (!service.users.remove(session.user, session.id.value, *current)) return ProblemId::unauthorized;
  audit(call, LogLevel::info, "user_deleted", session.user, session.id);
  auto response = make_message("Account deleted");
  clear_cookies(service, call, response);
  return response;
}

}  // namespace auth
