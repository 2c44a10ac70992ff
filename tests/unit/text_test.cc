// base/text: UTF-8, numbers, base64 and times, from tables.
#include "base/text.h"

#include <gtest/gtest.h>

using namespace std::string_view_literals;

namespace {

TEST(Text, CountsCodePointsOfValidUtf8Only) {
  struct Row {
    std::string_view text;
    std::optional<std::size_t> count;
  };
  const Row rows[] = {
      {"", 0},
      {"abc", 3},
      {"a\0b"sv, 3},
      {"\xC3\xA9", 1},
      {"\xE2\x82\xAC", 1},
      {"\xF0\x9F\x98\x80", 1},
      {"\xF4\x8F\xBF\xBF", 1},
      {"\xFF", std::nullopt},
      {"\x80", std::nullopt},
      {"\xC0\xAF", std::nullopt},          // overlong
      {"\xE0\x80\xAF", std::nullopt},      // overlong
      {"\xED\xA0\x80", std::nullopt},      // high surrogate
      {"\xED\xB0\x80", std::nullopt},      // low surrogate
      {"\xF4\x90\x80\x80", std::nullopt},  // beyond U+10FFFF
      {"\xF5\x80\x80\x80", std::nullopt},
      {"\xE2\x82", std::nullopt},  // cut
      {"\xC3 ", std::nullopt},
  };
  for (const auto& row : rows)
    EXPECT_EQ(base::count_code_points(row.text), row.count) << "row " << &row - rows;
}

TEST(Text, FindsControlCharacters) {
  for (const auto text : {"\x01"sv, "a\nb"sv, "\x7F"sv, "\xC2\x85"sv, "\0"sv, "\x1B[0m"sv})
    EXPECT_TRUE(base::has_control_character(text)) << text;
  for (const auto text : {""sv, "abc"sv, "\xC3\xA9"sv, "\xC2\xA0"sv})
    EXPECT_FALSE(base::has_control_character(text)) << text;
}

TEST(Text, KnowsBlankTexts) {
  for (const auto text : {""sv, "  \t"sv, "\xC2\xA0"sv, "\xE3\x80\x80"sv, "\xE2\x80\x8B"sv})
    EXPECT_TRUE(base::is_blank(text)) << text;
  for (const auto text : {"a"sv, " a "sv, "\xC3\xA9"sv}) EXPECT_FALSE(base::is_blank(text)) << text;
}

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

TEST(Text, Base64MatchesRfc4648AndIsCanonical) {
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

TEST(Text, KnowsHostsAndAuthorities) {
  for (const auto text : {"a", "a-b.example", "127.0.0.1", "a:1", "a:65535"})
    EXPECT_TRUE(base::is_authority(text)) << text;
  const std::string too_long(254, 'a');
  for (const auto text : {"", "A", "a b", "a_b", "a:", ":80", "a:0", "a:65536", "a:080", "a:1:1", "u@a",
                          "a%41", "[::1]", too_long.c_str()})
    EXPECT_FALSE(base::is_authority(text)) << text;
}

TEST(Text, PercentEncodes) {
  struct Row {
    std::string_view plain, component, header;
  };
  for (const auto& row :
       {Row{"", "", ""}, Row{"aZ09-._~", "aZ09-._~", "aZ09-._~"},
        Row{"a b&c=d/e?f", "a%20b%26c%3Dd%2Fe%3Ff", "a b&c=d/e?f"}, Row{"100%", "100%25", "100%25"},
        Row{"\r\n\x7F", "%0D%0A%7F", "%0D%0A%7F"}, Row{"J\xC3\xB6rg", "J%C3%B6rg", "J%C3%B6rg"}}) {
    EXPECT_EQ(base::encode_uri_component(row.plain), row.component);
    EXPECT_EQ(base::encode_header_value(row.plain), row.header);
  }
}

TEST(Text, WritesRfc3339) {
  const base::Time time(std::chrono::microseconds(1'000'000'000'123'456));
  EXPECT_EQ(base::make_rfc3339(time), "2001-09-09T01:46:40Z");
  EXPECT_EQ(base::make_rfc3339(time, true), "2001-09-09T01:46:40.123Z");
}

}  // namespace
