// Points in time as PostgreSQL stores them, their text form, and the clock for durations and deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace base {

/// A point in time in UTC, in microseconds since 1970: the resolution of PostgreSQL's timestamptz.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The monotonic clock, for deadlines and durations, in milliseconds or microseconds: setting the date does
/// not move it.
std::int64_t monotonic_ms();
std::int64_t monotonic_us();

/// `2026-11-23T12:00:00Z`, or with `.123` when `milliseconds` is asked for (RFC 3339).
std::string make_rfc3339(Time time, bool milliseconds = false);

}  // namespace base
