#include "pg/error.h"

namespace pg {

Error::Error(const std::string& message, std::string sqlstate)
    : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

bool is_stale_plan(const std::string& sqlstate) {
  return sqlstate == "26000" || sqlstate == "0A000";
}

// 42P05: a client of before has prepared a statement of this name on the connection that the pooler gave us.
std::string_view advice_on_pooler(const std::string& sqlstate) {
  if (sqlstate != "26000" && sqlstate != "42P05") return {};
  return "; a pooler in transaction mode which does not follow prepared statements, such as PgBouncer before "
         "1.21, stands before the database: set pool_mode = session for it";
}

bool ends_connection(const std::string& sqlstate) {
  const bool idled = sqlstate == "25P03" || sqlstate == "25P04";
  return idled || sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || is_read_only(sqlstate);
}

bool is_read_only(const std::string& sqlstate) {
  return sqlstate == "25006";
}

}  // namespace pg
