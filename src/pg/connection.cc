#include "pg/connection.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "pg/tls.h"

namespace pg {
namespace {

// All times are in milliseconds. The pause between attempts to connect is longer when a host, or the
// lookup of its name, did not answer: each such attempt holds up the worker.
constexpr std::int64_t kConnectTimeout = 3000;
constexpr std::int64_t kLeastPause = 1000;
constexpr std::int64_t kSilentPause = 5000;
constexpr std::int64_t kMostJitter = 500;

// The server's timeouts are shorter than the deadlines of the callers, so that the server ends a slow
// statement before its caller gives up. Plans are generic, because each statement has one fitting index and
// planning at each call would take longer than the call. client_connection_check_interval, which PostgreSQL
// has since version 14, ends the statements of workers that died. The isolation level is set because the
// store relies on it, and a role or a database may have another default. A pooler may forget all of this
// between two transactions (docs/operations.md, "Poolers").
constexpr const char* kSessionSetup = R"sql(
    SET statement_timeout = '4s';
    SET lock_timeout = '2s';
    SET idle_in_transaction_session_timeout = '10s';
    SET default_transaction_isolation = 'read committed';
    SET client_min_messages = 'warning';
    SET timezone = 'UTC';
    SET plan_cache_mode = 'force_generic_plan';
    SELECT set_config(name, '1s', false)
    FROM pg_settings
    WHERE name = 'client_connection_check_interval';
)sql";

// Says itself what the locking order of the store relies on, so that no pooler can forget it.
constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Random milliseconds that keep the workers of a host from all connecting at the same time. They need not be
/// unpredictable.
std::int64_t jitter() {
  static std::minstd_rand engine(static_cast<unsigned>(::getpid()));
  return std::uniform_int_distribution<std::int64_t>(0, kMostJitter)(engine);
}

std::string sqlstate_of(const PGresult* result) {
  const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

bool succeeded(const PGresult* result) {
  const ExecStatusType status = ::PQresultStatus(result);
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/// True when `result` is a failure after which the connection is of no use: there is no result, or the server
/// ends the connection.
bool is_lost(const PGresult* result) {
  const std::string state = sqlstate_of(result);
  return !succeeded(result) && (state.empty() || ends_connection(state));
}

void ignore_notice(void*, const char*) {}

}  // namespace

void Connection::drop() {
  if (connection_) base::log_event(base::LogLevel::warning, "database_lost");
  connection_.reset();
  in_transaction_ = false;
}

void Connection::require_connected() {
  if (connection_) return;
  const std::int64_t now = base::monotonic_ms();
  if (now < next_attempt_)
    throw Error("not connected; the last attempt to connect was only a moment ago", "");
  next_attempt_ = now + kLeastPause + jitter();
  connect();
}

void Connection::connect() {
  base::beat(base::Step::connecting);
  const std::int64_t request_deadline = deadline_;
  deadline_ = std::min(deadline_, base::monotonic_ms() + kConnectTimeout);
  try {
    connection_ = connector_.connect(deadline_);
    ::PQsetNoticeProcessor(connection_.get(), ignore_notice, nullptr);
    set_up_session();
  } catch (...) {
    if (connector_.met_silence()) next_attempt_ = base::monotonic_ms() + kSilentPause + jitter();
    deadline_ = request_deadline;
    throw;
  }
  deadline_ = request_deadline;
  ++generation_;
  lacks_tls_ = !is_protected(connection_.get()) && wants_tls(settings_);
  base::log_event(base::LogLevel::info, "database_connected",
                  {{"server_version", std::int64_t{::PQserverVersion(connection_.get())}},
                   {"tls", encryption_of(connection_.get())}});
}

/// Sets the parameters of the connection and prepares all statements. When one cannot be prepared, the
/// connection is given up: so the mistake is seen at the start, and not at the first request that needs the
/// statement.
void Connection::set_up_session() {
  ::PQsetnonblocking(connection_.get(), 1);
  RawResult result = command(kSessionSetup);
  if (succeeded(result.get())) result = prepare_all();
  if (succeeded(result.get())) return;
  const std::string reason = result ? ::PQresultErrorMessage(result.get()) : "no answer in time";
  const std::string state = sqlstate_of(result.get());
  connection_.reset();
  if (!result) connector_.skip_host();
  throw Error(("cannot prepare the statements: " + reason).append(advice_on_pooler(state)), state);
}

/// Prepares all statements in one round trip. Returns the first result that is a failure, else the last
/// result; nothing as finish_query() does.
Connection::RawResult Connection::prepare_all() {
  PGconn* connection = connection_.get();
  const auto statements = Statement::all();
  bool sent = ::PQenterPipelineMode(connection) == 1;
  for (const Statement* statement : statements)
    sent = sent && ::PQsendPrepare(connection, statement->name(), statement->sql(), 0, nullptr) == 1;
  if (!sent || ::PQpipelineSync(connection) != 1) return nullptr;
  RawResult result;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    result = finish_query(1);
    if (!succeeded(result.get())) return result;
  }
  const RawResult sync = finish_query(1);
  return ::PQexitPipelineMode(connection) == 1 ? std::move(result) : nullptr;
}

/// Sends what is left to send (`sent` is what the PQsend function returned) and reads up to the end of the
/// command. Returns the last result; when the connection is lost or the deadline passes before the end, an
/// error that the server sent before that, else nothing. So a command that is not finished never succeeds.
Connection::RawResult Connection::finish_query(int sent) {
  if (sent != 1) return nullptr;
  for (int flushed = ::PQflush(connection_.get()); flushed != 0; flushed = ::PQflush(connection_.get()))
    if (flushed < 0 || !wait_for_socket(connection_.get(), POLLIN | POLLOUT, deadline_) ||
        ::PQconsumeInput(connection_.get()) != 1)
      return nullptr;
  RawResult last;
  for (;;) {
    while (::PQisBusy(connection_.get()) == 1)
      if (!wait_for_socket(connection_.get(), POLLIN, deadline_) || ::PQconsumeInput(connection_.get()) != 1)
        return succeeded(last.get()) ? nullptr : std::move(last);
    RawResult next(::PQgetResult(connection_.get()));
    if (!next) return last;
    last = std::move(next);
    if (::PQresultStatus(last.get()) == PGRES_PIPELINE_SYNC) return last;
  }
}

Connection::RawResult Connection::run(const Statement& statement, const Params& params) {
  require_connected();
  base::enter(base::Step::querying);
  return finish_query(::PQsendQueryPrepared(connection_.get(), statement.name(), params.size(),
                                            params.values(), params.lengths(), params.formats(), 1));
}

Result Connection::execute(const Statement& statement, const Params& params) {
  const bool may_retry = !in_transaction_;
  RawResult result = run(statement, params);
  if (succeeded(result.get())) return Result(result.release());
  const Access access = statement.access();
  const bool lost = is_lost(result.get());
  const bool retry = is_stale_plan(sqlstate_of(result.get())) || (lost && access == Access::read);
  if (!may_retry || !retry || base::monotonic_ms() >= deadline_) fail(result.get(), access);
  drop();
  result = run(statement, params);
  if (!succeeded(result.get())) fail(result.get(), access);
  return Result(result.release());
}

/// Throws the error in `result`, or that the connection was lost when there is none. Before that, it drops
/// the connection when no later statement could succeed on it.
void Connection::fail(const PGresult* result, Access access) {
  const std::string state = sqlstate_of(result);
  const char* primary = ::PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string message = primary != nullptr                  ? primary
                        : base::monotonic_ms() >= deadline_ ? "no answer before the deadline"
                                                            : "connection lost";
  // After an error whose end has not come, the connection takes no other command.
  const bool refused = !state.empty() && ::PQstatus(connection_.get()) == CONNECTION_OK &&
                       ::PQtransactionStatus(connection_.get()) != PQTRANS_ACTIVE;
  const bool useless = ends_connection(state) || is_stale_plan(state);
  if (!refused || (useless && access != Access::optional_write)) drop();
  if (is_read_only(state)) connector_.skip_host();
  throw Error(message.append(advice_on_pooler(state)), state);
}

void Connection::handle_idle_input() {
  if (!connection_) return;
  if (::PQconsumeInput(connection_.get()) != 1 || ::PQstatus(connection_.get()) == CONNECTION_BAD) {
    drop();
    return;
  }
  while (::PQisBusy(connection_.get()) == 0) {
    const RawResult result(::PQgetResult(connection_.get()));
    if (!result) return;
  }
}

Connection::RawResult Connection::command(const char* sql) {
  base::enter(base::Step::querying);
  return finish_query(::PQsendQuery(connection_.get(), sql));
}

/// A BEGIN that fails has changed nothing, so it is tried once more on a new connection when the old one is
/// of no use any more: lost, or ended by the server.
void Connection::begin() {
  require_connected();
  RawResult result = command(kBegin);
  if (is_lost(result.get()) && base::monotonic_ms() < deadline_) {
    drop();
    require_connected();
    result = command(kBegin);
  }
  if (!succeeded(result.get())) fail(result.get(), Access::write);
  in_transaction_ = true;
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.begin();
}

Transaction::~Transaction() {
  if (!connection_.in_transaction_) return;
  connection_.in_transaction_ = false;
  const auto result = connection_.command("ROLLBACK");
  if (!succeeded(result.get())) connection_.drop();
}

void Transaction::commit() {
  const auto result = connection_.command("COMMIT");
  if (!succeeded(result.get())) connection_.fail(result.get(), Access::write);
  connection_.in_transaction_ = false;
}

}  // namespace pg
