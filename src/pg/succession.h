// Asks servers which timeline they are on, so that a primary that has been replaced is told from the one that
// took its place (timeline.h).
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <optional>

#include "pg/connector.h"
#include "pg/timeline.h"

namespace pg {

/// The timeline of a primary; 0 for a standby, and for a server that cannot say, such as one that only speaks
/// as PostgreSQL does. Nothing when it does not answer by the deadline, in milliseconds of
/// base::monotonic_ms().
std::optional<Timeline> ask_timeline(PGconn* connection, std::int64_t deadline);

/// Notes the timelines of the other hosts, also of those that the last connect() has tried: one may have been
/// promoted since. Takes a second at most; who does not answer is left out.
void meet_others(Connector& connector, std::int64_t deadline);

}  // namespace pg
