#include "auth/cleanup.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/cleanup.h"

namespace auth {
namespace {

/// A limit, because the worker answers no requests meanwhile.
constexpr int kMostBatches = 20;
constexpr std::int64_t kBatchDeadline = 5000;  // milliseconds

}  // namespace

void clean_up(pg::Connection& connection) {
  store::Cleanup cleanup(connection);
  store::Purged total;
  for (int batch = 0; batch < kMostBatches; ++batch) {
    connection.set_deadline(base::monotonic_ms() + kBatchDeadline);
    const auto purged = cleanup.purge_batch();
    total.sessions += purged.sessions;
    total.attempts += purged.attempts;
    total.devices += purged.devices;
    if (purged.sessions + purged.attempts + purged.devices == 0) break;
  }
  if (total.sessions + total.attempts + total.devices == 0) return;
  base::log_event(base::LogLevel::info, "session_expired",
                  {{"detail", "cleanup"},
                   {"sessions", total.sessions},
                   {"attempts", total.attempts},
                   {"devices", total.devices}});
}

}  // namespace auth
