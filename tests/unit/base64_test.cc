// base/base64: encoding and decoding, from tables.

#include "base/base64.h"

#include <gtest/gtest.h>

namespace {

TEST(Base64, Base64MatchesRfc4648AndIsCanonical) {
  struct Row {
    std::string_view plain, encoded;
  };
  for (const auto& [plain, encoded] : {Row{"", ""}, Row{"f", "Zg"}, Row{"fo", "Zm8"}, Row{"foo", "Zm9v"},
                                       Row{"foob", "Zm9vYg"}, Row{"\xFB\xFF", "-_8"}}) {
    const auto bytes = std::as_bytes(std::span(plain));
    EXPECT_EQ(base::make_base64url(bytes), encoded);
    const auto decoded = base::parse_base64url(encoded);
    ASSERT_TRUE(decoded) << encoded;
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), decoded->begin(), decoded->end())) << encoded;
  }
  for (const auto text : {"Z", "Zh", "Zm9", "Zg==", "Z g", "+/8", "Zm9vY"})
    EXPECT_FALSE(base::parse_base64url(text)) << text;
  EXPECT_TRUE(base::parse_base64("+/8"));
  EXPECT_FALSE(base::parse_base64("-_8"));
}

}  // namespace
