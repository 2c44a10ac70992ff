#include "pg/probe.h"

#include <poll.h>

#include <memory>
#include <utility>

#include "pg/error.h"
#include "pg/tls.h"

namespace pg {
namespace {

/// What may take long is ended by the server before the deadline of the caller, if that is longer.
constexpr const char* kSetup =
    "SET statement_timeout = '4s'; SET lock_timeout = '2s'; SET client_min_messages = 'error'";

struct Clear {
  void operator()(PGresult* result) const { ::PQclear(result); }
};
using RawResult = std::unique_ptr<PGresult, Clear>;

/// The result, unless it is a failure.
RawResult require_success(RawResult result, const PGconn* connection) {
  const auto status = ::PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
  const char* state = ::PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const char* message = ::PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  throw Error(message != nullptr ? message : ::PQerrorMessage(connection), state != nullptr ? state : "");
}

/// Waits for the end of what was sent (`sent` is what the PQsend function returned), and returns the last
/// result.
RawResult finish(PGconn* connection, int sent, std::int64_t deadline) {
  RawResult last;
  while (sent == 1) {
    while (::PQisBusy(connection) == 1)
      if (!wait_for_socket(connection, POLLIN, deadline) || ::PQconsumeInput(connection) != 1)
        throw Error("no answer before the deadline", "");
    RawResult next(::PQgetResult(connection));
    if (!next) break;
    last = std::move(next);
  }
  return require_success(std::move(last), connection);
}

std::string make_explain(const Statement& statement, int parameters) {
  std::string sql = "EXPLAIN EXECUTE " + std::string(statement.name());
  for (int i = 0; i < parameters; ++i) sql.append(i == 0 ? " (NULL" : ", NULL");
  return parameters == 0 ? sql : sql + ")";
}

}  // namespace

Probe::Probe(const base::Settings& settings, std::int64_t deadline)
    : Probe(Connector(settings).connect(deadline), deadline) {}

Probe::Probe(const base::Settings& settings, std::size_t place, std::int64_t deadline)
    : Probe(Connector(settings).connect_to(place, deadline), deadline) {}

Probe::Probe(RawConnection connection, std::int64_t deadline)
    : connection_(std::move(connection)), deadline_(deadline) {
  ::PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  finish(connection_.get(), ::PQsendQuery(connection_.get(), kSetup), deadline_);
}

Result Probe::ask(const char* sql) {
  auto* connection = connection_.get();
  const int sent = ::PQsendQueryParams(connection, sql, 0, nullptr, nullptr, nullptr, nullptr, 1);
  return Result(finish(connection, sent, deadline_).release());
}

void Probe::explain(const Statement& statement) {
  auto* connection = connection_.get();
  const char* name = statement.name();
  finish(connection, ::PQsendPrepare(connection, name, statement.sql(), 0, nullptr), deadline_);
  const auto described = finish(connection, ::PQsendDescribePrepared(connection, name), deadline_);
  ask(make_explain(statement, ::PQnparams(described.get())).c_str());
}

std::string Probe::host() const {
  return ::PQhost(connection_.get());
}

bool Probe::leaves_machine() const {
  const std::string_view address = ::PQhostaddr(connection_.get());
  return !is_socket_name(::PQhost(connection_.get())) && !address.starts_with("127.") && address != "::1";
}

std::string_view Probe::encryption() const {
  return encryption_of(connection_.get());
}

bool Probe::is_protected() const {
  return pg::is_protected(connection_.get());
}

}  // namespace pg
