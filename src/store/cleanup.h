// Deletes rows that are no longer needed: sessions one day after their end, counters of attempts one hour
// after the last attempt, devices after 400 days, tickets once they have expired, and events after
// EVENTS_KEEP days, or beyond the newest 1,000 of a kind for one user; and of attempts, devices and events
// also what has a time far in the future.
#pragma once

#include <array>
#include <cstdint>

#include "base/config.h"
#include "base/tally.h"
#include "pg/connection.h"

namespace store {

/// How many rows were deleted from each table, in the order of base::kCleaned.
using Purged = std::array<std::int64_t, base::kCleaned.size()>;

/// Every method throws pg::Error.
class Cleanup {
 public:
  /// `settings` says how long events are kept, and must outlive the object.
  Cleanup(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// Deletes at most a thousand rows of each kind; of events also as many from the future. Call it again as
  /// long as it deletes any.
  Purged purge_batch();

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
