#include "auth/cleanup.h"

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "store/cleanup.h"

namespace auth {
namespace {

constexpr std::int64_t kBatchDeadline = 5000;  // milliseconds

}  // namespace

bool clean_up_batch(pg::Connection& connection, const base::Settings& settings) {
  base::beat(base::Step::querying);
  connection.set_deadline(base::monotonic_ms() + kBatchDeadline);
  const auto purged = store::Cleanup(connection, settings).purge_batch();
  if (purged.sessions + purged.attempts + purged.devices + purged.tickets + purged.events == 0) return false;
  base::log_event(base::LogLevel::info, "session_expired",
                  {{"detail", "cleanup"},
                   {"sessions", purged.sessions},
                   {"attempts", purged.attempts},
                   {"devices", purged.devices},
                   {"tickets", purged.tickets},
                   {"events", purged.events}});
  return true;
}

}  // namespace auth
