// Time: points in time as PostgreSQL keeps them, how they are written, and the clock for durations and
// deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace base {

/// Microseconds since 1970 in UTC; what PostgreSQL keeps for timestamptz.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Milliseconds of the monotonic clock, which no correction of the date moves: for deadlines and durations.
std::int64_t monotonic_ms();

/// `2026-11-23T12:00:00Z`, or with `.123` when `milliseconds` is asked for (RFC 3339).
std::string make_rfc3339(Time time, bool milliseconds = false);

}  // namespace base
