// The master: owns the listening sockets, starts the workers of all pools, replaces those that die or hang,
// drains them at the end. Parses no request and has no database connection.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <string_view>
#include <vector>

#include "auth/blocklist.h"
#include "base/config.h"
#include "base/pools.h"
#include "server/listen.h"
#include "server/scoreboard.h"

namespace server {

/// Exit codes of the master.
inline constexpr int kExitStopped = 0;
inline constexpr int kExitCannotStart = 2;

class Supervisor {
 public:
  /// Binds the sockets; throws runtime_error when that fails. `settings` must outlive the supervisor.
  explicit Supervisor(const base::Settings& settings);

  /// Runs until a stop signal has been obeyed; the exit code. In the process of a worker it never returns.
  int run();

 private:
  /// A place for one worker. The array is fixed for the life of the master.
  struct Slot {
    base::Pool pool;
    pid_t pid = 0;  ///< 0: no process.
    int failures = 0;
    std::int64_t respawn_at = 0;
    bool never_again = false;
  };

  void spawn_due();
  void spawn(std::size_t index);
  [[noreturn]] void run_worker(std::size_t index, pid_t master);
  void handle_signal(int signal);
  void reap();
  void bury(std::size_t index, int status);
  void kill_hung();
  void signal_all(int signal) const;
  bool any_alive() const;
  bool all_given_up() const;

  const base::Settings& settings_;
  Identities identities_;
  auth::Blocklist blocklist_;  ///< Read before the fork: workers may not be able to open the file.
  Listeners listeners_;
  std::vector<Slot> slots_;
  Scoreboard scoreboard_;
  sigset_t awaited_;
  bool stopping_ = false;
};

/// One worker on descriptor 0 without a master, for spawn-fcgi, lighttpd and Apache. The exit code.
int serve_stdin(const base::Settings& settings);

}  // namespace server
