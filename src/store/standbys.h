// What a primary and a standby say of themselves, and whether by that the standby shows all that the primary
// has acknowledged. It knows nothing of who asks, and when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pg/connection.h"
#include "pg/probe.h"

namespace store {

/// A place in the write-ahead log, in bytes from its beginning.
using LogPlace = std::int64_t;

struct PrimaryFacts {
  bool is_standby = false;
  std::int64_t cluster = 0;  ///< The number that initdb gave the cluster.
  std::int64_t database = 0;
  std::string awaited;               ///< synchronous_standby_names.
  std::string commits;               ///< What synchronous_commit is by default.
  std::vector<std::string> senders;  ///< The names of those who receive the log.
  LogPlace flushed = 0;              ///< Up to where it is on the disk; 0 for a standby.
  LogPlace written = 0;              ///< Up to where there is any; 0 for a standby.
  base::Time clock;
};

struct StandbyFacts {
  bool is_standby = false;
  std::int64_t cluster = 0;
  std::int64_t database = 0;
  std::string name;  ///< cluster_name.
  LogPlace replayed = 0;
  base::Time clock;
};

/// All throw pg::Error.
PrimaryFacts ask_primary(pg::Connection& connection);
PrimaryFacts ask_primary(pg::Probe& probe);
StandbyFacts ask_standby(pg::Connection& connection);
StandbyFacts ask_standby(pg::Probe& probe);

/// Whether a role or a database of the primary has another synchronous_commit than remote_apply: a sentence
/// with what removes it; empty for none. Throws pg::Error.
std::string find_lax_commits(pg::Probe& primary);

/// Why checks must not be read from a standby, and what would be right; the primary was asked after it. Empty
/// when they may, if it is not too far behind as well.
std::string find_standby_fault(const PrimaryFacts& primary, const StandbyFacts& standby);

}  // namespace store
