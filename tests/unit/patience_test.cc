// auth/patience: which requests are too old for a hash.
#include "auth/patience.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;

TEST(Patience, JudgesOnlyWhatIsPlausible) {
  const base::Time now{1763953200500ms};
  const std::pair<std::string_view, bool> rows[] = {
      {"1763953200.500", false},  // passed on just now
      {"1763953192.500", false},  // 8 s ago
      {"1763953192.499", true},   // longer
      {"1763953190.000", true},   // nginx is about to give up
      {"1763953140.500", true},   // a minute ago
      {"1763953140.499", false},  // longer: the clocks differ
      {"1763953201.000", false},  // to come
      {"0.000", false},           // 1970
      {"", false},                // a peer that does not say
      {"1763953192", false},      // other forms
      {"1763953192.4", false},
      {"1763953192.4990", false},
      {"1763953192,499", false},
      {"-1763953192.499", false},
      {"+1763953192.499", false},
      {" 1763953192.499", false},
      {"1763953192.499 ", false},
      {"1763953192.49x", false},
      {".499", false},
      {"499", false},
      {"99999999999999999999.000", false},
      {"9223372036854775.807", false},
  };
  for (const auto& [text, late] : rows)
    EXPECT_EQ(auth::find_wait(text, now).value_or(0ms) > auth::kMostWait, late) << text;
}

}  // namespace
