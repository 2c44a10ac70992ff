// The variables of libpq in the environment, such as PGHOST. The settings are the one source of where a
// connection goes, as whom, and how; so hardly any of them counts.
#pragma once

#include <string>
#include <vector>

namespace pg {

/// Unsets the variables of libpq, except those that say how a connection is protected or where service files
/// are. Returns the names of those that were set. Call it once, at the start, before there are threads.
/// scripts/lib-database.sh does the same.
std::vector<std::string> forget_variables();

}  // namespace pg
