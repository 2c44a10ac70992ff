// Sessions in the database: creating them, finding them by access tokens, and listing them. Refreshing is in
// rotations.h, revoking in revocations.h. Only hashes of tokens reach the database.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/opened_session.h"

namespace store {

/// A live session that was found by its access token, or by the one before it.
struct FoundSession {
  SessionId id;
  UserId user;
  std::string username;
  std::string name;
  std::string groups;  ///< Comma-separated; empty for none.
  bool first_use;      ///< The access token is the first of the current pair to be used: call mark_used().
};

using FoundSessions = std::vector<std::optional<FoundSession>>;

/// Where a session was opened from, for the list of sessions that its user sees.
struct ClientInfo {
  std::optional<std::string> address;  ///< A valid IP address; nothing when it is unknown.
  std::string user_agent;
};

/// A live session as its user sees it.
struct ListedSession {
  SessionId id;
  base::Time created_at;
  base::Time last_used_at;
  std::optional<std::string> address;
  std::string user_agent;
};

/// Every method throws pg::Error.
class Sessions {
 public:
  /// `settings` gives the lifetimes and must outlive the object.
  Sessions(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// Adds a step that locks the row of the user and creates a session, with the lifetimes of the settings.
  /// Its result has no row when the user is gone, is disabled or, if `expected` is given, has another hash of
  /// the password; else it is one for read_opened(). Texts are not copied.
  void add_open(pg::Steps& steps, UserId user, const std::optional<std::string_view>& expected,
                const crypto::TokenPair& pair, const ClientInfo& client) const;
  /// Finds the live session of each access token in one round trip. The results are in the order of the
  /// hashes, with nothing where there is no live session.
  FoundSessions find_by_access(std::span<const crypto::Digest> hashes);
  /// The same for access tokens that were replaced by a refresh less than REFRESH_GRACE ago, and had not
  /// expired by themselves. It is a second question, for those whose session the first did not find.
  FoundSessions find_by_previous_access(std::span<const crypto::Digest> hashes);
  /// Records that a token of the current pair has been accepted, if `access` is still the current access
  /// token. Does nothing when the row is locked: the next check tries it again.
  void mark_used(SessionId session, const crypto::Digest& access);
  /// True when the session is neither revoked nor expired.
  bool is_live(SessionId session);
  /// The session with its user, live or not; nothing when it is gone.
  std::optional<OpenedSession> describe(SessionId session);
  /// The live sessions of the user, newest first; at most 1,000.
  std::vector<ListedSession> list(UserId user);
  /// True when the user proved the password in this session less than `seconds` ago.
  bool is_fresh(SessionId session, std::int64_t seconds);
  /// Records that the user has proved the password in this session now.
  void mark_authenticated(SessionId session);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
