#include "auth/session_cookies.h"

#include "http/cookie.h"

namespace auth {
namespace {

/// Seconds; the longest that browsers keep a cookie (RFC 6265bis section 5.5).
constexpr std::int64_t kDeviceLife = 400LL * 24 * 3600;

http::CookieScope make_scope(const base::Settings& settings, const Call& call) {
  const bool over_tls = settings.cookie_secure == base::CookieSecure::automatic && call.request.https == "on";
  return {settings.cookie_prefix, settings.cookie_domain,
          settings.cookie_secure == base::CookieSecure::on || over_tls};
}

/// When COOKIE_DOMAIN has been set later, browsers still have cookies for the host alone and send them beside
/// those for the domain. Two cookies of one name are not accepted, so that these users could not log in any
/// more. Therefore answers that set or delete the tokens also delete the cookies for the host, if the request
/// had any tokens.
void clear_host_only_cookies(const base::Settings& settings, const Call& call, Cookies& cookies) {
  auto scope = make_scope(settings, call);
  if (scope.domain.empty() || !call.credentials.has_cookies) return;
  scope.domain = {};
  for (const auto name : {kAccessCookie, kRefreshCookie, kDeviceCookie})
    cookies.push_back(http::make_set_cookie(scope, name, "", 0));
}

}  // namespace

void add_session_cookies(const base::Settings& settings, const Call& call,
                         const store::OpenedSession& session, const crypto::TokenPair& pair,
                         Cookies& cookies) {
  const auto scope = make_scope(settings, call);
  cookies.push_back(
      http::make_set_cookie(scope, kAccessCookie, pair.access.text().view(), session.access_life));
  cookies.push_back(
      http::make_set_cookie(scope, kRefreshCookie, pair.refresh.text().view(), session.refresh_life));
  clear_host_only_cookies(settings, call, cookies);
}

void add_device_cookie(const base::Settings& settings, const Call& call, const crypto::Token& device,
                       Cookies& cookies) {
  cookies.push_back(
      http::make_set_cookie(make_scope(settings, call), kDeviceCookie, device.text().view(), kDeviceLife));
}

void add_cleared_cookies(const base::Settings& settings, const Call& call, Cookies& cookies) {
  const auto scope = make_scope(settings, call);
  for (const auto name : {kAccessCookie, kRefreshCookie})
    cookies.push_back(http::make_set_cookie(scope, name, "", 0));
  clear_host_only_cookies(settings, call, cookies);
}

}  // namespace auth
