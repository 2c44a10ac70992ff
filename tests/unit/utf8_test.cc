// base/utf8: validity, length, control characters and white space, from tables.

#include "base/utf8.h"

#include <gtest/gtest.h>

using namespace std::string_view_literals;

namespace {

TEST(Utf8, CountsCodePointsOfValidUtf8Only) {
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
      {"\xE2\x82", std::nullopt},  // cut off
      {"\xC3 ", std::nullopt},
  };
  for (const auto& row : rows)
    EXPECT_EQ(base::count_code_points(row.text), row.count) << "row " << &row - rows;
}

TEST(Utf8, LeavesOutAByteOrderMarkAtTheBeginningOnly) {
  EXPECT_EQ(base::without_byte_order_mark("\xEF\xBB\xBF"
                                          "a"),
            "a");
  for (const auto text : {""sv, "a"sv, "\xEF\xBB"sv, "a\xEF\xBB\xBF"sv, "\xFF\xFE"sv})
    EXPECT_EQ(base::without_byte_order_mark(text), text) << text;
}

TEST(Utf8, FindsControlCharacters) {
  for (const auto text : {"\x01"sv, "a\nb"sv, "\x7F"sv, "\xC2\x85"sv, "\0"sv, "\x1B[0m"sv,
                          "a\xE2\x80\xAE"
                          "b"sv,
                          "\xE2\x80\xA8"sv, "\xE2\x81\xA6"sv, "\xE2\x80\xAA"sv, "\xE2\x81\xA9"sv})
    EXPECT_TRUE(base::has_control_character(text)) << text;
  for (const auto text :
       {""sv, "abc"sv, "\xC3\xA9"sv, "\xC2\xA0"sv, "\xE2\x80\x8F"sv, "\xE2\x80\x8D"sv, "\xE2\x80\xAF"sv})
    EXPECT_FALSE(base::has_control_character(text)) << text;
}

TEST(Utf8, PutsQuestionMarksInPlaceOfWhatIsNotSeen) {
  const struct {
    std::string_view text, printable;
  } rows[] = {
      {"", ""},
      {"a\xC3\xA9", "a\xC3\xA9"},
      {"a\n\x1B[0m\x7F"sv, "a??[0m?"},
      {"\0"sv, "?"},
      {"\xC2\x9B"
       "2J\xE2\x80\xAE",
       "?2J?"},
      {"\xFF\xFE"
       "a\xC3",
       "??a?"},
      {"\xED\xA0\x80", "???"},
  };
  for (const auto& row : rows) EXPECT_EQ(base::make_printable(row.text), row.printable) << row.text;
  EXPECT_EQ(base::make_printable_lines("one\x1B\n\ntwo\r"), "one?\n\ntwo?");
  EXPECT_EQ(base::make_printable_lines("one\n"), "one\n");
}

TEST(Utf8, KnowsBlankTexts) {
  for (const auto text : {""sv, "  \t"sv, "\xC2\xA0"sv, "\xE3\x80\x80"sv, "\xE2\x80\x8B"sv, "\xE3\x85\xA4"sv,
                          "\xE2\xA0\x80"sv, "\xC2\xAD"sv, "\xEF\xBE\xA0"sv, "\xE1\x85\x9F \xE1\x85\xA0"sv,
                          "\xCD\x8F"sv, "\xE1\xA0\x8E"sv, "\xEF\xB8\x8F"sv, "\xEF\xBB\xBF"sv,
                          "\xF3\xA0\x80\xA0"sv, "\xF0\x9D\x85\x99"sv, "\xC2\xAD\xE2\xA0\x80\xE3\x85\xA4"sv})
    EXPECT_TRUE(base::is_blank(text)) << text;
  for (const auto text : {"a"sv, " a "sv, "\xC3\xA9"sv,
                          "\xE3\x85\xA4"
                          "a"sv,
                          "\xE2\xA0\x81"sv, "\xF0\x9F\x98\x80"sv, "."sv})
    EXPECT_FALSE(base::is_blank(text)) << text;
}

}  // namespace
