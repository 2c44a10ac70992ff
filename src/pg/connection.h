// One connection to PostgreSQL through libpq: it prepares every statement of the program, runs statements
// under a deadline, and reconnects when the connection is lost.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <vector>

#include "base/config.h"
#include "pg/connector.h"
#include "pg/error.h"
#include "pg/exchange.h"
#include "pg/params.h"
#include "pg/result.h"
#include "pg/statement.h"
#include "pg/steps.h"
#include "pg/timeline.h"

namespace pg {

/// One connection for one single-threaded process. Open it after the fork, never before. Calls return by the
/// deadline that was set last. Methods throw pg::Error; the object can be used after that, and reconnects
/// when it is needed, at most once a second.
class Connection {
 public:
  /// What the hosts of the settings are: the primary with those that may take its place, or standbys that are
  /// only read from.
  enum class Servers { primaries, standbys };

  /// Does not connect yet. `settings` must outlive the connection.
  explicit Connection(const base::Settings& settings, Servers servers = Servers::primaries)
      : settings_(settings), servers_(servers), connector_(settings) {}

  /// Lets the next attempt to connect begin with the host of this place, modulo their number.
  void begin_with(std::size_t place) { connector_.begin_with(place); }

  /// Sets when calls give up, in milliseconds of base::monotonic_ms().
  void set_deadline(std::int64_t monotonic_ms) { deadline_ = monotonic_ms; }

  /// Runs a statement. A read is tried once more on a new connection when the connection is lost. A write is
  /// not, as it may have taken effect; it is tried again only when is_stale_plan() says that it did not run.
  /// Inside a transaction nothing is tried again. Where checks read from a standby, a write returns when they
  /// see it, as commit() does.
  Result execute(const Statement& statement, const Params& params);

  /// Returns when all that was committed at the server that was asked last, whoever did that, is with the
  /// standbys that commits wait for, if there are any; and where checks read from a standby, when they see
  /// it. Throws when the connection to that server is lost: another one may lack what was read.
  void await_standbys();

  /// Connects and prepares all statements, if that has not been done, or if is_outmoded(). Throws when that
  /// fails, or when the pause after the last attempt is not over.
  void require_connected();
  bool connected() const { return connection_ != nullptr; }

  /// The descriptor to watch while no statement runs; -1 without a connection.
  int socket() const { return connected() ? ::PQsocket(connection_.get()) : -1; }
  /// True when the connection is not encrypted although wants_tls() says that the settings want that.
  bool lacks_tls() const { return connected() && lacks_tls_; }
  /// A number that grows with each new connection. It tells connections apart that have the same descriptor.
  std::int64_t generation() const { return generation_; }
  /// Call this when socket() is readable while no statement runs. It reads what the server sent unasked, and
  /// drops the connection when the server has closed it.
  void handle_idle_input();
  /// Whether keep_watch() asks the server: where the settings name several hosts, or a standby for checks.
  bool is_watched() const;
  /// Asks a server that is watched, and has not been asked for a second, whether it is there, and drops the
  /// connection when it is silent. So a server that has read its configuration anew, or was promoted, is
  /// known to have by then. Where it is watched, to be called twice a second while no statement runs.
  void keep_watch();
  /// True when the server is a primary that has been replaced, as far as is known; or may have been, as it
  /// has not answered for some seconds.
  bool is_outmoded() const;
  /// True when the server was a standby at its last answer.
  bool is_standby() const;
  /// The host of the connection, for people; empty without one.
  std::string host() const;
  /// When require_connected() may be called again, in milliseconds of base::monotonic_ms(); 0 while
  /// connected.
  std::int64_t next_attempt() const { return connected() ? 0 : next_attempt_; }

 private:
  friend class Transaction;
  /// What the next statement belongs to: nothing, a transaction that it begins, or one that has begun.
  enum class Scope { none, beginning, transaction };

  void connect();
  void set_up_session();
  void require_newest();
  RawResult prepare_all();
  RawResult command(const char* sql);
  void note_question();
  RawResult heed(RawResult result);
  void note_role();
  RawResult run(const Statement& statement, const Params& params);
  std::vector<RawResult> run_to_commit(const Steps& steps);
  void commit();
  std::vector<Result> commit(const Steps& steps);
  void roll_back();
  void note_write(const Statement& statement);
  Result finish(RawResult raw, Access access);
  void catch_up();
  void wait_for_checks(bool has_waited);
  std::int64_t find_hold(const PGresult* facts);
  static void receive_notice(void* connection, const PGresult* notice);
  [[noreturn]] void fail(const PGresult* result, Access access);
  std::string describe_outmoded() const;
  void drop();
  void drop(const std::string& reason);

  const base::Settings& settings_;
  Servers servers_;
  Connector connector_;
  RawConnection connection_;
  std::int64_t deadline_ = 0;
  std::int64_t next_attempt_ = 0;
  std::int64_t generation_ = 0;
  Scope scope_ = Scope::none;
  bool lacks_tls_ = false;
  std::int64_t primary_since_ = 0;  ///< When it was connected, or last seen to be a standby.
  bool was_standby_ = false;        ///< At its last answer.
  std::int64_t asked_at_ = 0;       ///< When the server was asked last.
  std::int64_t heard_at_ = 0;       ///< When it was asked what it has answered last.
  Timeline timeline_ = 0;
  bool is_seen_ = false;      ///< Checks see what the statement or transaction changes, at a standby.
  bool is_doubtful_ = false;  ///< The server has warned while it committed: perhaps nobody waited.
};

/// A transaction, which begins with its first statement and is rolled back in the destructor unless commit()
/// succeeded. The isolation level is READ COMMITTED, whatever the role or the database has by default: a
/// statement that follows the locking of a row sees what others committed before the lock was granted.
/// A connection has one at a time.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {
    connection_.scope_ = Connection::Scope::beginning;
  }
  ~Transaction() { connection_.roll_back(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Throws Error.
  void commit() { connection_.commit(); }
  /// Runs the last statements, or all, and commits in one round trip: so what they lock is locked for as long
  /// as the server needs, however long this process waits for a processor. Returns the results in the order
  /// of the steps. Throws Error.
  std::vector<Result> commit(const Steps& steps) { return connection_.commit(steps); }

 private:
  Connection& connection_;
};

}  // namespace pg
