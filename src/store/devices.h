// Devices: browsers in which a user has logged in before. Only digests of their tokens are stored.
#pragma once

#include <string_view>

#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// Every method throws pg::Error.
class Devices {
 public:
  explicit Devices(pg::Connection& connection) : connection_(connection) {}

  /// True when the user of this name, in any case, has logged in with the device during the last 400 days.
  bool is_known(const crypto::Digest& device, std::string_view username);
  /// Stores the device, and deletes the user's oldest ones beyond 50. Does nothing when the user is gone.
  void insert(const crypto::Digest& device, UserId user);

 private:
  pg::Connection& connection_;
};

}  // namespace store
