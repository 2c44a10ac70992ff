// Accounts: register, login, change of password, deletion. Everything that hashes or verifies a password.
#include "auth/attempts.h"
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

/// The rules of the policy and the list of common passwords.
std::optional<base::FieldError> check_settable_password(const Service& service, std::string_view field,
                                                        std::string_view password,
                                                        std::string_view username) {
  if (auto error = check_new_password(service.settings, field, password, username)) return error;
  if (!service.blocklist.contains(password)) return std::nullopt;
  return base::FieldError{std::string(field), "common", "The password is one of the most common ones."};
}

/// Ends the session of the same browser, which no login may leave behind (ASVS A7.2.4).
void end_presented_session(Service& service, const Call& call) {
  const auto& credentials = call.credentials;
  for (const auto& ended : service.sessions.revoke_presented(credentials.access, credentials.refresh))
    audit(call, LogLevel::info, "authn_token_revoked", ended.user, ended.id, "replaced by a login");
}

/// Finds the user and verifies the password; unknown users cost the same time. Nothing when either is wrong.
std::optional<store::UserPassword> verify_login(Service& service, const Call& call) {
  const auto password = required(call, 1);
  auto user = service.users.find_by_username(required(call, 0));
  if (!user) {
    service.verify_nobody(password);
    audit(call, LogLevel::warning, "authn_login_fail", {}, {}, "unknown user");
    return std::nullopt;
  }
  const auto verdict = service.verify_password(password, user->phc);
  if (verdict == crypto::Verdict::unusable)
    audit(call, LogLevel::error, "password_hash_unusable", user->id, {},
          "the stored hash is none that is verified here");
  if (verdict == crypto::Verdict::match) return user;
  audit(call, LogLevel::warning, "authn_login_fail", user->id, {}, "wrong password");
  return std::nullopt;
}

/// Stores a hash with today's parameters if the old one is weaker.
void rehash_if_weak(Service& service, const Call& call, const store::UserPassword& user) {
  if (service.passwords.needs_rehash(user.phc))
    service.users.rehash(user.id, user.phc, service.hash_password(required(call, 1)));
}

/// The token of a browser that is new to the user, made known in the transaction of its first session;
/// nothing for one that is known.
std::optional<crypto::Token> insert_device(Service& service, const Call& call, store::UserId user,
                                           std::string_view username) {
  const auto& presented = call.credentials.device;
  if (presented && service.devices.is_known(presented->hash(), username)) return std::nullopt;
  auto device = crypto::make_token();
  service.devices.insert(device.hash(), user);
  return device;
}

/// A session and what the client gets of it.
struct Opened {
  store::OpenedSession session;
  crypto::TokenPair pair;
  std::optional<crypto::Token> device;
};

http::Response answer_opened(const Service& service, const Call& call, const Opened& opened) {
  audit(call, LogLevel::info, "session_created", opened.session.user.id, opened.session.id);
  auto response = make_opened_response(service, call, opened.session, opened.pair);
  if (opened.device) add_device_cookie(service, call, response, *opened.device);
  return response;
}

/// Opens a session if the verified hash is still the user's: a login must not survive a password change
/// (CWE-613).
std::optional<Opened> open_session(Service& service, const Call& call, const store::UserPassword& user) {
  auto pair = crypto::make_token_pair();
  pg::Transaction transaction(service.connection);
  if (!service.users.lock(user.id, user.phc)) return std::nullopt;
  const auto excess = service.sessions.revoke_excess(user.id);
  auto session = service.sessions.insert(user.id, pair, make_client_info(call.request));
  auto device = insert_device(service, call, user.id, session.user.username);
  transaction.commit();
  for (const auto& ended : excess)
    audit(call, LogLevel::info, "authn_token_revoked", user.id, ended, "more than MAX_SESSIONS_PER_USER");
  return Opened{std::move(session), pair, device};
}

/// Verifies a current password that was given, under the throttle. The hash that it fits, or the Problem.
base::Result<std::string> verify_given_password(Service& service, const Call& call,
                                                std::string_view password) {
  const auto& session = *call.session;
  if (auto error = check_given_password("current_password", password))
    return Problem(ProblemId::invalid_request, {*error});
  const auto attempt = begin_attempt(service, call, session.username);
  if (!attempt) return attempt.problem();
  auto phc = service.users.find_password(session.user);
  if (!phc) return ProblemId::unauthorized;
  if (service.verify_password(password, *phc) != crypto::Verdict::match) {
    audit(call, LogLevel::warning, "authn_password_check_fail", session.user, session.id);
    return ProblemId::wrong_current_password;
  }
  forgive_attempt(service, attempt.value());
  service.sessions.mark_authenticated(session.id);
  return std::move(*phc);
}

/// Meets the demand for the current password: verified if given, required when REAUTH_TTL says so. The hash
/// that it fits, nothing when none was given or needed, or the Problem.
base::Result<std::optional<std::string>> verify_current(Service& service, const Call& call,
                                                        std::size_t field) {
  const auto reauth_ttl = service.settings.reauth_ttl;
  if (!call.fields[field]) {
    if (reauth_ttl > 0 && !service.sessions.is_fresh(call.session->id, reauth_ttl))
      return ProblemId::current_password_required;
    return std::optional<std::string>();
  }
  auto phc = verify_given_password(service, call, call.fields[field]->view());
  if (!phc) return std::move(phc.problem());
  return std::optional(std::move(*phc));
}

enum class Change { done, hash_changed, session_ended };

ProblemId refuse_change(Change change) {
  return change == Change::hash_changed ? ProblemId::wrong_current_password : ProblemId::unauthorized;
}

/// Sets the hash and ends all other sessions, in one transaction. The user's row is locked first, as at
/// login.
Change change_password(Service& service, const store::FoundSession& session, std::string_view phc,
                       const std::optional<std::string>& expected) {
  pg::Transaction transaction(service.connection);
  const bool changed = service.users.set_password(session.user, phc, expected);
  if (!service.sessions.is_live(session.id)) return Change::session_ended;
  if (!changed) return Change::hash_changed;
  service.sessions.revoke_others(session.user, session.id);
  transaction.commit();
  return Change::done;
}

/// Removes the user while the session is live and the verified password, if any, still the user's.
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

Answer post_register(Service& service, Call& call) {
  const auto name = required(call, 0);
  const auto username = required(call, 1);
  const auto password = required(call, 2);
  FieldErrors errors;
  add_if_wrong(errors, check_name(name));
  add_if_wrong(errors, check_username(username));
  add_if_wrong(errors, check_settable_password(service, "password", password, username));
  if (!errors.empty()) return Problem(ProblemId::invalid_request, std::move(errors));

  const auto phc = service.hash_password(password);
  auto pair = crypto::make_token_pair();
  pg::Transaction transaction(service.connection);
  const auto user = service.users.insert(name, username, phc);
  if (!user) return ProblemId::username_taken;
  auto session = service.sessions.insert(*user, pair, make_client_info(call.request));
  end_presented_session(service, call);
  transaction.commit();
  audit(call, LogLevel::info, "user_created", *user);
  auto response = answer_opened(service, call, {std::move(session), pair, std::nullopt});
  response.status = 201;
  response.reason = "Created";
  return response;
}

Answer post_login(Service& service, Call& call) {
  if (auto error = check_given_password("password", required(call, 1)))
    return Problem(ProblemId::invalid_request, {*error});
  const auto attempt = begin_attempt(service, call, required(call, 0));
  if (!attempt) return attempt.problem();
  auto user = verify_login(service, call);
  if (user) end_presented_session(service, call);
  auto opened = user ? open_session(service, call, *user) : std::nullopt;
  if (user && !opened) {  // the hash is another by now: a rehash of the same password, or a change of it
    user = verify_login(service, call);
    opened = user ? open_session(service, call, *user) : std::nullopt;
  }
  if (!opened) return ProblemId::invalid_credentials;
  rehash_if_weak(service, call, *user);
  forgive_attempt(service, attempt.value());
  audit(call, LogLevel::info, "authn_login_success", user->id, opened->session.id);
  return answer_opened(service, call, *opened);
}

Answer post_change_password(Service& service, Call& call) {
  const auto& session = *call.session;
  const auto password = required(call, 0);
  if (auto error = check_settable_password(service, "new_password", password, session.username))
    return Problem(ProblemId::invalid_request, {*error});
  auto current = verify_current(service, call, 1);
  if (!current) return std::move(current.problem());
  if (*current && call.fields[1]->view() == password)
    return Problem(ProblemId::invalid_request,
                   {{"new_password", "unchanged", "The new password must be another one."}});

  const auto change = change_password(service, session, service.hash_password(password), *current);
  if (change != Change::done) return refuse_change(change);
  audit(call, LogLevel::info, "authn_password_change", session.user, session.id);
  return make_message("Password changed");
}

Answer delete_account(Service& service, Call& call) {
  const auto& session = *call.session;
  auto current = verify_current(service, call, 0);
  if (!current) return std::move(current.problem());
  const auto change = remove_account(service, session, *current);
  if (change != Change::done) return refuse_change(change);
  audit(call, LogLevel::info, "user_deleted", session.user, session.id);
  auto response = make_message("Account deleted");
  clear_cookies(service, call, response);
  return response;
}

}  // namespace auth
