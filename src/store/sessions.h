// Sessions in the database: one method a statement. Knows hashes of tokens, never tokens.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/users.h"

namespace store {

struct SessionId {
  std::int64_t value;
};

/// A session that an access token was accepted for.
struct FoundSession {
  SessionId id;
  UserId user;
  std::string username;
  std::string name;
  std::string groups;   ///< Comma-separated; empty for none.
  bool successor_used;  ///< False: the first use of the newest pair, to be marked.
};

/// A session that a client gets tokens of. Lives are seconds that the tokens have left.
struct OpenedSession {
  SessionId id;
  base::Time access_expires_at;
  base::Time refresh_expires_at;
  std::int64_t access_life;
  std::int64_t refresh_life;
  User user;
};

/// A live session found by the family of a presented refresh token.
struct FamilySession {
  OpenedSession session;
  bool is_previous;     ///< The token is the direct predecessor of the current one.
  bool replay_allowed;  ///< The predecessor may have the same pair again (tokens.md, row 3).
  std::optional<crypto::RotationSalt> salt;  ///< Nothing before the first rotation.
};

/// Where a session comes from, for the user's own list.
struct ClientInfo {
  std::optional<std::string> address;  ///< A valid IP address, or nothing.
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

struct RevokedSession {
  SessionId id;
  UserId user;
};

/// Every method throws pg::Error.
class Sessions {
 public:
  /// `settings` gives the lifetimes and must outlive the object.
  Sessions(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  OpenedSession insert(UserId user, const crypto::TokenPair& pair, const ClientInfo& client);
  /// The live sessions of access tokens, in the order of the hashes; nothing where there is none. One round
  /// trip.
  std::vector<std::optional<FoundSession>> find_by_access(std::span<const crypto::Digest> hashes);
  std::optional<FamilySession> find_by_family(const crypto::Digest& family, const crypto::Digest& refresh);
  /// Gives the access token of a pair its full life again, when it has run out before the pair was ever used.
  OpenedSession extend_access(SessionId session);
  /// Replaces the pair if `presented` is the current refresh token; nothing when it is not or the session is
  /// over.
  std::optional<OpenedSession> rotate(const crypto::Token& presented, const crypto::TokenPair& successors,
                                      const crypto::RotationSalt& salt);
  /// Notes that the newest pair is in use; gives up when the row is locked.
  void mark_used(SessionId session, const crypto::Digest& access);
  /// False when it was not live.
  bool revoke(SessionId session);
  /// Ends what a client's tokens stand for, either of them.
  std::vector<RevokedSession> revoke_presented(const std::optional<crypto::Token>& access,
                                               const std::optional<crypto::Token>& refresh);
  /// How many there were.
  std::int64_t revoke_others(UserId user, SessionId kept);
  std::int64_t revoke_all(UserId user);
  /// False when the user has no such live session.
  bool revoke_of_user(SessionId session, UserId user);
  /// Ends those unused for longest beyond the limit, less one for the session to come.
  std::vector<SessionId> revoke_excess(UserId user);
  bool is_live(SessionId session);
  /// Nothing when it is gone.
  std::optional<OpenedSession> describe(SessionId session);
  /// The live ones, newest first.
  std::vector<ListedSession> list(UserId user);
  /// True when the user proved the password in this session less than `seconds` ago.
  bool is_fresh(SessionId session, std::int64_t seconds);
  void mark_authenticated(SessionId session);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
