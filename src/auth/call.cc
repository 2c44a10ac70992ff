#include "auth/call.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "auth/redirect.h"
#include "auth/routes.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "http/cookie.h"

namespace auth {
namespace {

constexpr std::size_t kMostUserAgent = 200;
constexpr std::int64_t kDatabaseDeadline = 5000;  // milliseconds
constexpr std::int64_t kDeviceLife =
    400LL * 24 * 3600;  // the longest that browsers keep a cookie (RFC 6265bis)

http::CookieScope make_scope(const Service& service, const Call& call) {
  const auto& settings = service.settings;
  const bool automatic =
      settings.cookie_secure == base::CookieSecure::automatic && call.request.https == "on";
  return {settings.cookie_prefix, settings.cookie_domain,
          settings.cookie_secure == base::CookieSecure::on || automatic};
}

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::string id_text(std::int64_t id) {
  return std::to_string(id);
}

/// At most 200 characters; control characters are left out. Empty when it is not UTF-8.
std::string make_user_agent(std::string_view header) {
  auto text = base::without_control_characters(header);
  std::size_t characters = 0;
  const auto end = std::find_if(text.begin(), text.end(), [&](char c) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    return starts && ++characters > kMostUserAgent;
  });
  text.erase(end, text.end());
  return text;
}

/// Cookies that a browser got before COOKIE_DOMAIN was set stay beside those of the domain, and two of a name
/// count for nothing: whoever brings some loses the old ones, so that the change of the setting locks out
/// nobody.
void clear_host_only_cookies(const Service& service, const Call& call, http::Response& response) {
  auto scope = make_scope(service, call);
  if (scope.domain.empty() || !call.credentials.has_cookies) return;
  scope.domain = {};
  for (const auto name : {kAccessCookie, kRefreshCookie, kDeviceCookie})
    response.cookies.push_back(http::make_set_cookie(scope, name, "", 0));
}

/// The field `redirect` of the body made safe; empty when it was not given.
std::string_view find_redirect(const Service& service, const Call& call) {
  const auto specs = call.route->fields;
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == "redirect" && call.fields[i])
      return choose_redirect(service.settings, call.request.service_origin, call.fields[i]->view());
  return {};
}

}  // namespace

Service::Service(const base::Settings& service_settings, pg::Connection& database,
                 const Blocklist& common_passwords)
    : settings(service_settings),
      connection(database),
      users(database),
      sessions(database, service_settings),
      throttle(database),
      devices(database),
      passwords({static_cast<std::uint32_t>(service_settings.argon2_memory_kib),
                 static_cast<std::uint32_t>(service_settings.argon2_time),
                 static_cast<std::uint32_t>(service_settings.argon2_parallelism)}),
      blocklist(common_passwords) {}

std::string Service::hash_password(std::string_view password) {
  auto phc = passwords.hash(password);
  restart_deadline();
  return phc;
}

crypto::Verdict Service::verify_password(std::string_view password, std::string_view phc) {
  const auto verdict = passwords.verify(password, phc);
  restart_deadline();
  return verdict;
}

void Service::verify_nobody(std::string_view password) {
  passwords.verify_dummy(password);
  restart_deadline();
}

void Service::restart_deadline() {
  connection.set_deadline(base::monotonic_ms() + kDatabaseDeadline);
}

http::Response make_message(std::string_view message) {
  http::JsonWriter json;
  json.begin_object().member("message", message).end_object();
  http::Response response;
  response.body = json.take();
  return response;
}

http::Response make_user_response(const store::OpenedSession& session, std::string_view redirect) {
  http::JsonWriter json;
  json.begin_object();
  json.begin_object("user");
  json.member("id", id_text(session.user.id.value)).member("name", session.user.name);
  json.member("username", session.user.username);
  json.member("created_at", base::make_rfc3339(session.user.created_at));
  json.end_object();
  json.begin_object("session");
  json.member("id", id_text(session.id.value));
  json.member("access_expires_at", base::make_rfc3339(session.access_expires_at));
  json.member("refresh_expires_at", base::make_rfc3339(session.refresh_expires_at));
  json.end_object();
  if (!redirect.empty()) json.member("redirect", redirect);
  json.end_object();
  http::Response response;
  response.body = json.take();
  return response;
}

http::Response make_opened_response(const Service& service, const Call& call,
                                    const store::OpenedSession& session, const crypto::TokenPair& pair) {
  auto response = make_user_response(session, find_redirect(service, call));
  const auto scope = make_scope(service, call);
  response.cookies.push_back(
      http::make_set_cookie(scope, kAccessCookie, pair.access.text().view(), session.access_life));
  response.cookies.push_back(
      http::make_set_cookie(scope, kRefreshCookie, pair.refresh.text().view(), session.refresh_life));
  clear_host_only_cookies(service, call, response);
  return response;
}

void add_device_cookie(const Service& service, const Call& call, http::Response& response,
                       const crypto::Token& device) {
  response.cookies.push_back(
      http::make_set_cookie(make_scope(service, call), kDeviceCookie, device.text().view(), kDeviceLife));
}

void clear_cookies(const Service& service, const Call& call, http::Response& response) {
  const auto scope = make_scope(service, call);
  for (const auto name : {kAccessCookie, kRefreshCookie})
    response.cookies.push_back(http::make_set_cookie(scope, name, "", 0));
  clear_host_only_cookies(service, call, response);
}

http::Response make_refusal(const Call& call, const base::Problem& problem, bool token_given) {
  auto response = http::make_problem_response(problem, call.request.request_id);
  if (response.status == 401)
    response.headers.emplace_back("WWW-Authenticate",
                                  token_given ? "Bearer error=\"invalid_token\"" : "Bearer");
  return response;
}

store::ClientInfo make_client_info(const http::Request& request) {
  store::ClientInfo client;
  if (std::string address(request.remote_address); is_address(address)) client.address = std::move(address);
  client.user_agent = make_user_agent(request.user_agent);
  return client;
}

void audit(const Call& call, base::LogLevel level, std::string_view event, std::optional<store::UserId> user,
           std::optional<store::SessionId> session, std::string_view detail) {
  const std::string user_text = user ? id_text(user->value) : "";
  const std::string session_text = session ? id_text(session->value) : "";
  base::log_event(level, event,
                  {{"request_id", call.request.request_id},
                   {"ip", call.request.remote_address},
                   {"user_id", user_text},
                   {"session_id", session_text},
                   {"detail", detail}});
}

}  // namespace auth
