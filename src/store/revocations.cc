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
// matches nothing. An access token counts here when it would be accepted: that before a rotation, too. If $5,
// the hash of an access token, is given, nothing ends unless its session is there.
const pg::Statement kRevokePresented{"session_revoke_presented", Access::sought_write, R"sql(
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
      AND ($5::bytea IS NULL OR EXISTS (SELECT FROM sessions WHERE access_token_hash = $5::bytea))
    RETURNING session_id, user_id
)sql"};

namespace {

void add_hash(pg::Params& params, const std::optional<crypto::Digest>& hash) {
  hash ? params.add_copy(*hash) : params.add_null();
}

}  // namespace

void Revocations::add_presented(pg::Params& params, const std::optional<crypto::Token>& access,
                                const std::optional<crypto::Token>& refresh,
                                const std::optional<crypto::Digest>& opened) const {
  add_hash(params, access ? std::optional(access->hash()) : std::nullopt);
  add_hash(params, refresh ? std::optional(refresh->family_hash()) : std::nullopt);
  add_hash(params, refresh ? std::optional(refresh->hash()) : std::nullopt);
  params.add(settings_.refresh_grace);
  add_hash(params, opened);
}

std::vector<RevokedSession> Revocations::revoke_presented(const std::optional<crypto::Token>& access,
                                                          const std::optional<crypto::Token>& refresh) {
  if (!access && !refresh) return {};
  pg::Params params;
  add_presented(params, access, refresh, std::nullopt);
  return read_revoked(connection_.execute(kRevokePresented, params));
}

void Revocations::add_revoke_presented(pg::Steps& steps, const std::optional<crypto::Token>& access,
                                       const std::optional<crypto::Token>& refresh,
                                       const crypto::Digest& opened) const {
  add_presented(steps.add(kRevokePresented), access, refresh, opened);
}

// The hour, here and below, bounds who has to wait while no standby is there; who tries again later is told
// what the primary has.
const pg::Statement kWasRevokedLately{"session_was_revoked_lately", Access::read, R"sql(
    SELECT FROM sessions
    WHERE revoked_at > now() - interval '1 hour'
      AND (access_token_hash = $1::bytea OR previous_access_hash = $1::bytea OR refresh_family_hash = $2::bytea)
    LIMIT 1
)sql"};

void Revocations::await_end(const std::optional<crypto::Token>& access,
                            const std::optional<crypto::Token>& refresh) {
  if (!access && !refresh) return;
  pg::Params params;
  add_hash(params, access ? std::optional(access->hash()) : std::nullopt);
  add_hash(params, refresh ? std::optional(refresh->family_hash()) : std::nullopt);
  await_found(kWasRevokedLately, params);
}

const pg::Statement kWasRevokedLatelyOfUser{"session_was_revoked_lately_of_user", Access::read, R"sql(
    SELECT FROM sessions
    WHERE session_id = $1::bigint
      AND user_id = $2::bigint
      AND revoked_at > now() - interval '1 hour'
)sql"};

void Revocations::await_end_of_user(SessionId session, UserId user) {
  pg::Params params;
  params.add(session.value).add(user.value);
  await_found(kWasRevokedLatelyOfUser, params);
}

/// What the caller has read came from the server that was asked last: another one may not have it.
void Revocations::await_found(const pg::Statement& statement, const pg::Params& params) {
  const auto asked = connection_.generation();
  if (connection_.execute(statement, params).rows() > 0) connection_.await_standbys();
  if (connection_.generation() != asked)
    throw pg::Error("the connection was lost after it was read that a session has ended", "");
}

std::vector<RevokedSession> Revocations::read_revoked(const pg::Result& result) {
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

// $3 is the hash of the access token of the session that was opened, which stays, beside the $2 most recently
// used ones. Without it nothing ends. Usually one is in excess; there are more at the first login after the
// limit was lowered or set. All of them end, whatever the LIMIT of those that are named. $4 is 1 when a
// history is kept.
const pg::Statement kRevokeExcess{"session_revoke_excess", Access::write, R"sql(
    WITH ended AS (
        UPDATE sessions
        SET revoked_at = now()
        WHERE session_id IN (
            SELECT session_id
            FROM sessions
            WHERE user_id = $1::bigint
              AND access_token_hash <> $3::bytea
              AND revoked_at IS NULL
              AND refresh_expires_at > now()
            ORDER BY last_used_at DESC, session_id DESC
            OFFSET $2::bigint
        )
          AND revoked_at IS NULL
          AND EXISTS (SELECT FROM sessions WHERE access_token_hash = $3::bytea)
        RETURNING session_id
    ),
    recorded AS (
        INSERT INTO events (user_id, event, session_id, ip, user_agent)
        SELECT user_id, 'authn_token_revoked',
               (SELECT CASE WHEN count(*) = 1 THEN min(session_id) END FROM ended), ip, user_agent
        FROM sessions
        WHERE access_token_hash = $3::bytea
          AND $4::bigint = 1
          AND EXISTS (SELECT FROM ended)
    )
    SELECT session_id, count(*) OVER ()
    FROM ended
    LIMIT 1000
)sql"};

void Revocations::add_revoke_excess(pg::Steps& steps, UserId user, const crypto::Digest& opened) const {
  const std::int64_t kept = settings_.max_sessions_per_user - 1;
  auto& params = steps.add(kRevokeExcess).add(user.value).add(kept).add_copy(opened);
  params.add(std::int64_t{settings_.events_keep > 0});
}

Excess Revocations::read_excess(const pg::Result& result) {
  Excess revoked;
  for (int row = 0; row < result.rows(); ++row) revoked.named.push_back({result.integer(row, 0)});
  if (result.rows() > 0) revoked.unnamed = result.integer(0, 1) - result.rows();
  return revoked;
}

}  // namespace store
