#include "base/heartbeat.h"

#include "base/clock.h"

namespace base {
namespace {

Heartbeat* written = nullptr;
std::int64_t interval = 0;

}  // namespace

std::string_view words_of(Step step) {
  const StepRow* row = find_row(kSteps, step);
  return row == nullptr ? "is in a step that does not exist" : row->words;
}

void set_heartbeat(Heartbeat& heartbeat, std::int64_t interval_ms) {
  written = &heartbeat;
  interval = interval_ms;
}

void beat(Step step, std::int64_t more_ms) {
  enter(step);
  if (written != nullptr) written->due = monotonic_ms() + interval + more_ms;
}

void enter(Step step) {
  if (written != nullptr) written->step = step;
}

}  // namespace base
