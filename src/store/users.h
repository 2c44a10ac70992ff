// Users in the database: one method a statement. Knows hashes of passwords, never passwords.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

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

  /// Nothing when the username is taken, in whatever case.
  std::optional<UserId> insert(std::string_view name, std::string_view username, std::string_view phc);
  /// Without regard to case; nothing when there is none.
  std::optional<UserPassword> find_by_username(std::string_view username);
  /// The PHC string; nothing when the user is gone.
  std::optional<std::string> find_password(UserId user);
  /// Locks the row to the end of the transaction; false when the user is gone or has another hash than
  /// `expected`, where that is given. To be taken before any session of the user is touched.
  bool lock(UserId user, const std::optional<std::string_view>& expected);
  /// Compare-and-set when `expected` is given. False: not changed.
  bool set_password(UserId user, std::string_view phc, const std::optional<std::string_view>& expected);
  void rename(UserId user, std::string_view name);
  /// Compare-and-set of a stronger hash of the same password. False: not changed.
  bool rehash(UserId user, std::string_view expected, std::string_view phc);
  /// With all sessions.
  void remove(UserId user);

 private:
  pg::Connection& connection_;
};

}  // namespace store
