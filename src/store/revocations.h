// Every way in which a session is ended before its time. Knows hashes of tokens, never tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

struct RevokedSession {
  SessionId id;
  UserId user;
};

/// A session that is over already counts as none. Every method throws pg::Error.
class Revocations {
 public:
  /// `settings` gives the limit of sessions and must outlive the object.
  Revocations(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// False when it was revoked already.
  bool revoke(SessionId session);
  /// False when the user has no such live session.
  bool revoke_of_user(SessionId session, UserId user);
  /// Ends what a client's tokens stand for, either of them.
  std::vector<RevokedSession> revoke_presented(const std::optional<crypto::Token>& access,
                                               const std::optional<crypto::Token>& refresh);
  /// Ends all of the user's sessions but one; how many there were.
  std::int64_t revoke_others(UserId user, SessionId kept);
  /// Ends all of the user's sessions; how many there were.
  std::int64_t revoke_all(UserId user);
  /// Ends those unused for longest beyond the limit, less one for the session to come.
  std::vector<SessionId> revoke_excess(UserId user);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
