// What PostgreSQL or libpq reports as an error, and what an SQLSTATE says of the connection.
#pragma once

#include <stdexcept>
#include <string>

namespace pg {

/// Thrown by every call of this folder that fails. what() is for the log only: it may name hosts and columns.
class Error : public std::runtime_error {
 public:
  /// `sqlstate` has five characters; empty when the server said nothing (lost connection, deadline).
  Error(const std::string& message, std::string sqlstate);

  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// True when the statement was refused before it ran because the connection's prepared plans are stale
/// (26000, 0A000).
bool is_stale_plan(const std::string& sqlstate);

/// True when the connection is of no use any more: the server goes down, or has become a read-only standby.
bool ends_connection(const std::string& sqlstate);

}  // namespace pg
