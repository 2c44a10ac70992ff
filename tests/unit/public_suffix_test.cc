// base/public_suffix: domains under which strangers have hosts.
#include "base/public_suffix.h"

#include <gtest/gtest.h>

namespace {

constexpr std::string_view kList =
    "// a comment\n\ncom\nuk\nco.uk\n*.ck\n!www.ck\nkobe.jp\n*.compute.example\nlast.example";

TEST(PublicSuffix, IsWhatARuleNames) {
  for (const auto domain : {"com", "co.uk", "x.ck", "kobe.jp", "eu.compute.example", "last.example"})
    EXPECT_TRUE(base::is_public_suffix(kList, domain)) << domain;
  for (const auto domain : {"example.com", "b.co.uk", "o.uk", "www.ck", "a.x.ck", "ck", "compute.example",
                            "a.eu.compute.example", "jp", "a.last.example", "// a comment x"})
    EXPECT_FALSE(base::is_public_suffix(kList, domain)) << domain;
  EXPECT_FALSE(base::is_public_suffix("", "com"));
}

}  // namespace
