// Password hashes: argon2 in the PHC strings of phc.h. Only password.cc uses libargon2.
// The rules for good passwords are in auth/policy.h; hashes of other programs but argon2 in
// imported_password.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "crypto/phc.h"

namespace crypto {

/// The cost that the settings ask for.
Argon2Cost make_cost(const base::Settings& settings);

enum class Verdict {
  match,
  mismatch,
  unusable,  ///< PasswordHasher::find_fault() says why.
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
  /// Compares a password with a stored hash: a PHC string, or one of another program (imported_password.h).
  /// Unless they match, this takes at least as long as a hash with the current cost; longer for a stored hash
  /// with a higher one, and for one of another program. Throws as hash() does: a failure never looks like a
  /// mismatch.
  Verdict verify(std::string_view password, std::string_view stored);
  /// Takes as long as verify() takes longer for a mismatch than for a match. Called where a match is refused
  /// all the same, so that the time does not tell that the password was right. Throws as hash() does.
  void spend_as_mismatch(std::string_view password, std::string_view stored);
  /// Computes a hash and ignores the result. Called for usernames that do not exist, so that their login
  /// takes as long as any other (ASVS 5.0, 6.3.8). Throws as hash() does.
  void verify_nobody(std::string_view password);
  /// Why verify() cannot use this stored hash, as a sentence that tells nothing secret; nothing when it can.
  std::optional<std::string> find_fault(std::string_view stored) const;
  /// True when the stored hash, which matches the password, should be replaced by what hash() makes of it: it
  /// is not argon2id of version 19, or was made with less memory or fewer passes. False when it is unusable,
  /// and when its scheme has read only a part of this password, whose rest may be mistyped.
  bool needs_rehash(std::string_view password, std::string_view stored) const;

 private:
  void compute(std::string_view password, const PasswordHash& parameters, std::vector<std::byte>& tag);
  bool matches(std::string_view password, const PasswordHash& stored);
  void spend_rest(std::string_view password, const Argon2Cost& spent);
  /// The highest cost that verify() accepts in a stored hash.
  Argon2Cost limit() const;

  Argon2Cost cost_;
  std::vector<std::byte> salt_of_nobody_;  ///< Random, for hashes that nobody has.
};

}  // namespace crypto
