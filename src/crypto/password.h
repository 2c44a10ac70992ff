// Password hashes: argon2id in PHC strings. The only code that touches libargon2.
// Knows no users and no rules about what a good password is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crypto {

/// Cost of one hash (RFC 9106): memory in KiB, passes, lanes.
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

/// Strict parse of `$argon2id$v=19$m=..,t=..,p=..$salt$tag`; nothing for anything else, or for a cost beyond
/// `limit`: libargon2 itself would accept terabytes.
std::optional<PasswordHash> parse_password_hash(std::string_view phc, const Argon2Cost& limit);
std::string make_phc_string(const PasswordHash& hash);

enum class Verdict {
  match,
  mismatch,
  unusable,  ///< The stored string is no hash that we verify; nothing was computed.
};

/// Hashes and verifies with one memory arena for the life of the object, so that memory is bounded and the
/// pages are huge ones. One for each process; not for several threads.
class PasswordHasher {
 public:
  /// Reserves address space; the pages come with the first hash. Throws bad_alloc, or runtime_error from
  /// hashing.
  explicit PasswordHasher(const Argon2Cost& cost);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  /// A PHC string with a fresh 16-byte salt. Throws bad_alloc without memory, runtime_error else.
  std::string hash(std::string_view password);
  /// Throws as hash(); a failure is never a mismatch.
  Verdict verify(std::string_view password, std::string_view phc);
  /// Takes as long as verify() of an existing user's hash: for usernames that do not exist (ASVS A6.3.8).
  void verify_dummy(std::string_view password);
  /// True when the stored hash is weaker than what hash() makes now.
  bool needs_rehash(std::string_view phc) const;

 private:
  void compute(std::string_view password, const PasswordHash& parameters, std::vector<std::byte>& tag);
  Argon2Cost limit() const;

  Argon2Cost cost_;
  std::string dummy_;  ///< A hash of nothing: random salt and tag with the present cost.
};

}  // namespace crypto
