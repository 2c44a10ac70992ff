// base/text: numbers, splitting and trimming, from tables.

#include "base/text.h"

#include <gtest/gtest.h>

namespace {

TEST(Text, ParsesNumbersStrictly) {
  EXPECT_EQ(base::parse_number("0"), 0);
  EXPECT_EQ(base::parse_number("9223372036854775807"), INT64_MAX);
  for (const auto text :
       {"", "+5", "-1", "01", "00", " 1", "1 ", "1e3", "0x1", "9223372036854775808", "abc", "1.0"})
    EXPECT_EQ(base::parse_number(text), std::nullopt) << text;
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(base::split(" a, b ,,c", ','), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(base::split("", ',').empty());
  EXPECT_EQ(base::trim("\t x y \t"), "x y");
}

}  // namespace
