-- The data of scripts/bench: psql variables `users` and `sessions` say how many rows there are afterwards; `loaded` says
-- how many sessions an earlier run of this file has made for as many users, by default none.
-- Tokens can be computed from the session's number, as wrk.lua and scripts/bench do; only their hashes are stored.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?loaded}
\else
    \set loaded 0
\endif
SET synchronous_commit = off;

BEGIN;
INSERT INTO users (name, username, password_hash)
SELECT 'Bench User ' || n, 'bench' || n, '$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvaw$'
       || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
FROM generate_series(1, :users) AS n
ON CONFLICT DO NOTHING;

CREATE TEMP TABLE bench_users ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY user_id) - 1 AS position, user_id FROM users WHERE username LIKE 'bench%';
CREATE UNIQUE INDEX ON bench_users (position);
ANALYZE bench_users;

-- An access token is 'sessiond-bench-access', nine digits and '..': 32 bytes.
INSERT INTO sessions (user_id, access_token_hash, refresh_family_hash, refresh_token_hash, access_expires_at, refresh_expires_at)
SELECT bench_users.user_id,
       sha256(convert_to('sessiond-bench-access' || lpad(n::text, 9, '0') || '..', 'UTF8')),
       sha256(substring(refresh FROM 1 FOR 16)),
       sha256(refresh),
       now() + interval '1 day',
       now() + interval '7 days'
FROM generate_series(:loaded + 1, :sessions) AS n
CROSS JOIN LATERAL (SELECT sha256(convert_to('sessiond-bench-refresh' || n, 'UTF8')) AS refresh) AS token
JOIN bench_users ON bench_users.position = n % :users;
COMMIT;

-- Nothing is left for the first readers or for autovacuum to do while figures are taken.
VACUUM (FREEZE, ANALYZE) users;
VACUUM (FREEZE, ANALYZE) sessions;
CHECKPOINT;
