// A prepared statement. Every statement that the program defines is prepared on every connection.
#pragma once

#include <vector>

namespace pg {

/// How Connection::execute() treats a failure. A read is tried again when the connection is lost; a write is
/// not, as it might run twice. An unseen write changes nothing that a check looks at, such as a counter:
/// where checks read from standbys, nobody waits for those. A sought write changes a row that a client names
/// by its token: where there is none, nobody waits, as anybody may ask for that. An optional write may fail
/// without harm, so that the server's refusal of it does not end the connection.
enum class Access { read, write, unseen_write, sought_write, optional_write };

/// Define a statement at namespace scope, beside the code that binds its parameters and reads its result:
///
///     const pg::Statement kFind{"user_find", pg::Access::read, R"sql(
///         SELECT ...
///     )sql"};
///
/// The constructor adds the statement to a list, and each new connection prepares all that are on it. So no
/// statement can be forgotten, and SQL that the database refuses is noticed at the start and not at the first
/// request that needs it. The list holds pointers: a statement must live as long as the program.
class Statement {
 public:
  /// `name` must be unique: PostgreSQL knows the statement by it. Both texts must be literals.
  Statement(const char* name, Access access, const char* sql) noexcept
      : name_(name), access_(access), sql_(sql), previous_(newest_) {
    newest_ = this;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const char* name() const { return name_; }
  Access access() const { return access_; }
  const char* sql() const { return sql_; }

  /// Every statement of the program, in no particular order. Complete when main() begins.
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

  // Constant-initialised, so that it is valid before the constructors of statements in other files run.
  static inline constinit const Statement* newest_ = nullptr;
};

}  // namespace pg
