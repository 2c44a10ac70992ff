// What a refresh does in the database: it replaces the pair of tokens of a session, or finds the session to
// which an older refresh token belongs. Only hashes of tokens reach the database. The rules are in
// docs/sessions.md.
#pragma once

#include <optional>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/opened_session.h"

namespace store {

/// A live session that was found by the family of a refresh token.
struct FamilySession {
  OpenedSession session;
  bool is_previous;  ///< The token is the one before the current refresh token.
  /// The token before the current one may get the current pair again: no token of that pair has been used
  /// yet, or the last rotation was less than REFRESH_GRACE ago (docs/sessions.md, rotation table, row 3).
  bool replay_allowed;
  std::optional<crypto::RotationSalt> salt;  ///< Nothing before the first rotation.
};

/// Every method throws pg::Error.
class Rotations {
 public:
  /// `settings` gives the lifetimes and must outlive the object.
  Rotations(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// Replaces the pair of tokens if `presented` is the current refresh token of a live session; nothing if
  /// not. The access token of the replaced pair ends after REFRESH_GRACE, or before that by itself.
  std::optional<OpenedSession> rotate(const crypto::Token& presented, const crypto::TokenPair& successors,
                                      const crypto::RotationSalt& salt);
  /// The live session whose current pair these are, if the access token has not expired; nothing if not.
  std::optional<OpenedSession> find_unexpired(const crypto::Token& refresh, const crypto::Token& access);
  /// The live session whose family the refresh token has, however old the token is; nothing when there is
  /// none.
  std::optional<FamilySession> find_by_family(const crypto::Digest& family, const crypto::Digest& refresh);
  /// Lets the current access token live for ACCESS_TTL from now, or longer if it already does, but never
  /// longer than the refresh token. For a pair that a client gets only after its access token has expired.
  /// Nothing when the session is over, or `previous` is no longer the hash of the refresh token before the
  /// current one: then the pair is not the current one.
  std::optional<OpenedSession> extend_access(SessionId session, const crypto::Digest& previous);
  /// Ends the tokens before the current ones at once: the access token, instead of after REFRESH_GRACE, and
  /// the refresh token, which would be given the current pair.
  void end_predecessors(SessionId session);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
