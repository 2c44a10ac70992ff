// The master process: it owns the listening sockets, starts the workers of all pools, replaces those that end
// or hang, and at a stop lets them finish their requests. For new settings or a new version it becomes
// another program (renewal.h), which goes on with its sockets and lets its workers go when those of its own
// are ready. It reads no request and has no connection to the database.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <vector>

#include "auth/blocklist.h"
#include "base/config.h"
#include "base/pools.h"
#include "base/scoreboard.h"
#include "server/handover.h"
#include "server/listen.h"
#include "server/renewal.h"

namespace server {

/// Exit codes of the program.
inline constexpr int kExitStopped = 0;
inline constexpr int kExitCannotStart = 2;

/// Blocks the signals that a master waits for, with those of a stop, of a renewal, and of children that end;
/// returns them.
sigset_t block_awaited();

class Supervisor {
 public:
  /// Reads the list of common passwords, and makes the sockets or takes those of its predecessor. Throws
  /// runtime_error when that fails; what the predecessor has left is then as it was. `settings` must outlive
  /// the supervisor.
  Supervisor(const base::Settings& settings, const Call& call, const std::optional<Handover>& handover);

  /// Runs until a stop signal has ended all workers, or until no worker can start; returns the exit code. It
  /// never returns in the process of a worker.
  int run();

 private:
  /// The place of one worker, which is filled again when its worker ends.
  struct Slot {
    base::Pool pool;
    bool cleans_up;               ///< Whether its worker cleans up the database.
    pid_t pid = 0;                ///< 0: there is no process.
    int failures = 0;             ///< How many workers in a row ended before they were ready.
    std::int64_t respawn_at = 0;  ///< In milliseconds of base::monotonic_ms().
    bool cannot_start = false;    ///< The last worker found that it could not start.
  };

  std::int64_t heartbeat_ms() const { return settings_.request_timeout * 1000; }
  void spawn_due();
  void spawn(std::size_t index);
  [[noreturn]] void run_worker(std::size_t index, pid_t master);
  void handle_signal(int signal);
  void reap();
  void bury(std::size_t index, int status);
  void note_ready();
  void kill_hung();
  void mend_sockets();
  void renew();
  void retire_own();
  bool serves() const;
  bool is_calm() const;
  bool are_connected() const;
  void succeed();
  void kill_former();
  void report_unfinished();
  void reassure();
  std::vector<pid_t> living_workers() const;
  void signal_all(int signal) const;
  bool any_alive() const;
  bool is_given_up(const Slot& slot) const { return slot.cannot_start && !any_was_ready_; }
  bool all_given_up() const;

  const base::Settings& settings_;
  sigset_t awaited_;  ///< Blocked first of all: a signal that comes during the start waits.
  Identities identities_;
  auth::Blocklist blocklist_;  ///< Read by the master, as WORKER_USER may be unable to open the file.
  int hash_queue_;             ///< See hash_queue_length().
  base::Scoreboard scoreboard_;
  Listeners listeners_;  ///< After all that can fail, which must leave the sockets of a predecessor alone.
  std::vector<Slot> slots_;
  std::vector<pid_t> former_;     ///< The workers of the predecessor.
  std::int64_t succeeds_at_ = 0;  ///< When they go at the latest, as below; 0: not all workers are ready yet.
  std::int64_t reported_at_;      ///< When it was last said that they still serve, or since when they do.
  std::int64_t former_until_ = 0;  ///< When they are killed, as below; 0: they still serve.
  Renewal renewal_;
  std::int64_t watchdog_interval_;  ///< See watchdog_interval_ms().
  std::int64_t reassured_at_ = 0;   ///< When the service manager last heard of the master, as below.
  bool told_ready_ = false;         ///< It was told that all workers are ready.
  bool stopping_ = false;
  bool any_was_ready_;  ///< A worker has once been ready, so the settings and the host are in order.
  std::int64_t patrolled_at_ = 0;  ///< When kill_hung() last ran, in milliseconds of base::monotonic_ms().
  std::int64_t mends_at_ = 0;      ///< When mend_sockets() looks again, as above.
  std::int64_t judged_from_ = 0;   ///< Before this time, no worker counts as hanging.
};

/// Runs one worker on descriptor 0 in this process, without a master, for spawn-fcgi, lighttpd and Apache.
/// Returns the exit code. Throws runtime_error when it cannot start.
int serve_stdin(const base::Settings& settings);

}  // namespace server
