// When a worker that died is started again. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace server {

/// Milliseconds to wait after `failures` deaths in a row before the worker was ready: 0 for none (one that
/// was ready is replaced at once), then 100 ms doubling up to 30 s.
constexpr std::int64_t respawn_delay_ms(int failures) {
  if (failures <= 0) return 0;
  return std::min<std::int64_t>(30000, std::int64_t{100} << std::min(failures - 1, 16));
}

}  // namespace server
