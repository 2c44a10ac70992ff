// The checks of settings that are allowed, but switch a protection off or make it weaker than it need be.
#include <algorithm>
#include <array>
#include <string>

#include "base/reach.h"
#include "base/uri.h"
#include "ctl/check/inspection.h"

namespace ctl::checks {
namespace {

/// A limit on guessing that 0 switches off.
struct Limit {
  std::string_view setting;
  std::int64_t base::Settings::*value;
  std::string_view without;  ///< What comes of it.
};

constexpr std::array kLimits{
    Limit{"LOGIN_RATE", &base::Settings::login_rate,
          "one address can have passwords checked as fast as this machine can, and keep all others waiting"},
    Limit{"ACCOUNT_FREE_FAILURES", &base::Settings::account_free_failures,
          "who has many addresses can guess the password of one account without a wait"},
    Limit{"ADDRESS_FREE_FAILURES", &base::Settings::address_free_failures,
          "one address can try a password at every account without a wait"},
};

constexpr std::int64_t kLeastLength = 8;
constexpr std::int64_t kMostGrace = 60;  // seconds

/// The setting as it is by default, which mends what another value has done.
std::string make_default(std::string_view name) {
  return std::string(name).append("=").append(base::find_setting(name)->fallback);
}

}  // namespace

void look_at_guessing(Inspection& inspection) {
  const auto is_off = [&](const Limit& limit) { return inspection.settings().*limit.value == 0; };
  const auto severity =
      std::ranges::all_of(kLimits, is_off) ? base::Severity::error : base::Severity::warning;
  for (const auto& limit : kLimits)
    if (is_off(limit))
      inspection.note(severity, std::string(limit.setting) + " is 0",
                      severity == base::Severity::error ? "nothing limits the guessing of passwords"
                                                        : std::string(limit.without),
                      make_default(limit.setting));
}

void look_at_passwords(Inspection& inspection) {
  const auto length = inspection.settings().password_min_length;
  if (length < kLeastLength)
    inspection.warn("PASSWORD_MIN_LENGTH is " + std::to_string(length),
                    "users may choose passwords so short that they are soon guessed",
                    make_default("PASSWORD_MIN_LENGTH") + ", or more");
}

void look_at_grace(Inspection& inspection) {
  const auto grace = inspection.settings().refresh_grace;
  if (grace > kMostGrace)
    inspection.warn(
        "REFRESH_GRACE is " + std::to_string(grace) + " s",
        "for so long after a refresh, whoever has a copy of the tokens before it can use them unnoticed",
        make_default("REFRESH_GRACE"));
}

/// Programs that are being written run on the machine of who writes them, where no network is between.
void look_at_origins(Inspection& inspection) {
  const auto& settings = inspection.settings();
  if (!settings.public_url.starts_with("https://")) return;
  for (const auto& origin : settings.cors_origins)
    if (!origin.starts_with("https://") && !base::is_loopback(base::host_of(origin)))
      inspection.warn("CORS_ORIGINS has " + origin + ", and PUBLIC_URL is https",
                      "whoever can change pages of that origin on their way can act as its users",
                      "serve that origin over TLS, and list it with https, or remove it");
}

}  // namespace ctl::checks
