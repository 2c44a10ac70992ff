#include "store/directory.h"

namespace store {

using pg::Access;

namespace {

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

// In the order of the alphabet and each once.
const pg::Statement kSetGroups{"directory_set_groups", Access::write, R"sql(
    UPDATE users
    SET groups = ARRAY(
        SELECT DISTINCT name
        FROM unnest(string_to_array($2::text, ',')) AS name
        WHERE name <> ''
        ORDER BY name
    )
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

}  // namespace store
