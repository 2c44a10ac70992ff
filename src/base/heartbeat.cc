#include "base/heartbeat.h"

#include "base/clock.h"

namespace base {
namespace {

std::atomic<std::int64_t>* written = nullptr;
std::int64_t interval = 0;

}  // namespace

void set_heartbeat(std::atomic<std::int64_t>& due, std::int64_t interval_ms) {
  written = &due;
  interval = interval_ms;
}

void beat(std::int64_t more_ms) {
  if (written != nullptr) *written = monotonic_ms() + interval + more_ms;
}

}  // namespace base
