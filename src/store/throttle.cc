#include "store/throttle.h"

namespace store {

using pg::Access;

// No statement here waits for the disk, which is what setting `synchronous_commit` is for: a crash may forget
// the last attempts.

// Counts an attempt if it is allowed, in one step, so that no number of parallel ones gets past the limit:
// `$2` are free, then each has to wait 1, 2, 4, ... 900 seconds after the one before. Answers 0, or how long
// to wait.
const pg::Statement kTake{"attempt_take", Access::write, R"sql(
    WITH taken AS (
        INSERT INTO attempts AS a (attempt_key, failures)
        SELECT $1::bytea, 1
        WHERE set_config('synchronous_commit', 'off', true) = 'off'
        ON CONFLICT (attempt_key) DO UPDATE
        SET last_at = now(),
            failures = CASE WHEN a.last_at < now() - interval '1 hour' THEN 1 ELSE a.failures + 1 END
        WHERE a.failures < $2::bigint
           OR a.last_at < now() - interval '1 hour'
           OR now() >= a.last_at
                       + least(900, power(2, least(a.failures - $2::bigint, 10))) * interval '1 second'
        RETURNING 1
    ),
    wait AS (
        SELECT last_at + least(900, power(2, least(failures - $2::bigint, 10))) * interval '1 second' - now()
            AS time_left
        FROM attempts
        WHERE attempt_key = $1::bytea
    )
    SELECT CASE
        WHEN EXISTS (SELECT FROM taken) THEN 0
        ELSE coalesce((SELECT greatest(1, ceil(extract(epoch FROM time_left))) FROM wait), 1)
    END::bigint
)sql"};

std::int64_t Throttle::take(const crypto::Digest& key, std::int64_t free) {
  pg::Params params;
  params.add(key).add(free);
  return connection_.execute(kTake, params).integer(0, 0);
}

const pg::Statement kForget{"attempt_forget", Access::write, R"sql(
    DELETE FROM attempts
    WHERE attempt_key = $1::bytea
      AND set_config('synchronous_commit', 'off', true) = 'off'
)sql"};

void Throttle::forget(const crypto::Digest& key) {
  pg::Params params;
  params.add(key);
  connection_.execute(kForget, params);
}

const pg::Statement kTakeBack{"attempt_take_back", Access::write, R"sql(
    UPDATE attempts
    SET failures = failures - 1
    WHERE attempt_key = $1::bytea
      AND failures > 0
      AND set_config('synchronous_commit', 'off', true) = 'off'
)sql"};

void Throttle::take_back(const crypto::Digest& key) {
  pg::Params params;
  params.add(key);
  connection_.execute(kTakeBack, params);
}

}  // namespace store
