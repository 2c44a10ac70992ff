// base/public_suffix: domains under which strangers have hosts.
#include "base/public_suffix.h"

#include <gtest/gtest.h>

namespace {

constexpr std::string_view kList =
    "// a comment\n\ncom\nuk\nco.uk\n*.ck\n!www.ck\nkobe.jp\n*.compute.example\n"
    "公司.cn\n香港\n*.個人.香港\n!x.個人.香港\nlast.example";

TEST(PublicSuffix, IsWhatARuleNames) {
  for (const auto domain : {"com", "co.uk", "x.ck", "kobe.jp", "eu.compute.example", "last.example"})
    EXPECT_TRUE(base::is_public_suffix(kList, domain)) << domain;
  for (const auto domain : {"example.com", "b.co.uk", "o.uk", "www.ck", "a.x.ck", "ck", "compute.example",
                            "a.eu.compute.example", "jp", "a.last.example", "// a comment x"})
    EXPECT_FALSE(base::is_public_suffix(kList, domain)) << domain;
  EXPECT_FALSE(base::is_public_suffix("", "com"));
}

TEST(PublicSuffix, IsKnownByItsNameInAscii) {
  for (const auto domain : {"xn--55qx5d.cn", "xn--j6w193g", "a.xn--gmqw5a.xn--j6w193g", "公司.cn"})
    EXPECT_TRUE(base::is_public_suffix(kList, domain)) << domain;
  for (const auto domain :
       {"a.xn--55qx5d.cn", "xn--gmqw5a.xn--j6w193g", "x.xn--gmqw5a.xn--j6w193g", "xn--p1ai"})
    EXPECT_FALSE(base::is_public_suffix(kList, domain)) << domain;
}

}  // namespace
