#include "store/cleanup.h"

namespace store {

using pg::Access;

// All three delete in batches and skip rows that are locked. Of several cleanups at the same time, only the
// one that gets the advisory lock deletes sessions. The lock is asked for in a subquery, so that this is done
// once and before any row is looked at. Its number is arbitrary; no other statement uses it.
const pg::Statement kPurgeSessions{"session_purge", Access::write, R"sql(
    DELETE FROM sessions
    WHERE session_id IN (
        SELECT session_id
        FROM sessions
        WHERE coalesce(revoked_at, refresh_expires_at) < now() - interval '1 day'
          AND (SELECT pg_try_advisory_xact_lock(5247301))
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
)sql"};

// A time far in the future was stored while the clock was wrong. Such a row would stay until then.
const pg::Statement kPurgeAttempts{"attempt_purge", Access::write, R"sql(
    DELETE FROM attempts
    WHERE attempt_key IN (
        SELECT attempt_key
        FROM attempts
        WHERE last_at < now() - interval '1 hour'
           OR last_at > now() + interval '1 hour'
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
)sql"};

const pg::Statement kPurgeDevices{"device_purge", Access::write, R"sql(
    DELETE FROM devices
    WHERE device_hash IN (
        SELECT device_hash
        FROM devices
        WHERE created_at < now() - interval '400 days'
           OR created_at > now() + interval '1 day'
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
)sql"};

Purged Cleanup::purge_batch() {
  const auto purge = [this](const pg::Statement& statement) {
    return connection_.execute(statement, pg::Params()).affected();
  };
  return {
      .sessions = purge(kPurgeSessions), .attempts = purge(kPurgeAttempts), .devices = purge(kPurgeDevices)};
}

}  // namespace store
