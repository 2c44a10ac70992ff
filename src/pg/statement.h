// A prepared statement of the service. Knows no connection: whoever defines a statement has it prepared on
// all.
#pragma once

#include <vector>

namespace pg {

/// What a failure of a statement means: a read may run twice when the connection is lost, a write never; an
/// optional write may as well not happen, so that its refusal says nothing of the connection.
enum class Access { read, write, optional_write };

/// Stands at namespace scope beside the code that binds and reads it, and lives as long as the program:
///
///     const pg::Statement kFind{"user_find", pg::Access::read, R"sql(
///         SELECT ...
///     )sql"};
///
/// The constructor enters the object in a list, and each new connection prepares what stands in it. So there
/// is no second list that a statement could be missing from, and SQL that the database cannot prepare fails
/// the connection, which is seen at the start, and not the first request that needs it.
class Statement {
 public:
  /// `name` is what PostgreSQL calls the statement: each has one of its own. Both texts must be literals.
  Statement(const char* name, Access access, const char* sql) noexcept
      : name_(name), access_(access), sql_(sql), previous_(newest_) {
    newest_ = this;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const char* name() const { return name_; }
  Access access() const { return access_; }
  const char* sql() const { return sql_; }

  /// Every statement of the program, in no particular order. Complete once main() runs.
  static std::vector<const Statement*> all() {
    std::vector<const Statement*> statements;
    for (const Statement* one = newest_; one != nullptr; one = one->previous_) statements.push_back(one);
    return statements;
  }

 private:
  const char* name_;
  Access access_;
  const char* sql_;
  const Statement* previous_;

  // Constant-initialised: it is there before the first constructor of any file runs.
  static inline constinit const Statement* newest_ = nullptr;
};

}  // namespace pg
