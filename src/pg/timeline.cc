#include "pg/timeline.h"

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"

namespace pg {
namespace {

constexpr Timeline kMostNumber = 0xFFFFFFFF;

/// A process that says which timeline it has met.
struct Witness {
  const std::atomic<Timeline>* met;
  std::int64_t doubted_since = 0;  ///< Since when only earlier ones were met here; 0: it is not doubted.
};

std::atomic<Timeline> unshared;
std::atomic<Timeline>* own = &unshared;
std::vector<Witness> witnesses{{&unshared}};

/// What a witness says after that counts only when this process has met as late a timeline as it says. So one
/// that lies can keep this process from the primary for that long, but never let an earlier one in: the
/// others are doubted, each by itself, only while this process meets nothing as late as they say.
bool is_believed(const Witness& witness, std::int64_t now) {
  return witness.doubted_since == 0 || now < witness.doubted_since + kTimelinePatience;
}

bool is_later(Timeline one, Timeline other) {
  return one >> 32 == other >> 32 && one > other;
}

Timeline find_successor(Timeline timeline, std::int64_t now) {
  Timeline newest = 0;
  for (const Witness& witness : witnesses) {
    const Timeline met = *witness.met;
    if (is_later(met, timeline) && is_believed(witness, now)) newest = std::max(newest, met);
  }
  return newest;
}

}  // namespace

Timeline make_timeline(std::string_view system, std::string_view number) {
  const auto cluster = static_cast<Timeline>(base::parse_number(system).value_or(0));
  const auto place = static_cast<Timeline>(base::parse_number(number).value_or(0));
  return cluster > kMostNumber || place > kMostNumber || place == 0 ? 0 : cluster << 32 | place;
}

std::int64_t number_of(Timeline timeline) {
  return static_cast<std::int64_t>(timeline & kMostNumber);
}

void share_timelines(std::atomic<Timeline>& mine, const std::vector<const std::atomic<Timeline>*>& all) {
  own = &mine;
  witnesses.clear();
  for (const auto* met : all) witnesses.push_back({met});
}

Timeline find_successor(Timeline timeline) {
  return timeline == 0 ? 0 : find_successor(timeline, base::monotonic_ms());
}

void note_timeline(Timeline timeline, std::int64_t now) {
  if (timeline == 0) return;
  for (Witness& witness : witnesses) {
    if (!is_later(*witness.met, timeline))
      witness.doubted_since = 0;
    else if (witness.doubted_since == 0)
      witness.doubted_since = now;
  }
  if (find_successor(timeline, now) == 0) *own = timeline;
}

}  // namespace pg
