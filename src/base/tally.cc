#include "base/tally.h"

namespace base {
namespace {

Tally own;
Tally* written = &own;

}  // namespace

void set_tally(Tally& shared) {
  written = &shared;
}

Tally& tally() {
  return *written;
}

void count_event(std::string_view event) {
  const auto row = std::find_if(kCounted.begin(), kCounted.end(),
                                [&](const CountedRow& candidate) { return candidate.event == event; });
  if (row != kCounted.end()) tally().events[static_cast<std::size_t>(row->id)].add();
}

}  // namespace base
