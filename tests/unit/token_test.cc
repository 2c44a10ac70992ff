// crypto/token and crypto/digest: published and computed examples, the text form, and the derivation of the
// next pair.
#include "crypto/token.h"
#include "base/base64.h"

#include <gtest/gtest.h>

#include <set>

namespace {

crypto::Token::Bytes counting_bytes(unsigned first) {
  crypto::Token::Bytes bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(first + i);
  return bytes;
}

std::string text_of(const crypto::Token& token) {
  return std::string(token.text().view());
}

constexpr std::string_view kCounting = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

TEST(Token, IsShownAs43CharactersAndReadBack) {
  const crypto::Token token(counting_bytes(0));
  EXPECT_EQ(text_of(token), kCounting);
  const auto parsed = crypto::parse_token(kCounting);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->bytes(), token.bytes());
}

TEST(Token, RefusesEverythingThatIsNotCanonical) {
  const std::string good(kCounting);
  const std::string rows[] = {"",
                              good.substr(1),
                              good + "A",
                              good + "=",
                              good.substr(0, 42) + "9",
                              good.substr(0, 42) + "+",
                              good.substr(0, 42) + "'",
                              " " + good.substr(1)};
  for (const auto& row : rows) EXPECT_FALSE(crypto::parse_token(row)) << row;
}

// Computed with openssl dgst -sha256 -mac hmac -macopt hexkey:000102..1f over the bytes 20..3f and the label.
TEST(Token, DerivesTheKnownSuccessors) {
  const crypto::RotationSalt salt = counting_bytes(32);
  const auto pair = crypto::derive_successors(crypto::Token(counting_bytes(0)), salt);
  EXPECT_EQ(text_of(pair.access), "_gatrNMXg3BO8xHUZQRrZvIofd3NjajZ9cau7vKniyI");
  EXPECT_EQ(text_of(pair.refresh), "AAECAwQFBgcICQoLDA0OD70RG_r_ejfSrRuL_SqRbPY");
}

TEST(Token, KeepsTheFamilyAndChangesTheRest) {
  const crypto::Token token(counting_bytes(0));
  const auto pair = crypto::derive_successors(token, crypto::make_rotation_salt());
  EXPECT_EQ(pair.refresh.family_hash(), token.family_hash());
  EXPECT_NE(pair.refresh.hash(), token.hash());
  const auto again = crypto::derive_successors(token, crypto::make_rotation_salt());
  EXPECT_NE(again.refresh.hash(), pair.refresh.hash());
  EXPECT_NE(again.access.hash(), pair.access.hash());
}

TEST(Token, IsDifferentEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto pair = crypto::make_token_pair();
    EXPECT_TRUE(seen.insert(text_of(pair.access)).second);
    EXPECT_TRUE(seen.insert(text_of(pair.refresh)).second);
  }
}

// The example "abc" of FIPS 180-4.
TEST(Digest, MatchesThePublishedExample) {
  const std::string_view abc = "abc";
  EXPECT_EQ(base::make_base64(crypto::sha256(std::as_bytes(std::span(abc)))),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
}

}  // namespace
