#include "pg/connection.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <utility>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "base/tally.h"
#include "pg/exchange.h"
#include "pg/standby.h"
#include "pg/succession.h"
#include "pg/tls.h"

namespace pg {
namespace {

// All times are in milliseconds. The pause between attempts to connect is longer when a host, or the
// lookup of its name, did not answer: each such attempt holds up the worker.
constexpr std::int64_t kConnectTimeout = 3000;
constexpr std::int64_t kLeastPause = 1000;
constexpr std::int64_t kSilentPause = 5000;
constexpr std::int64_t kMostJitter = 500;

// A server that has not answered for so long may have been frozen, and replaced meanwhile. It is longer than
// a statement may take. An idle one is asked each second.
constexpr std::int64_t kMostSilence = 5000;
constexpr std::int64_t kWatchInterval = 1000;
constexpr std::int64_t kWatchLimit = 2000;

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

// Where checks read from a standby, commits wait until it shows what they changed (docs/scale.md, "Checks
// from a standby").
constexpr const char* kAwaitStandbys = "SET synchronous_commit = 'remote_apply'";

constexpr const char* kCatchUp = "SELECT pg_logical_emit_message(true, 'sessiond', '')";

// Milliseconds since the server read its configuration; and whether it has followed another since its start.
constexpr const char* kFindSurety = R"sql(
    SELECT (extract(epoch FROM clock_timestamp() - pg_conf_load_time()) * 1000)::bigint,
           pg_last_xact_replay_timestamp() IS NOT NULL
)sql";

/// Beyond what a standby is read without being verified: for what a signal to a backend may take.
constexpr std::int64_t kMargin = 500;

// Says itself what the locking order of the store relies on, so that no pooler can forget it.
constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr const char* kCommit = "COMMIT";

/// Random milliseconds that keep the workers of a host from all connecting at the same time. They need not be
/// unpredictable.
std::int64_t jitter() {
  static std::minstd_rand engine(static_cast<unsigned>(::getpid()));
  return std::uniform_int_distribution<std::int64_t>(0, kMostJitter)(engine);
}

constexpr std::string_view kWarning = "01000";

void pause(std::int64_t milliseconds) {
  base::beat(base::Step::querying, milliseconds);
  const std::int64_t until = base::monotonic_ms() + milliseconds;
  for (auto left = milliseconds; left > 0; left = until - base::monotonic_ms())
    ::poll(nullptr, 0, static_cast<int>(left));
}

}  // namespace

void Connection::drop() {
  drop(is_outmoded() ? describe_outmoded() : std::string());
}

void Connection::drop(const std::string& reason) {
  if (connection_) base::log_event(base::LogLevel::warning, "database_lost", {{"reason", reason}});
  if (is_outdated(timeline_)) connector_.skip_host();
  connection_.reset();
  scope_ = Scope::none;
  timeline_ = 0;
}

bool Connection::is_outmoded() const {
  if (timeline_ == 0) return false;
  return is_outdated(timeline_) ||
         (connector_.has_choice() && base::monotonic_ms() > heard_at_ + kMostSilence);
}

std::string Connection::describe_outmoded() const {
  const Timeline newest = find_successor(timeline_);
  if (newest == 0)
    return "the server has not answered for " + std::to_string(kMostSilence / 1000) +
           " seconds, so another one may have taken its place";
  return "the server has been replaced as the primary: it is on timeline " +
         std::to_string(number_of(timeline_)) + ", another one on " + std::to_string(number_of(newest)) +
         "; stop it, or make it a standby; it is asked again if there is no other one for " +
         std::to_string(kTimelinePatience / 1000) + " seconds";
}

bool Connection::is_watched() const {
  return connector_.has_choice() || reads_standby(settings_);
}

void Connection::keep_watch() {
  const std::int64_t now = base::monotonic_ms();
  if (!connection_) return;
  if (is_outmoded()) return drop();
  if (!is_watched() || now < asked_at_ + kWatchInterval) return;
  note_question();
  const auto timeline = ask_timeline(connection_.get(), now + kWatchLimit);
  if (!timeline) {
    if (base::monotonic_ms() >= now + kWatchLimit) connector_.skip_host();
    return drop("the server does not answer");
  }
  heard_at_ = asked_at_;
  timeline_ = *timeline;
  note_timeline(timeline_, asked_at_);
  note_role();
}

void Connection::require_connected() {
  if (const Scope scope = scope_; scope != Scope::transaction && connection_ && is_outmoded()) {
    drop();
    scope_ = scope;
  }
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
    ::PQsetNoticeReceiver(connection_.get(), receive_notice, this);
    set_up_session();
    if (servers_ == Servers::primaries) require_newest();
  } catch (...) {
    connection_.reset();
    timeline_ = 0;
    if (connector_.met_silence()) next_attempt_ = base::monotonic_ms() + kSilentPause + jitter();
    deadline_ = request_deadline;
    throw;
  }
  deadline_ = request_deadline;
  ++generation_;
  primary_since_ = base::monotonic_ms();
  was_standby_ = is_standby();
  is_doubtful_ = false;
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
  if (succeeded(result) && reads_standby(settings_)) result = command(kAwaitStandbys);
  if (succeeded(result)) result = prepare_all();
  if (succeeded(result)) return;
  const std::string reason = result ? ::PQresultErrorMessage(result.get()) : "no answer in time";
  const std::string state = sqlstate_of(result.get());
  if (!result) connector_.skip_host();
  throw Error(("cannot prepare the statements: " + reason).append(advice_on_pooler(state)), state);
}

/// Throws when the server is a primary that has been replaced. The others are asked as well: nobody else may
/// have met the one that took its place.
void Connection::require_newest() {
  note_question();
  const auto timeline = ask_timeline(connection_.get(), deadline_);
  if (!timeline) {
    connector_.skip_host();
    throw Error("the server does not answer, though it took the connection", "");
  }
  heard_at_ = asked_at_;
  timeline_ = *timeline;
  note_timeline(timeline_, asked_at_);
  if (timeline_ != 0) meet_others(connector_, deadline_);
  if (!is_outdated(timeline_)) return;
  connector_.skip_host();
  throw Error("host \"" + host() + "\": " + describe_outmoded(), "");
}

void Connection::note_question() {
  base::enter(base::Step::querying);
  base::tally().round_trips.add();
  asked_at_ = base::monotonic_ms();
}

/// What a primary says counts for nothing once it has been replaced: the statement may have waited there
/// while it was frozen. The connection then is as good as lost.
RawResult Connection::heed(RawResult result) {
  if (is_outdated(timeline_)) return nullptr;
  if (result) heard_at_ = asked_at_;
  note_role();
  return result;
}

/// The server says with an answer that it is a standby no more.
void Connection::note_role() {
  const bool was_standby = std::exchange(was_standby_, is_standby());
  if (was_standby || was_standby_) primary_since_ = base::monotonic_ms();
}

/// Prepares all statements in one round trip. Returns the first result that is a failure, else the last one.
RawResult Connection::prepare_all() {
  Pipeline pipeline(connection_.get());
  for (const Statement* statement : Statement::all()) pipeline.prepare(*statement);
  return std::move(pipeline.finish(deadline_).back());
}

/// The first statement of a transaction takes BEGIN along.
RawResult Connection::run(const Statement& statement, const Params& params) {
  require_connected();
  note_question();
  if (scope_ != Scope::transaction) is_seen_ = false;
  note_write(statement);
  if (scope_ != Scope::beginning)
    return heed(finish_query(connection_.get(),
                             ::PQsendQueryPrepared(connection_.get(), statement.name(), params.size(),
                                                   params.values(), params.lengths(), params.formats(), 1),
                             deadline_));
  Pipeline pipeline(connection_.get());
  pipeline.add(kBegin);
  pipeline.add(statement, params);
  auto results = pipeline.finish(deadline_);
  if (succeeded(results.front())) scope_ = Scope::transaction;
  return heed(std::move(results.back()));
}

/// Of a transaction that was about to begin, nothing has taken effect, so its first statement may run again,
/// whatever it is.
Result Connection::execute(const Statement& statement, const Params& params) {
  const Scope scope = scope_;
  RawResult result = run(statement, params);
  const Access access = statement.access();
  if (succeeded(result)) return finish(std::move(result), access);
  const bool harmless = access == Access::read || scope == Scope::beginning;
  const bool retry = is_stale_plan(sqlstate_of(result.get())) || (is_lost(result) && harmless);
  if (scope == Scope::transaction || !retry || base::monotonic_ms() >= deadline_) fail(result.get(), access);
  drop();
  scope_ = scope;
  result = run(statement, params);
  if (!succeeded(result)) fail(result.get(), access);
  return finish(std::move(result), access);
}

/// Notes whether what is about to run changes what checks read, from a standby.
void Connection::note_write(const Statement& statement) {
  const bool is_seen = statement.access() == Access::write || statement.access() == Access::sought_write;
  is_seen_ = is_seen_ || (is_seen && reads_standby(settings_));
}

/// What a statement has given, when checks see what it has changed.
Result Connection::finish(RawResult raw, Access access) {
  Result result(raw.release());
  const bool has_changed = result.affected() > 0;
  if (scope_ == Scope::none && std::exchange(is_seen_, false))
    if (has_changed || access != Access::sought_write) wait_for_checks(has_changed);
  return result;
}

void Connection::await_standbys() {
  if (!connection_ || is_outmoded()) {
    drop();
    throw Error("the connection was lost before the standbys had what was read", "");
  }
  catch_up();
  if (reads_standby(settings_)) wait_for_checks(true);
}

/// A commit that has written nothing waits for no standby. This one does, and so for all that was written
/// before.
void Connection::catch_up() {
  if (const auto result = command(kCatchUp); !succeeded(result)) fail(result.get(), Access::write);
}

/// Returns when no check of any host is read from a standby that lacks what was just committed. While the
/// standbys are verified, the commit has waited for them. What a standby was verified by may have changed a
/// moment ago, and then some host may not have noticed yet: it has when the lease is over. When the server
/// warns, somebody has cancelled the wait, and a standby may be as far behind as is let pass.
void Connection::wait_for_checks(bool has_waited) {
  if (!has_waited) catch_up();
  const auto facts = command(kFindSurety);
  if (!succeeded(facts)) fail(facts.get(), Access::write);
  const std::int64_t hold = find_hold(facts.get());
  if (hold <= 0) return;
  base::log_event(base::LogLevel::warning, "write_held", {{"milliseconds", hold}});
  pause(hold);
  deadline_ += hold;
}

std::int64_t Connection::find_hold(const PGresult* facts) {
  constexpr std::int64_t kHold = kStandbyLease + kMargin;
  if (std::exchange(is_doubtful_, false)) return kHold + kMostStandbyLag;
  const bool was_standby = *::PQgetvalue(facts, 0, 1) == 't';
  const std::int64_t configured = std::max(0LL, std::strtoll(::PQgetvalue(facts, 0, 0), nullptr, 10));
  const std::int64_t known = base::monotonic_ms() - primary_since_;
  return kHold - (was_standby ? std::min(configured, known) : configured);
}

/// A warning while a commit waits says that the wait has ended without the standbys.
void Connection::receive_notice(void* connection, const PGresult* notice) {
  if (sqlstate_of(notice) == kWarning) static_cast<Connection*>(connection)->is_doubtful_ = true;
}

bool Connection::is_standby() const {
  const char* value = connected() ? ::PQparameterStatus(connection_.get(), "in_hot_standby") : nullptr;
  return value != nullptr && std::string_view(value) == "on";
}

std::string Connection::host() const {
  return connected() ? ::PQhost(connection_.get()) : "";
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
                       ::PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF &&
                       ::PQtransactionStatus(connection_.get()) != PQTRANS_ACTIVE;
  const bool useless = ends_connection(state) || is_stale_plan(state);
  if (!refused || (useless && access != Access::optional_write)) drop();
  if (is_read_only(state)) connector_.skip_host();
  throw Error(message.append(advice_on_pooler(state)), state);
}

void Connection::handle_idle_input() {
  if (!connection_) return;
  // Twice, as the first look may find no more than the last words of a server that has closed the connection.
  for (int look = 0; look < 2; ++look)
    if (::PQconsumeInput(connection_.get()) != 1 || ::PQstatus(connection_.get()) == CONNECTION_BAD)
      return drop();
  while (::PQisBusy(connection_.get()) == 0) {
    const RawResult result(::PQgetResult(connection_.get()));
    if (!result) return;
  }
}

RawResult Connection::command(const char* sql) {
  note_question();
  return heed(finish_query(connection_.get(), ::PQsendQuery(connection_.get(), sql), deadline_));
}

/// Runs the steps and COMMIT in one round trip, after BEGIN unless that has been sent.
std::vector<RawResult> Connection::run_to_commit(const Steps& steps) {
  require_connected();
  note_question();
  Pipeline pipeline(connection_.get());
  if (scope_ == Scope::beginning) {
    pipeline.add(kBegin);
    is_seen_ = false;
  }
  for (const Step& step : steps) {
    note_write(step.statement);
    pipeline.add(step.statement, step.params);
  }
  pipeline.add(kCommit);
  auto results = pipeline.finish(deadline_);
  results.back() = heed(std::move(results.back()));
  if (scope_ == Scope::beginning && succeeded(results.front())) {
    scope_ = Scope::transaction;
    results.erase(results.begin());
  }
  return results;
}

/// Once COMMIT has been sent, nobody knows what a connection that was lost means. So it is looked at before,
/// and the transaction begins again only when the server has refused it.
std::vector<Result> Connection::commit(const Steps& steps) {
  if (steps.size() == 0) {
    commit();
    return {};
  }
  if (scope_ == Scope::none) throw Error("the transaction was lost", "");
  const bool begins = scope_ == Scope::beginning;
  if (begins) handle_idle_input();
  if (begins) scope_ = Scope::beginning;  // also on a new connection
  auto results = run_to_commit(steps);
  const std::string state = sqlstate_of(results.back().get());
  const bool refused = is_stale_plan(state) || (state.starts_with("57P0") && scope_ == Scope::beginning);
  if (begins && refused && base::monotonic_ms() < deadline_) {
    drop();
    scope_ = Scope::beginning;
    results = run_to_commit(steps);
  }
  if (!succeeded(results.back())) fail(results.back().get(), Access::write);
  scope_ = Scope::none;
  results.pop_back();
  std::vector<Result> answers;
  answers.reserve(results.size());
  for (auto& result : results) answers.emplace_back(result.release());
  if (std::exchange(is_seen_, false))
    wait_for_checks(std::ranges::any_of(answers, [](const Result& one) { return one.affected() > 0; }));
  return answers;
}

void Connection::commit() {
  if (scope_ == Scope::none) throw Error("the transaction was lost", "");
  if (std::exchange(scope_, Scope::none) == Scope::beginning) return;
  const RawResult result = command(kCommit);
  if (!succeeded(result)) fail(result.get(), Access::write);
  if (std::exchange(is_seen_, false)) wait_for_checks(true);
}

void Connection::roll_back() {
  const bool begun = std::exchange(scope_, Scope::none) == Scope::transaction;
  if (begun && !succeeded(command("ROLLBACK"))) drop();
}

}  // namespace pg
