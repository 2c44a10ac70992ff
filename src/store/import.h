// Users whom the operator brings from elsewhere, many in one statement. It knows nothing of files, and the
// service does not use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// How many users one statement takes, so that each ends long before its deadline.
inline constexpr std::size_t kImportBatch = 1000;

/// What is known of users, one array of the same length for each column. The texts must live until the
/// statement has run.
struct UserColumns {
  using Texts = std::vector<std::optional<std::string_view>>;
  Texts usernames, password_hashes;
  Texts names;   ///< Of the following, nothing is what the file does not say.
  Texts groups;  ///< As Users::insert() takes them.
  Texts emails;
  Texts disabled;  ///< `true` or `false`.
};

/// A user of a batch who is there already.
struct ExistingUser {
  std::size_t place;  ///< In the batch, from 0.
  UserId id;
};

/// What an update does to a user who was there before.
struct LockedUser {
  bool new_hash;        ///< The stored hash is another one.
  bool newly_disabled;  ///< The user could log in, and may not from now on.
};

/// Every method throws pg::Error. All but find() are for one transaction, which calls begin() first.
class Import {
 public:
  /// `settings` says whether a history is kept (EVENTS_KEEP), and must outlive the object.
  Import(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// False when another import is under way. No other one begins until the transaction ends, so that two
  /// never wait for each other's users.
  bool begin();
  /// Those of the batch that are there, whatever the case of their usernames.
  std::vector<ExistingUser> find(const UserColumns& batch);
  /// Stores the users of the batch, and returns their ids. There are fewer of them when somebody else has
  /// made one of the users meanwhile. The username is the name of those without one.
  std::vector<std::int64_t> insert(const UserColumns& batch);
  /// Locks the users in the order of their ids, which must ascend, and tells of each what the batch changes.
  /// There are fewer when a user was deleted meanwhile.
  std::vector<LockedUser> lock(std::span<const std::int64_t> users, const UserColumns& batch);
  /// Gives these users what the batch says of them. An address for mail counts as one that nobody has proved,
  /// unless it is the one of before.
  void update(std::span<const std::int64_t> users, const UserColumns& batch);
  /// Ends all sessions of the users, forgets their devices and deletes their tickets. Returns how many live
  /// sessions those were.
  std::int64_t end_access(std::span<const std::int64_t> users);
  /// Writes this event into the history of each of the users; `actor` is as in Event (store/events.h).
  void record(std::span<const std::int64_t> users, std::string_view event, std::string_view actor);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
