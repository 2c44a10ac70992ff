#include "store/rotations.h"

namespace store {

using pg::Access;

const pg::Statement kRotate{"session_rotate", Access::sought_write, R"sql(
    UPDATE sessions s
    SET access_token_hash = $3::bytea,
        refresh_token_hash = $4::bytea,
        previous_refresh_hash = $2::bytea,
        previous_access_hash = s.access_token_hash,
        previous_access_expires_at = least(s.access_expires_at, now() + $8::bigint * interval '1 second'),
        rotation_salt = $5::bytea,
        rotated_at = now(),
        last_used_at = now(),
        successor_used = false,
        access_expires_at = least(s.expires_at, now() + $6::bigint * interval '1 second'),
        refresh_expires_at = least(s.expires_at, now() + $7::bigint * interval '1 second')
    FROM users u
    WHERE u.user_id = s.user_id
      AND s.refresh_family_hash = $1::bytea
      AND s.refresh_token_hash = $2::bytea
      AND s.revoked_at IS NULL
      AND s.refresh_expires_at > now()
    RETURNING s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
              u.user_id, u.name, u.username, u.created_at
)sql"};

std::optional<OpenedSession> Rotations::rotate(const crypto::Token& presented,
                                               const crypto::TokenPair& successors,
                                               const crypto::RotationSalt& salt) {
  const auto family = presented.family_hash();
  const auto current = presented.hash();
  const auto access = successors.access.hash();
  const auto refresh = successors.refresh.hash();
  pg::Params params;
  params.add(family).add(current).add(access).add(refresh).add(salt);
  params.add(settings_.access_ttl).add(settings_.refresh_ttl).add(settings_.refresh_grace);
  const auto result = connection_.execute(kRotate, params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result);
}

const pg::Statement kFindUnexpired{"session_find_unexpired", Access::read, R"sql(
    SELECT s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
           u.user_id, u.name, u.username, u.created_at
    FROM sessions s
    JOIN users u USING (user_id)
    WHERE s.refresh_family_hash = $1::bytea
      AND s.refresh_token_hash = $2::bytea
      AND s.access_token_hash = $3::bytea
      AND s.revoked_at IS NULL
      AND s.access_expires_at > now()
      AND s.refresh_expires_at > now()
)sql"};

std::optional<OpenedSession> Rotations::find_unexpired(const crypto::Token& refresh,
                                                       const crypto::Token& access) {
  const auto family = refresh.family_hash();
  const auto current = refresh.hash();
  const auto held = access.hash();
  pg::Params params;
  params.add(family).add(current).add(held);
  const auto result = connection_.execute(kFindUnexpired, params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result);
}

const pg::Statement kFindByFamily{"session_find_by_family", Access::read, R"sql(
    SELECT s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
           u.user_id, u.name, u.username, u.created_at,
           coalesce(s.previous_refresh_hash = $2::bytea, false),
           NOT s.successor_used
               OR coalesce(s.rotated_at > now() - $3::bigint * interval '1 second'
                               AND s.rotated_at < now() + $3::bigint * interval '1 second', false),
           s.rotation_salt
    FROM sessions s
    JOIN users u USING (user_id)
    WHERE s.refresh_family_hash = $1::bytea
      AND s.revoked_at IS NULL
      AND s.refresh_expires_at > now()
)sql"};

std::optional<FamilySession> Rotations::find_by_family(const crypto::Digest& family,
                                                       const crypto::Digest& refresh) {
  constexpr int kPrevious = kOpenedColumns;
  constexpr int kReplay = kOpenedColumns + 1;
  constexpr int kSalt = kOpenedColumns + 2;
  pg::Params params;
  params.add(family).add(refresh).add(settings_.refresh_grace);
  const auto result = connection_.execute(kFindByFamily, params);
  if (result.rows() == 0) return std::nullopt;
  FamilySession session{read_opened(result), result.boolean(0, kPrevious), result.boolean(0, kReplay), {}};
  if (!result.is_null(0, kSalt)) session.salt = result.digest(0, kSalt);
  return session;
}

const pg::Statement kExtendAccess{"session_extend_access", Access::write, R"sql(
    UPDATE sessions s
    SET access_expires_at = greatest(
            s.access_expires_at,
            least(s.refresh_expires_at, now() + $2::bigint * interval '1 second'))
    FROM users u
    WHERE u.user_id = s.user_id
      AND s.session_id = $1::bigint
      AND s.previous_refresh_hash = $3::bytea
      AND s.revoked_at IS NULL
      AND s.refresh_expires_at > now()
    RETURNING s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
              u.user_id, u.name, u.username, u.created_at
)sql"};

std::optional<OpenedSession> Rotations::extend_access(SessionId session, const crypto::Digest& previous) {
  pg::Params params;
  params.add(session.value).add(settings_.access_ttl).add(previous);
  const auto result = connection_.execute(kExtendAccess, params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result);
}

const pg::Statement kEndPredecessors{"session_end_predecessors", Access::write, R"sql(
    UPDATE sessions
    SET previous_access_hash = NULL,
        previous_access_expires_at = NULL,
        previous_refresh_hash = NULL,
        rotation_salt = NULL
    WHERE session_id = $1::bigint
      AND previous_refresh_hash IS NOT NULL
)sql"};

void Rotations::end_predecessors(SessionId session) {
  pg::Params params;
  params.add(session.value);
  connection_.execute(kEndPredecessors, params);
}

}  // namespace store
