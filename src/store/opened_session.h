// A session that a client gets tokens of: what a login, a refresh and the client's own profile say of it.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "pg/result.h"
#include "store/ids.h"
#include "store/users.h"

namespace store {

/// The lives are the whole seconds that the tokens have left, rounded up, by the clock of the database.
struct OpenedSession {
  SessionId id;
  base::Time access_expires_at;
  base::Time refresh_expires_at;
  std::int64_t access_life;
  std::int64_t refresh_life;
  User user;
};

/// The columns that read_opened() takes. Each statement that gives an OpenedSession returns these first:
///
///     s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
///     u.user_id, u.name, u.username, u.created_at
inline constexpr int kOpenedColumns = 8;

OpenedSession read_opened(const pg::Result& result);

}  // namespace store
