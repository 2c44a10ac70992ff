// Sessions in the database: how they begin, who an access token stands for, what is shown of them. A refresh
// is in rotations.h, the end in revocations.h. Knows hashes of tokens, never tokens.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/opened_session.h"

namespace store {

/// A session that an access token was accepted for.
struct FoundSession {
  SessionId id;
  UserId user;
  std::string username;
  std::string name;
  std::string groups;   ///< Comma-separated; empty for none.
  bool successor_used;  ///< False: the first use of the newest pair, to be marked.
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
  /// Notes that the newest pair is in use; gives up when the row is locked.
  void mark_used(SessionId session, const crypto::Digest& access);
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
