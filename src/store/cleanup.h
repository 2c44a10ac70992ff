// Deletes rows that are no longer needed: sessions one day after their end, counters of attempts one hour
// after the last attempt, and devices after 400 days; and of these two also what has a time far in the
// future.
#pragma once

#include <cstdint>

#include "pg/connection.h"

namespace store {

/// How many rows were deleted.
struct Purged {
  std::int64_t sessions = 0;
  std::int64_t attempts = 0;
  std::int64_t devices = 0;
};

/// Every method throws pg::Error.
class Cleanup {
 public:
  explicit Cleanup(pg::Connection& connection) : connection_(connection) {}

  /// Deletes at most a thousand rows of each kind. Call it again as long as it deletes any.
  Purged purge_batch();

 private:
  pg::Connection& connection_;
};

}  // namespace store
