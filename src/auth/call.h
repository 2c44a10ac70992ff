// What a handler works with: the service's parts and one call on its way through the route table.
// Also the few answers that several handlers give.
#pragma once

#include <optional>
#include <string_view>

#include "auth/blocklist.h"
#include "auth/policy.h"
#include "base/log.h"
#include "base/result.h"
#include "crypto/password.h"
#include "http/json.h"
#include "http/request.h"
#include "http/response.h"
#include "store/sessions.h"
#include "store/throttle.h"
#include "store/users.h"

namespace auth {

/// The parts that live as long as the worker.
struct Service {
  const base::Settings& settings;
  pg::Connection& connection;
  store::Users users;
  store::Sessions sessions;
  store::Throttle throttle;
  store::Devices devices;
  crypto::PasswordHasher passwords;
  const Blocklist& blocklist;

  /// As the hasher's; the database gets its time anew afterwards, as a hash may have to wait long for a
  /// processor.
  std::string hash_password(std::string_view password);
  crypto::Verdict verify_password(std::string_view password, std::string_view phc);
  void verify_nobody(std::string_view password);
  /// Gives everything that follows on the database this long.
  void restart_deadline();

  /// All three must outlive the service.
  Service(const base::Settings& service_settings, pg::Connection& database,
          const Blocklist& common_passwords);
};

struct Route;

/// One request from its route to its answer. References the request; lives no longer.
struct Call {
  explicit Call(const http::Request& http_request) : request(http_request) {}

  const http::Request& request;
  const Route* route = nullptr;          ///< Null when no route fits.
  std::optional<base::Problem> refusal;  ///< Decided before any lookup.
  Credentials credentials;
  std::optional<store::FoundSession> session;  ///< Of the access token, when it is live.
  std::string_view path_parameter;             ///< What stands for {id} in the path.
  http::Fields fields;                         ///< In the order of the route's field specs.
};

using Answer = base::Result<http::Response>;

/// `{"message": ...}` with status 200.
http::Response make_message(std::string_view message);
/// The user and the session, with status 200; and where to go from here, unless that is empty.
http::Response make_user_response(const store::OpenedSession& session, std::string_view redirect = {});
/// The same with both cookies, and with a safe `redirect` when the client asked for one.
http::Response make_opened_response(const Service& service, const Call& call,
                                    const store::OpenedSession& session, const crypto::TokenPair& pair);
/// Adds the cookie by which this browser is known at its next login.
void add_device_cookie(const Service& service, const Call& call, http::Response& response,
                       const crypto::Token& device);
/// Adds Set-Cookie headers that delete both cookies.
void clear_cookies(const Service& service, const Call& call, http::Response& response);
/// The problem with WWW-Authenticate where its status is 401 (RFC 6750 section 3).
http::Response make_refusal(const Call& call, const base::Problem& problem, bool token_given);

/// Where the call comes from, as the session list shows it. Takes nginx's word for the address.
store::ClientInfo make_client_info(const http::Request& request);

/// Writes an event with the request id and the address; user and session where they are known.
void audit(const Call& call, base::LogLevel level, std::string_view event,
           std::optional<store::UserId> user = std::nullopt,
           std::optional<store::SessionId> session = std::nullopt, std::string_view detail = {});

}  // namespace auth
