// A thin C++ wrapper for one PGconn: connects, prepares every statement, runs them under a deadline,
// and connects anew when the connection is gone. Knows no statement by name and no table.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/config.h"
#include "pg/error.h"
#include "pg/params.h"
#include "pg/result.h"
#include "pg/statement.h"

namespace pg {

/// False when DATABASE_URL is set and libpq cannot read it.
bool is_valid_conninfo(const base::Settings& settings);

/// One connection of one single-threaded process, opened after the fork. Every call ends by the deadline that
/// was set last. Throws pg::Error; after one the object is still usable and connects again by itself, at most
/// once a second.
class Connection {
 public:
  /// Opens nothing yet. `settings` must outlive the connection.
  explicit Connection(const base::Settings& settings) : settings_(settings) {}

  /// Milliseconds of the monotonic clock at which calls give up.
  void set_deadline(std::int64_t monotonic_ms) { deadline_ = monotonic_ms; }

  /// Runs a statement. Reads are tried once more on a new connection when the first is lost, writes never.
  /// Inside a transaction nothing is tried again.
  Result execute(const Statement& statement, const Params& params);

  /// Connects and prepares everything if that has not been done; throws when it is too early or fails.
  void require_connected();
  bool connected() const { return connection_ != nullptr; }

  /// The descriptor to watch while idle, or -1.
  int socket() const { return connected() ? ::PQsocket(connection_.get()) : -1; }
  /// Goes up with each new connection: the same descriptor number may stand for another one.
  std::int64_t generation() const { return generation_; }
  /// To be called when the idle descriptor is readable: takes in notices, drops a closed connection.
  void handle_idle_input();
  /// When to call require_connected() again; 0 while connected.
  std::int64_t next_attempt() const { return connected() ? 0 : next_attempt_; }

 private:
  friend class Transaction;
  struct Finish {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { ::PQclear(result); }
  };
  using RawResult = std::unique_ptr<PGresult, Clear>;

  void connect();
  void begin();
  void set_up_session();
  RawResult prepare_all();
  RawResult command(const char* sql);
  RawResult run(const Statement& statement, const Params& params);
  RawResult finish_query(int sent);
  bool wait_for_socket(short events) const;
  [[noreturn]] void fail(const PGresult* result, Access access);
  void drop();

  const base::Settings& settings_;
  std::unique_ptr<PGconn, Finish> connection_;
  std::int64_t deadline_ = 0;
  std::int64_t next_attempt_ = 0;
  std::int64_t generation_ = 0;
  bool in_transaction_ = false;
};

/// BEGIN in the constructor, ROLLBACK in the destructor unless commit() was called. READ COMMITTED: each
/// statement sees what was committed before it started, which the locking order of the Store builds on.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
};

}  // namespace pg
