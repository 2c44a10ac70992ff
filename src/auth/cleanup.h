// The cleanup: removes rows that nobody needs any more, in small batches. Any worker may call it; only one
// works at a time.
#pragma once

#include "pg/connection.h"

namespace auth {

/// Removes sessions a day after their end, forgotten attempts and old devices, and logs how many. Throws
/// pg::Error.
void clean_up(pg::Connection& connection);

}  // namespace auth
