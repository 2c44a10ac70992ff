// Password hashes that other programs have made: those of htpasswd, crypt(3) and Django. One row a scheme.
// They are only verified, never made: a login replaces them by argon2id. Pure functions. Only
// imported_password.cc uses libcrypt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crypto {

/// Why matches_imported() cannot verify this hash, as a sentence without a part of the hash that were secret;
/// nothing when it can. Hashes are refused whose scheme is not known or would let wrong passwords in, that
/// are not in the form of their scheme, or that cost so much that verifying takes longer than with the
/// dearest argon2.
std::optional<std::string> find_imported_fault(std::string_view stored);

/// True when the hash is one of this password; false when it is not, or has a fault. Passwords with NUL bytes
/// match none; of bcrypt the first 72 bytes count, as in htpasswd and PHP. Throws bad_alloc when memory is
/// short, runtime_error when a library fails.
bool matches_imported(std::string_view password, std::string_view stored);

/// False when the scheme of the hash passes over the end of this password.
bool reads_whole(std::string_view password, std::string_view stored);

}  // namespace crypto
