// What PostgreSQL or libpq reports as an error, and the one place where an SQLSTATE is looked at.
#pragma once

#include <stdexcept>
#include <string>

#include "base/problem.h"

namespace pg {

/// Thrown by every call of this folder that fails. what() is for the log only: it may name hosts and columns.
class Error : public std::runtime_error {
 public:
  /// `sqlstate` has five characters; empty when the server said nothing (lost connection, deadline).
  Error(const std::string& message, std::string sqlstate);

  const std::string& sqlstate() const { return sqlstate_; }
  /// What the client is told: 503 while the database cannot do it, 400 for bytes it refuses, else 500.
  base::ProblemId problem() const;

 private:
  std::string sqlstate_;
};

/// True when the statement was refused before it ran because the connection's prepared plans are stale
/// (26000, 0A000).
bool is_stale_plan(const std::string& sqlstate);

/// True when the connection is of no use any more: the server goes down, or has become a read-only standby.
bool ends_connection(const std::string& sqlstate);

}  // namespace pg
