#include "store/sessions.h"

namespace store {

using pg::Access;

// Locks the user before all else, as whatever changes several rows of a user does.
const pg::Statement kOpen{"session_open", Access::write, R"sql(
    WITH u AS (
        SELECT user_id, name, username, created_at
        FROM users
        WHERE user_id = $1::bigint
          AND ($10::text IS NULL OR password_hash = $10::text)
          AND disabled_at IS NULL
        FOR NO KEY UPDATE
    ),
    s AS (
        INSERT INTO sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash,
                              expires_at, access_expires_at, refresh_expires_at, ip, user_agent)
        SELECT u.user_id, $2::bytea, $3::bytea, $4::bytea,
               t.expires_at,
               least(t.expires_at, now() + $5::bigint * interval '1 second'),
               least(t.expires_at, now() + $6::bigint * interval '1 second'),
               $8::text::inet, $9::text
        FROM u
        CROSS JOIN (SELECT CASE WHEN $7::bigint = 0 THEN 'infinity'
                                ELSE now() + $7::bigint * interval '1 second' END AS expires_at) t
        RETURNING session_id, user_id, access_expires_at, refresh_expires_at
    )
    SELECT s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
           u.user_id, u.name, u.username, u.created_at
    FROM s
    JOIN u USING (user_id)
)sql"};

void Sessions::add_open(pg::Steps& steps, UserId user, const std::optional<std::string_view>& expected,
                        const crypto::TokenPair& pair, const ClientInfo& client) const {
  auto& params = steps.add(kOpen);
  params.add(user.value).add_copy(pair.access.hash()).add_copy(pair.refresh.hash());
  params.add_copy(pair.refresh.family_hash());
  params.add(settings_.access_ttl).add(settings_.refresh_ttl).add(settings_.session_ttl);
  params.add_optional(client.address ? std::optional<std::string_view>(*client.address) : std::nullopt);
  params.add(client.user_agent).add_optional(expected);
}

const pg::Statement kFindByAccess{"session_find_by_access", Access::read, R"sql(
    SELECT s.session_id, s.user_id, u.username, u.name, array_to_string(u.groups, ','), NOT s.successor_used
    FROM sessions s
    JOIN users u USING (user_id)
    WHERE s.access_token_hash = $1::bytea
      AND s.revoked_at IS NULL
      AND s.access_expires_at > now()
      AND s.refresh_expires_at > now()
)sql"};

// The same for many tokens at once. The last column is the position of the token in $1, counted from 1.
const pg::Statement kFindBatchByAccess{"session_find_batch_by_access", Access::read, R"sql(
    SELECT s.session_id, s.user_id, u.username, u.name, array_to_string(u.groups, ','), NOT s.successor_used,
           t.position
    FROM unnest($1::bytea[]) WITH ORDINALITY AS t (hash, position)
    JOIN sessions s ON s.access_token_hash = t.hash
    JOIN users u ON u.user_id = s.user_id
    WHERE s.revoked_at IS NULL
      AND s.access_expires_at > now()
      AND s.refresh_expires_at > now()
)sql"};

// Its use says nothing of the current pair, so there is no first use of that to record. The rotation may seem
// to be later than now(), as it may have begun after this statement; but no more than that, as where a clock
// was set back.
const pg::Statement kFindBatchByPreviousAccess{"session_find_batch_by_previous_access", Access::read, R"sql(
    SELECT s.session_id, s.user_id, u.username, u.name, array_to_string(u.groups, ','), false,
           t.position
    FROM unnest($1::bytea[]) WITH ORDINALITY AS t (hash, position)
    JOIN sessions s ON s.previous_access_hash = t.hash
    JOIN users u ON u.user_id = s.user_id
    WHERE s.revoked_at IS NULL
      AND s.previous_access_expires_at > now()
      AND s.rotated_at > now() - $2::bigint * interval '1 second'
      AND s.rotated_at < now() + $2::bigint * interval '1 second'
      AND s.refresh_expires_at > now()
)sql"};

namespace {

FoundSession read_found(const pg::Result& result, int row) {
  return {.id = {result.integer(row, 0)},
          .user = {result.integer(row, 1)},
          .username = result.text(row, 2),
          .name = result.text(row, 3),
          .groups = result.text(row, 4),
          .first_use = result.boolean(row, 5)};
}

/// Of a batch of `size` tokens.
FoundSessions read_batch(const pg::Result& result, std::size_t size) {
  FoundSessions found(size);
  for (int row = 0; row < result.rows(); ++row)
    found.at(static_cast<std::size_t>(result.integer(row, 6) - 1)) = read_found(result, row);
  return found;
}

}  // namespace

FoundSessions Sessions::find_by_access(std::span<const crypto::Digest> hashes) {
  pg::Params params;
  if (hashes.size() != 1) {
    params.add_digests(hashes);
    return read_batch(connection_.execute(kFindBatchByAccess, params), hashes.size());
  }
  params.add(std::span<const std::byte>(hashes[0]));
  const auto result = connection_.execute(kFindByAccess, params);
  FoundSessions found(1);
  if (result.rows() == 1) found[0] = read_found(result, 0);
  return found;
}

FoundSessions Sessions::find_by_previous_access(std::span<const crypto::Digest> hashes) {
  pg::Params params;
  params.add_digests(hashes).add(settings_.refresh_grace);
  return read_batch(connection_.execute(kFindBatchByPreviousAccess, params), hashes.size());
}

// The only write of an access check. It waits neither for a lock (SKIP LOCKED) nor for the disk
// (synchronous_commit).
const pg::Statement kMarkUsed{"session_mark_used", Access::optional_write, R"sql(
    UPDATE sessions
    SET successor_used = true
    WHERE session_id = (
        SELECT session_id
        FROM sessions
        WHERE session_id = $1::bigint
          AND access_token_hash = $2::bytea
          AND NOT successor_used
        FOR NO KEY UPDATE SKIP LOCKED
    )
      AND set_config('synchronous_commit', 'off', true) = 'off'
)sql"};

void Sessions::mark_used(SessionId session, const crypto::Digest& access) {
  pg::Params params;
  params.add(session.value).add(access);
  connection_.execute(kMarkUsed, params);
}

const pg::Statement kFindLive{"session_find_live", Access::read, R"sql(
    SELECT session_id
    FROM sessions
    WHERE session_id = $1::bigint
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
)sql"};

bool Sessions::is_live(SessionId session) {
  pg::Params params;
  params.add(session.value);
  return connection_.execute(kFindLive, params).rows() == 1;
}

const pg::Statement kDescribe{"session_describe", Access::read, R"sql(
    SELECT s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
           u.user_id, u.name, u.username, u.created_at
    FROM sessions s
    JOIN users u USING (user_id)
    WHERE s.session_id = $1::bigint
)sql"};

std::optional<OpenedSession> Sessions::describe(SessionId session) {
  pg::Params params;
  params.add(session.value);
  const auto result = connection_.execute(kDescribe, params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result);
}

const pg::Statement kList{"session_list", Access::read, R"sql(
    SELECT session_id, created_at, last_used_at, host(ip), user_agent
    FROM sessions
    WHERE user_id = $1::bigint
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
    ORDER BY created_at DESC, session_id DESC
    LIMIT 1000
)sql"};

std::vector<ListedSession> Sessions::list(UserId user) {
  pg::Params params;
  params.add(user.value);
  const auto result = connection_.execute(kList, params);
  std::vector<ListedSession> sessions;
  for (int row = 0; row < result.rows(); ++row) {
    auto address = result.is_null(row, 3) ? std::nullopt : std::optional(result.text(row, 3));
    sessions.push_back({{result.integer(row, 0)},
                        result.time(row, 1),
                        result.time(row, 2),
                        std::move(address),
                        result.text(row, 4)});
  }
  return sessions;
}

// A time from the future, which a wrong clock left behind, proves nothing.
const pg::Statement kIsFresh{"session_is_fresh", Access::read, R"sql(
    SELECT authenticated_at BETWEEN now() - $2::bigint * interval '1 second' AND now()
    FROM sessions
    WHERE session_id = $1::bigint
)sql"};

bool Sessions::is_fresh(SessionId session, std::int64_t seconds) {
  pg::Params params;
  params.add(session.value).add(seconds);
  const auto result = connection_.execute(kIsFresh, params);
  return result.rows() == 1 && result.boolean(0, 0);
}

const pg::Statement kMarkAuthenticated{"session_mark_authenticated", Access::write, R"sql(
    UPDATE sessions
    SET authenticated_at = now()
    WHERE session_id = $1::bigint
)sql"};

void Sessions::mark_authenticated(SessionId session) {
  pg::Params params;
  params.add(session.value);
  connection_.execute(kMarkAuthenticated, params);
}

}  // namespace store
