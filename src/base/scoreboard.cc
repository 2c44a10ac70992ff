#include "base/scoreboard.h"

#include <sys/mman.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>

namespace base {
namespace {

std::size_t size_of(std::size_t workers) {
  return (workers + 1) * sizeof(ScoreboardSlot);
}

/// New memory has zeros only, so that everything that is counted begins with 0, and all workers are absent.
static_assert(static_cast<std::int32_t>(WorkerState::absent) == 0);

void* map_shared(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap of the scoreboard");
  return memory;
}

}  // namespace

Scoreboard::Scoreboard(std::size_t workers)
    : workers_(workers),
      slots_(static_cast<ScoreboardSlot*>(map_shared(size_of(workers)))),
      started_at_(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())) {
  std::uninitialized_value_construct_n(slots_, workers + 1);
}

Scoreboard::~Scoreboard() {
  ::munmap(slots_, size_of(workers_));
}

void reset_slot(ScoreboardSlot& slot, Pool pool, std::int64_t interval_ms) {
  slot.pool = pool;
  slot.state = WorkerState::starting;
  slot.pid = 0;
  slot.heartbeat.due = monotonic_ms() + interval_ms;
  slot.heartbeat.step = Step::starting;
  slot.connected = false;
  slot.requests = 0;
}

}  // namespace base
