// All SQL of the service: one table, each statement prepared when a worker connects.
// Names are object_verb, the same in SQL, Store and handlers.
#pragma once

#include <array>

#include "pg/connection.h"

namespace store {

/// The schema that these statements are written for: the number of the newest file in sql/.
inline constexpr std::int64_t kSchemaVersion = 3;

enum class StatementId {
  schema_version,
  user_insert,
  user_find_by_username,
  user_find_password,
  user_lock,
  user_set_password,
  user_rehash,
  user_delete,
  user_rename,
  session_insert,
  session_find_by_access,
  session_find_batch_by_access,
  session_find_by_family,
  session_rotate,
  session_extend_access,
  session_mark_used,
  session_revoke,
  session_revoke_presented,
  session_revoke_others,
  session_revoke_excess,
  session_find_live,
  session_describe,
  session_list,
  session_revoke_of_user,
  session_revoke_all,
  session_is_fresh,
  session_mark_authenticated,
  attempt_take,
  attempt_forget,
  attempt_take_back,
  device_insert,
  device_find,
  device_remove_excess,
  purge_sessions,
  purge_attempts,
  purge_devices,
};

inline constexpr std::size_t kStatementCount = static_cast<std::size_t>(StatementId::purge_devices) + 1;

/// In the order of StatementId.
extern const std::array<pg::Statement, kStatementCount> kStatements;

constexpr std::size_t index(StatementId id) {
  return static_cast<std::size_t>(id);
}

}  // namespace store
