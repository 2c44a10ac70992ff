// The counters that slow guessing down, shared by all workers and hosts, and the devices that are known to
// users. Knows digests only: what they stand for is the caller's.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/users.h"

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

/// Every method throws pg::Error.
class Devices {
 public:
  explicit Devices(pg::Connection& connection) : connection_(connection) {}

  /// True when the device logged in before as the user of this name, without regard to case.
  bool is_known(const crypto::Digest& device, std::string_view username);
  /// Makes it known; the user's oldest beyond 50 are forgotten.
  void insert(const crypto::Digest& device, UserId user);

 private:
  pg::Connection& connection_;
};

/// How many rows a cleanup removed.
struct Purged {
  std::int64_t sessions = 0;
  std::int64_t attempts = 0;
  std::int64_t devices = 0;
};

/// One batch of each; call again while it removes anything. Throws pg::Error.
Purged purge_batch(pg::Connection& connection);

}  // namespace store
