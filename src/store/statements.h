// All SQL of the service: one table, each statement prepared when a worker connects.
// Names are object_verb, the same in SQL, Store and handlers.
#pragma once

#include <array>

#include "pg/connection.h"

namespace store {

/// The schema that these statements are written for: the number of the newest file in sql/.
inline constexpr std::int64_t kSchemaVersion = 1;

enum class StatementId {
  schema_version,
  user_insert,
  user_find_by_username,
  user_find_password,
  user_lock_with_password,
  user_set_password,
  user_rehash,
  user_delete,
  session_insert,
  session_find_by_access,
  session_find_batch_by_access,
  session_find_by_family,
  session_rotate,
  session_mark_used,
  session_revoke,
  session_revoke_presented,
  session_revoke_others,
  session_revoke_excess,
  session_find_live,
};

inline constexpr std::size_t kStatementCount = static_cast<std::size_t>(StatementId::session_find_live) + 1;

/// In the order of StatementId.
extern const std::array<pg::Statement, kStatementCount> kStatements;

constexpr std::size_t index(StatementId id) {
  return static_cast<std::size_t>(id);
}

}  // namespace store
