// What a refresh token does in the database: it replaces a session's pair of tokens, or finds the session
// whose pair it belonged to. Knows hashes of tokens, never tokens. The rules are in docs/sessions.md.
#pragma once

#include <optional>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/opened_session.h"

namespace store {

/// A live session found by the family of a presented refresh token.
struct FamilySession {
  OpenedSession session;
  bool is_previous;     ///< The token is the direct predecessor of the current one.
  bool replay_allowed;  ///< The predecessor may have the same pair again (docs/sessions.md, rotation table,
                        ///< row 3).
  std::optional<crypto::RotationSalt> salt;  ///< Nothing before the first rotation.
};

/// Every method throws pg::Error.
class Rotations {
 public:
  /// `settings` gives the lifetimes and must outlive the object.
  Rotations(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// Replaces the pair if `presented` is the current refresh token; nothing when it is not or the session is
  /// over.
  std::optional<OpenedSession> rotate(const crypto::Token& presented, const crypto::TokenPair& successors,
                                      const crypto::RotationSalt& salt);
  /// The live session that a refresh token of any age belongs to; nothing when it is over.
  std::optional<FamilySession> find_by_family(const crypto::Digest& family, const crypto::Digest& refresh);
  /// Gives the access token of a pair its full life again, when it has run out before the pair was ever used.
  OpenedSession extend_access(SessionId session);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
