// Devices: browsers in which a user has registered or logged in before. Only digests of their tokens are
// stored. Whether one is known for a user is asked in users.h.
#pragma once

#include <optional>

#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// Every method throws pg::Error.
class Devices {
 public:
  explicit Devices(pg::Connection& connection) : connection_(connection) {}

  /// Stores the device, and deletes the user's oldest ones beyond 50. Does nothing when the user is gone.
  void insert(const crypto::Digest& device, UserId user);
  /// The same as steps of opening a session of the user: stores the device only if the session is there.
  /// `opened` is the hash of its access token.
  static void add_insert(pg::Steps& steps, const crypto::Digest& device, UserId user,
                         const crypto::Digest& opened);
  /// Forgets all devices of the user except `kept`.
  void remove_others(UserId user, const std::optional<crypto::Digest>& kept);

 private:
  pg::Connection& connection_;
};

}  // namespace store
