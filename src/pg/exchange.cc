#include "pg/exchange.h"

#include <poll.h>

#include "pg/connector.h"
#include "pg/error.h"

namespace pg {

bool succeeded(const RawResult& result) {
  const ExecStatusType status = ::PQresultStatus(result.get());
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

std::string sqlstate_of(const PGresult* result) {
  const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

bool is_lost(const RawResult& result) {
  const std::string state = sqlstate_of(result.get());
  return !succeeded(result) && (state.empty() || ends_connection(state));
}

RawResult finish_query(PGconn* connection, int sent, std::int64_t deadline) {
  if (sent != 1) return nullptr;
  for (int flushed = ::PQflush(connection); flushed != 0; flushed = ::PQflush(connection))
    if (flushed < 0 || !wait_for_socket(connection, POLLIN | POLLOUT, deadline) ||
        ::PQconsumeInput(connection) != 1)
      return nullptr;
  RawResult last;
  for (;;) {
    while (::PQisBusy(connection) == 1)
      if (!wait_for_socket(connection, POLLIN, deadline) || ::PQconsumeInput(connection) != 1)
        return succeeded(last) ? nullptr : std::move(last);
    RawResult next(::PQgetResult(connection));
    if (!next) return last;
    last = std::move(next);
    if (::PQresultStatus(last.get()) == PGRES_PIPELINE_SYNC) return last;
  }
}

Pipeline::Pipeline(PGconn* connection)
    : connection_(connection), sent_(::PQenterPipelineMode(connection) == 1) {}

void Pipeline::count(int sent) {
  sent_ = sent_ && sent == 1;
  ++commands_;
}

void Pipeline::prepare(const Statement& statement) {
  count(::PQsendPrepare(connection_, statement.name(), statement.sql(), 0, nullptr));
}

void Pipeline::add(const char* sql) {
  count(::PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 1));
}

void Pipeline::add(const Statement& statement, const Params& params) {
  count(::PQsendQueryPrepared(connection_, statement.name(), params.size(), params.values(), params.lengths(),
                              params.formats(), 1));
}

std::vector<RawResult> Pipeline::finish(std::int64_t deadline) {
  std::vector<RawResult> results;
  int sent = sent_ ? ::PQpipelineSync(connection_) : 0;
  bool finished = true;
  for (std::size_t read = 0; finished && read < commands_; ++read) {
    RawResult result = finish_query(connection_, sent, deadline);
    finished = result != nullptr;
    if (results.empty() || succeeded(results.back())) results.push_back(std::move(result));
  }
  const RawResult end = finished ? finish_query(connection_, 1, deadline) : nullptr;
  const bool usable = end && ::PQexitPipelineMode(connection_) == 1;
  if (!usable && succeeded(results.back())) results.emplace_back();
  return results;
}

}  // namespace pg
