// The cleanup: deletes rows that are no longer needed, in small batches. Several workers and hosts may call
// it at the same time.
#pragma once

#include "pg/connection.h"

namespace auth {

/// Deletes what store/cleanup.h lists, and logs how many rows that were. May return before all of it is
/// deleted; the next call continues. Throws pg::Error.
void clean_up(pg::Connection& connection);

}  // namespace auth
