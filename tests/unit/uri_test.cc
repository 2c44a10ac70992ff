// base/uri: hosts, authorities, percent-encoding, from tables.

#include "base/uri.h"

#include <gtest/gtest.h>

namespace {

TEST(Uri, KnowsHostsAndAuthorities) {
  for (const auto text : {"a", "a-b.example", "127.0.0.1", "a:1", "a:65535", "a_b", "_a.b_c:1"})
    EXPECT_TRUE(base::is_authority(text)) << text;
  const std::string too_long(254, 'a');
  for (const auto text : {"", "A", "a b", "a_b c", "a\\_b", "_@a", "_%41", "a:", ":80", "a:0", "a:65536",
                          "a:080", "a:1:1", "u@a", "a%41", "[::1]", too_long.c_str()})
    EXPECT_FALSE(base::is_authority(text)) << text;
}

TEST(Uri, AnOriginIsWrittenWithoutThePortOfItsScheme) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"https://a.test:443", "https://a.test"},      {"http://a.test:80", "http://a.test"},
      {"https://a.test", "https://a.test"},          {"https://a.test:80", "https://a.test:80"},
      {"http://a.test:443", "http://a.test:443"},    {"http://a.test:8080", "http://a.test:8080"},
      {"https://a.test:8443", "https://a.test:8443"}};
  for (const auto& [origin, expected] : rows) EXPECT_EQ(base::without_default_port(origin), expected);
}

TEST(Uri, PercentEncodes) {
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

}  // namespace
