#include "auth/patience.h"

#include <string>

#include "base/text.h"

namespace auth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMostPlausible{60000};

/// The milliseconds since 1970 of nginx's `$msec`, which has exactly three decimals; nothing for another
/// form.
std::optional<milliseconds> parse_msec(std::string_view text) {
  constexpr std::size_t kDecimals = 3;
  if (text.size() <= kDecimals + 1 || text[text.size() - kDecimals - 1] != '.') return std::nullopt;
  std::string digits(text);
  digits.erase(digits.size() - kDecimals - 1, 1);
  const auto number = base::parse_number(digits);
  return number ? std::optional(milliseconds(*number)) : std::nullopt;
}

}  // namespace

std::optional<milliseconds> find_wait(std::string_view passed_on_at, base::Time now) {
  const auto passed_on = parse_msec(passed_on_at);
  if (!passed_on) return std::nullopt;
  const auto waited = std::chrono::floor<milliseconds>(now.time_since_epoch()) - *passed_on;
  const bool plausible = waited >= milliseconds(0) && waited <= kMostPlausible;
  return plausible ? std::optional(waited) : std::nullopt;
}

}  // namespace auth
