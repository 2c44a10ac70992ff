#include "base/reach.h"

#include <algorithm>

#include "base/uri.h"

namespace base {
namespace {

/// The last two parts of a name, which all hosts of one site have in common; the whole of an address.
std::string_view end_of(std::string_view host) {
  if (host.find_first_not_of("0123456789.") == std::string_view::npos) return host;
  const auto last = host.rfind('.');
  const auto dot = last == std::string_view::npos || last == 0 ? last : host.rfind('.', last - 1);
  return dot == std::string_view::npos ? host : host.substr(dot + 1);
}

bool may_be_own_site(const Settings& s, std::string_view host) {
  const auto is_same = [&](std::string_view own) { return end_of(own) == end_of(host); };
  return is_loopback(host) || is_same(host_of(s.public_url)) ||
         std::ranges::any_of(s.served_hosts, is_same) || std::ranges::any_of(s.listen, is_same);
}

std::string describe_host(const Settings& s, const std::string& host) {
  return "SERVED_HOSTS has " + host + ", where browsers keep no cookie of COOKIE_DOMAIN=" + s.cookie_domain +
         ", so a login there signs nobody in; serve people under a host of that domain only, "
         "or set COOKIE_DOMAIN to a domain that covers it";
}

/// Whether a login under one of the hosts of the service signs people in at this one, without COOKIE_DOMAIN.
bool is_served(const Settings& s, std::string_view host) {
  return host == host_of(s.public_url) ||
         std::ranges::any_of(s.served_hosts, [host](std::string_view served) {
           return served == host || (served.starts_with('.') && covers(served.substr(1), host));
         });
}

std::string describe_redirect(const Settings& s, const std::string& host) {
  return "REDIRECT_HOSTS has " + host + ", but without COOKIE_DOMAIN a login counts at " +
         std::string(host_of(s.public_url)) +
         " alone, so whoever is led back there is sent to the login again; set COOKIE_DOMAIN to a domain "
         "that "
         "covers both";
}

std::string describe_origin(const Settings& s, const std::string& origin) {
  return "CORS_ORIGINS has " + origin + ", which is of another site than PUBLIC_URL=" + s.public_url +
         ": browsers send no cookie with its requests, and its logins are refused; "
         "serve its pages under the domain of the service, or remove it";
}

}  // namespace

bool covers(std::string_view domain, std::string_view host) {
  if (host.starts_with('.')) host.remove_prefix(1);
  if (!host.ends_with(domain)) return false;
  host.remove_suffix(domain.size());
  return host.empty() || host.ends_with('.');
}

std::vector<std::string> find_unreached(const Settings& settings) {
  std::vector<std::string> found;
  for (const auto& host : settings.served_hosts)
    if (!settings.cookie_domain.empty() && !covers(settings.cookie_domain, host))
      found.push_back(describe_host(settings, host));
  for (const auto& host : settings.redirect_hosts)
    if (settings.cookie_domain.empty() && !is_served(settings, host_of(host)))
      found.push_back(describe_redirect(settings, host));
  for (const auto& origin : settings.cors_origins)
    if (!may_be_own_site(settings, host_of(origin))) found.push_back(describe_origin(settings, origin));
  return found;
}

}  // namespace base
