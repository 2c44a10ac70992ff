#include "store/throttle.h"

namespace store {

using pg::Access;

// The statements set synchronous_commit to off, so that they do not wait for the disk. A crash of the
// database may lose the last attempts, which does little harm.

// Checks and counts in one statement, so that parallel attempts cannot exceed the limit. The first $2
// attempts are free; each further one must wait 1, 2, 4, ... 900 seconds after the one before. After an hour
// without attempts, the count starts again. An attempt from the future was counted while the clock was wrong:
// it delays nothing. Attempts that wait for each other begin in another order than they are counted, so the
// time is read when the row is locked, not when the transaction begins.
const pg::Statement kTake{"attempt_take", Access::unseen_write, R"sql(
    WITH taken AS (
        INSERT INTO attempts AS a (attempt_key, failures, last_at)
        SELECT $1::bytea, 1, clock_timestamp()
        WHERE set_config('synchronous_commit', 'off', true) = 'off'
        ON CONFLICT (attempt_key) DO UPDATE
        SET last_at = clock_timestamp(),
            failures = CASE WHEN a.last_at < clock_timestamp() - interval '1 hour' THEN 1 ELSE a.failures + 1 END
        WHERE a.failures < $2::bigint
           OR clock_timestamp() NOT BETWEEN a.last_at
              AND a.last_at + least(900, power(2, least(a.failures - $2::bigint, 10))) * interval '1 second'
        RETURNING failures
    ),
    wait AS (
        SELECT least(last_at, clock_timestamp())
               + least(900, power(2, least(failures - $2::bigint, 10))) * interval '1 second'
               - clock_timestamp() AS time_left
        FROM attempts
        WHERE attempt_key = $1::bytea
    )
    SELECT CASE
               WHEN EXISTS (SELECT FROM taken) THEN 0
               ELSE coalesce((SELECT greatest(1, ceil(extract(epoch FROM time_left))) FROM wait), 1)
           END::bigint,
           coalesce((SELECT failures FROM taken), 0)::bigint
)sql"};

Taken Throttle::take(const crypto::Digest& key, std::int64_t free) {
  pg::Params params;
  params.add(key).add(free);
  const auto result = connection_.execute(kTake, params);
  return {.wait = result.integer(0, 0), .failures = result.integer(0, 1)};
}

const pg::Statement kForget{"attempt_forget", Access::unseen_write, R"sql(
    DELETE FROM attempts
    WHERE attempt_key = $1::bytea
      AND set_config('synchronous_commit', 'off', true) = 'off'
)sql"};

const pg::Statement kTakeBack{"attempt_take_back", Access::unseen_write, R"sql(
    UPDATE attempts
    SET failures = failures - 1
    WHERE attempt_key = $1::bytea
      AND failures > 0
      AND set_config('synchronous_commit', 'off', true) = 'off'
)sql"};

void Throttle::forgive(std::span<const Count> counts) {
  pg::Transaction transaction(connection_);
  pg::Steps steps;
  for (const auto& count : counts) steps.add(count.shared ? kTakeBack : kForget).add(count.key);
  transaction.commit(steps);
}

}  // namespace store
