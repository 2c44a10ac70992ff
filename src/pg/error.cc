#include "pg/error.h"

namespace pg {

Error::Error(const std::string& message, std::string sqlstate)
    : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

bool is_stale_plan(const std::string& sqlstate) {
  return sqlstate == "26000" || sqlstate == "0A000";
}

bool ends_connection(const std::string& sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || is_read_only(sqlstate);
}

bool is_read_only(const std::string& sqlstate) {
  return sqlstate == "25006";
}

}  // namespace pg
