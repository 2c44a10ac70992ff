#include "store/devices.h"

namespace store {

using pg::Access;

const pg::Statement kFind{"device_find", Access::read, R"sql(
    SELECT u.user_id
    FROM devices d
    JOIN users u USING (user_id)
    WHERE d.device_hash = $1::bytea
      AND lower(u.username COLLATE "C") = lower($2::text COLLATE "C")
      AND d.created_at > now() - interval '400 days'
)sql"};

std::optional<UserId> Devices::find_owner(const crypto::Digest& device, std::string_view username) {
  pg::Params params;
  params.add(device).add(username);
  const auto result = connection_.execute(kFind, params);
  if (result.rows() == 0) return std::nullopt;
  return UserId{result.integer(0, 0)};
}

// Inserts nothing when the user has been deleted meanwhile.
const pg::Statement kInsert{"device_insert", Access::write, R"sql(
    INSERT INTO devices (device_hash, user_id)
    SELECT $1::bytea, user_id
    FROM users
    WHERE user_id = $2::bigint
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
