// The version of the tables: what the statements need and what the database has.
#pragma once

#include <cstdint>

#include "pg/connection.h"

namespace store {

/// The schema that all statements are written for: the number of the newest file in sql/.
inline constexpr std::int64_t kSchemaVersion = 3;

/// Every method throws pg::Error.
class Schema {
 public:
  explicit Schema(pg::Connection& connection) : connection_(connection) {}

  /// The number of the newest migration that the database has; 0 for none.
  std::int64_t find_version();

 private:
  pg::Connection& connection_;
};

}  // namespace store
