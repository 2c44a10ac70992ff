// The cost of password hashes that fits a wanted time and a budget of memory. Pure but for what measures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "crypto/phc.h"

namespace ctl {

/// What an operator wants of hashing.
struct HashingWish {
  double seconds;               ///< What one hash may take while all workers hash at once.
  std::int64_t kib_per_worker;  ///< The memory that each of them may use.
};

/// A cost, and what a hash with it took.
struct MeasuredCost {
  crypto::Argon2Cost cost;
  double seconds;
};

/// Takes a cost, and returns the seconds of a hash with all workers at once.
using MeasureHash = std::function<double(const crypto::Argon2Cost& cost)>;

/// The dearest cost within the wish: the most memory with which two passes fit into the time, then as many
/// passes as fit (RFC 9106, 4, prefers memory). It is never below OWASP's minimum; where that already takes
/// longer than wished, it is what is returned. Nothing when the memory is less than OWASP's minimum needs.
std::optional<MeasuredCost> choose_cost(const HashingWish& wish, const MeasureHash& measure);

}  // namespace ctl
