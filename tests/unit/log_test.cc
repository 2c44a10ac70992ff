// base/log and base/problem: a log line is one JSON object whatever its values; codes of problems are unique.
#include "base/log.h"

#include <gtest/gtest.h>

#include <set>

#include "base/problem.h"

using namespace std::string_view_literals;

namespace {

TEST(Log, EscapesWhateverItIsGiven) {
  struct Row {
    std::string_view value, json;
  };
  const Row rows[] = {
      {"plain", "\"plain\""},          {R"(a"b\c)", R"("a\"b\\c")"}, {"a\r\nb", R"("a\u000d\u000ab")"},
      {"\x1B[31m", R"("\u001b[31m")"}, {"\0x"sv, R"("\u0000x")"},    {"\xFF\xC3\xA9", "\"\\ufffd\xC3\xA9\""},
      {"\xC2\x9B", R"("\ufffd")"},
  };
  for (const auto& row : rows) EXPECT_EQ(base::make_json_string(row.value), row.json);
  EXPECT_EQ(base::make_json_string(std::string(1000, 'x')).size(), 514u);
}

TEST(Log, LeavesEmptyFieldsOut) {
  const auto line = base::make_log_line(base::Time(std::chrono::microseconds(0)), base::LogLevel::warning,
                                        "event", {{"text", "t"}, {"none", ""}, {"number", std::int64_t{7}}});
  EXPECT_EQ(line,
            R"({"time":"1970-01-01T00:00:00.000Z","level":"warning","event":"event","text":"t","number":7})");
}

TEST(Problem, CodesAreUniqueAndStatusesAreErrors) {
  std::set<std::string_view> codes;
  for (const auto& row : base::kProblems) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(row.status >= 400 && row.status < 600) << row.code;
  }
}

}  // namespace
