#include "ctl/accounts/links.h"

#include <array>

#include "base/text.h"
#include "base/uri.h"
#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kYear = 366LL * 86400;

struct Unit {
  char letter;
  std::int64_t seconds;
  std::string_view name;  ///< Of one.
};

/// The largest first.
constexpr std::array kUnits{Unit{'d', 86400, "day"}, Unit{'h', 3600, "hour"}, Unit{'m', kMinute, "minute"}};

base::Secret make_link(const base::Settings& settings, std::string_view page, const crypto::Token& token,
                       std::string_view rest) {
  const auto secret = token.text();
  std::string link;
  link.reserve(settings.public_url.size() + page.size() + secret.size() + rest.size());
  link.append(settings.public_url).append(page).append(secret.view()).append(rest);
  return base::Secret(std::move(link));
}

}  // namespace

base::Secret make_reset_link(const base::Settings& settings, const crypto::Token& token) {
  return make_link(settings, "/reset#token=", token, {});
}

base::Secret make_invitation_link(const base::Settings& settings, const crypto::Token& token,
                                  std::string_view username) {
  const auto rest = username.empty() ? std::string() : "&username=" + base::encode_uri_component(username);
  return make_link(settings, "/register#invite=", token, rest);
}

std::int64_t parse_life(std::string_view text) {
  for (const auto& unit : kUnits) {
    if (!text.ends_with(unit.letter)) continue;
    const auto number = base::parse_number(text.substr(0, text.size() - 1));
    if (number && *number > 0 && *number <= kYear / unit.seconds) return *number * unit.seconds;
  }
  throw WrongUsage(quote(text) + " is no time: write such as 90m, 12h or 7d, at most 366d");
}

std::string describe_life(std::int64_t seconds) {
  for (const auto& unit : kUnits)
    if (seconds % unit.seconds == 0) {
      const auto count = seconds / unit.seconds;
      return std::to_string(count) + " " + std::string(unit.name) + (count == 1 ? "" : "s");
    }
  return std::to_string(seconds) + " seconds";
}

}  // namespace ctl
