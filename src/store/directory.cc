#include "store/directory.h"

namespace store {

using pg::Access;

namespace {

/// The columns that each statement for a DirectoryEntry returns, in this order. They are repeated and not put
/// together from one text, as each statement is a literal (pg/statement.h): it can be searched for and read
/// in one place just as the database gets it.
///
///     u.user_id, u.username, u.name, groups as text, u.email, u.disabled_at, u.created_at,
///     u.password_changed_at, u.password_hash, (how many sessions are live)
DirectoryEntry read_entry(const pg::Result& result, int row) {
  const auto time = [&](int column) {
    return result.is_null(row, column) ? std::nullopt : std::optional(result.time(row, column));
  };
  return {.id = {result.integer(row, 0)},
          .username = result.text(row, 1),
          .name = result.text(row, 2),
          .groups = result.text(row, 3),
          .email = result.is_null(row, 4) ? std::nullopt : std::optional(result.text(row, 4)),
          .disabled_at = time(5),
          .created_at = result.time(row, 6),
          .password_changed_at = result.time(row, 7),
          .password_hash = result.text(row, 8),
          .sessions = result.integer(row, 9)};
}

}  // namespace

const pg::Statement kList{"directory_list", Access::read, R"sql(
    SELECT u.user_id, u.username, u.name, array_to_string(u.groups, ','), u.email, u.disabled_at, u.created_at,
           u.password_changed_at, u.password_hash,
           (SELECT count(*)
            FROM sessions AS s
            WHERE s.user_id = u.user_id
              AND s.revoked_at IS NULL
              AND s.refresh_expires_at > now())
    FROM users AS u
    WHERE u.user_id > $1::bigint
    ORDER BY u.user_id
    LIMIT 1000
)sql"};

std::vector<DirectoryEntry> Directory::list(UserId after) {
  pg::Params params;
  params.add(after.value);
  const auto result = connection_.execute(kList, params);
  std::vector<DirectoryEntry> entries;
  entries.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) entries.push_back(read_entry(result, row));
  return entries;
}

const pg::Statement kFind{"directory_find", Access::read, R"sql(
    SELECT u.user_id, u.username, u.name, array_to_string(u.groups, ','), u.email, u.disabled_at, u.created_at,
           u.password_changed_at, u.password_hash,
           (SELECT count(*)
            FROM sessions AS s
            WHERE s.user_id = u.user_id
              AND s.revoked_at IS NULL
              AND s.refresh_expires_at > now())
    FROM users AS u
    WHERE lower(u.username COLLATE "C") = lower($1::text COLLATE "C")
)sql"};

std::optional<DirectoryEntry> Directory::find(std::string_view username) {
  pg::Params params;
  params.add(username);
  const auto result = connection_.execute(kFind, params);
  if (result.rows() == 0) return std::nullopt;
  return read_entry(result, 0);
}

const pg::Statement kSetGroups{"directory_set_groups", Access::write, R"sql(
    UPDATE users
    SET groups = string_to_array($2::text, ',')
    WHERE user_id = $1::bigint
)sql"};

void Directory::set_groups(UserId user, std::string_view groups) {
  pg::Params params;
  params.add(user.value).add(groups);
  connection_.execute(kSetGroups, params);
}

const pg::Statement kSetEmail{"directory_set_email", Access::write, R"sql(
    UPDATE users
    SET email = $2::text,
        email_verified_at = NULL
    WHERE user_id = $1::bigint
)sql"};

void Directory::set_email(UserId user, const std::optional<std::string_view>& email) {
  pg::Params params;
  params.add(user.value).add_optional(email);
  connection_.execute(kSetEmail, params);
}

const pg::Statement kDisable{"directory_disable", Access::write, R"sql(
    UPDATE users
    SET disabled_at = now()
    WHERE user_id = $1::bigint
      AND disabled_at IS NULL
)sql"};

bool Directory::disable(UserId user) {
  pg::Params params;
  params.add(user.value);
  return connection_.execute(kDisable, params).affected() == 1;
}

const pg::Statement kEnable{"directory_enable", Access::write, R"sql(
    UPDATE users
    SET disabled_at = NULL
    WHERE user_id = $1::bigint
      AND disabled_at IS NOT NULL
)sql"};

bool Directory::enable(UserId user) {
  pg::Params params;
  params.add(user.value);
  return connection_.execute(kEnable, params).affected() == 1;
}

// In the order of the ids, so that each page is found by the index.
const pg::Statement kListSessions{"directory_list_sessions", Access::read, R"sql(
    SELECT s.session_id, s.created_at, s.last_used_at, host(s.ip), s.user_agent,
           (SELECT u.username FROM users u WHERE u.user_id = s.user_id)
    FROM sessions AS s
    WHERE s.session_id > $1::bigint
      AND s.revoked_at IS NULL
      AND s.refresh_expires_at > now()
    ORDER BY s.session_id
    LIMIT 1000
)sql"};

std::vector<DirectorySession> Directory::list_sessions(SessionId after) {
  pg::Params params;
  params.add(after.value);
  const auto result = connection_.execute(kListSessions, params);
  std::vector<DirectorySession> sessions;
  sessions.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    auto address = result.is_null(row, 3) ? std::nullopt : std::optional(result.text(row, 3));
    sessions.push_back({.username = result.text(row, 5),
                        .session = {{result.integer(row, 0)},
                                    result.time(row, 1),
                                    result.time(row, 2),
                                    std::move(address),
                                    result.text(row, 4)}});
  }
  return sessions;
}

const pg::Statement kFindOwner{"directory_find_owner", Access::read, R"sql(
    SELECT u.user_id, u.username, u.name, array_to_string(u.groups, ','), u.email, u.disabled_at, u.created_at,
           u.password_changed_at, u.password_hash, 0::bigint
    FROM sessions AS s
    JOIN users AS u USING (user_id)
    WHERE s.session_id = $1::bigint
)sql"};

std::optional<DirectoryEntry> Directory::find_owner(SessionId session) {
  pg::Params params;
  params.add(session.value);
  const auto result = connection_.execute(kFindOwner, params);
  if (result.rows() == 0) return std::nullopt;
  return read_entry(result, 0);
}

// A whole table is counted in pages, as a statement has a few seconds only.
const pg::Statement kCountUsers{"directory_count_users", Access::read, R"sql(
    SELECT count(*), count(disabled_at), coalesce(max(user_id), 0)
    FROM (
        SELECT user_id, disabled_at
        FROM users
        WHERE user_id > $1::bigint
        ORDER BY user_id
        LIMIT 5000
    ) AS page
)sql"};

Count Directory::count_users(std::int64_t after) {
  pg::Params params;
  params.add(after);
  const auto result = connection_.execute(kCountUsers, params);
  return {result.integer(0, 0), result.integer(0, 1), result.integer(0, 2), std::nullopt};
}

const pg::Statement kCountSessions{"directory_count_sessions", Access::read, R"sql(
    SELECT count(*), count(*) FILTER (WHERE is_live), coalesce(max(session_id), 0),
           min(created_at) FILTER (WHERE is_live)
    FROM (
        SELECT session_id, created_at, revoked_at IS NULL AND refresh_expires_at > now() AS is_live
        FROM sessions
        WHERE session_id > $1::bigint
        ORDER BY session_id
        LIMIT 5000
    ) AS page
)sql"};

Count Directory::count_sessions(std::int64_t after) {
  pg::Params params;
  params.add(after);
  const auto result = connection_.execute(kCountSessions, params);
  return {result.integer(0, 0), result.integer(0, 1), result.integer(0, 2),
          result.is_null(0, 3) ? std::nullopt : std::optional(result.time(0, 3))};
}

}  // namespace store
