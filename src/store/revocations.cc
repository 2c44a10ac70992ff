#include "store/revocations.h"

namespace store {

using pg::Access;

const pg::Statement kRevoke{"session_revoke", Access::write, R"sql(
    UPDATE sessions
    SET revoked_at = now()
    WHERE session_id = $1::bigint
      AND revoked_at IS NULL
)sql"};

bool Revocations::revoke(SessionId session) {
  pg::Params params;
  params.add(session.value);
  return connection_.execute(kRevoke, params).affected() == 1;
}

const pg::Statement kRevokeOfUser{"session_revoke_of_user", Access::write, R"sql(
    UPDATE sessions
    SET revoked_at = now()
    WHERE session_id = $1::bigint
      AND user_id = $2::bigint
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
)sql"};

bool Revocations::revoke_of_user(SessionId session, UserId user) {
  pg::Params params;
  params.add(session.value).add(user.value);
  return connection_.execute(kRevokeOfUser, params).affected() == 1;
}

// $1 is the hash of an access token, $2 and $3 are the family hash and the hash of a refresh token. NULL
// matches nothing. An access token counts here when it would be accepted: that before a rotation, too.
const pg::Statement kRevokePresented{"session_revoke_presented", Access::write, R"sql(
    UPDATE sessions
    SET revoked_at = now()
    WHERE revoked_at IS NULL
      AND refresh_expires_at > now()
      AND ((access_token_hash = $1::bytea AND access_expires_at > now())
           OR (previous_access_hash = $1::bytea
               AND previous_access_expires_at > now()
               AND rotated_at > now() - $4::bigint * interval '1 second'
               AND rotated_at < now() + $4::bigint * interval '1 second')
           OR (refresh_family_hash = $2::bytea AND $3::bytea IN (refresh_token_hash, previous_refresh_hash)))
    RETURNING session_id, user_id
)sql"};

std::vector<RevokedSession> Revocations::revoke_presented(const std::optional<crypto::Token>& access,
                                                          const std::optional<crypto::Token>& refresh) {
  if (!access && !refresh) return {};
  const auto access_hash = access ? access->hash() : crypto::Digest{};
  const auto family_hash = refresh ? refresh->family_hash() : crypto::Digest{};
  const auto refresh_hash = refresh ? refresh->hash() : crypto::Digest{};
  pg::Params params;
  access ? params.add(access_hash) : params.add_null();
  refresh ? params.add(family_hash).add(refresh_hash) : params.add_null().add_null();
  params.add(settings_.refresh_grace);
  const auto result = connection_.execute(kRevokePresented, params);
  std::vector<RevokedSession> revoked;
  revoked.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row)
    revoked.push_back({{result.integer(row, 0)}, {result.integer(row, 1)}});
  return revoked;
}

const pg::Statement kRevokeOthers{"session_revoke_others", Access::write, R"sql(
    UPDATE sessions
    SET revoked_at = now()
    WHERE user_id = $1::bigint
      AND session_id <> $2::bigint
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
)sql"};

std::int64_t Revocations::revoke_others(UserId user, SessionId kept) {
  pg::Params params;
  params.add(user.value).add(kept.value);
  return connection_.execute(kRevokeOthers, params).affected();
}

const pg::Statement kRevokeAll{"session_revoke_all", Access::write, R"sql(
    UPDATE sessions
    SET revoked_at = now()
    WHERE user_id = $1::bigint
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
)sql"};

std::int64_t Revocations::revoke_all(UserId user) {
  pg::Params params;
  params.add(user.value);
  return connection_.execute(kRevokeAll, params).affected();
}

// Keeps the $2 most recently used sessions. Usually one is in excess; there are more at the first login after
// the limit was lowered or set. All of them end, whatever the LIMIT of those that are named.
const pg::Statement kRevokeExcess{"session_revoke_excess", Access::write, R"sql(
    WITH ended AS (
        UPDATE sessions
        SET revoked_at = now()
        WHERE session_id IN (
            SELECT session_id
            FROM sessions
            WHERE user_id = $1::bigint
              AND revoked_at IS NULL
              AND refresh_expires_at > now()
            ORDER BY last_used_at DESC, session_id DESC
            OFFSET $2::bigint
        )
          AND revoked_at IS NULL
        RETURNING session_id
    )
    SELECT session_id, count(*) OVER ()
    FROM ended
    LIMIT 1000
)sql"};

Excess Revocations::revoke_excess(UserId user) {
  Excess revoked;
  if (settings_.max_sessions_per_user == 0) return revoked;
  pg::Params params;
  params.add(user.value).add(settings_.max_sessions_per_user - 1);
  const auto result = connection_.execute(kRevokeExcess, params);
  for (int row = 0; row < result.rows(); ++row) revoked.named.push_back({result.integer(row, 0)});
  if (result.rows() > 0) revoked.unnamed = result.integer(0, 1) - result.rows();
  return revoked;
}

}  // namespace store
