// The tables that the statements need, and what of them the database has.
#pragma once

#include <cstdint>
#include <string>

#include "pg/connection.h"
#include "pg/probe.h"

namespace store {

/// The version that the statements need: the number of the newest file in sql/.
inline constexpr std::int64_t kSchemaVersion = 8;

struct SchemaState {
  std::int64_t version;  ///< The number of the newest migration that was applied; 0 when there is none.
  std::string
      misfit;  ///< What does not fit beside the version, as a sentence with the cure; empty for nothing.
};

/// The same for a database whose tables may lack so much that no pg::Connection works with it. Throws
/// pg::Error.
SchemaState find_schema_state(pg::Probe& probe);

/// Every method throws pg::Error.
class Schema {
 public:
  explicit Schema(pg::Connection& connection) : connection_(connection) {}

  SchemaState find_state();

 private:
  pg::Connection& connection_;
};

}  // namespace store
