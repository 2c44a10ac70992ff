// Starts another program that uses libpq, such as psql, on the database of the settings. No secret stands on
// its command line, which every user of the machine can read.
#pragma once

#include "base/config.h"

namespace pg {

/// Becomes the program `command`, an argument list as in main(). It finds the connection of the settings in
/// its environment: the password as PGPASSWORD, all else in a service file that exists in memory only.
/// Returns never; throws runtime_error when the program cannot be started, when DATABASE_URL names a service
/// that does not exist, or when it has a value that a service file cannot hold.
[[noreturn]] void become_client(const base::Settings& settings, char** command);

}  // namespace pg
