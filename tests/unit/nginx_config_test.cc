// nginx/config: the grammar of nginx's configuration, what `include` puts where, and what is refused.
#include "nginx/config.h"

#include <gtest/gtest.h>

#include <string>

#include "nginx/tokens.h"

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The tree in one line: words between `|`, blocks in braces.
std::string show(const std::vector<nginx::Directive>& directives) {
  std::string text;
  for (const auto& directive : directives) {
    for (std::size_t i = 0; i < directive.words.size(); ++i)
      text.append(i == 0 ? "" : "|").append(directive.words[i]);
    text += directive.is_block ? "{" + show(directive.children) + "}" : ";";
  }
  return text;
}

nginx::Config parse(std::string_view text) {
  return nginx::parse_config("# configuration file /n/nginx.conf:\n" + std::string(text));
}

struct Row {
  std::string_view text, tree;
};

TEST(Config, ReadsWordsAsNginxDoes) {
  for (const auto& row : {
           Row{"", ""},
           Row{"a;", "a;"},
           Row{" a\tb\r\n c ;d;", "a|b|c;d;"},
           Row{R"(a "b c" 'd;{}' "";)", "a|b c|d;{}|;"},
           Row{R"(a "b\"c" 'd\'e' f\"g \\ \n "\t" \.;)", "a|b\"c|d'e|f\"g|\\|\n|\t|\\.;"},
           Row{"a b#c; # d { ; }\ne;", "a|b#c;e;"},
           Row{"a ${b}c $d{e;}", "a|${b}c|$d{e;}"},
           Row{"a \"${b}\" '$c{';", "a|${b}|$c{;"},
           Row{"if ($a = \"b\") {c;}", "if|($a|=|b|){c;}"},
           Row{"a{b{c;}}d{}", "a{b{c;}}d{}"},
           Row{"location ~ \"^/x{2}\" {}", "location|~|^/x{2}{}"},
           Row{R"(map $a $b { default ""; "~^x;$" y; location z; })",
               "map|$a|$b{default|;~^x;$|y;location|z;}"},
           Row{"log_format x escape=json\n '{\"a\":1,'\n '\"b\":2}';",
               R"(log_format|x|escape=json|{"a":1,|"b":2};)"},
           Row{"a \xC3\xBC\xFF;", "a|\xC3\xBC\xFF;"},
       }) {
    const auto config = parse(row.text);
    EXPECT_EQ(config.fault, "") << row.text;
    EXPECT_EQ(show(config.directives), row.tree) << row.text;
  }
}

TEST(Config, PassesOverProgramsInLua) {
  for (const auto program :
       {"", "ngx.say('}')", "if a then b = { c = {} } end", "-- it's }\n", "--[[ } \n } ]] x()",
        "x = [[ } ' ]]", "x = [==[ } ]] ]==]", R"(x = "\"}")", "t[1] = '{'", "a[b[1]] = '}'", "--[x }\n"}) {
    const auto config =
        parse("access_by_lua_block {" + std::string(program) + "} a; set_by_lua_block $b {" + program + "}");
    EXPECT_EQ(config.fault, "") << program;
    EXPECT_EQ(show(config.directives), "access_by_lua_block{}a;set_by_lua_block|$b{}") << program;
  }
}

TEST(Config, SaysWhereTheTextIsWrong) {
  for (const auto& row : {
           Row{"a", ":1: the directive that begins here has no end"},
           Row{"\n\na b", ":3: the directive"},
           Row{"a \"b;", ":1: a quoted text"},
           Row{"a\n'b\\", ":1: a quoted text in the directive that begins here has no end"},
           Row{"a \"b\"c;",
               ":1: a quoted text in the directive that begins here has a letter right behind it"},
           Row{"a {\nb {\n}", ":1: the block that begins here has no `}`"},
           Row{"a;\n}", ":2: a `}` that ends no block"},
           Row{"a }", ":1: a `}` where a `;`"},
           Row{";", ":1: a `;` or `{` without"},
           Row{"a;{", ":1: a `;` or `{` without"},
           Row{"x_by_lua_block {\n '}'", ":1: the block of Lua"},
           Row{"x_by_lua_block { [[ }", ":1: the block of Lua"},
           Row{"x_by_lua_block { \"\\", ":1: the block of Lua"},
           Row{"\ninclude x.conf;", ":2: includes /n/x.conf, which is not in the text"},
           Row{"include nginx.conf;", "too many"},
           Row{"include *.conf;", "too many"},
       }) {
    const auto config =
        nginx::parse_config("# configuration file /n/nginx.conf:\n" + std::string(row.text), 100'000);
    if (row.tree.starts_with(':')) {
      EXPECT_EQ(config.fault.find("/n/nginx.conf" + std::string(row.tree)), 0U)
          << row.text << ": " << config.fault;
    } else {
      EXPECT_NE(config.fault, "") << row.text;
    }
    EXPECT_TRUE(config.directives.empty());
  }
}

TEST(Config, RefusesWhatIsNoOutputOfNginx) {
  for (const auto& text : {""s, "a;"s, "# configuration file :\na;"s, "# configuration file x.conf:\n"s,
                           "nginx: [emerg] open() failed\n"s, "# configuration file /x\n"s})
    EXPECT_NE(nginx::parse_config(text).fault.find("not the output of nginx -T"), std::string::npos) << text;
  EXPECT_NE(nginx::parse_config("# configuration file /x:\na;\nb\0;"s).fault.find("a zero byte in line 3"),
            std::string::npos);
  EXPECT_NE(nginx::parse_config(std::string(100U << 20, 'a')).fault.find("more than 32 MiB"),
            std::string::npos);
  std::string deep = "# configuration file /x:\n";
  for (int i = 0; i < 100'000; ++i) deep += "a{";
  EXPECT_NE(nginx::parse_config(deep).fault.find("more than 32 blocks"), std::string::npos);
}

TEST(Config, PassesOverWhatNginxSaysBeforeTheFirstFile) {
  const auto config =
      nginx::parse_config("nginx: the configuration file /x syntax is ok\n# configuration file /x:\na;\n");
  EXPECT_EQ(show(config.directives), "a;");
}

TEST(Config, PutsFilesWhereTheyAreIncluded) {
  const auto config = nginx::parse_config(
      "# configuration file /n/nginx.conf:\nhttp {\n include sites/*;\n include \"/o/a.conf\"; include "
      "none/*.conf;\n}\n\n"
      "# configuration file /n/sites/b:\nserver { b; }\n# configuration file /n/sites/a:\nserver {\n a;\n "
      "include l; }\n"
      "# configuration file /n/l:\n\nx; include m;\n# configuration file /n/m:\ny { z; }\n"
      "# configuration file /o/a.conf:\no;\n");
  ASSERT_EQ(config.fault, "");
  EXPECT_EQ(show(config.directives), "http{server{a;x;y{z;}}server{b;}o;}");
  EXPECT_EQ(config.files.size(), 6U);
  const auto& server = config.directives[0].children[0];
  EXPECT_EQ(server.at, (nginx::Place{"/n/sites/a", 1}));
  EXPECT_EQ(server.children[0].at, (nginx::Place{"/n/sites/a", 2}));
  EXPECT_EQ(server.children[1].written, (nginx::Place{"/n/l", 2}));
  EXPECT_EQ(server.children[1].at, (nginx::Place{"/n/sites/a", 3}));
  EXPECT_EQ(server.children[2].at, (nginx::Place{"/n/m", 1}));
}

TEST(Config, RefusesAMarkThatIsPartOfAFile) {
  const auto fault_of = [](std::string_view files) {
    return nginx::parse_config("# configuration file /n/nginx.conf:\ninclude sites/*;\n" + std::string(files))
        .fault;
  };
  const std::string site = "# configuration file /n/sites/a:\nserver { a; }\n";
  EXPECT_EQ(fault_of(site), "");
  EXPECT_EQ(fault_of(site + site), "");
  for (const auto name : {"/etc/nginx/sites-available/a", "/n/sites/.hidden", "/n/sites/c/d"})
    EXPECT_EQ(fault_of(site + "# configuration file " + name + ":\nserver { b; }\n")
                  .find(std::string(name) + ":1: no file includes this"),
              0U)
        << name;
  EXPECT_EQ(fault_of(site + "# configuration file /n/sites/a:\nserver { b; }\n")
                .find("/n/sites/a:1: is there twice, with two texts"),
            0U);
}

TEST(Config, StaysBoundedWhereFilesAreIncludedAgainAndAgain) {
  std::string text = "# configuration file /n/0:\ninclude 1; include 1;\n";
  for (int i = 1; i < 30; ++i)
    text += "# configuration file /n/" + std::to_string(i) + ":\ninclude " + std::to_string(i + 1) +
            "; include " + std::to_string(i + 1) + ";\n";
  text += "# configuration file /n/30:\na;\n";
  EXPECT_NE(nginx::parse_config(text, 10'000).fault.find("too many directives"), std::string::npos);
}

TEST(Config, MovesWithoutLosingItsText) {
  auto config = parse(R"(a "b\"c" d;)");
  const auto moved = std::move(config);
  EXPECT_EQ(show(moved.directives), "a|b\"c|d;");
  EXPECT_EQ(moved.directives[0].argument(0), "b\"c");
  EXPECT_EQ(moved.directives[0].argument(7), "");
}

TEST(Config, MatchesPatternsOfIncludes) {
  struct Match {
    std::string_view pattern, path;
    bool fits;
  };
  for (const auto& row : {Match{"/a", "/a", true},
                          Match{"/a", "/ab", false},
                          Match{"/a/*", "/a/b", true},
                          Match{"/a/*", "/a/", true},
                          Match{"/a/*", "/a/.b", false},
                          Match{"/a/.*", "/a/.b", true},
                          Match{"/a/*", "/a/b/c", false},
                          Match{"/*/c", "/b/c", true},
                          Match{"/a/*.conf", "/a/x.conf", true},
                          Match{"/a/*.conf", "/a/x.conf.bak", false},
                          Match{"/a/*x*y*", "/a/1x2xy3", true},
                          Match{"/a/?", "/a/b", true},
                          Match{"/a?b", "/a/b", false},
                          Match{"/a/?", "/a/.", false},
                          Match{"/a/[b-d]*", "/a/cx", true},
                          Match{"/a/[!b-d]*", "/a/cx", false},
                          Match{"/a/[^b]", "/a/c", true},
                          Match{"/a/[]]", "/a/]", true},
                          Match{"/a/[x", "/a/[x", true},
                          Match{"/a/\\*", "/a/*", true},
                          Match{"/a/\\*", "/a/b", false},
                          Match{"", "", true},
                          Match{"*", "", true},
                          Match{"", "a", false}})
    EXPECT_EQ(nginx::fits_glob(row.pattern, row.path), row.fits) << row.pattern << " " << row.path;
  const std::string long_pattern(4000, '*'), long_path(4000, 'a');
  EXPECT_FALSE(nginx::fits_glob(long_pattern + "b", long_path));
}

}  // namespace
