#include "store/users.h"

namespace store {

using pg::Access;

const pg::Statement kInsert{"user_insert", Access::write, R"sql(
    INSERT INTO users (name, username, password_hash, groups)
    VALUES ($1::text, $2::text, $3::text, string_to_array($4::text, ','))
    ON CONFLICT (lower(username COLLATE "C")) DO NOTHING
    RETURNING user_id
)sql"};

std::optional<UserId> Users::insert(std::string_view name, std::string_view username, std::string_view phc,
                                    std::string_view groups) {
  pg::Params params;
  params.add(name).add(username).add(phc).add(groups);
  const auto result = connection_.execute(kInsert, params);
  if (result.rows() == 0) return std::nullopt;
  return UserId{result.integer(0, 0)};
}

// Without COLLATE, the locale of the database would decide which names are the same: in many, U+212A is a k,
// and in Turkish the small letter of I is not i.
const pg::Statement kFindByUsername{"user_find_by_username", Access::read, R"sql(
    SELECT user_id, password_hash, disabled_at IS NOT NULL
    FROM users
    WHERE lower(username COLLATE "C") = lower($1::text COLLATE "C")
)sql"};

std::optional<UserPassword> Users::find_by_username(std::string_view username) {
  pg::Params params;
  params.add(username);
  const auto result = connection_.execute(kFindByUsername, params);
  if (result.rows() == 0) return std::nullopt;
  return UserPassword{{result.integer(0, 0)}, result.text(0, 1), result.boolean(0, 2)};
}

const pg::Statement kFindForLogin{"user_find_for_login", Access::read, R"sql(
    SELECT user_id, password_hash, disabled_at IS NOT NULL,
           EXISTS (SELECT
                   FROM devices d
                   WHERE d.device_hash = $2::bytea
                     AND d.user_id = u.user_id
                     AND d.created_at > now() - interval '400 days')
    FROM users u
    WHERE lower(username COLLATE "C") = lower($1::text COLLATE "C")
)sql"};

std::optional<LoginUser> Users::find_for_login(std::string_view username,
                                               const std::optional<crypto::Digest>& device) {
  pg::Params params;
  params.add(username);
  device ? params.add(*device) : params.add_null();
  const auto result = connection_.execute(kFindForLogin, params);
  if (result.rows() == 0) return std::nullopt;
  return LoginUser{{{result.integer(0, 0)}, result.text(0, 1), result.boolean(0, 2)}, result.boolean(0, 3)};
}

const pg::Statement kFindPassword{"user_find_password", Access::read, R"sql(
    SELECT password_hash
    FROM users
    WHERE user_id = $1::bigint
)sql"};

std::optional<std::string> Users::find_password(UserId user) {
  pg::Params params;
  params.add(user.value);
  const auto result = connection_.execute(kFindPassword, params);
  if (result.rows() == 0) return std::nullopt;
  return result.text(0, 0);
}

// Transactions that change several rows of a user wait for each other here, before they touch any of them. So
// they neither deadlock nor miss a session that another one is creating.
const pg::Statement kLock{"user_lock", Access::write, R"sql(
    SELECT user_id
    FROM users
    WHERE user_id = $1::bigint
      AND ($2::text IS NULL OR password_hash = $2::text)
    FOR NO KEY UPDATE
)sql"};

bool Users::lock(UserId user, const std::optional<std::string_view>& expected) {
  pg::Params params;
  params.add(user.value).add_optional(expected);
  return connection_.execute(kLock, params).rows() == 1;
}

const pg::Statement kLockEnabled{"user_lock_enabled", Access::write, R"sql(
    SELECT user_id
    FROM users
    WHERE user_id = $1::bigint
      AND ($2::text IS NULL OR password_hash = $2::text)
      AND disabled_at IS NULL
    FOR NO KEY UPDATE
)sql"};

bool Users::lock_enabled(UserId user, const std::optional<std::string_view>& expected) {
  pg::Params params;
  params.add(user.value).add_optional(expected);
  return connection_.execute(kLockEnabled, params).rows() == 1;
}

const pg::Statement kSetPassword{"user_set_password", Access::write, R"sql(
    UPDATE users
    SET password_hash = $2::text,
        password_changed_at = now()
    WHERE user_id = $1::bigint
      AND ($3::text IS NULL OR password_hash = $3::text)
)sql"};

bool Users::set_password(UserId user, std::string_view phc, const std::optional<std::string_view>& expected) {
  pg::Params params;
  params.add(user.value).add(phc).add_optional(expected);
  return connection_.execute(kSetPassword, params).affected() == 1;
}

const pg::Statement kRename{"user_rename", Access::write, R"sql(
    UPDATE users
    SET name = $2::text
    WHERE user_id = $1::bigint
)sql"};

void Users::rename(UserId user, std::string_view name) {
  pg::Params params;
  params.add(user.value).add(name);
  connection_.execute(kRename, params);
}

const pg::Statement kRehash{"user_rehash", Access::write, R"sql(
    UPDATE users
    SET password_hash = $3::text
    WHERE user_id = $1::bigint
      AND password_hash = $2::text
)sql"};

bool Users::rehash(UserId user, std::string_view expected, std::string_view phc) {
  pg::Params params;
  params.add(user.value).add(expected).add(phc);
  return connection_.execute(kRehash, params).affected() == 1;
}

const pg::Statement kRemove{"user_delete", Access::write, R"sql(
    DELETE FROM users
    WHERE user_id = $1::bigint
)sql"};

void Users::remove(UserId user) {
  pg::Params params;
  params.add(user.value);
  connection_.execute(kRemove, params);
}

}  // namespace store
