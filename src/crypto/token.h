// Tokens: their bytes, their text form, the hashes that are stored of them, and how a refresh derives the
// next pair. All functions are pure, except those named make_*, which draw random bytes.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"
#include "crypto/digest.h"

namespace crypto {

/// 32 secret bytes, wiped when they are destroyed. The first 16 bytes of a refresh token are its family: they
/// stay the same in all refresh tokens of a session. The other 16 change at every refresh.
class Token {
 public:
  using Bytes = std::array<std::byte, 32>;

  explicit Token(const Bytes& bytes) : bytes_(bytes) {}
  Token(const Token&) = default;
  Token& operator=(const Token&) = default;
  ~Token() { base::wipe(bytes_.data(), bytes_.size()); }

  const Bytes& bytes() const { return bytes_; }
  /// The text that clients get: 43 characters of URL-safe base64.
  base::Secret text() const;
  /// SHA-256 of all bytes. Only this is stored, never the token (RFC 6819, 5.1.4.1.3).
  Digest hash() const { return sha256(bytes_); }
  /// SHA-256 of the family of a refresh token. It finds the session, however old the token is.
  Digest family_hash() const { return sha256(std::span(bytes_).first<16>()); }

 private:
  Bytes bytes_;
};

/// The access token and the refresh token of a session.
struct TokenPair {
  Token access;
  Token refresh;
};

/// Random bytes from which, with a refresh token, derive_successors() makes the next pair. They are stored in
/// the database and are useless without the token.
using RotationSalt = std::array<std::byte, 32>;

/// Parses untrusted text: nothing unless it is 43 characters of canonical URL-safe base64.
std::optional<Token> parse_token(std::string_view text);

/// A new random token. This and the next two throw runtime_error when there are no random bytes.
Token make_token();
/// A new random pair, for a new session.
TokenPair make_token_pair();
RotationSalt make_rotation_salt();

/// The pair that replaces the pair of a refresh token: HMAC-SHA-256 with the token as key over the salt and a
/// label. The new refresh token has the same family. The same token and salt always give the same pair, so
/// that a repeated refresh can be answered again (docs/sessions.md).
TokenPair derive_successors(const Token& refresh, const RotationSalt& salt);

}  // namespace crypto
