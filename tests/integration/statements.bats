#!/usr/bin/env bats
# The SQL of the service, statement by statement: each can be prepared by the service's role against the migrated
# tables, and each finds its rows by an index when the tables are of realistic size.

USERS=20000
SESSIONS=100000

setup_file() {
    load lib/common
    "$ROOT/scripts/build" build/statements
    "$ROOT/build/statements" >"$BATS_FILE_TMPDIR/statements.sql"
    stack_new
    stack_start CLEANUP_INTERVAL=0
    wait_until 120 is_migrated
    fill_tables >"$STACK/fill.log" 2>&1
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

newest_version() {
    local newest
    newest=$(basename -a "$ROOT"/sql/[0-9]*.sql | sort | tail -n 1)
    echo "$((10#${newest%%_*}))"
}

# Without a look at the service, which has no connection while one of its statements is wrong.
is_migrated() {
    [[ $(sql 'SELECT max(version) FROM schema_versions' 2>&1) == "$(newest_version)" ]]
}

# psql_as ROLE OPTION...
psql_as() {
    local role=$1
    shift
    "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -At -h "$RUN_DIR/cluster-sockets" -U "$role" -d sessiond "$@"
}

# Of sessions, attempts, devices, tickets and events, one in a thousand is for the cleanup: it runs often.
fill_tables() {
    psql_as postgres -v "users=$USERS" -v "sessions=$SESSIONS" -f "$ROOT/tests/bench/load.sql"
    psql_as postgres <<'SQL'
UPDATE sessions SET revoked_at = now() - interval '2 days' WHERE session_id % 1000 = 0;
UPDATE sessions
SET rotated_at = now(), previous_access_hash = sha256(access_token_hash), previous_access_expires_at = now()
WHERE session_id % 3 = 0;
INSERT INTO attempts (attempt_key, failures, last_at)
SELECT sha256(convert_to('attempt' || n, 'UTF8')), 3, now() - CASE WHEN n % 1000 = 0 THEN 65 ELSE n % 55 END * interval '1 minute'
FROM generate_series(1, 50000) AS n;
INSERT INTO devices (device_hash, user_id, created_at)
SELECT sha256(convert_to('device' || user_id || '-' || n, 'UTF8')), user_id,
       now() - CASE WHEN user_id % 1000 = 0 THEN 401 ELSE user_id % 399 END * interval '1 day'
FROM users, generate_series(1, 2) AS n;
INSERT INTO tickets (ticket_hash, purpose, user_id, username, groups, actor, created_at, expires_at)
SELECT sha256(convert_to('ticket' || n, 'UTF8')), 'invitation', NULL, NULL, '{staff}', 'operator:root', now(),
       now() + CASE WHEN n % 1000 = 0 THEN -1 ELSE n % 100 END * interval '1 hour'
FROM generate_series(1, 5000) AS n;
INSERT INTO tickets (ticket_hash, purpose, user_id, expires_at)
SELECT sha256(convert_to('reset' || user_id, 'UTF8')), 'password_reset', user_id, now() + interval '1 hour'
FROM users WHERE user_id % 4 = 0;
INSERT INTO events (user_id, event, happened_at, ip, user_agent)
SELECT user_id, 'authn_login_success', now() - CASE WHEN user_id % 1000 = 0 THEN 91 ELSE user_id % 89 END * interval '1 day',
       '192.0.2.1', 'curl'
FROM users, generate_series(1, 5) AS n;
VACUUM ANALYZE users, sessions, attempts, devices, tickets, events;
SQL
}

# statement_names: as the program prints them.
statement_names() {
    sed -nE 's/^PREPARE ([a-z_]+) AS$/\1/p' "$BATS_FILE_TMPDIR/statements.sql" | LC_ALL=C sort
}

# access_of NAME: as tests/statements.cc names it.
access_of() {
    sed -nE "/^-- /{h;d};/^PREPARE $1 AS\$/{g;s/^-- //p}" "$BATS_FILE_TMPDIR/statements.sql"
}

# explain_all: prepares all statements as the service's role and writes each one's generic plan to a file of its name.
explain_all() {
    psql_as sessiond -f "$BATS_FILE_TMPDIR/statements.sql" -f - >"$BATS_TEST_TMPDIR/plans" <<'SQL'
SET plan_cache_mode = force_generic_plan;
SELECT format('SELECT %L', name),
       format('EXPLAIN (FORMAT JSON) EXECUTE %I%s', name,
              '(' || nullif(array_to_string(array_fill('NULL'::text, ARRAY[cardinality(parameter_types)]), ','), '') || ')')
FROM pg_prepared_statements
ORDER BY name
\gexec
SQL
    awk -v "directory=$BATS_TEST_TMPDIR" '
        /^[a-z_]+$/ { file = directory "/" $0 ".json"; next }
        { print >file }' "$BATS_TEST_TMPDIR/plans"
    expect_equal "the plans" "$(cd "$BATS_TEST_TMPDIR" && LC_ALL=C ls -- *.json)" "$(statement_names | sed 's/$/.json/')"
}

# first_columns: the first column or expression of each index, as JSON. Plans show a COLLATE as a cast.
first_columns() {
    psql_as postgres -c "SELECT json_object_agg(indexrelid::regclass,
            regexp_replace(pg_get_indexdef(indexrelid, 1, true), '([a-z]+) COLLATE \"C\"', '(\1)::text'))
        FROM pg_index WHERE indrelid IN (SELECT relid FROM pg_stat_user_tables UNION SELECT unnest(ARRAY['pg_index',
            'pg_attribute', 'pg_depend', 'pg_class']::regclass[]))"
}

# nodes NAME CONDITION [FIRST-COLUMNS]: the nodes of the statement's plan that jq finds the condition true for.
nodes() {
    jq -r --argjson first "${3-null}" "[.. | objects | select(has(\"Node Type\")) | select($2)
        | [.\"Node Type\", .\"Relation Name\", .\"Index Name\"] | map(values) | join(\" \")] | join(\", \")" \
        "$BATS_TEST_TMPDIR/$1.json"
}

@test "every statement can be prepared by the service's role, and has a name of its own" {
    local prepared
    prepared=$(psql_as sessiond -f "$BATS_FILE_TMPDIR/statements.sql" \
        -c 'SELECT name FROM pg_prepared_statements ORDER BY name COLLATE "C"')
    [[ -n $prepared ]]
    expect_equal "the prepared statements" "$prepared" "$(statement_names)"
}

# unneeded_rights: one a line, those of the service's role without which every statement may still run.
unneeded_rights() {
    psql_as postgres -f "$BATS_FILE_TMPDIR/statements.sql" -f - <<'SQL'
SET plan_cache_mode = force_generic_plan;
CREATE TEMP TABLE rights AS
SELECT relname, NULL AS attname, privilege_type, false AS is_needed
FROM pg_class, aclexplode(relacl)
WHERE grantee = 'sessiond'::regrole AND relnamespace = 'public'::regnamespace
UNION ALL
SELECT relname, attname, privilege_type, false
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid, aclexplode(attacl)
WHERE grantee = 'sessiond'::regrole AND relnamespace = 'public'::regnamespace;
CREATE FUNCTION pg_temp.explain_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    call text;
BEGIN
    FOR call IN SELECT format('EXPLAIN EXECUTE %I', name)
        || coalesce('(' || nullif(array_to_string(array_fill('NULL'::text, ARRAY[cardinality(parameter_types)]), ','), '') || ')', '')
        FROM pg_prepared_statements
    LOOP
        EXECUTE call;
    END LOOP;
END $$;
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT ctid, * FROM rights LOOP
        BEGIN
            EXECUTE format('REVOKE %s%s ON %I FROM sessiond', r.privilege_type, '(' || quote_ident(r.attname) || ')', r.relname);
            SET LOCAL ROLE sessiond;
            PERFORM pg_temp.explain_all();
            RAISE division_by_zero;
        EXCEPTION
            WHEN insufficient_privilege THEN UPDATE rights SET is_needed = true WHERE ctid = r.ctid;
            WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END $$;
SELECT concat_ws(' ', privilege_type, relname, attname) FROM rights WHERE NOT is_needed OR privilege_type NOT IN
    ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
UNION ALL
SELECT 'no rights at all' WHERE NOT EXISTS (SELECT FROM rights)
ORDER BY 1;
SQL
}

@test "the service's role may do what its statements do, and nothing else" {
    explain_all # as that role: each right that is missing fails here
    expect_equal "rights that no statement needs" "$(unneeded_rights | paste -sd ,)" ''
    # The check can fail.
    psql_as postgres -c 'GRANT UPDATE (created_at), TRUNCATE ON users TO sessiond'
    expect_equal "rights that no statement needs" "$(unneeded_rights | paste -sd ,)" 'TRUNCATE users,UPDATE users created_at'
    # What is granted elsewhere, by hand or by a version before, ends with the next run of scripts/migrate.
    "${CLEAN[@]}" "$ROOT/scripts/migrate"
    expect_equal "rights after scripts/migrate" "$(unneeded_rights | paste -sd ,)" ''
}

@test "every statement is run by the file that it stands in" {
    local file constant count=0
    for file in "$ROOT"/src/*/*.cc; do
        while read -r constant; do
            count=$((count + 1))
            (($(grep -cE "\b$constant\b" "$file") > 1)) || fail "$constant in $file is never run"
        done < <(sed -nE 's/^ *const pg::Statement (k[A-Za-z]+)\{.*/\1/p' "$file")
    done
    expect_equal "the statements in src/" "$count" "$(statement_names | wc -l)"
}

@test "the program is written for the newest file in sql/" {
    expect_equal "kSchemaVersion" "$(sed -nE 's/^\\set schema_version //p' "$BATS_FILE_TMPDIR/statements.sql")" \
        "$(newest_version)"
}

@test "every statement finds its rows by an index" {
    local name whole first broken=''
    # The newest version is the last entry of its index, for which PostgreSQL 17 needs no condition.
    local reads_all='."Node Type" == "Seq Scan" or
        (."Index Name" as $index | $index and $index != "schema_versions_pkey" and (."Index Cond" // "" | contains($first[$index]) | not))'
    explain_all
    first=$(first_columns)
    for name in $(statement_names); do
        whole=$(nodes "$name" "$reads_all" "$first")
        [[ -z $whole ]] || broken+="; $name reads all of it: $whole"
    done
    [[ -z $broken ]] || fail "${broken#; }"
}

# statements_with ACCESSES REGEX: the names of those with one of these kinds of access whose SQL has a line that matches.
statements_with() {
    awk -v "accesses=^($1)\$" -v "regex=$2" '
        /^-- / { is_wanted = $2 ~ accesses; next }
        /^PREPARE / { name = $2 }
        is_wanted && $0 ~ regex { print name }' "$BATS_FILE_TMPDIR/statements.sql" | LC_ALL=C sort -u
}

# finding_calls: of each statement that finds live sessions by access tokens, its name, how many of the sessions that
# after_call makes it has to find, and the psql input that has it look for all of :user's tokens, in turn where it takes
# one.
finding_calls() {
    cat <<'ROWS'
session_find_batch_by_access|16|SELECT format('EXECUTE session_find_batch_by_access(%L)', array_agg(access_token_hash)) FROM mine \gexec
session_find_by_access|16|SELECT format('EXECUTE session_find_by_access(%L)', access_token_hash) FROM mine \gexec
session_find_batch_by_previous_access|6|SELECT format('EXECUTE session_find_batch_by_previous_access(%L, %s)', array_agg(previous_access_hash), :grace) FROM mine \gexec
session_find_unexpired|16|SELECT format('EXECUTE session_find_unexpired(%L, %L, %L)', refresh_family_hash, refresh_token_hash, access_token_hash) FROM mine \gexec
ROWS
}

# ending_calls: of each statement that ends sessions, its name and the psql input that has it end all sessions of :user,
# in turn where it ends one. The session that session_revoke_others keeps is none of them, nor is the one that
# session_revoke_excess makes room for.
ending_calls() {
    cat <<'ROWS'
session_revoke|SELECT format('EXECUTE session_revoke(%s)', session_id) FROM mine \gexec
session_revoke_of_user|SELECT format('EXECUTE session_revoke_of_user(%s, %s)', session_id, :user) FROM mine \gexec
session_revoke_presented|SELECT format('EXECUTE session_revoke_presented(%L, NULL, NULL, %s, NULL)', hash, :grace) FROM tokens \gexec
session_revoke_others|EXECUTE session_revoke_others(:user, 0);
session_revoke_all|EXECUTE session_revoke_all(:user);
session_revoke_excess|EXECUTE session_revoke_excess(:user, 0, :'another', 1);
user_delete|EXECUTE user_delete(:user);
import_end_access|EXECUTE import_end_access(ARRAY[:user]);
ROWS
}

# ending_none: the statements that change or delete rows of sessions, and end none whose access token is accepted.
ending_none() {
    printf '%s\n' session_end_predecessors session_extend_access session_mark_authenticated session_mark_used session_purge session_rotate
}

# after_call CALL FINDING: gives a user a session in each state that its times and its end can make, and runs FINDING
# before and after the call. Leaves nothing behind.
after_call() {
    psql_as postgres -f "$BATS_FILE_TMPDIR/statements.sql" -f - <<SQL
BEGIN;
INSERT INTO users (name, username, password_hash) VALUES ('E', 'ended', '') RETURNING user_id AS user \gset
\\set grace 10
SELECT access_token_hash AS another FROM sessions LIMIT 1 \gset
INSERT INTO sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash, access_expires_at,
                      refresh_expires_at, revoked_at, rotated_at, previous_access_hash, previous_access_expires_at)
SELECT :user, sha256(token || 'a'), sha256(token || 'r'), sha256(token || 'f'), now() + access, now() + refresh, now() + revoked,
       now() + rotated, sha256(token || 'p'), now() + previous
FROM unnest(ARRAY['-1 hour', '10 minutes', '2 hours']::interval[]) AS access,
     unnest(ARRAY['-1 minute', '1 hour']::interval[]) AS refresh,
     unnest(ARRAY[NULL, '-1 second']::interval[]) AS revoked,
     unnest(ARRAY['-11 seconds', '-1 second', '1 second', '11 seconds']::interval[]) AS rotated,
     unnest(ARRAY['-1 second', '9 seconds']::interval[]) AS previous,
     convert_to(concat_ws(' ', access, refresh, revoked, rotated, previous), 'UTF8') AS token;
CREATE TEMPORARY TABLE mine ON COMMIT DROP AS SELECT * FROM sessions WHERE user_id = :user;
CREATE TEMPORARY TABLE tokens ON COMMIT DROP AS
SELECT unnest(ARRAY[access_token_hash, previous_access_hash]) AS hash FROM mine;
\\echo before
$2
\\echo call
$1
\\echo after
$2
ROLLBACK;
SQL
}

# A statement that is new has to get a row in one of the tables above.
@test "every statement that finds sessions by access tokens, or changes sessions, is one that the next test knows" {
    # The last one finds none that live: it asks for those that have ended.
    expect_equal "those that find" "$({ finding_calls | cut -d'|' -f1 && echo session_was_revoked_lately; } | LC_ALL=C sort)" \
        "$(statements_with read 'access[a-z_]*_hash')"
    expect_equal "those that change" "$({ ending_calls | cut -d'|' -f1 && ending_none; } | LC_ALL=C sort)" \
        "$({ statements_with 'write|sought_write' '(UPDATE|DELETE FROM) sessions|DELETE FROM users' &&
            statements_with optional_write .; } | LC_ALL=C sort)"
}

@test "every statement that ends sessions ends all whose access tokens are accepted, by whatever statement" {
    local name call finder count finding output
    while IFS='|' read -r name call; do
        while IFS='|' read -r finder count finding; do
            output=$(after_call "$call" "$finding")
            expect_equal "what $finder finds before $name" "$(sed -n '/^before$/,/^call$/p' <<<"$output" | grep -c '|ended|')" "$count"
            expect_equal "what $finder finds after $name" "$(sed -n '/^after$/,$p' <<<"$output" | tail -n +2)" ''
        done < <(finding_calls)
    done < <(ending_calls)
}

# Of several cleaners at once, one gets the advisory lock. The others must not look at a single row.
@test "a cleanup that another one keeps from working reads nothing" {
    local plan=$BATS_TEST_TMPDIR/loser.json
    psql_as sessiond >"$BATS_TEST_TMPDIR/holder" 2>&1 3>&- 4>&- <<'SQL' &
BEGIN;
SELECT pg_advisory_xact_lock(5247301);
SELECT pg_sleep(60);
SQL
    wait_until 30 lock_is_held
    psql_as sessiond -f "$BATS_FILE_TMPDIR/statements.sql" -c 'SET plan_cache_mode = force_generic_plan' \
        -c 'EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE session_purge' >"$plan"
    psql_as postgres -c "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'" >/dev/null
    expect_equal "nodes that read sessions" "$(jq '[.. | objects | select(."Relation Name" == "sessions")] | length > 0' "$plan")" true
    expect_equal "how often they run" "$(jq '[.. | objects | select(has("Relation Name") and (."Node Type" | test("Scan"))) | ."Actual Loops"] | add' "$plan")" 0
    # It asks once, and does not ask for each row.
    expect_equal "the condition" "$(jq -r '[.. | objects | ."One-Time Filter" // empty] | length' "$plan")" 1
}

lock_is_held() {
    [[ $(psql_as postgres -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") == 1 ]]
}

@test "what runs again after a lost connection changes and locks nothing" {
    local name
    explain_all
    for name in $(statement_names); do
        [[ $(access_of "$name") == read ]] || continue
        expect_equal "what the read $name changes" "$(nodes "$name" '."Node Type" | IN("ModifyTable", "LockRows")')" ''
    done
}
