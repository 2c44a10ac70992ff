// pg/timeline: which primary counts as replaced, and what a process that lies about it can do.
#include "pg/timeline.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace {

using pg::make_timeline;
using pg::Timeline;

constexpr Timeline kFirst = Timeline{7} << 32 | 1;
constexpr Timeline kSecond = kFirst + 1;
constexpr Timeline kFar = kFirst + 100;
constexpr Timeline kOther = Timeline{3} << 32 | 9;  // of another cluster

/// This process, which is the first of three.
class Timelines : public ::testing::Test {
 protected:
  Timelines() { pg::share_timelines(slots_[0], {&slots_[0], &slots_[1], &slots_[2]}); }
  ~Timelines() override { pg::share_timelines(after_, {&after_}); }

  static std::int64_t now() { return base::monotonic_ms(); }
  /// Long enough ago that what was doubted then counts no more.
  static std::int64_t long_ago() { return now() - pg::kTimelinePatience; }

  std::atomic<Timeline> slots_[3] = {};
  static inline std::atomic<Timeline> after_ = 0;
};

TEST_F(Timelines, AreMadeOfTwoNumbers) {
  EXPECT_EQ(make_timeline("0", "1"), 1u);
  EXPECT_EQ(make_timeline("4294967295", "4294967295"), ~Timeline{0});
  EXPECT_EQ(pg::number_of(make_timeline("4294967295", "258")), 258);
  for (const char* number : {"", "0", "-1", "x", "4294967296"})
    EXPECT_EQ(make_timeline("5", number), 0u) << number;
  EXPECT_EQ(make_timeline("4294967296", "1"), 0u);
}

TEST_F(Timelines, OfALaterOneThatAnyProcessHasMetMakesThoseBeforeOutdated) {
  pg::note_timeline(kFirst, now());
  EXPECT_EQ(slots_[0], kFirst);
  EXPECT_FALSE(pg::is_outdated(kFirst));
  slots_[2] = kSecond;
  EXPECT_EQ(pg::find_successor(kFirst), kSecond);
  EXPECT_FALSE(pg::is_outdated(kSecond));
  EXPECT_FALSE(pg::is_outdated(0));
  EXPECT_FALSE(pg::is_outdated(kOther));
  pg::note_timeline(kFirst, now());
  EXPECT_TRUE(pg::is_outdated(kFirst));
  pg::note_timeline(kSecond, now());
  EXPECT_EQ(slots_[0], kSecond);
}

TEST_F(Timelines, OfAnotherClusterSayNothing) {
  pg::note_timeline(kSecond, now());
  slots_[1] = kOther;
  EXPECT_TRUE(pg::is_outdated(kFirst));
  pg::note_timeline(kOther, now());
  EXPECT_EQ(slots_[0], kOther);
}

TEST_F(Timelines, ThatNobodyMeetsAnyMoreAreGivenUpInTheEnd) {
  slots_[0] = slots_[1] = kSecond;
  pg::note_timeline(kFirst, now());
  EXPECT_TRUE(pg::is_outdated(kFirst));
  pg::note_timeline(kSecond, now());
  pg::note_timeline(kFirst, long_ago());
  EXPECT_FALSE(pg::is_outdated(kFirst));
  pg::note_timeline(kFirst, now());
  EXPECT_EQ(slots_[0], kFirst);
}

TEST_F(Timelines, OfALiarKeepThisProcessFromTheNewPrimaryForAWhileAndLetNoOldOneIn) {
  slots_[1] = kSecond;
  slots_[2] = kFar;
  pg::note_timeline(kFirst, long_ago());
  pg::note_timeline(kSecond, long_ago());
  EXPECT_FALSE(pg::is_outdated(kSecond));  // the patience with the liar is over
  EXPECT_TRUE(pg::is_outdated(kFirst));
  slots_[2] = kFar + 1;
  EXPECT_FALSE(pg::is_outdated(kSecond)) << "a liar is believed for another while when it lies once more";
  slots_[2] = 0;
  EXPECT_TRUE(pg::is_outdated(kFirst));
}

}  // namespace
