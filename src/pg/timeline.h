// Which primary is the newest. PostgreSQL begins a new timeline with each promotion of a standby, so a
// primary on an earlier one has been replaced, and does not know it yet: it was frozen, or cut off from the
// others. It takes connections as before, but sessions that were ended since are live there, and new ones are
// unknown. Each worker says in its slot of the scoreboard which one it has met, and heeds what the others
// say.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pg {

/// The database cluster in the upper half, the number of the timeline in the lower. 0: not known, as of a
/// standby.
using Timeline = std::uint64_t;
static_assert(std::atomic<Timeline>::is_always_lock_free);

/// How long this process believes another one that there is a later timeline, while it meets only earlier
/// ones, in milliseconds. A promotion may come to nothing: its server is lost before any other has followed
/// it. And the process that says so may have been taken over.
inline constexpr std::int64_t kTimelinePatience = 20000;

/// 0 for what are no numbers.
Timeline make_timeline(std::string_view system, std::string_view number);

/// The number by which PostgreSQL knows it.
std::int64_t number_of(Timeline timeline);

/// From now on this process writes what it meets to `own`, and reads what all have met, itself too, in `all`.
/// All of them must outlive every use. Before the first call it has what it has met itself.
void share_timelines(std::atomic<Timeline>& own, const std::vector<const std::atomic<Timeline>*>& all);

/// The newest later timeline of the same cluster that is believed to be there; 0 for none.
Timeline find_successor(Timeline timeline);
inline bool is_outdated(Timeline timeline) {
  return find_successor(timeline) != 0;
}

/// Notes that a primary of this timeline has answered at `now`, in milliseconds of base::monotonic_ms().
void note_timeline(Timeline timeline, std::int64_t now);

}  // namespace pg
