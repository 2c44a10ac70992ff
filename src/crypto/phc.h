// PHC strings of argon2: the text form of a stored hash. Pure functions; what they describe is computed in
// password.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crypto {

/// The cost parameters of one hash (RFC 9106): memory in KiB, passes over it, lanes.
struct Argon2Cost {
  std::uint32_t memory_kib;
  std::uint32_t time;
  std::uint32_t parallelism;

  bool operator==(const Argon2Cost&) const = default;
};

/// KiB of a lane: libargon2 refuses less.
inline constexpr std::uint32_t kLeastLane = 8;

/// What the time of a hash is proportional to: KiB written over all passes. Lanes run one after the other.
std::uint64_t make_work(const Argon2Cost& cost);

/// The kinds of argon2, with the values that RFC 9106 gives them. The service makes argon2id of version 19
/// only, and verifies all.
enum class Argon2Variant { d = 0, i = 1, id = 2 };

/// A parsed PHC string.
struct PasswordHash {
  Argon2Cost cost;
  std::vector<std::byte> salt;
  std::vector<std::byte> tag;
  Argon2Variant variant = Argon2Variant::id;
  std::uint32_t version = 19;
};

/// Parses `$argon2id$v=19$m=..,t=..,p=..$salt$tag`, also with argon2i, argon2d or version 16; nothing for any
/// other form, for a salt or tag of unusual size, when a cost exceeds `limit`, or when memory times passes
/// exceed half of what the limit allows for both. The limit is needed because libargon2 itself would accept
/// terabytes.
std::optional<PasswordHash> parse_password_hash(std::string_view phc, const Argon2Cost& limit);
/// Why parse_password_hash() refuses a hash that begins with `$argon2`, as a sentence without salt and tag;
/// nothing when it does not.
std::optional<std::string> find_argon2_fault(std::string_view phc, const Argon2Cost& limit);
/// The inverse of parse_password_hash().
std::string make_phc_string(const PasswordHash& hash);

}  // namespace crypto
