// Memory that the master and the workers share: one slot for each worker, which that worker alone and the
// master can write, and one for the master. All of them read it. It has lock-free numbers only, no pointers
// and nothing secret.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/pools.h"
#include "base/tally.h"

namespace base {

/// The states of the place of a worker: there is no process, or in which state it is, in the order in which
/// it goes through them.
enum class WorkerState : std::int32_t { absent, starting, ready, draining };

/// Where a worker has the lookups of checks made: it has no standby to ask, has one and asks the primary all
/// the same, or asks the standby.
enum class StandbyUse : std::int32_t { none, unused, used };

/// The largest page of any kernel: each slot has pages of its own, so that rights can be given to it alone.
inline constexpr std::size_t kLargestPage = 65536;

/// The slot of one worker. One whose heartbeat is overdue hangs. The tally goes on when the worker is
/// replaced.
struct alignas(kLargestPage) ScoreboardSlot {
  std::atomic<Pool> pool;
  std::atomic<WorkerState> state;
  std::atomic<pid_t> pid;  ///< Written by the worker.
  Heartbeat heartbeat;
  std::atomic<bool> connected;  ///< It has a connection to the database.
  std::atomic<StandbyUse> standby;
  std::atomic<std::int64_t> requests;   ///< That this worker has answered.
  std::atomic<std::uint64_t> timeline;  ///< Of the newest primary that it has met: see pg/timeline.h.
  Tally tally;
};

/// Owns the shared memory, which the master makes before the first fork.
class Scoreboard {
 public:
  /// A scoreboard for so many workers, all of them absent. Throws system_error when there is no memory, and
  /// without /proc.
  explicit Scoreboard(std::size_t workers);
  ~Scoreboard();
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;

  /// In a worker: leaves it no way to write any other slot than its own. What is const can be read still.
  void keep_own(std::size_t index);

  /// The slots of the workers.
  std::span<ScoreboardSlot> slots() { return {written_, workers_}; }
  std::span<const ScoreboardSlot> slots() const { return {read_, workers_}; }
  ScoreboardSlot& slot(std::size_t index) { return written_[index]; }
  const ScoreboardSlot& slot(std::size_t index) const { return read_[index]; }

  /// What the master counts, such as workers that hang.
  Tally& master() { return written_[workers_].tally; }
  const Tally& master() const { return read_[workers_].tally; }

  /// Since when is counted.
  Time started_at() const { return started_at_; }

 private:
  std::size_t workers_;
  void* written_addresses_;
  void* read_addresses_;
  ScoreboardSlot* written_;
  const ScoreboardSlot* read_;  ///< The same memory, for good without the right to write.
  Time started_at_;
};

/// Prepares a slot for a new worker, which has `interval_ms` milliseconds for its first sign of life.
void reset_slot(ScoreboardSlot& slot, Pool pool, std::int64_t interval_ms);

}  // namespace base
