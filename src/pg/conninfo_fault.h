// What libpq would refuse of a connection string only when it connects, and then each time again.
#pragma once

#include <string>

#include "base/config.h"

namespace pg {

/// Why no connection can ever be made by the settings and by what they leave to a service file and the
/// environment: a sentence that says where the fault is and what would be right. It tells no value, as one
/// may be a password in the wrong place. Empty when nothing is wrong; whether a server is there is not looked
/// at.
std::string find_conninfo_fault(const base::Settings& settings);

}  // namespace pg
