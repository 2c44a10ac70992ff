// Devices: browsers in which a user has registered or logged in before. Only digests of their tokens are
// stored.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// Every method throws pg::Error.
class Devices {
 public:
  explicit Devices(pg::Connection& connection) : connection_(connection) {}

  /// The user of this name, in any case, if the device was given to this user during the last 400 days.
  std::optional<UserId> find_owner(const crypto::Digest& device, std::string_view username);
  /// Stores the device, and deletes the user's oldest ones beyond 50. Does nothing when the user is gone.
  void insert(const crypto::Digest& device, UserId user);
  /// Forgets all devices of the user except `kept`.
  void remove_others(UserId user, const std::optional<crypto::Digest>& kept);

 private:
  pg::Connection& connection_;
};

}  // namespace store
