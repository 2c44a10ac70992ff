// Password hashes: argon2id in PHC strings. Only password.cc uses libargon2.
// The rules for good passwords are in auth/policy.h.
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

/// A parsed PHC string.
struct PasswordHash {
  Argon2Cost cost;
  std::vector<std::byte> salt;
  std::vector<std::byte> tag;
};

/// Parses `$argon2id$v=19$m=..,t=..,p=..$salt$tag`; nothing for any other form, for a salt or tag of unusual
/// size, when a cost exceeds `limit`, or when memory times passes exceed half of what the limit allows for
/// both. The limit is needed because libargon2 itself would accept terabytes.
std::optional<PasswordHash> parse_password_hash(std::string_view phc, const Argon2Cost& limit);
/// The inverse of parse_password_hash().
std::string make_phc_string(const PasswordHash& hash);

enum class Verdict {
  match,
  mismatch,
  unusable,  ///< parse_password_hash() refused the stored string.
};

/// Hashes and verifies passwords. All hashes share one block of memory, which is kept until the object is
/// destroyed: so memory use is bounded, and the block can consist of huge pages. What a stored hash needs
/// more than hash() is given back at once. A process should have one object and use it in one thread.
class PasswordHasher {
 public:
  /// `cost` is what hash() uses from now on. Throws runtime_error when there are no random bytes.
  explicit PasswordHasher(const Argon2Cost& cost);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  /// A PHC string with a new random salt of 16 bytes. Throws bad_alloc when memory is short, runtime_error
  /// when libargon2 or the random generator fails.
  std::string hash(std::string_view password);
  /// Compares a password with a stored hash. Unless they match, this takes at least as long as a hash with
  /// the current cost, and longer only for a stored hash with a higher one. Throws as hash() does: a failure
  /// never looks like a mismatch.
  Verdict verify(std::string_view password, std::string_view phc);
  /// Computes a hash and ignores the result. Called for usernames that do not exist, so that their login
  /// takes as long as any other (ASVS 5.0, 6.3.8). Throws as hash() does.
  void verify_nobody(std::string_view password);
  /// True when the stored hash was made with less memory or fewer passes than hash() uses now; false when it
  /// is unusable.
  bool needs_rehash(std::string_view phc) const;

 private:
  void compute(std::string_view password, const PasswordHash& parameters, std::vector<std::byte>& tag);
  void spend_rest(std::string_view password, const Argon2Cost& spent);
  /// The highest cost that verify() accepts in a stored hash.
  Argon2Cost limit() const;

  Argon2Cost cost_;
  std::vector<std::byte> salt_of_nobody_;  ///< Random, for hashes that nobody has.
};

}  // namespace crypto
