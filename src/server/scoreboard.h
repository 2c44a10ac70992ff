// Memory that the master and the workers share: one slot for each worker, which the worker writes and the
// master reads. It has lock-free numbers only, no pointers and nothing secret.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

#include "base/clock.h"
#include "base/heartbeat.h"

namespace server {

/// The states of a worker, in the order in which it goes through them.
enum class WorkerState : std::int32_t { starting, ready, draining };

/// The slot of one worker. One whose heartbeat is overdue hangs. `requests` counts the requests that it has
/// answered.
struct ScoreboardSlot {
  std::atomic<WorkerState> state;
  base::Heartbeat heartbeat;
  std::atomic<std::int64_t> requests;
};

/// Owns the shared memory. The master makes it before the first fork. Throws system_error when there is no
/// memory.
class Scoreboard {
 public:
  explicit Scoreboard(std::size_t slots) : size_(slots * sizeof(ScoreboardSlot)) {
    void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "mmap of the scoreboard");
    slots_ = static_cast<ScoreboardSlot*>(memory);
    std::uninitialized_value_construct_n(slots_, slots);
  }
  ~Scoreboard() { ::munmap(slots_, size_); }
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;

  ScoreboardSlot& slot(std::size_t index) { return slots_[index]; }
  const ScoreboardSlot& slot(std::size_t index) const { return slots_[index]; }

 private:
  std::size_t size_;
  ScoreboardSlot* slots_;
};

/// Prepares a slot for a new worker, which has `interval_ms` milliseconds for its first sign of life.
inline void reset_slot(ScoreboardSlot& slot, std::int64_t interval_ms) {
  slot.state = WorkerState::starting;
  slot.heartbeat.due = base::monotonic_ms() + interval_ms;
  slot.heartbeat.step = base::Step::starting;
  slot.requests = 0;
}

}  // namespace server
