// Tokens: what they are made of, how they are shown, what is stored of them, how successors are derived.
// Pure but for make_*, which draw random bytes. Knows neither cookies nor the database.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"
#include "crypto/digest.h"

namespace crypto {

/// 32 secret bytes, wiped when they go. A refresh token is 16 bytes of family and 16 bytes of secret.
class Token {
 public:
  using Bytes = std::array<std::byte, 32>;

  explicit Token(const Bytes& bytes) : bytes_(bytes) {}
  Token(const Token&) = default;
  Token& operator=(const Token&) = default;
  ~Token() { base::wipe(bytes_.data(), bytes_.size()); }

  const Bytes& bytes() const { return bytes_; }
  /// 43 characters of URL-safe base64.
  base::Secret text() const;
  /// SHA-256 of all bytes: the only form that is stored (ASVS A6.5.2).
  Digest hash() const { return sha256(bytes_); }
  /// SHA-256 of the first 16 bytes of a refresh token: finds the session whatever the rotation.
  Digest family_hash() const { return sha256(std::span(bytes_).first<16>()); }

 private:
  Bytes bytes_;
};

/// Both tokens of a session, as the client gets them.
struct TokenPair {
  Token access;
  Token refresh;
};

/// Mixed into the derivation of successors; stored beside the hashes, no secret by itself.
using RotationSalt = std::array<std::byte, 32>;

/// Exactly 43 characters of canonical URL-safe base64, else nothing. Takes untrusted text.
std::optional<Token> parse_token(std::string_view text);

/// A fresh random token.
Token make_token();
/// A fresh random pair, for login.
TokenPair make_token_pair();
RotationSalt make_rotation_salt();

/// The successors of a refresh token: HMAC-SHA-256 with the token as key over the salt and a label; the
/// family stays. The same token and salt give the same pair for ever, which is what makes rotation
/// idempotent.
TokenPair derive_successors(const Token& refresh, const RotationSalt& salt);

}  // namespace crypto
