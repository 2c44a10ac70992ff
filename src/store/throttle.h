// The counters that slow guessing down, shared by all workers and hosts. Knows digests only: what they stand
// for is the caller's.
#pragma once

#include <cstdint>

#include "crypto/digest.h"
#include "pg/connection.h"

namespace store {

/// Every method throws pg::Error.
class Throttle {
 public:
  explicit Throttle(pg::Connection& connection) : connection_(connection) {}

  /// Counts an attempt under `key`, of which `free` cost no delay. 0: go on; else the seconds to wait, and
  /// nothing was counted.
  std::int64_t take(const crypto::Digest& key, std::int64_t free);
  /// After a success: the counter starts anew.
  void forget(const crypto::Digest& key);
  /// After a success: this attempt does not count, the ones before do.
  void take_back(const crypto::Digest& key);

 private:
  pg::Connection& connection_;
};

}  // namespace store
