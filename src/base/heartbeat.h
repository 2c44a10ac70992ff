// The sign of life of a worker, for the watchdog of its master. There is one for the process, because
// whatever layer begins a long step has to give it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/enum_table.h"

namespace base {

/// The steps of a worker in which it may hang.
enum class Step : std::int32_t {
  starting,
  waiting,
  reading,
  answering,
  sending,
  looking_up,
  connecting,
  querying,
  hashing,
  count
};

struct StepRow {
  Step id;
  std::string_view words;  ///< For the log: what the worker does.
};
inline constexpr std::array kSteps{
    StepRow{Step::starting, "starts"},
    StepRow{Step::waiting, "waits for events"},
    StepRow{Step::reading, "reads requests"},
    StepRow{Step::answering, "answers requests"},
    StepRow{Step::sending, "sends answers"},
    StepRow{Step::looking_up, "looks up the host of the database"},
    StepRow{Step::connecting, "connects to the database"},
    StepRow{Step::querying, "asks the database"},
    StepRow{Step::hashing, "computes a password hash"},
};
static_assert(is_enum_table(kSteps));

/// What the worker writes and the master reads. Lock-free, so that it can lie in shared memory.
struct Heartbeat {
  std::atomic<std::int64_t> due;  ///< When the next sign of life comes, in milliseconds of monotonic_ms().
  std::atomic<Step> step;         ///< The step that was begun last.
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<Step>::is_always_lock_free);

/// The words of a step, as a worker has written it: one that was taken over may have written any number.
std::string_view words_of(Step step);

/// From now on beat() and enter() write to `heartbeat`, which must outlive every call of them. The next sign
/// of life is due `interval_ms` after the last one.
void set_heartbeat(Heartbeat& heartbeat, std::int64_t interval_ms);

/// Gives a sign of life. Call it before each step that may take long. A step that has no limit of its own
/// asks for `more_ms` milliseconds beyond the interval. Does nothing before set_heartbeat().
void beat(Step step, std::int64_t more_ms = 0);

/// Says that a step begins which takes of the time of the one before. Does nothing before set_heartbeat().
void enter(Step step);

}  // namespace base
