#include "auth/session_cookies.h"

#include "auth/routes.h"
#include "base/uri.h"
#include "http/cookie.h"

namespace auth {
namespace {

/// Seconds; the longest that browsers keep a cookie (RFC 6265bis section 5.5).
constexpr std::int64_t kDeviceLife = 400LL * 24 * 3600;

/// More than the host name of a service has; it bounds the answer.
constexpr std::size_t kMostDomains = 6;

/// The cookies of the service. Guarded sites need the access token, so it alone goes to all of COOKIE_DOMAIN;
/// the others are for the host of the service.
struct CookieRow {
  std::string_view name;
  bool in_domain;
  bool Credentials::*several;  ///< Whether the request had several tokens of this name.
};
constexpr CookieRow kAccess{kAccessCookie, true, &Credentials::several_access};
constexpr CookieRow kRefresh{kRefreshCookie, false, &Credentials::several_refresh};
constexpr CookieRow kDevice{kDeviceCookie, false, &Credentials::several_device};

/// Where the cookie has its home; `domain` is a view of the settings.
http::CookieScope home_of(const base::Settings& settings, const Call& call, const CookieRow& row) {
  const bool over_tls = settings.cookie_secure == base::CookieSecure::automatic && call.request.https == "on";
  return {settings.cookie_prefix, row.in_domain ? std::string_view(settings.cookie_domain) : "",
          settings.cookie_secure == base::CookieSecure::on || over_tls};
}

base::Secret make_cookie(const base::Settings& settings, const Call& call, const CookieRow& row,
                         std::string_view value, std::int64_t max_age) {
  return http::make_set_cookie(home_of(settings, call, row), row.name, value, max_age);
}

/// The domains whose cookies a browser sends to this host: its own name and all above it that have a dot. It
/// ignores a cookie for a public suffix by itself. Of a long name the last ones, for which most other hosts
/// can set cookies. Empty for an address. Views into `host`.
std::vector<std::string_view> domains_of(std::string_view host) {
  std::vector<std::string_view> domains;
  if (!base::is_host(host) || (host.back() >= '0' && host.back() <= '9')) return domains;
  while (host.find('.') != std::string_view::npos) {
    domains.push_back(host);
    host.remove_prefix(host.find('.') + 1);
  }
  if (domains.size() > kMostDomains) domains.erase(domains.begin(), domains.end() - kMostDomains);
  return domains;
}

/// The paths whose cookies a browser sends to this route (RFC 6265 section 5.1.4), without those that name an
/// {id}. Views into the route.
std::vector<std::string_view> paths_of(const Route* route) {
  std::vector<std::string_view> paths{"/"};
  if (route == nullptr) return paths;
  const auto path = route->path.substr(0, route->path.find('{'));
  for (std::size_t end = 1; end <= path.size(); ++end) {
    const bool whole = end == path.size() || path[end] == '/' || path[end - 1] == '/';
    if (whole && end > 1) paths.push_back(path.substr(0, end));
  }
  return paths;
}

/// Makes the browser delete the cookies of this name that it has from elsewhere than the service, such as
/// from another host of its domain. The one at home is kept.
void clear_strays(const base::Settings& settings, const Call& call, const CookieRow& row, Cookies& cookies) {
  const auto home = home_of(settings, call, row);
  auto scope = home;
  const auto clear = [&] { cookies.push_back(http::make_set_cookie(scope, row.name, "", 0)); };
  scope.domain = "";
  if (!home.domain.empty()) clear();
  for (const auto domain : domains_of(base::host_of(call.request.service_origin))) {
    scope.domain = domain;
    for (const auto path : paths_of(call.route)) {
      scope.path = path;
      if (domain != home.domain || path != home.path) clear();
    }
  }
}

/// With COOKIE_DOMAIN, browsers may still have cookies of the other scope: from before it was set, or from a
/// version that gave the whole domain all of them. They would send both, and two cookies of one name are not
/// accepted. So whatever sets or deletes a cookie also deletes that of the other scope, if the request had
/// any cookie; and wherever it could be, if the request had several.
void clear_other_scope(const base::Settings& settings, const Call& call, CookieRow row, Cookies& cookies) {
  if (call.credentials.*row.several) return clear_strays(settings, call, row, cookies);
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
  if (device && settings.cookie_domain.empty()) return;
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

void add_cleared_strays(const base::Settings& settings, const Call& call, Cookies& cookies) {
  for (const auto& row : {kAccess, kRefresh, kDevice})
    if (call.credentials.*row.several) clear_strays(settings, call, row, cookies);
}

}  // namespace auth
