#include "crypto/token.h"

#include <algorithm>

#include "base/base64.h"
#include "crypto/random.h"

namespace crypto {
namespace {

constexpr std::size_t kTextSize = 43;
constexpr std::size_t kFamilySize = 16;

}  // namespace

base::Secret Token::text() const {
  return base::Secret(base::make_base64url(bytes_));
}

std::optional<Token> parse_token(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  auto decoded = base::parse_base64url(text);
  if (!decoded) return std::nullopt;
  Token::Bytes bytes;
  std::copy(decoded->begin(), decoded->end(), bytes.begin());
  Token token(bytes);
  base::wipe(decoded->data(), decoded->size());
  base::wipe(bytes.data(), bytes.size());
  return token;
}

Token make_token() {
  Token::Bytes bytes;
  fill_random(bytes);
  Token token(bytes);
  base::wipe(bytes.data(), bytes.size());
  return token;
}

TokenPair make_token_pair() {
  return {make_token(), make_token()};
}

RotationSalt make_rotation_salt() {
  RotationSalt salt;
  fill_random(salt);
  return salt;
}

TokenPair derive_successors(const Token& refresh, const RotationSalt& salt) {
  Digest access = hmac_sha256(refresh.bytes(), salt, "access");
  Digest secret = hmac_sha256(refresh.bytes(), salt, "refresh");
  Token::Bytes successor = refresh.bytes();
  std::copy_n(secret.begin(), successor.size() - kFamilySize, successor.begin() + kFamilySize);
  TokenPair pair{Token(access), Token(successor)};
  for (auto* bytes : {&access, &secret, &successor}) base::wipe(bytes->data(), bytes->size());
  return pair;
}

}  // namespace crypto
