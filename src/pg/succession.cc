#include "pg/succession.h"

#include <algorithm>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "pg/error.h"
#include "pg/exchange.h"

namespace pg {
namespace {

/// For all of them together, in milliseconds: it is more than a host needs that is well.
constexpr std::int64_t kMeetingLimit = 1000;

// Needs no rights. A standby has no row.
constexpr const char* kFindTimeline = R"sql(
    SELECT (system_identifier & 4294967295)::text,
           ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint::text
    FROM pg_control_system()
    WHERE NOT pg_is_in_recovery()
)sql";

void meet(Connector& connector, std::size_t place, std::int64_t deadline) {
  const RawConnection connection = connector.connect_to(place, deadline);
  const std::int64_t now = base::monotonic_ms();
  note_timeline(ask_timeline(connection.get(), deadline).value_or(0), now);
}

}  // namespace

std::optional<Timeline> ask_timeline(PGconn* connection, std::int64_t deadline) {
  base::enter(base::Step::querying);
  const RawResult result = finish_query(connection, ::PQsendQuery(connection, kFindTimeline), deadline);
  if (is_lost(result)) return std::nullopt;
  if (!succeeded(result) || ::PQntuples(result.get()) != 1) return 0;
  return make_timeline(::PQgetvalue(result.get(), 0, 0), ::PQgetvalue(result.get(), 0, 1));
}

void meet_others(Connector& connector, std::int64_t deadline) {
  const auto places = connector.others();
  deadline = std::min(deadline, base::monotonic_ms() + kMeetingLimit);
  for (std::size_t i = 0; i < places.size(); ++i) {
    try {
      meet(connector, places[i], share_of(deadline, places.size() - i));
    } catch (const Error&) {
      continue;  // as a host that is away, or a standby where a primary is asked for
    }
  }
}

}  // namespace pg
