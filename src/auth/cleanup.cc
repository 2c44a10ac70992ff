#include "auth/cleanup.h"

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "base/tally.h"
#include "store/cleanup.h"

namespace auth {
namespace {

constexpr std::int64_t kBatchDeadline = 5000;  // milliseconds

void count(const store::Purged& purged) {
  for (std::size_t i = 0; i < purged.size(); ++i) base::tally().cleaned[i].add(purged[i]);
}

}  // namespace

bool clean_up_batch(pg::Connection& connection, const base::Settings& settings) {
  base::beat(base::Step::querying);
  connection.set_deadline(base::monotonic_ms() + kBatchDeadline);
  const auto purged = store::Cleanup(connection, settings).purge_batch();
  count(purged);
  if (purged == store::Purged{}) return false;
  const auto [sessions, attempts, devices, tickets, events] = purged;
  base::log_event(base::LogLevel::info, "session_expired",
                  {{"detail", "cleanup"},
                   {"sessions", sessions},
                   {"attempts", attempts},
                   {"devices", devices},
                   {"tickets", tickets},
                   {"events", events}});
  return true;
}

}  // namespace auth
