// Counters of attempts to prove a password, which delay further attempts. They are in the database, so that
// all workers and hosts share them. A counter is found by a digest; auth/attempts.h decides of what.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/digest.h"
#include "pg/connection.h"

namespace store {

struct Taken {
  std::int64_t wait;      ///< Seconds until an attempt is allowed; 0: this one is allowed and was counted.
  std::int64_t failures;  ///< What the counter says, this attempt included; 0 when it was not counted.
};

/// Every method throws pg::Error.
class Throttle {
 public:
  explicit Throttle(pg::Connection& connection) : connection_(connection) {}

  /// Counts an attempt under `key` if it is allowed now. The first `free` attempts are allowed without a
  /// delay.
  Taken take(const crypto::Digest& key, std::int64_t free);
  /// After the right password: takes one attempt off the counter `shared`, whose earlier attempts still
  /// count, and resets the counter `own`, where they are given.
  void forgive(const std::optional<crypto::Digest>& shared, const std::optional<crypto::Digest>& own);

 private:
  pg::Connection& connection_;
};

}  // namespace store
