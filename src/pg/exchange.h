// What is sent to the server and read from it under a deadline: one query, or several in one round trip.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pg/params.h"
#include "pg/statement.h"

namespace pg {

struct ClearResult {
  void operator()(PGresult* result) const { ::PQclear(result); }
};
/// Empty where a command has not been finished: the connection was lost, or the deadline has passed.
using RawResult = std::unique_ptr<PGresult, ClearResult>;

/// False for an empty result too.
bool succeeded(const RawResult& result);
/// Empty when the server sent no error.
std::string sqlstate_of(const PGresult* result);
/// True for a failure after which the connection is of no use: there is no result, or the server ends the
/// connection.
bool is_lost(const RawResult& result);

/// Sends what is left to send (`sent` is what the PQsend function returned) and reads up to the end of the
/// command. Returns the last result; when the connection is lost or the deadline, in milliseconds of
/// base::monotonic_ms(), passes before the end, an error that the server sent before that, else nothing. So
/// a command that is not finished never succeeds.
RawResult finish_query(PGconn* connection, int sent, std::int64_t deadline);

/// Commands that the server gets together and runs one after the other. After one that fails it runs none.
/// `connection` must do nothing else from the first command to the end of finish().
class Pipeline {
 public:
  explicit Pipeline(PGconn* connection);

  void prepare(const Statement& statement);
  void add(const char* sql);
  void add(const Statement& statement, const Params& params);

  /// Sends all and returns their results, up to the first that is a failure: so the last one tells whether
  /// all succeeded.
  std::vector<RawResult> finish(std::int64_t deadline);

 private:
  void count(int sent);

  PGconn* connection_;
  bool sent_;
  std::size_t commands_ = 0;
};

}  // namespace pg
