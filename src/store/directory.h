// The users as their operator sees and changes them. The service does not use this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/sessions.h"

namespace store {

/// A user with what is not for the API.
struct DirectoryEntry {
  UserId id;
  std::string username;
  std::string name;
  std::string groups;  ///< Comma-separated; empty for none.
  std::optional<std::string> email;
  std::optional<base::Time> disabled_at;  ///< Nothing for a user who may log in.
  base::Time created_at;
  base::Time password_changed_at;
  std::string password_hash;
  std::int64_t sessions;  ///< How many are live.
};

/// A live session with the name of its user.
struct DirectorySession {
  std::string username;
  ListedSession session;
};

/// A number of users and of those of them who may not log in, or of sessions and of those of them that are
/// live.
struct Count {
  std::int64_t all = 0;
  std::int64_t marked = 0;
  std::int64_t last = 0;               ///< The greatest id that was counted; 0 when none was.
  std::optional<base::Time> earliest;  ///< When the oldest live session was opened; nothing for users.
};

/// Every method throws pg::Error.
class Directory {
 public:
  explicit Directory(pg::Connection& connection) : connection_(connection) {}

  /// The users whose id is greater than `after`, in the order of their ids; at most 1,000. Call it with the
  /// id of the last one for the next, and with 0 first.
  std::vector<DirectoryEntry> list(UserId after);
  /// The user of this name, in any case; nothing when there is none.
  std::optional<DirectoryEntry> find(std::string_view username);
  /// Sets the groups, as Users::insert() takes them.
  void set_groups(UserId user, std::string_view groups);
  /// Sets the address for mail; nothing removes it. It counts as one that nobody has proved.
  void set_email(UserId user, const std::optional<std::string_view>& email);
  /// From now on the user may not log in. False when that was so already.
  bool disable(UserId user);
  /// False when the user may log in already.
  bool enable(UserId user);

  /// The live sessions of all users whose id is greater than `after`, in the order of their ids; at most
  /// 1,000. Called as list() is.
  std::vector<DirectorySession> list_sessions(SessionId after);
  /// The user of a session, live or not; nothing when there is no such session.
  std::optional<DirectoryEntry> find_owner(SessionId session);
  /// Counts at most 5,000 users or sessions whose id is greater than `after`. Called as list() is, with the
  /// `last` of the call before.
  Count count_users(std::int64_t after);
  Count count_sessions(std::int64_t after);

 private:
  pg::Connection& connection_;
};

}  // namespace store
