#include "store/cleanup.h"

namespace store {

using pg::Access;

// All of them delete in batches and skip rows that are locked. Of several cleanups at the same time, only the
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

const pg::Statement kPurgeTickets{"ticket_purge", Access::write, R"sql(
    DELETE FROM tickets
    WHERE ticket_hash IN (
        SELECT ticket_hash
        FROM tickets
        WHERE expires_at < now()
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
)sql"};

// How many rows $1 leaves is not known when the statement is planned. The order makes each part use the index
// all the same, which an OR would not.
const pg::Statement kPurgeEvents{"event_purge", Access::write, R"sql(
    DELETE FROM events
    WHERE event_id = ANY (
        ARRAY(
            SELECT event_id
            FROM events
            WHERE happened_at < now() - $1::bigint * interval '1 day'
            ORDER BY happened_at
            LIMIT 1000
            FOR UPDATE SKIP LOCKED
        ) || ARRAY(
            SELECT event_id
            FROM events
            WHERE happened_at > now() + interval '1 day'
            ORDER BY happened_at
            LIMIT 1000
            FOR UPDATE SKIP LOCKED
        )
    )
)sql"};

// Only the kinds that are frequent among the newest entries are looked at, so that no cleanup goes through
// the history of every user. One that is rarer than ten a day does not reach 1,000 in a quarter of a year.
// 5,000 entries are what one address leaves from one cleanup to the next at the default LOGIN_RATE. A kind is
// what the view takes for one (store/events.cc).
const pg::Statement kPurgeSurplusEvents{"event_purge_surplus", Access::write, R"sql(
    WITH kinds AS (
        SELECT user_id, event, actor, new_device
        FROM (
            SELECT user_id, event, actor, new_device
            FROM events
            WHERE happened_at > now() - interval '1 day'
            ORDER BY happened_at DESC
            LIMIT 5000
        ) AS newest
        GROUP BY user_id, event, actor, new_device
        HAVING count(*) >= 10
    )
    DELETE FROM events
    WHERE event_id = ANY (
        ARRAY(
            SELECT surplus.event_id
            FROM kinds
            CROSS JOIN LATERAL (
                SELECT event_id
                FROM events
                WHERE user_id = kinds.user_id
                  AND event = kinds.event
                  AND actor = kinds.actor
                  AND new_device = kinds.new_device
                ORDER BY event_id DESC
                OFFSET 999
                LIMIT 1
            ) AS last
            CROSS JOIN LATERAL (
                SELECT event_id
                FROM events
                WHERE user_id = kinds.user_id
                  AND event = kinds.event
                  AND actor = kinds.actor
                  AND new_device = kinds.new_device
                  AND event_id < last.event_id
                ORDER BY event_id
                LIMIT 1000
                FOR UPDATE SKIP LOCKED
            ) AS surplus
            LIMIT 1000
        )
    )
)sql"};

Purged Cleanup::purge_batch() {
  const auto purge = [this](const pg::Statement& statement, const pg::Params& params = pg::Params()) {
    return connection_.execute(statement, params).affected();
  };
  pg::Params kept;
  kept.add(settings_.events_keep);
  return {purge(kPurgeSessions), purge(kPurgeAttempts), purge(kPurgeDevices), purge(kPurgeTickets),
          purge(kPurgeEvents, kept) + purge(kPurgeSurplusEvents)};
}

}  // namespace store
