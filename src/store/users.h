// Users in the database: one method a statement. Knows hashes of passwords, never passwords.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "pg/connection.h"

namespace store {

struct UserId {
  std::int64_t value;
};

/// What is shown of a user.
struct User {
  UserId id;
  std::string name;
  std::string username;
  base::Time created_at;
};

/// What a login needs before the password is verified.
struct UserPassword {
  UserId id;
  std::string phc;
};

/// Every method throws pg::Error.
class Users {
 public:
  explicit Users(pg::Connection& connection) : connection_(connection) {}

  /// The number of the newest migration that the database has.
  std::int64_t find_schema_version();
  /// Nothing when the username is taken, in whatever case.
  std::optional<UserId> insert(std::string_view name, std::string_view username, std::string_view phc);
  /// Without regard to case; nothing when there is none.
  std::optional<UserPassword> find_by_username(std::string_view username);
  /// The PHC string; nothing when the user is gone.
  std::optional<std::string> find_password(UserId user);
  /// Locks the row to the end of the transaction; false when the hash is another one by now or the user is
  /// gone.
  bool lock_with_password(UserId user, std::string_view phc);
  /// Compare-and-set when `expected` is given. False: not changed.
  bool set_password(UserId user, std::string_view phc, const std::optional<std::string_view>& expected);
  /// Compare-and-set of a stronger hash of the same password. False: not changed.
  bool rehash(UserId user, std::string_view expected, std::string_view phc);
  /// With all sessions, if `session` of the user is still live and the hash is `expected`, when given.
  bool remove(UserId user, std::int64_t session, const std::optional<std::string_view>& expected);

 private:
  pg::Connection& connection_;
};

}  // namespace store
