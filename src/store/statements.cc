#include "store/statements.h"

#include <string_view>

namespace store {
namespace {

using pg::Access;

// The columns that Sessions::read_opened() takes, for every statement that gives a client new tokens.
#define OPENED_COLUMNS                                               \
  "s.session_id, s.access_expires_at, s.refresh_expires_at, "        \
  "ceil(extract(epoch FROM s.access_expires_at - now()))::bigint, "  \
  "ceil(extract(epoch FROM s.refresh_expires_at - now()))::bigint, " \
  "u.user_id, u.name, u.username, u.created_at"

// Those that read_found() takes: who a token stands for.
#define FOUND_COLUMNS \
  "s.session_id, s.user_id, u.username, u.name, array_to_string(u.groups, ','), s.successor_used"

struct Row {
  StatementId id;
  pg::Statement statement;
};

constexpr std::array kRows{
    Row{StatementId::schema_version,
        {"schema_version", Access::read, "SELECT coalesce(max(version), 0)::bigint FROM schema_versions"}},

    Row{StatementId::user_insert,
        {"user_insert", Access::write,
         "INSERT INTO users (name, username, password_hash) VALUES ($1::text, $2::text, $3::text) "
         "ON CONFLICT DO NOTHING RETURNING user_id"}},
    Row{StatementId::user_find_by_username,
        {"user_find_by_username", Access::read,
         "SELECT user_id, password_hash FROM users WHERE lower(username) = lower($1::text)"}},
    Row{StatementId::user_find_password,
        {"user_find_password", Access::read, "SELECT password_hash FROM users WHERE user_id = $1::bigint"}},
    // Taken before any session of the user is touched: everything that changes several of them queues up
    // here.
    Row{StatementId::user_lock,
        {"user_lock", Access::write,
         "SELECT user_id FROM users WHERE user_id = $1::bigint "
         "AND ($2::text IS NULL OR password_hash = $2::text) FOR NO KEY UPDATE"}},
    Row{StatementId::user_set_password,
        {"user_set_password", Access::write,
         "UPDATE users SET password_hash = $2::text, password_changed_at = now() "
         "WHERE user_id = $1::bigint AND ($3::text IS NULL OR password_hash = $3::text)"}},
    Row{StatementId::user_rehash,
        {"user_rehash", Access::write,
         "UPDATE users SET password_hash = $3::text WHERE user_id = $1::bigint AND password_hash = "
         "$2::text"}},
    Row{StatementId::user_delete,
        {"user_delete", Access::write, "DELETE FROM users WHERE user_id = $1::bigint"}},
    Row{StatementId::user_rename,
        {"user_rename", Access::write, "UPDATE users SET name = $2::text WHERE user_id = $1::bigint"}},

    Row{StatementId::session_insert,
        {"session_insert", Access::write,
         "WITH s AS (INSERT INTO sessions (user_id, access_token_hash, refresh_token_hash, "
         "refresh_family_hash, "
         "expires_at, access_expires_at, refresh_expires_at, ip, user_agent) "
         "SELECT $1::bigint, $2::bytea, $3::bytea, $4::bytea, t.expires_at, "
         "least(t.expires_at, now() + $5::bigint * interval '1 second'), "
         "least(t.expires_at, now() + $6::bigint * interval '1 second'), $8::text::inet, $9::text "
         "FROM (SELECT CASE WHEN $7::bigint = 0 THEN 'infinity' ELSE now() + $7::bigint * interval '1 "
         "second' END "
         "AS expires_at) t RETURNING session_id, user_id, access_expires_at, refresh_expires_at) "
         "SELECT " OPENED_COLUMNS " FROM s JOIN users u USING (user_id)"}},
    Row{StatementId::session_find_by_access,
        {"session_find_by_access", Access::read,
         "SELECT " FOUND_COLUMNS " "
         "FROM sessions s JOIN users u USING (user_id) WHERE s.access_token_hash = $1::bytea "
         "AND s.revoked_at IS NULL AND s.access_expires_at > now()"}},
    // The same for many tokens at once; the last column says which of them.
    Row{StatementId::session_find_batch_by_access,
        {"session_find_batch_by_access", Access::read,
         "SELECT " FOUND_COLUMNS ", t.position "
         "FROM unnest($1::bytea[]) WITH ORDINALITY AS t (hash, position) "
         "JOIN sessions s ON s.access_token_hash = t.hash JOIN users u ON u.user_id = s.user_id "
         "WHERE s.revoked_at IS NULL AND s.access_expires_at > now()"}},
    Row{StatementId::session_find_by_family,
        {"session_find_by_family", Access::read,
         "SELECT " OPENED_COLUMNS ", "
         "coalesce(s.previous_refresh_hash = $2::bytea, false), "
         "NOT s.successor_used OR coalesce(s.rotated_at > now() - $3::bigint * interval '1 second', false), "
         "s.rotation_salt FROM sessions s JOIN users u USING (user_id) WHERE s.refresh_family_hash = "
         "$1::bytea "
         "AND s.revoked_at IS NULL AND s.refresh_expires_at > now()"}},
    Row{StatementId::session_rotate,
        {"session_rotate", Access::write,
         "UPDATE sessions s SET access_token_hash = $3::bytea, refresh_token_hash = $4::bytea, "
         "previous_refresh_hash = $2::bytea, rotation_salt = $5::bytea, rotated_at = now(), last_used_at = "
         "now(), "
         "successor_used = false, access_expires_at = least(s.expires_at, now() + $6::bigint * interval '1 "
         "second'), "
         "refresh_expires_at = least(s.expires_at, now() + $7::bigint * interval '1 second') "
         "FROM users u WHERE u.user_id = s.user_id AND s.refresh_family_hash = $1::bytea "
         "AND s.refresh_token_hash = $2::bytea AND s.revoked_at IS NULL AND s.refresh_expires_at > now() "
         "RETURNING " OPENED_COLUMNS}},
    Row{StatementId::session_extend_access,
        {"session_extend_access", Access::write,
         "UPDATE sessions s SET access_expires_at = "
         "greatest(s.access_expires_at, least(s.expires_at, now() + $2::bigint * interval '1 second')) "
         "FROM users u WHERE u.user_id = s.user_id AND s.session_id = $1::bigint RETURNING " OPENED_COLUMNS}},
    // The one write of an access check: never waits for a lock (SKIP LOCKED) nor for the disk.
    Row{StatementId::session_mark_used,
        {"session_mark_used", Access::optional_write,
         "UPDATE sessions SET successor_used = true WHERE session_id = (SELECT session_id FROM sessions "
         "WHERE session_id = $1::bigint AND access_token_hash = $2::bytea AND NOT successor_used "
         "FOR NO KEY UPDATE SKIP LOCKED) AND set_config('synchronous_commit', 'off', true) = 'off'"}},
    Row{StatementId::session_revoke,
        {"session_revoke", Access::write,
         "UPDATE sessions SET revoked_at = now() WHERE session_id = $1::bigint AND revoked_at IS NULL"}},
    // What a browser brings along: a live access token, a live refresh token or its direct predecessor.
    Row{StatementId::session_revoke_presented,
        {"session_revoke_presented", Access::write,
         "UPDATE sessions SET revoked_at = now() WHERE revoked_at IS NULL AND refresh_expires_at > now() "
         "AND ((access_token_hash = $1::bytea AND access_expires_at > now()) "
         "OR (refresh_family_hash = $2::bytea AND $3::bytea IN (refresh_token_hash, previous_refresh_hash))) "
         "RETURNING session_id, user_id"}},
    Row{StatementId::session_revoke_others,
        {"session_revoke_others", Access::write,
         "UPDATE sessions SET revoked_at = now() "
         "WHERE user_id = $1::bigint AND session_id <> $2::bigint AND revoked_at IS NULL "
         "AND refresh_expires_at > now()"}},
    // Leaves the `$2` sessions that were used last, so that one more keeps the limit.
    Row{StatementId::session_revoke_excess,
        {"session_revoke_excess", Access::write,
         "UPDATE sessions SET revoked_at = now() WHERE session_id IN (SELECT session_id FROM sessions "
         "WHERE user_id = $1::bigint AND revoked_at IS NULL AND refresh_expires_at > now() "
         "ORDER BY last_used_at DESC, session_id DESC OFFSET $2::bigint) RETURNING session_id"}},
    Row{StatementId::session_find_live,
        {"session_find_live", Access::read,
         "SELECT session_id FROM sessions WHERE session_id = $1::bigint AND revoked_at IS NULL "
         "AND refresh_expires_at > now()"}},
    Row{StatementId::session_describe,
        {"session_describe", Access::read,
         "SELECT " OPENED_COLUMNS
         " FROM sessions s JOIN users u USING (user_id) WHERE s.session_id = $1::bigint"}},
    Row{StatementId::session_list,
        {"session_list", Access::read,
         "SELECT session_id, created_at, last_used_at, host(ip), user_agent FROM sessions WHERE user_id = "
         "$1::bigint "
         "AND revoked_at IS NULL AND refresh_expires_at > now() ORDER BY created_at DESC, session_id DESC"}},
    Row{StatementId::session_revoke_of_user,
        {"session_revoke_of_user", Access::write,
         "UPDATE sessions SET revoked_at = now() WHERE session_id = $1::bigint AND user_id = $2::bigint "
         "AND revoked_at IS NULL AND refresh_expires_at > now()"}},
    Row{StatementId::session_revoke_all,
        {"session_revoke_all", Access::write,
         "UPDATE sessions SET revoked_at = now() "
         "WHERE user_id = $1::bigint AND revoked_at IS NULL AND refresh_expires_at > now()"}},
    Row{StatementId::session_is_fresh,
        {"session_is_fresh", Access::read,
         "SELECT authenticated_at > now() - $2::bigint * interval '1 second' FROM sessions "
         "WHERE session_id = $1::bigint"}},
    Row{StatementId::session_mark_authenticated,
        {"session_mark_authenticated", Access::write,
         "UPDATE sessions SET authenticated_at = now() WHERE session_id = $1::bigint"}},

    // Counts an attempt if it is allowed, in one step, so that no number of parallel ones gets past the
    // limit: `$2` are free, then each has to wait 1, 2, 4, ... 900 seconds after the one before. Answers 0,
    // or how long to wait. A crash may forget the last attempts; none of them waits for the disk.
    Row{StatementId::attempt_take,
        {"attempt_take", Access::write,
         "WITH taken AS (INSERT INTO attempts AS a (attempt_key, failures) "
         "SELECT $1::bytea, 1 WHERE set_config('synchronous_commit', 'off', true) = 'off' "
         "ON CONFLICT (attempt_key) DO UPDATE SET last_at = now(), "
         "failures = CASE WHEN a.last_at < now() - interval '1 hour' THEN 1 ELSE a.failures + 1 END "
         "WHERE a.failures < $2::bigint OR a.last_at < now() - interval '1 hour' "
         "OR now() >= a.last_at + least(900, power(2, least(a.failures - $2::bigint, 10))) * interval '1 "
         "second' "
         "RETURNING 1) "
         "SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 0 ELSE coalesce((SELECT greatest(1, "
         "ceil(extract(epoch "
         "FROM last_at + least(900, power(2, least(failures - $2::bigint, 10))) * interval '1 second' - "
         "now()))) "
         "FROM attempts WHERE attempt_key = $1::bytea), 1) END::bigint"}},
    Row{StatementId::attempt_forget,
        {"attempt_forget", Access::write,
         "DELETE FROM attempts WHERE attempt_key = $1::bytea "
         "AND set_config('synchronous_commit', 'off', true) = 'off'"}},
    Row{StatementId::attempt_take_back,
        {"attempt_take_back", Access::write,
         "UPDATE attempts SET failures = failures - 1 WHERE attempt_key = $1::bytea AND failures > 0 "
         "AND set_config('synchronous_commit', 'off', true) = 'off'"}},

    Row{StatementId::device_insert,
        {"device_insert", Access::write,
         "INSERT INTO devices (device_hash, user_id) SELECT $1::bytea, user_id FROM users WHERE user_id = "
         "$2::bigint"}},
    Row{StatementId::device_find,
        {"device_find", Access::read,
         "SELECT u.user_id FROM devices d JOIN users u USING (user_id) WHERE d.device_hash = $1::bytea "
         "AND lower(u.username) = lower($2::text) AND d.created_at > now() - interval '400 days'"}},
    Row{StatementId::device_remove_excess,
        {"device_remove_excess", Access::write,
         "DELETE FROM devices WHERE device_hash IN (SELECT device_hash FROM devices WHERE user_id = "
         "$1::bigint "
         "ORDER BY created_at DESC OFFSET 50)"}},

    // The purges: one worker at a time, in batches, past rows that others hold.
    Row{StatementId::purge_sessions,
        {"purge_sessions", Access::write,
         "DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions "
         "WHERE coalesce(revoked_at, refresh_expires_at) < now() - interval '1 day' "
         "AND pg_try_advisory_xact_lock(5247301) LIMIT 1000 FOR UPDATE SKIP LOCKED)"}},
    Row{StatementId::purge_attempts,
        {"purge_attempts", Access::write,
         "DELETE FROM attempts WHERE attempt_key IN (SELECT attempt_key FROM attempts "
         "WHERE last_at < now() - interval '1 hour' LIMIT 1000 FOR UPDATE SKIP LOCKED)"}},
    Row{StatementId::purge_devices,
        {"purge_devices", Access::write,
         "DELETE FROM devices WHERE device_hash IN (SELECT device_hash FROM devices "
         "WHERE created_at < now() - interval '400 days' LIMIT 1000 FOR UPDATE SKIP LOCKED)"}},
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].id != static_cast<StatementId>(i)) return false;
  return kRows.size() == kStatementCount;
}
static_assert(rows_in_order(), "kRows must list every StatementId in the order of the enum");

constexpr auto make_statements() {
  std::array<pg::Statement, kStatementCount> statements{};
  for (std::size_t i = 0; i < kRows.size(); ++i) statements[i] = kRows[i].statement;
  return statements;
}

#undef OPENED_COLUMNS
#undef FOUND_COLUMNS

}  // namespace

constinit const std::array<pg::Statement, kStatementCount> kStatements = make_statements();

}  // namespace store
