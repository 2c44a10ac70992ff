// base/punycode: host names in ASCII as people read them, from a table.
#include "base/punycode.h"

#include <gtest/gtest.h>

namespace {

TEST(Punycode, IsReadInEachPartOfAHost) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"xn--p1ai", "рф"},
      {"xn--55qx5d.cn", "公司.cn"},
      {"xn--gmqw5a.xn--j6w193g", "個人.香港"},
      {"xn--sdtirol-n2a.it", "südtirol.it"},
      {"xn--trentin-sd-tirol-rzb.it", "trentin-süd-tirol.it"},
      {"xn--950bs42bhzgflc", "네트워크"},
      {"xn--e28h.test", "😀.test"},
      {"a.example.org", "a.example.org"},
      {"", ""},
      {"a..b", "a..b"},
  };
  for (const auto& [host, expected] : rows) EXPECT_EQ(base::decode_host(host), expected);
}

TEST(Punycode, WhatIsNoneStays) {
  for (const std::string_view host : {"xn--", "xn--9", "xn--999999999999b", "xn--99999b.test", "axn--p1ai"})
    EXPECT_EQ(base::decode_host(host), host);
}

}  // namespace
