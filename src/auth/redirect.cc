#include "auth/redirect.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"

namespace auth {
namespace {

// Bytes. All headers of an answer have to fit into the 4 KiB that nginx has for them by default, in each
// proxy between the service and the browser; the other headers of an answer are some 1,000 bytes.
constexpr std::size_t kMostLoginUrl = 2800;

struct Scheme {
  std::string_view prefix;
  std::string_view port;  ///< Of an address that names none.
};
constexpr std::array kSchemes{Scheme{"http://", ":80"}, Scheme{"https://", ":443"}};

/// The parts of an absolute URL that determine to which server a browser goes, in lower case.
struct Target {
  std::string origin;             ///< scheme://host[:port]
  std::string authority;          ///< host[:port]; empty when the address is not an http or https URL.
  std::string_view port_if_none;  ///< Where browsers go when the authority has no port.
};

Target find_target(std::string_view address) {
  for (const auto& [prefix, port] : kSchemes) {
    if (!base::equals_ignoring_case(address.substr(0, prefix.size()), prefix)) continue;
    const auto authority = address.substr(prefix.size());
    const auto target = base::to_lower(authority.substr(0, authority.find_first_of("/?#")));
    return {std::string(prefix) + target, target, port};
  }
  return {};
}

/// True when REDIRECT_HOSTS allows the target. An entry without a port allows all ports; one that begins with
/// a dot allows all hosts below it.
bool is_listed(const base::Settings& settings, const Target& target) {
  if (!base::is_authority(target.authority)) return false;
  const auto host = target.authority.substr(0, target.authority.find(':'));
  const auto with_port =
      host == target.authority ? host + std::string(target.port_if_none) : target.authority;
  const auto& hosts = settings.redirect_hosts;
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& listed) {
    const auto& given = listed.find(':') == std::string::npos ? host : with_port;
    return listed.front() == '.' ? given.size() > listed.size() && given.ends_with(listed) : given == listed;
  });
}

}  // namespace

std::string_view choose_redirect(const base::Settings& settings, std::string_view own_origin,
                                 std::string_view address) {
  constexpr std::string_view kHome = "/";
  const bool is_utf8 = base::count_code_points(address).has_value();
  if (!is_utf8 || base::has_control_character(address)) return kHome;
  // Browsers read a backslash as a slash, but not in a query or a fragment (URL Standard, section 4.4).
  if (address.substr(0, address.find_first_of("?#")).find('\\') != std::string_view::npos) return kHome;
  if (address.starts_with('/')) return address.starts_with("//") ? kHome : address;
  const auto target = find_target(address);
  if (target.authority.empty()) return kHome;
  const bool is_own = target.origin == base::to_lower(own_origin) || target.origin == settings.stated_origin;
  return is_own || is_listed(settings, target) ? address : kHome;
}

std::string describe_refused_redirect(std::string_view address) {
  const auto target = find_target(address);
  if (!base::is_authority(target.authority))
    return "neither a path of this host nor a plain http or https URL";
  return target.authority + " is neither the host of PUBLIC_URL nor listed in REDIRECT_HOSTS";
}

std::string make_login_url(const base::Settings& settings, std::string_view original_url) {
  auto login = settings.public_url + "/login";
  if (find_target(original_url).authority.empty()) return login;
  for (const auto address : {original_url, original_url.substr(0, original_url.find_first_of("?#"))}) {
    auto url = login + "?rd=" + base::encode_uri_component(address);
    if (url.size() <= kMostLoginUrl) return url;
  }
  return login;
}

std::string_view choose_return(std::string_view original_url, std::string_view referer) {
  const auto original = find_target(original_url);
  const bool is_same = !original.authority.empty() && find_target(referer).origin == original.origin;
  return is_same ? referer : original_url;
}

}  // namespace auth
