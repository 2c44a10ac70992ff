// Errors of PostgreSQL and libpq, and what an SQLSTATE says about the connection.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pg {

/// Thrown by Connection and Transaction. what() is for the log only, as it may name hosts and columns.
class Error : public std::runtime_error {
 public:
  /// `sqlstate` has five characters; it is empty when the server sent no error: the connection was lost or
  /// the deadline passed.
  Error(const std::string& message, std::string sqlstate);

  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// True when a prepared statement did not run because this connection does not have it (26000) or because its
/// result type has changed with the tables (0A000). A new connection, which prepares it again, can run it.
bool is_stale_plan(const std::string& sqlstate);

/// What an error with this SQLSTATE tells of a pooler that loses prepared statements, to be put behind the
/// message; empty for other errors.
std::string_view advice_on_pooler(const std::string& sqlstate);

/// True when the connection must be replaced: it failed, the server is shutting down, has ended a transaction
/// that took too long, or is a read-only standby.
bool ends_connection(const std::string& sqlstate);

/// True when the server refused a write because it is a standby or was made read-only (25006).
bool is_read_only(const std::string& sqlstate);

}  // namespace pg
