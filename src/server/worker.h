// A worker: one process, one database connection, one loop. Accepts the connections of its pool, takes in
// whole requests, has the engine answer all that are there, and sends the answers. Knows neither SQL nor
// routes.
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "auth/engine.h"
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
  /// `slot` must outlive the worker. Throws system_error or runtime_error when it cannot start.
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
    bool served = false;    ///< It had an answer, and nothing of the next request has arrived.
    bool ready = false;     ///< Listed in ready_.
  };
  void watch(int descriptor, std::uint32_t events, void* owner);
  void watch_listener(bool wanted);
  void watch_database();
  void wait();
  void accept_waiting();
  void accept_one();
  void mark_ready(Peer& peer);
  void read_ready();
  void answer_batch();
  void send(Peer& peer, const http::Response& response);
  void close(Peer& peer);
  void sweep();
  void clean_up_when_due();
  void turn();
  bool drain();

  const base::Settings& settings_;
  const Identities& identities_;
  int listener_;
  int accepts_a_turn_;
  ScoreboardSlot& slot_;
  base::UniqueFd epoll_;
  pg::Connection database_;
  auth::Engine engine_;
  std::list<Peer> peers_;
  std::vector<Peer*> ready_;  ///< May have something to be read.
  std::vector<Peer*> batch_;  ///< Have a whole request, to be answered next.
  bool listening_ = false;
  bool queue_empty_ = false;  ///< The last accept found nothing.
  std::int64_t watched_generation_ = 0;
  std::int64_t next_sweep_ = 0;
  std::int64_t next_cleanup_ = 0;  ///< 0: never.
};

}  // namespace server
