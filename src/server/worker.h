// A worker: one process, one database connection, one loop. Accepts connections of its pool, takes in whole
// requests, looks up their sessions in one batch, answers. Knows neither SQL nor what the routes do.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "auth/routes.h"
#include "base/config.h"
#include "http/fcgi.h"
#include "pg/connection.h"
#include "server/listen.h"
#include "server/scoreboard.h"

namespace server {

/// Exit codes of a worker, which tell the master what to do.
enum class WorkerExit { retired = 0, crashed = 1, cannot_start = 2 };

/// What the master hands to a worker; everything must outlive it.
struct WorkerParts {
  const base::Settings& settings;
  const Identities& identities;
  const auth::Blocklist& blocklist;
  int listener;
  bool cleans_up;      ///< Whether this worker takes part in the cleanup.
  int accepts_a_turn;  ///< The most new connections that are answered together.
};

/// Runs in its own process after the fork, with all signals blocked but those it waits for.
class Worker {
 public:
  /// `slot` must outlive the worker. Throws system_error or runtime_error when it cannot
  /// start.
  Worker(const WorkerParts& parts, ScoreboardSlot& slot);

  /// Serves until SIGTERM, then answers what is there and returns.
  void run();

 private:
  /// A connection and until when it may stay silent.
  struct Peer {
    explicit Peer(base::UniqueFd descriptor, std::int64_t silent_until)
        : connection(std::move(descriptor)), deadline(silent_until) {}
    http::FcgiConnection connection;
    std::int64_t deadline;  ///< Milliseconds of the monotonic clock.
    bool served = false;    ///< Between requests it may be idle for long.
    bool ready = false;     ///< Listed in ready_.
  };
  using PeerList = std::list<Peer>;

  /// A request that was read, on its way to its answer.
  struct Pending {
    Peer* peer;
    auth::Call call;
  };

  void watch(int descriptor, std::uint32_t events, void* owner);
  void watch_listener(bool wanted);
  void watch_database();
  void wait();
  void accept_waiting();
  void accept_one();
  void mark_ready(Peer& peer);
  void read_ready();
  void serve();
  void find_sessions();
  void answer(Pending& pending);
  void mark_first_uses();
  http::Response make_response(auth::Call& call);
  void close(Peer& peer);
  void sweep();
  void clean_up_when_due();
  bool drained();

  const base::Settings& settings_;
  const Identities& identities_;
  int listener_;
  int accepts_a_turn_;
  ScoreboardSlot& slot_;
  base::UniqueFd epoll_;
  pg::Connection database_;
  auth::Service service_;
  PeerList peers_;
  std::vector<Peer*> ready_;
  std::list<Pending> batch_;
  std::vector<crypto::Digest> hashes_;
  bool listening_ = false;
  bool queue_empty_ = false;  ///< The last accept found nothing.
  std::int64_t watched_generation_ = 0;
  std::int64_t next_sweep_ = 0;
  std::int64_t next_cleanup_ = 0;  ///< 0: never.
};

/// Becomes WORKER_USER for ever if the process is root. Throws runtime_error when that fails.
void drop_privileges(const Identities& identities);

/// What a forked process does first: drop privileges, bind its life to the master's, take lower priority if
/// asked, install its signal handlers. Throws runtime_error when privileges cannot be dropped.
void become_worker(const Identities& identities, int niceness, pid_t master);

}  // namespace server
