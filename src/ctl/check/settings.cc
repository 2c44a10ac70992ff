// The checks that need nothing but the settings and the files that they name.
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "auth/blocklist.h"
#include "base/reach.h"
#include "base/uri.h"
#include "ctl/check/inspection.h"
#include "server/privileges.h"

namespace ctl::checks {

void look_at_settings(Inspection& inspection) {
  const auto& [file, source, loaded, warning] = inspection.found();
  for (const auto& error : loaded.errors)
    inspection.fail(error, "the service does not start", "mend it, and try again with: sessiond -n");
  if (!loaded.errors.empty()) return;
  if (!warning.empty()) inspection.warn(warning, "a setting may be too wide", "apt-get install publicsuffix");
  const auto identities = server::find_identities(loaded.settings);
  const auto shared = server::find_shared_user(loaded.settings, identities);
  if (!shared.empty())
    inspection.warn(shared, "another program can act as any user of the service",
                    "useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin sessiond");
}

void look_at_blocklist(Inspection& inspection) {
  const auto& list = inspection.settings().password_blocklist;
  if (list == "off")
    inspection.warn("PASSWORD_BLOCKLIST is off", "users may choose passwords that attackers try first",
                    "PASSWORD_BLOCKLIST=builtin");
  if (list == "builtin" || list == "off") return;
  struct stat status {};
  if (::stat(list.c_str(), &status) != 0) {
    const std::string reason = std::strerror(errno);
    return errno == EACCES ? inspection.leave_open("this user may not look at " + list, "call this as root")
                           : inspection.fail(list + ": " + reason, "the service does not start",
                                             "PASSWORD_BLOCKLIST=builtin, or the path of a list");
  }
  if ((status.st_mode & S_IWOTH) != 0)
    inspection.fail("every user may change " + list, "anybody of this host can allow weak passwords",
                    "chmod o-w " + list);
  const auth::Blocklist checked(list);
}

void look_at_cookies(Inspection& inspection) {
  const auto& settings = inspection.settings();
  const bool is_https = settings.public_url.starts_with("https://");
  const std::string url = "PUBLIC_URL=" + settings.public_url;
  if (is_https && settings.cookie_secure == base::CookieSecure::off)
    inspection.fail(url + " and COOKIE_SECURE=off", "browsers send the tokens over plain http, too",
                    "COOKIE_SECURE=on");
  if (is_https && settings.cookie_secure == base::CookieSecure::automatic)
    inspection.warn(url + " and COOKIE_SECURE=auto",
                    "whoever logs in over plain http gets cookies that every network on the way can read",
                    "COOKIE_SECURE=on");
  if (!settings.stated_origin.empty() && !is_https && !base::is_loopback(base::host_of(settings.public_url)))
    inspection.warn(url + " is not https", "passwords and tokens can be read on the way",
                    "serve it over TLS, and set PUBLIC_URL to the https address");
  for (const auto& reason : base::find_unreached(settings))
    inspection.warn(reason, "a login does not work there", {});
}

/// By its name, as a program may be older than the setting.
void look_at_registration(Inspection& inspection) {
  const auto& settings = inspection.settings();
  const auto* setting = base::find_setting("REGISTRATION");
  const bool is_open =
      setting == nullptr || base::effective_value(settings, *setting).view() == std::string_view("open");
  if (!is_open || !settings.guard_groups.empty()) return;
  inspection.warn("anybody may register, and GUARD_GROUPS is empty",
                  "a location that the guard protects without a group lets everybody in who makes an account",
                  setting == nullptr
                      ? "GUARD_GROUPS=staff, and include sessiond/group/staff.conf in the location"
                      : "REGISTRATION=closed, or GUARD_GROUPS=staff and include sessiond/group/staff.conf in "
                        "the location");
}

}  // namespace ctl::checks
