#include "base/clock.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace base {
namespace {

/// The first and the last second that RFC 3339 can write. A row of the database may have others, such as
/// infinity.
constexpr Time kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Time kLast = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - std::chrono::microseconds(1);

}  // namespace

std::int64_t monotonic_ms() {
  return monotonic_us() / 1000;
}

std::int64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

std::string make_rfc3339(Time time, bool milliseconds) {
  using namespace std::chrono;
  time = std::clamp(time, kFirst, kLast);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<std::chrono::milliseconds>(time - day));
  std::array<char, 64> buffer{};
  int size =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string text(buffer.data(), static_cast<std::size_t>(size));
  if (milliseconds) {
    size = std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(clock.subseconds().count()));
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text + 'Z';
}

}  // namespace base
