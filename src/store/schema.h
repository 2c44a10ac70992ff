// The version of the database schema: the one that the statements need, and the one that the database has.
#pragma once

#include <cstdint>

#include "pg/connection.h"

namespace store {

/// The version that the statements need: the number of the newest file in sql/.
inline constexpr std::int64_t kSchemaVersion = 4;

/// Every method throws pg::Error.
class Schema {
 public:
  explicit Schema(pg::Connection& connection) : connection_(connection) {}

  /// The number of the newest migration that was applied to the database; 0 when there is none.
  std::int64_t find_version();

 private:
  pg::Connection& connection_;
};

}  // namespace store
