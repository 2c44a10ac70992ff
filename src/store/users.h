// Users in the database. Only hashes of passwords reach it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// What the API shows of a user.
struct User {
  UserId id;
  std::string name;
  std::string username;
  base::Time created_at;
};

/// A user and the PHC string of the password's hash, as a login needs them.
struct UserPassword {
  UserId id;
  std::string phc;
  bool disabled;  ///< The user may not log in.
};

/// The same, and whether the browser that asks is known for the user.
struct LoginUser : UserPassword {
  bool device_known;
};

/// Every method throws pg::Error.
class Users {
 public:
  explicit Users(pg::Connection& connection) : connection_(connection) {}

  /// Creates a user; nothing when the username is taken, in any case. `groups` are stored as they are given
  /// here, comma-separated, and so are those of all other classes: each once, each one that base::is_group()
  /// accepts, in the order in which they shall be shown; empty for none.
  std::optional<UserId> insert(std::string_view name, std::string_view username, std::string_view phc,
                               std::string_view groups = {});
  /// Finds a user by username in any case; nothing when there is none.
  std::optional<UserPassword> find_by_username(std::string_view username);
  /// The same for a login with this device; the digest of its token, or nothing. A device is known for 400
  /// days.
  std::optional<LoginUser> find_for_login(std::string_view username,
                                          const std::optional<crypto::Digest>& device);
  /// The PHC string of the password's hash; nothing when the user is gone.
  std::optional<std::string> find_password(UserId user);
  /// Locks the row of the user until the end of the transaction. False when the user is gone or, if
  /// `expected` is given, has another hash. A transaction must lock the user before it changes several of the
  /// user's sessions.
  bool lock(UserId user, const std::optional<std::string_view>& expected);
  /// The same for what only a user may get who may log in: false also when the user is disabled.
  bool lock_enabled(UserId user, const std::optional<std::string_view>& expected);
  /// Sets the hash of a new password. False when the user is gone or, if `expected` is given, has another
  /// hash.
  bool set_password(UserId user, std::string_view phc, const std::optional<std::string_view>& expected);
  void rename(UserId user, std::string_view name);
  /// Sets a stronger hash of the same password. False when the stored hash is no longer `expected`.
  bool rehash(UserId user, std::string_view expected, std::string_view phc);
  /// Deletes the user, with all sessions, devices, tickets and events.
  void remove(UserId user);

 private:
  pg::Connection& connection_;
};

}  // namespace store
