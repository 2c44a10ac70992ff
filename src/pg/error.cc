#include "pg/error.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace pg {
namespace {

using base::ProblemId;

/// The first row whose prefix fits decides (PostgreSQL manual, appendix A).
struct SqlstateRow {
  std::string_view prefix;
  ProblemId problem;
};

constexpr std::array kSqlstates{
    SqlstateRow{"08", ProblemId::service_unavailable},     // connection exceptions
    SqlstateRow{"25006", ProblemId::service_unavailable},  // read-only transaction: a standby
    SqlstateRow{"28", ProblemId::service_unavailable},     // login refused while credentials are rotated
    SqlstateRow{"3D000", ProblemId::service_unavailable},  // the database does not exist yet
    SqlstateRow{"42P01", ProblemId::service_unavailable},  // a table is not there: not migrated yet
    SqlstateRow{"42703", ProblemId::service_unavailable},  // nor is a column
    SqlstateRow{"40001", ProblemId::service_unavailable},  // serialization failure
    SqlstateRow{"40P01", ProblemId::service_unavailable},  // deadlock
    SqlstateRow{"53", ProblemId::service_unavailable},     // out of disk, memory, connections
    SqlstateRow{"55P03", ProblemId::service_unavailable},  // lock timeout
    SqlstateRow{"57014", ProblemId::service_unavailable},  // statement timeout
    SqlstateRow{"57P0", ProblemId::service_unavailable},   // shutdown, crash, starting up
    SqlstateRow{"22021", ProblemId::invalid_request},      // bytes that are no text
};

}  // namespace

Error::Error(const std::string& message, std::string sqlstate)
    : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

ProblemId Error::problem() const {
  if (sqlstate_.empty()) return ProblemId::service_unavailable;
  const auto row = std::find_if(kSqlstates.begin(), kSqlstates.end(),
                                [&](const SqlstateRow& r) { return sqlstate_.starts_with(r.prefix); });
  return row == kSqlstates.end() ? ProblemId::internal_error : row->problem;
}

bool is_stale_plan(const std::string& sqlstate) {
  return sqlstate == "26000" || sqlstate == "0A000";
}

bool ends_connection(const std::string& sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || sqlstate == "25006";
}

}  // namespace pg
