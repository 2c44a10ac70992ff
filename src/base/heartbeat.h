// The sign of life of a worker, for the watchdog of its master. There is one for the process, because
// whatever layer begins a long step has to give it.
#pragma once

#include <atomic>
#include <cstdint>

namespace base {

/// From now on beat() writes to `due` by when it will be called again, in milliseconds of monotonic_ms().
/// That is `interval_ms` later. `due` must outlive every call of beat().
void set_heartbeat(std::atomic<std::int64_t>& due, std::int64_t interval_ms);

/// Call it before each step that may take long. A step that has no limit of its own asks for `more_ms`
/// milliseconds beyond the interval. Does nothing before set_heartbeat().
void beat(std::int64_t more_ms = 0);

}  // namespace base
