// Removes the rows that nobody needs any more: sessions a day after their end, attempts an hour after the
// last one, devices that are 400 days old.
#pragma once

#include <cstdint>

#include "pg/connection.h"

namespace store {

/// How many rows a cleanup removed.
struct Purged {
  std::int64_t sessions = 0;
  std::int64_t attempts = 0;
  std::int64_t devices = 0;
};

/// Every method throws pg::Error.
class Cleanup {
 public:
  explicit Cleanup(pg::Connection& connection) : connection_(connection) {}

  /// Removes at most a thousand rows of each kind; call it again while it removes anything.
  Purged purge_batch();

 private:
  pg::Connection& connection_;
};

}  // namespace store
