// Revoking sessions: ending them before they expire. Only hashes of tokens reach the database.
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

/// The sessions that were revoked because the user has too many: at most 1,000 by name, and how many more.
struct Excess {
  std::vector<SessionId> named;
  std::int64_t unnamed = 0;
};

/// Sessions that are already revoked are neither changed nor counted; those that have expired neither, except
/// by revoke(). Every method throws pg::Error.
class Revocations {
 public:
  /// `settings` says how many sessions a user may have, and how long the access token before a rotation is
  /// accepted; it must outlive the object.
  Revocations(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// False when the session is gone or was already revoked.
  bool revoke(SessionId session);
  /// Revokes the session if it belongs to the user; false when the user has no such live session.
  bool revoke_of_user(SessionId session, UserId user);
  /// Revokes the live sessions that the tokens of a client belong to, and returns them. The access token must
  /// be accepted, as the current one or within REFRESH_GRACE; the refresh token must be the current one of
  /// its session or the one before it.
  std::vector<RevokedSession> revoke_presented(const std::optional<crypto::Token>& access,
                                               const std::optional<crypto::Token>& refresh);
  /// Where a session of these tokens has ended in the last hour: returns when the standbys that commits wait
  /// for have that, and checks that read from a standby refuse it. For whoever is told that there is nothing
  /// to end.
  void await_end(const std::optional<crypto::Token>& access, const std::optional<crypto::Token>& refresh);
  /// The same for a session of the user.
  void await_end_of_user(SessionId session, UserId user);
  /// Revokes all live sessions of the user except `kept`, and returns how many.
  std::int64_t revoke_others(UserId user, SessionId kept);
  /// Revokes all live sessions of the user, and returns how many.
  std::int64_t revoke_all(UserId user);

  // Steps of opening a session. They do nothing unless it is there; `opened` is the hash of its access token.

  /// revoke_presented(); for a result of read_revoked().
  void add_revoke_presented(pg::Steps& steps, const std::optional<crypto::Token>& access,
                            const std::optional<crypto::Token>& refresh, const crypto::Digest& opened) const;
  static std::vector<RevokedSession> read_revoked(const pg::Result& result);
  /// Revokes the least recently used other sessions of the user, so that the new one stays within
  /// MAX_SESSIONS_PER_USER, which must not be 0, and writes that into the history; for a result of
  /// read_excess().
  void add_revoke_excess(pg::Steps& steps, UserId user, const crypto::Digest& opened) const;
  static Excess read_excess(const pg::Result& result);

 private:
  void await_found(const pg::Statement& statement, const pg::Params& params);
  void add_presented(pg::Params& params, const std::optional<crypto::Token>& access,
                     const std::optional<crypto::Token>& refresh,
                     const std::optional<crypto::Digest>& opened) const;

  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
