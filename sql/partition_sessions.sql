-- Makes `sessions` a table of partitions, for databases in which one table is too much (docs/scale.md, "Partitions of
-- sessions"). No migration: an operator calls it once, and scripts/migrate after it, which gives the rights anew:
--
--     scripts/psql -v partitions=4 -f sql/partition_sessions.sql && scripts/migrate
--
-- All in one transaction, which nobody can use a session beside; sessions and tokens stay as they are. PostgreSQL keeps no
-- index of tokens unique over partitions. Tokens are random numbers of 256 bits, so that nothing depends on it.
\set ON_ERROR_STOP on
\if :{?partitions}
\else
\set partitions ''
\endif
BEGIN;
SELECT set_config('sessiond.partitions', :'partitions', true) \g /dev/null
LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE;
DO $$
BEGIN
    IF current_setting('sessiond.partitions') !~ '^[1-9][0-9]{0,2}$' THEN
        RAISE 'say how many partitions there shall be, from 1 to 999, as in: -v partitions=4';
    END IF;
    IF (SELECT relkind FROM pg_class WHERE oid = 'sessions'::regclass) = 'p' THEN
        RAISE 'sessions has partitions already';
    END IF;
END
$$;
ALTER TABLE sessions RENAME TO sessions_whole;
CREATE TABLE sessions (
    LIKE sessions_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING IDENTITY INCLUDING COMMENTS
) PARTITION BY HASH (session_id);
SELECT format('CREATE TABLE sessions_%s PARTITION OF sessions FOR VALUES WITH (MODULUS %s, REMAINDER %1$s)', n, :partitions)
FROM generate_series(0, :partitions - 1) AS n
\gexec
INSERT INTO sessions OVERRIDING SYSTEM VALUE SELECT * FROM sessions_whole;
SELECT setval(pg_get_serial_sequence('sessions', 'session_id'),
              nextval(pg_get_serial_sequence('sessions_whole', 'session_id'))) \g /dev/null
DROP TABLE sessions_whole;

ALTER TABLE sessions ADD PRIMARY KEY (session_id);
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
CREATE INDEX sessions_access_token_hash_key ON sessions (access_token_hash);
CREATE INDEX sessions_refresh_token_hash_key ON sessions (refresh_token_hash);
CREATE INDEX sessions_refresh_family_hash_key ON sessions (refresh_family_hash);
CREATE INDEX sessions_previous_access_hash_key ON sessions (previous_access_hash)
    WHERE previous_access_hash IS NOT NULL;
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_end_idx ON sessions (coalesce(revoked_at, refresh_expires_at));
COMMIT;
ANALYZE sessions;
