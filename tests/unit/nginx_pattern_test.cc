// nginx/pattern: which paths regular expressions of nginx fit, and whether several can fit one path.
#include "nginx/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using nginx::Pattern;

bool fits(std::string_view regex, std::string_view path, bool ignores_case = false) {
  const auto pattern = Pattern::of_regex(regex, ignores_case), text = Pattern::of_path(path);
  return nginx::may_fit({&pattern, &text});
}

struct Row {
  std::string_view regex, path, other;  ///< One path that fits, and one that does not.
};

TEST(Pattern, FitsWhatPcreFits) {
  for (const auto& row : {Row{"", "/", {}},
                          Row{"a", "/bac", "/b"},
                          Row{"^/a", "/ab", "/b/a"},
                          Row{"a$", "/a", "/ab"},
                          Row{R"(\Aa?/\.x\z)", "/.x", "/ax"},
                          Row{R"(\.php$)", "/a.php", "/aphp"},
                          Row{"^/(a|b|)$", "/", "/c"},
                          Row{"^/(?:a|bc)+$", "/abca", "/ab"},
                          Row{"^/(?<name>a)(?P<b>b)(?'c'c)$", "/abc", "/ab"},
                          Row{"^/ab?c$", "/ac", "/abbc"},
                          Row{"^/ab*?c$", "/abbc", "/ab"},
                          Row{"^/a{2}$", "/aa", "/aaa"},
                          Row{"^/a{2,}$", "/aaaa", "/a"},
                          Row{"^/(ab){1,2}$", "/abab", "/ababab"},
                          Row{"^/a{x}$", "/a{x}", "/a"},
                          Row{"^/[a-c]$", "/b", "/d"},
                          Row{"^/[^a-c]$", "/d", "/b"},
                          Row{"^/[]a]$", "/]", "/b"},
                          Row{R"(^/[\w.-]$)", "/-", "/+"},
                          Row{"^/[[:digit:]x]$", "/1", "/y"},
                          Row{R"(^/\d\D\s\S\w\W$)", "/1a a_.", "/aa a_."},
                          Row{R"(^/\x41\t\/$)", "/A\t/", "/B\t/"},
                          Row{"(?i)^/A$", "/a", "/b"},
                          Row{"^/(?i:a)b$", "/Ab", "/AB"},
                          Row{"^/(?i)a(?-i)b$", "/Ab", "/AB"},
                          Row{"(/|$)x", "/x", "/"},
                          Row{"^/a.c$", "/abc", "/ac"}}) {
    EXPECT_TRUE(fits(row.regex, row.path)) << row.regex;
    EXPECT_TRUE(row.other.empty() || !fits(row.regex, row.other)) << row.regex;
    EXPECT_TRUE(Pattern::of_regex(row.regex, false).is_exact()) << row.regex;
  }
  EXPECT_TRUE(fits("^/[a-c]X$", "/Bx", true));
}

TEST(Pattern, FitsMoreThanNginxWhereItDoesNotUnderstand) {
  for (const auto regex : {"^/(?!b)a", "^/a(?=b)", "^/(?>a|ab)c", R"(^/(a)\1)", R"(\bx)", "^/a++", "(", "a)",
                           "*", "[a", R"(\p{L})", "(?R)", "^/(?x) a", "^/a{9000}", "[[:cntrl:]]", "(?<"}) {
    const auto pattern = Pattern::of_regex(regex, false);
    EXPECT_FALSE(pattern.is_exact()) << regex;
    EXPECT_TRUE(nginx::may_fit({&pattern})) << regex;
  }
  std::string deep;
  for (int i = 0; i < 45; ++i) deep = "(" + deep + "a)*";
  EXPECT_FALSE(Pattern::of_regex(deep, false).is_exact());
}

TEST(Pattern, FindsAPathThatFitsAllAndNoneOfOthers) {
  const auto scripts = Pattern::of_regex(R"(\.php$)", false),
             pictures = Pattern::of_regex(R"(\.(png|gif)$)", true);
  const auto admin = Pattern::of_prefix("/admin/"), all = Pattern::of_prefix("/");
  const auto own = Pattern::of_regex(R"(^/admin/.*\.php$)", false), page = Pattern::of_path("/admin/x.php");
  EXPECT_TRUE(nginx::may_fit({&scripts, &admin}));
  EXPECT_FALSE(nginx::may_fit({&scripts, &pictures}));
  EXPECT_FALSE(nginx::may_fit({&scripts, &admin}, {&own}));
  EXPECT_TRUE(nginx::may_fit({&scripts, &admin}, {&page}));
  EXPECT_FALSE(nginx::may_fit({&page}, {&scripts}));
  EXPECT_FALSE(nginx::may_fit({&admin}, {&all}));
  EXPECT_TRUE(nginx::may_fit({&all}, {&admin}));
}

TEST(Pattern, SaysWithWhatAllPathsBegin) {
  for (const auto& [regex, beginning] :
       {std::pair<std::string_view, std::string_view>{R"(^/a/b\.php$)", "/a/b.php"},
        {"^/a(b|c)", "/a"},
        {"^/a(/|$)", "/a"},
        {"^/ab?", "/a"},
        {R"(\.php$)", ""},
        {"^/a{3}b", "/aaab"}})
    EXPECT_EQ(Pattern::of_regex(regex, false).beginning(), beginning) << regex;
  EXPECT_EQ(Pattern::of_regex("^/a", true).beginning(), "/");
  EXPECT_EQ(Pattern::of_prefix("/a/").beginning(), "/a/");
}

TEST(Pattern, ReadsVariablesAsAnyText) {
  const auto text = Pattern::of_text("/a/${b}.c$d");
  for (const auto path : {"/a/.c", "/a/x/y.cz"}) {
    const auto pattern = Pattern::of_path(path);
    EXPECT_TRUE(nginx::may_fit({&text, &pattern})) << path;
  }
  const auto other = Pattern::of_path("/b/.c");
  EXPECT_FALSE(nginx::may_fit({&text, &other}));
}

}  // namespace
