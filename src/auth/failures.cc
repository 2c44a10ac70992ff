#include "auth/failures.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/log.h"
#include "pg/error.h"

namespace auth {
namespace {

using base::ProblemId;

/// What the client gets for an SQLSTATE that begins with `prefix` (PostgreSQL manual, appendix A). An
/// SQLSTATE that no row fits is a mistake in this program and gives internal_error.
struct SqlstateRow {
  std::string_view prefix;
  ProblemId problem;
};

constexpr std::array kSqlstates{
    SqlstateRow{"08", ProblemId::service_unavailable},     // connection exceptions
    SqlstateRow{"25006", ProblemId::service_unavailable},  // read-only transaction: the server is a standby
    SqlstateRow{"25P03", ProblemId::service_unavailable},  // a transaction was idle for too long
    SqlstateRow{"25P04", ProblemId::service_unavailable},  // a transaction took too long
    SqlstateRow{"26000", ProblemId::service_unavailable},  // a pooler has lost a prepared statement
    SqlstateRow{"28", ProblemId::service_unavailable},     // login refused: DB_PASSWORD is being changed
    SqlstateRow{"3D000", ProblemId::service_unavailable},  // the database does not exist yet
    SqlstateRow{"42P01", ProblemId::service_unavailable},  // a table is missing: not migrated yet
    SqlstateRow{"42P05", ProblemId::service_unavailable},  // a pooler has kept one of somebody else
    SqlstateRow{"42501", ProblemId::service_unavailable},  // a right is missing: not granted after a restore
    SqlstateRow{"42703", ProblemId::service_unavailable},  // a column is missing: not migrated yet
    SqlstateRow{"23502", ProblemId::service_unavailable},  // a new row gets no number: its identity is gone
    SqlstateRow{"2200H", ProblemId::service_unavailable},  // a sequence has no number left
    SqlstateRow{"40001", ProblemId::service_unavailable},  // serialization failure
    SqlstateRow{"40P01", ProblemId::service_unavailable},  // deadlock
    SqlstateRow{"53", ProblemId::service_unavailable},     // out of disk space, memory or connections
    SqlstateRow{"55P03", ProblemId::service_unavailable},  // lock timeout
    SqlstateRow{"57014", ProblemId::service_unavailable},  // statement timeout
    SqlstateRow{"57P0", ProblemId::service_unavailable},   // server shutting down, crashed or starting
    SqlstateRow{"22021", ProblemId::invalid_request},      // the bytes are not valid text
};

/// `sqlstate` is empty when the connection was lost or the deadline has passed.
ProblemId find_problem(std::string_view sqlstate) {
  if (sqlstate.empty()) return ProblemId::service_unavailable;
  const auto row = std::find_if(kSqlstates.begin(), kSqlstates.end(), [&](const SqlstateRow& candidate) {
    return sqlstate.starts_with(candidate.prefix);
  });
  return row == kSqlstates.end() ? ProblemId::internal_error : row->problem;
}

}  // namespace

Failure make_failure(const std::exception& thrown) {
  if (const auto* error = dynamic_cast<const pg::Error*>(&thrown))
    return {find_problem(error->sqlstate()), error->sqlstate(), thrown.what()};
  const bool no_memory = dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr;
  return {no_memory ? ProblemId::service_unavailable : ProblemId::internal_error, {}, thrown.what()};
}

void log_failure(base::LogLevel level, std::string_view event, const Failure& failure) {
  base::log_event(level, event, {{"reason", failure.reason}, {"sqlstate", failure.sqlstate}});
}

}  // namespace auth
