// base/clock: how times are written, from tables.

#include "base/clock.h"

#include <gtest/gtest.h>

namespace {

TEST(Clock, WritesRfc3339) {
  const base::Time time(std::chrono::microseconds(1'000'000'000'123'456));
  EXPECT_EQ(base::make_rfc3339(time), "2001-09-09T01:46:40Z");
  EXPECT_EQ(base::make_rfc3339(time, true), "2001-09-09T01:46:40.123Z");
}

TEST(Clock, WritesTheNearestTimeThatRfc3339Knows) {
  EXPECT_EQ(base::make_rfc3339(base::Time::min()), "0000-01-01T00:00:00Z");
  EXPECT_EQ(base::make_rfc3339(base::Time::max()), "9999-12-31T23:59:59Z");
}

}  // namespace
