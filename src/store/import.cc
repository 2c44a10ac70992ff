#include "store/import.h"

namespace store {

using pg::Access;

namespace {

std::vector<std::int64_t> read_ids(const pg::Result& result) {
  std::vector<std::int64_t> ids;
  ids.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) ids.push_back(result.integer(row, 0));
  return ids;
}

}  // namespace

// The number is arbitrary; no other statement uses it.
const pg::Statement kBegin{"import_begin", Access::write, R"sql(
    SELECT pg_try_advisory_xact_lock(5247302)
)sql"};

bool Import::begin() {
  return connection_.execute(kBegin, pg::Params()).boolean(0, 0);
}

const pg::Statement kFind{"import_find", Access::read, R"sql(
    SELECT given.place - 1, users.user_id
    FROM unnest($1::text[]) WITH ORDINALITY AS given (username, place)
    JOIN users ON lower(users.username COLLATE "C") = lower(given.username COLLATE "C")
)sql"};

std::vector<ExistingUser> Import::find(const UserColumns& batch) {
  pg::Params params;
  params.add_texts(batch.usernames);
  const auto result = connection_.execute(kFind, params);
  std::vector<ExistingUser> existing;
  existing.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row)
    existing.push_back({static_cast<std::size_t>(result.integer(row, 0)), {result.integer(row, 1)}});
  return existing;
}

const pg::Statement kInsert{"import_insert", Access::write, R"sql(
    INSERT INTO users (username, password_hash, name, groups, email, disabled_at)
    SELECT username, password_hash, coalesce(name, username),
           coalesce(string_to_array(given.groups, ','), '{}'), email, CASE WHEN disabled::boolean THEN now() END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         AS given (username, password_hash, name, groups, email, disabled)
    ON CONFLICT DO NOTHING
    RETURNING user_id
)sql"};

std::vector<std::int64_t> Import::insert(const UserColumns& batch) {
  pg::Params params;
  params.add_texts(batch.usernames).add_texts(batch.password_hashes).add_texts(batch.names);
  params.add_texts(batch.groups).add_texts(batch.emails).add_texts(batch.disabled);
  return read_ids(connection_.execute(kInsert, params));
}

const pg::Statement kLock{"import_lock", Access::write, R"sql(
    SELECT users.password_hash <> given.password_hash,
           given.disabled IS NOT DISTINCT FROM 'true' AND users.disabled_at IS NULL
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS given (user_id, password_hash, disabled)
    JOIN users ON users.user_id = given.user_id
    ORDER BY users.user_id
    FOR NO KEY UPDATE OF users
)sql"};

std::vector<LockedUser> Import::lock(std::span<const std::int64_t> users, const UserColumns& batch) {
  pg::Params params;
  params.add_numbers(users).add_texts(batch.password_hashes).add_texts(batch.disabled);
  const auto result = connection_.execute(kLock, params);
  std::vector<LockedUser> locked;
  locked.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row)
    locked.push_back({.new_hash = result.boolean(row, 0), .newly_disabled = result.boolean(row, 1)});
  return locked;
}

const pg::Statement kUpdate{"import_update", Access::write, R"sql(
    UPDATE users
    SET password_changed_at = CASE
            WHEN users.password_hash = given.password_hash THEN users.password_changed_at
            ELSE now()
        END,
        password_hash = given.password_hash,
        name = coalesce(given.name, users.name),
        groups = coalesce(string_to_array(given.groups, ','), users.groups),
        email = coalesce(given.email, users.email),
        email_verified_at = CASE
            WHEN coalesce(given.email, users.email) IS NOT DISTINCT FROM users.email THEN users.email_verified_at
        END,
        disabled_at = CASE given.disabled
            WHEN 'true' THEN coalesce(users.disabled_at, now())
            WHEN 'false' THEN NULL
            ELSE users.disabled_at
        END
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         AS given (user_id, password_hash, name, groups, email, disabled)
    WHERE users.user_id = given.user_id
)sql"};

void Import::update(std::span<const std::int64_t> users, const UserColumns& batch) {
  pg::Params params;
  params.add_numbers(users).add_texts(batch.password_hashes).add_texts(batch.names);
  params.add_texts(batch.groups).add_texts(batch.emails).add_texts(batch.disabled);
  connection_.execute(kUpdate, params);
}

const pg::Statement kEndAccess{"import_end_access", Access::write, R"sql(
    WITH forgotten AS (
        DELETE FROM devices
        WHERE user_id = ANY ($1::bigint[])
    ), worthless AS (
        DELETE FROM tickets
        WHERE user_id = ANY ($1::bigint[])
    )
    UPDATE sessions
    SET revoked_at = now()
    WHERE user_id = ANY ($1::bigint[])
      AND revoked_at IS NULL
      AND refresh_expires_at > now()
)sql"};

std::int64_t Import::end_access(std::span<const std::int64_t> users) {
  pg::Params params;
  params.add_numbers(users);
  return connection_.execute(kEndAccess, params).affected();
}

const pg::Statement kRecord{"import_record", Access::write, R"sql(
    INSERT INTO events (user_id, event, actor)
    SELECT user_id, $2::text, $3::text
    FROM unnest($1::bigint[]) AS user_id
)sql"};

void Import::record(std::span<const std::int64_t> users, std::string_view event, std::string_view actor) {
  if (settings_.events_keep == 0 || users.empty()) return;
  pg::Params params;
  params.add_numbers(users).add(event).add(actor);
  connection_.execute(kRecord, params);
}

}  // namespace store
