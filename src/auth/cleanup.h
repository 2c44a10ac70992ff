// The cleanup: deletes rows that are no longer needed, in small batches. Several workers and hosts may call
// it at the same time.
#pragma once

#include "base/config.h"
#include "pg/connection.h"

namespace auth {

/// Deletes one batch of what store/cleanup.h lists, and logs how many rows that were. Takes at most five
/// seconds. True when there may be more to delete: call it again then. Throws pg::Error.
bool clean_up_batch(pg::Connection& connection, const base::Settings& settings);

}  // namespace auth
