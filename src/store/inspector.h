// What a database says of itself, beside its tables: for an operator, and for a database that the service may
// not be able to work with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pg/probe.h"

namespace store {

struct DatabaseFacts {
  std::int64_t version = 0;  ///< As PostgreSQL counts: 150004 for 15.4.
  std::string version_text;
  std::string database;
  std::string role;
  std::string encoding;
  bool has_power = false;     ///< The role may do more than use tables: it is a superuser, or may become one.
  bool may_make = false;      ///< The role may make functions and tables, as owners of a database may.
  bool is_read_only = false;  ///< It is a standby, or refuses writes.
  bool keeps_commits = false;  ///< What was committed survives a crash.
  std::int64_t max_connections = 0;
  std::int64_t reserved = 0;         ///< Connections of them that are kept for superusers.
  std::int64_t role_limit = -1;      ///< -1 for none.
  std::int64_t database_limit = -1;  ///< -1 for none.
  std::int64_t others = 0;           ///< Connections of other roles that are open now.
};

/// Throws pg::Error.
DatabaseFacts find_facts(pg::Probe& probe);

/// The clock of the database. Throws pg::Error.
base::Time find_time(pg::Probe& probe);

/// A statement that the database refuses.
struct RefusedStatement {
  std::string reason;
  bool by_rights = false;  ///< The role lacks a right, and the tables fit.
};

/// Has the database plan each statement of this program without running it, and returns those that it
/// refuses, each reason once. Throws pg::Error when the connection is lost.
std::vector<RefusedStatement> find_refused(pg::Probe& probe);

}  // namespace store
