// Shared memory between master and workers: one slot for each worker, written by it, read by the master.
// Plain lock-free numbers only; no pointers, nothing secret.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

#include "base/clock.h"

namespace server {

/// States of a worker; within one life they only move up.
enum class WorkerState : std::int32_t { starting, ready, draining };

/// One worker's slot. `turned_at` is when its loop last came round, in milliseconds of the monotonic clock:
/// it stands still while a request is served, and for ever when the worker hangs or is stopped.
struct ScoreboardSlot {
  std::atomic<WorkerState> state;
  std::atomic<std::int64_t> turned_at;
  std::atomic<std::int64_t> requests;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// Owns the shared memory. Made by the master before the first fork; throws system_error without memory.
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

 private:
  std::size_t size_;
  ScoreboardSlot* slots_;
};

/// Readies a slot for a new worker.
inline void reset_slot(ScoreboardSlot& slot) {
  slot.state = WorkerState::starting;
  slot.turned_at = base::monotonic_ms();
  slot.requests = 0;
}

}  // namespace server
