// How many requests may wait for a password hash. A pure function.
#pragma once

#include <algorithm>
#include <cstdint>

#include "auth/patience.h"
#include "base/config.h"

namespace server {

/// The length of the queue of the pool that hashes: as many hashes as its workers compute in
/// auth::kMostWait, by the cost in the settings and the number of processors (0 counts as 1). More could not
/// be answered before nginx gives up. A processor is taken to fill a MiB a millisecond, which is less than
/// one of a server does; where it is too much, those at the end of the queue are refused when they have
/// waited (auth/patience.h).
constexpr int hash_queue_length(const base::Settings& settings, unsigned processors) {
  constexpr std::int64_t kKibAMillisecond = 1024;
  constexpr std::int64_t kLongest = 4096;  // what Linux allows by default (net.core.somaxconn)
  const auto at_once = std::min<std::int64_t>(settings.password_workers, std::max(1u, processors));
  const auto cost = std::max(kKibAMillisecond, settings.argon2_memory_kib * settings.argon2_time);
  const auto hashes = auth::kMostWait.count() * at_once * kKibAMillisecond / cost;
  return static_cast<int>(std::clamp(hashes, settings.password_workers, kLongest));
}

}  // namespace server
