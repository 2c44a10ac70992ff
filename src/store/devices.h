// The browsers that are known to users because they logged in before. Knows digests of device tokens only.
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

  /// True when the device logged in before as the user of this name, without regard to case.
  bool is_known(const crypto::Digest& device, std::string_view username);
  /// Makes it known; the user's oldest beyond 50 are forgotten.
  void insert(const crypto::Digest& device, UserId user);

 private:
  pg::Connection& connection_;
};

}  // namespace store
