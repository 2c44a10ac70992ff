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

/// A browser that got its cookies before COOKIE_DOMAIN was set sends them beside those of the domain, and two
/// cookies of one name count for nothing. So each answer that sets or clears cookies also clears the old
/// ones: the change of the setting must not lock anybody out.
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
