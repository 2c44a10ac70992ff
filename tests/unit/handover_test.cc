#include "server/handover.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "server/notify.h"

namespace server {
namespace {

const Handover kHandover{.made = true, .sockets = {3, 4, 5}, .workers = {101, 102}};

TEST(Handover, IsReadByTheProcessThatItIsFor) {
  EXPECT_EQ(format_handover(kHandover, 77), "1 77 made 3 4 5 101 102");
  EXPECT_EQ(parse_handover("1 77 made 3 4 5 101 102", 77), kHandover);
  EXPECT_EQ(parse_handover("1 77 inherited 9 8 7", 77),
            (Handover{.made = false, .sockets = {9, 8, 7}, .workers = {}}));
}

TEST(Handover, OfAnotherProcessIsNone) {
  EXPECT_EQ(parse_handover("1 77 made 3 4 5", 78), std::nullopt);
}

TEST(Handover, ThatIsMalformedIsRefused) {
  for (const char* text :
       {"", "1", "1 77", "1 77 made 3 4", "1 77 lent 3 4 5", "1 77 made 3 4 x", "1 x made 3 4 5",
        "1 77 made 3 4 99999999999", "1 77 made 3 4 5 -1", "2 77 made 3 4 5", "77 made 3 4 5"})
    EXPECT_THROW(parse_handover(text, 77), std::runtime_error) << text;
}

TEST(Handover, IsTakenOutOfTheEnvironment) {
  leave_handover(kHandover);
  EXPECT_EQ(take_handover(), kHandover);
  EXPECT_EQ(take_handover(), std::nullopt);
}

TEST(Watchdog, IsAskedForInMicrosecondsAndOfOneProcess) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval_ms(), 30000);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval_ms(), 0);
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "often", 1);
  EXPECT_EQ(watchdog_interval_ms(), 0);
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(watchdog_interval_ms(), 0);
}

}  // namespace
}  // namespace server
