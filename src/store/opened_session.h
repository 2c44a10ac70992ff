// A session with its user, as the answers to a login, a refresh and GET /me describe it.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "pg/result.h"
#include "store/ids.h"
#include "store/users.h"

namespace store {

/// `access_life` and `refresh_life` are the seconds until the tokens expire, rounded up, by the clock of the
/// database. They are 0 or less when a token has expired.
struct OpenedSession {
  SessionId id;
  base::Time access_expires_at;
  base::Time refresh_expires_at;
  std::int64_t access_life;
  std::int64_t refresh_life;
  User user;
};

/// The number of columns that read_opened() reads. Each statement for an OpenedSession must return these
/// first:
///
///     s.session_id, s.access_expires_at, s.refresh_expires_at, now(),
///     u.user_id, u.name, u.username, u.created_at
inline constexpr int kOpenedColumns = 8;

/// The session in the first row. Throws logic_error when there is no row.
OpenedSession read_opened(const pg::Result& result);

}  // namespace store
