// The forms of hashes of other programs, and what they cost. Pure functions on text; imported_password.h
// computes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace crypto {

using Cost = std::optional<std::uint64_t>;

/// Removes the text before the first `$`, and the `$`, and returns that text; nothing when there is no `$`.
std::optional<std::string_view> take_part(std::string_view& text);

/// Each of these takes what follows the prefix of a scheme and returns the cost; nothing when it has another
/// form. MD5-crypt and its variant of Apache: `SALT$TAG`, always 1000 rounds.
Cost find_md5_cost(std::string_view rest);
/// SHA-256-crypt and SHA-512-crypt: `rounds=N$SALT$TAG` or `SALT$TAG`. The rounds.
Cost find_sha256_rounds(std::string_view rest);
Cost find_sha512_rounds(std::string_view rest);
/// bcrypt: `NN$`, 22 characters of salt and 31 of the tag. The binary logarithm of the rounds.
Cost find_bcrypt_cost(std::string_view rest);
/// yescrypt: `jNR$SALT$TAG`, the usual variant, the binary logarithm of the number of blocks and their size,
/// each one character and one less than it stands for. The memory in KiB: an eighth of number times size.
Cost find_yescrypt_kib(std::string_view rest);
/// htpasswd's SHA-1: base64. Always one round.
Cost find_sha1_cost(std::string_view rest);
/// Django's PBKDF2. The iterations.
Cost find_iterations(std::string_view rest);

/// `size` bytes in base64 with one `=` at the end, as 20 and 32 bytes have it; nothing for anything else.
std::optional<std::vector<std::byte>> parse_padded(std::string_view text, std::size_t size);

/// `ITERATIONS$SALT$TAG`, as Django writes it. The salt is a view into the text.
struct Pbkdf2 {
  std::int64_t iterations;
  std::string_view salt;
  std::vector<std::byte> tag;
};

std::optional<Pbkdf2> parse_pbkdf2(std::string_view rest);

}  // namespace crypto
