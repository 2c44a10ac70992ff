#include "store/devices.h"

namespace store {

using pg::Access;

// Inserts nothing when the user has been deleted meanwhile.
const pg::Statement kInsert{"device_insert", Access::write, R"sql(
    INSERT INTO devices (device_hash, user_id)
    SELECT $1::bytea, user_id
    FROM users
    WHERE user_id = $2::bigint
)sql"};

const pg::Statement kInsertOpened{"device_insert_opened", Access::write, R"sql(
    INSERT INTO devices (device_hash, user_id)
    SELECT $1::bytea, user_id
    FROM sessions
    WHERE access_token_hash = $2::bytea
)sql"};

const pg::Statement kRemoveExcess{"device_remove_excess", Access::write, R"sql(
    DELETE FROM devices
    WHERE device_hash IN (
        SELECT device_hash
        FROM devices
        WHERE user_id = $1::bigint
        ORDER BY created_at DESC
        OFFSET 50
    )
)sql"};

void Devices::insert(const crypto::Digest& device, UserId user) {
  pg::Params added;
  added.add(device).add(user.value);
  connection_.execute(kInsert, added);
  pg::Params owner;
  owner.add(user.value);
  connection_.execute(kRemoveExcess, owner);
}

void Devices::add_insert(pg::Steps& steps, const crypto::Digest& device, UserId user,
                         const crypto::Digest& opened) {
  steps.add(kInsertOpened).add_copy(device).add_copy(opened);
  steps.add(kRemoveExcess).add(user.value);
}

const pg::Statement kRemoveOthers{"device_remove_others", Access::write, R"sql(
    DELETE FROM devices
    WHERE user_id = $1::bigint
      AND device_hash IS DISTINCT FROM $2::bytea
)sql"};

void Devices::remove_others(UserId user, const std::optional<crypto::Digest>& kept) {
  pg::Params params;
  params.add(user.value);
  kept ? params.add(*kept) : params.add_null();
  connection_.execute(kRemoveOthers, params);
}

}  // namespace store
