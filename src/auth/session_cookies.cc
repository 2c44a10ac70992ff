#include "auth/session_cookies.h"

#include "http/cookie.h"

namespace auth {
namespace {

/// Seconds; the longest that browsers keep a cookie (RFC 6265bis section 5.5).
constexpr std::int64_t kDeviceLife = 400LL * 24 * 3600;

/// The cookies of the service. Guarded sites need the access token, so it alone goes to all of COOKIE_DOMAIN;
/// the others are for the host of the service.
struct CookieRow {
  std::string_view name;
  bool in_domain;
};
constexpr CookieRow kAccess{kAccessCookie, true};
constexpr CookieRow kRefresh{kRefreshCookie, false};
constexpr CookieRow kDevice{kDeviceCookie, false};

base::Secret make_cookie(const base::Settings& settings, const Call& call, const CookieRow& row,
                         std::string_view value, std::int64_t max_age) {
  const bool over_tls = settings.cookie_secure == base::CookieSecure::automatic && call.request.https == "on";
  const http::CookieScope scope{settings.cookie_prefix,
                                row.in_domain ? std::string_view(settings.cookie_domain) : "",
                                settings.cookie_secure == base::CookieSecure::on || over_tls};
  return http::make_set_cookie(scope, row.name, value, max_age);
}

/// With COOKIE_DOMAIN, browsers may still have cookies of the other scope: from before it was set, or from a
/// version that gave the whole domain all of them. They would send both, and two cookies of one name are not
/// accepted. So whatever sets or deletes a cookie also deletes that of the other scope, if the request had
/// any cookie.
void clear_other_scope(const base::Settings& settings, const Call& call, CookieRow row, Cookies& cookies) {
  if (settings.cookie_domain.empty() || call.request.cookie.empty()) return;
  row.in_domain = !row.in_domain;
  cookies.push_back(make_cookie(settings, call, row, "", 0));
}

}  // namespace

void add_session_cookies(const base::Settings& settings, const Call& call,
                         const store::OpenedSession& session, const crypto::TokenPair& pair,
                         Cookies& cookies) {
  cookies.push_back(make_cookie(settings, call, kAccess, pair.access.text().view(), session.access_life));
  cookies.push_back(make_cookie(settings, call, kRefresh, pair.refresh.text().view(), session.refresh_life));
  for (const auto& row : {kAccess, kRefresh}) clear_other_scope(settings, call, row, cookies);
}

void add_device_cookie(const base::Settings& settings, const Call& call, const crypto::Token& device,
                       Cookies& cookies) {
  cookies.push_back(make_cookie(settings, call, kDevice, device.text().view(), kDeviceLife));
  clear_other_scope(settings, call, kDevice, cookies);
}

void move_device_cookie(const base::Settings& settings, const Call& call, Cookies& cookies) {
  const auto& device = call.credentials.device;
  if (settings.cookie_domain.empty()) return;
  if (device) return add_device_cookie(settings, call, *device, cookies);
  clear_other_scope(settings, call, kDevice, cookies);
}

void add_cleared_cookies(const base::Settings& settings, const Call& call, Cookies& cookies) {
  for (const auto& row : {kAccess, kRefresh}) {
    cookies.push_back(make_cookie(settings, call, row, "", 0));
    clear_other_scope(settings, call, row, cookies);
  }
  move_device_cookie(settings, call, cookies);
}

}  // namespace auth
