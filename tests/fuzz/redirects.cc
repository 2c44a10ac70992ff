// Redirects: where a login leads is a path here, an address here, or one of a listed host; and nothing in it
// ends a header or is read by browsers as another host.
#include "auth/redirect.h"
#include "base/text.h"
#include "fuzz.h"

namespace {

base::Settings make_settings() {
  base::Settings settings{};
  settings.public_url = "https://auth.example.org";
  settings.stated_origin = settings.public_url;
  settings.redirect_hosts = {"app.example.org:8443", ".example.net", "my_app.example.com"};
  return settings;
}

bool is_allowed(std::string_view address) {
  constexpr std::string_view kBelow = ".example.net";
  const auto mark = address.find("://");
  if (mark == std::string_view::npos) return false;
  const auto end = std::min(address.find_first_of("/?#", mark + 3), address.size());
  const auto origin = base::to_lower(address.substr(0, end));
  if (origin == "https://auth.example.org" || origin == "https://own.example.org") return true;
  if (!origin.starts_with("https://") && !origin.starts_with("http://")) return false;
  const auto authority = origin.substr(mark + 3);
  const auto host = authority.substr(0, authority.find(':'));
  return authority == "app.example.org:8443" || host == "my_app.example.com" ||
         (host.size() > kBelow.size() && host.ends_with(kBelow));
}

/// What browsers take for a slash where it tells a host from a path.
bool has_backslash(std::string_view address) {
  return address.substr(0, address.find_first_of("?#")).find('\\') != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const base::Settings settings = make_settings();
  const auto address = fuzz::text_of(data, size);
  const auto chosen = auth::choose_redirect(settings, "https://own.example.org", address);
  fuzz::require(chosen == "/" || chosen == address);
  fuzz::require(chosen.find_first_of(std::string_view("\r\n\t\0", 4)) == std::string_view::npos);
  fuzz::require(!has_backslash(chosen));
  fuzz::require(chosen.starts_with('/') ? !chosen.starts_with("//") : is_allowed(chosen));
  const auto login = auth::make_login_url(settings, address);
  fuzz::require(login.starts_with("https://auth.example.org/login") && login.size() < 6100);
  fuzz::require(login.find_first_of(" \r\n\"<>") == std::string::npos);
  const auto reason = auth::describe_refused_redirect(address);
  fuzz::require(reason.size() < 400 && reason.find_first_of("?#\r\n") == std::string::npos);
  return 0;
}
