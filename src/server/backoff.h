// When a worker that ended is started again. A pure function.
#pragma once

#include <algorithm>
#include <cstdint>

namespace server {

/// How many milliseconds to wait before a worker is replaced. `failures` is how many in a row ended before
/// they were ready. 0 when none did; else 100 ms, doubled for each further one, at most 30 s.
constexpr std::int64_t respawn_delay_ms(int failures) {
  if (failures <= 0) return 0;
  return std::min<std::int64_t>(30000, std::int64_t{100} << std::min(failures - 1, 16));
}

}  // namespace server
