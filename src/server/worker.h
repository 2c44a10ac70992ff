// A worker: a process with one connection to the database and one loop. It accepts the connections of its
// pool, reads complete requests, has the engine answer all that have arrived, and sends the answers.
#pragma once

#include <csignal>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "auth/engine.h"
#include "auth/standby.h"
#include "base/config.h"
#include "base/scoreboard.h"
#include "http/fcgi.h"
#include "pg/connection.h"
#include "server/listen.h"

namespace server {

/// Exit codes of a worker. The master replaces it after the first two; cannot_start means that no other would
/// start either.
enum class WorkerExit { retired = 0, crashed = 1, cannot_start = 2 };

/// What a worker gets from the master. All references must outlive the worker.
struct WorkerParts {
  const base::Settings& settings;
  const Identities& identities;
  const auth::Blocklist& blocklist;
  const base::Scoreboard& scoreboard;
  int listener;
  bool cleans_up;      ///< Whether this worker cleans up the database.
  int accepts_a_turn;  ///< The most connections it accepts in one turn of its loop.
  bool checks;         ///< Whether it serves checks, which may be read from a standby.
};

/// The signal by which a worker answers what it has and leaves new connections to others. (SIGTERM has it
/// answer those that wait in the queue as well.)
inline constexpr int kRetire = SIGUSR1;

/// A process has at most one. All signals are blocked in it, except that SIGTERM and kRetire are let through
/// while it waits for events.
class Worker {
 public:
  /// `slot` must outlive the worker. Throws system_error or runtime_error when it cannot start.
  Worker(const WorkerParts& parts, base::ScoreboardSlot& slot);

  /// Serves requests until one of those signals, then answers what has arrived and returns. Throws bad_alloc,
  /// and system_error when a descriptor cannot be watched.
  void run();

 private:
  /// A connection from nginx.
  struct Peer {
    explicit Peer(base::UniqueFd descriptor, std::int64_t silent_until)
        : connection(std::move(descriptor)), deadline(silent_until) {}
    http::FcgiConnection connection;
    std::int64_t deadline;  ///< When sweep() closes it, in milliseconds of base::monotonic_ms().
    bool served = false;    ///< Its last request is answered, and nothing of the next has arrived.
    bool ready = false;     ///< It is in ready_.
    bool awaited = false;   ///< The loop wakes for what it sends.
  };
  void watch(int descriptor, std::uint32_t events, void* owner);
  void watch_listener(bool wanted);
  void watch_database();
  void read_idle_database();
  void wait();
  void accept_waiting();
  void accept_one();
  bool close_longest_idle();
  Peer* find_longest_idle();
  void mark_ready(Peer& peer);
  void await(Peer& peer);
  void read_ready();
  void answer_batch();
  void drop_abandoned();
  void send(Peer& peer, const http::Response& response);
  void close(Peer& peer);
  void sweep();
  bool is_calm() const;
  bool is_cleanup_due() const;
  void clean_up_when_due();
  void leave_queue();
  void turn();
  bool drain();

  const base::Settings& settings_;
  const Identities& identities_;
  int listener_;
  int accepts_a_turn_;
  base::ScoreboardSlot& slot_;
  base::UniqueFd epoll_;
  pg::Connection database_;
  std::optional<auth::Standby> standby_;
  auth::Engine engine_;
  std::list<Peer> peers_;
  std::vector<Peer*> ready_;  ///< Connections that may have something to read.
  std::vector<Peer*> batch_;  ///< Connections with a complete request, to be answered next.
  bool listening_ = false;
  bool accepts_ = true;       ///< False: new connections are for other workers.
  bool queue_empty_ = false;  ///< The last accept found no connection.
  std::int64_t watched_generation_ = 0;
  std::int64_t next_sweep_ = 0;
  std::int64_t next_cleanup_ = 0;  ///< 0: never.
};

}  // namespace server
