// Counters of attempts to prove a password, which delay further attempts. They are in the database, so that
// all workers and hosts share them. A counter is found by a digest; auth/attempts.h decides of what.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/digest.h"
#include "pg/connection.h"

namespace store {

struct Taken {
  std::int64_t wait;      ///< Seconds until an attempt is allowed; 0: this one is allowed and was counted.
  std::int64_t failures;  ///< What the counter says, this attempt included; 0 when it was not counted.
};

/// A counter under which an attempt was counted. One that others share loses only this attempt when it is
/// forgiven, else attackers could reset it by logging in to an account of their own; another is reset.
struct Count {
  crypto::Digest key;
  bool shared;
};

/// Every method throws pg::Error.
class Throttle {
 public:
  explicit Throttle(pg::Connection& connection) : connection_(connection) {}

  /// Counts an attempt under `key` if it is allowed now. The first `free` attempts are allowed without a
  /// delay.
  Taken take(const crypto::Digest& key, std::int64_t free);
  /// Forgives an attempt, after the right password. `counts` are in the order in which they were taken, in
  /// which all lock them.
  void forgive(std::span<const Count> counts);

 private:
  pg::Connection& connection_;
};

}  // namespace store
