#!/usr/bin/env bats
# The cleanup: what it removes a day after its end and what it leaves, by itself and by hand, by several at once. And a
# migration from the first version of the tables, with live sessions in them.

setup_file() {
    load lib/common
    stack_new
    stack_up CLEANUP_INTERVAL=0 ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
}

after_each() {
    expect_session_invariants
}

# As the service itself, on the instance's database.
clean_up() {
    (cd "$ROOT" && "${CLEAN[@]}" DATABASE_URL="host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "${CHEAP[@]}" "$BIN" -f "$ENV_FILE" -c)
}

# session_ended ASSIGNMENTS: a new session of the user, in $session_id, with times in the past.
session_ended() {
    login "$name"
    update_session "$session_id" "created_at = created_at - interval '30 days', $1"
}

# Sessions at both sides of each border: ids in $gone and $stays.
make_sessions() {
    new_user
    gone=() stays=("$session_id")
    session_ended "revoked_at = now() - interval '25 hours'"
    gone+=("$session_id")
    session_ended "refresh_expires_at = now() - interval '25 hours', access_expires_at = now() - interval '25 hours'"
    gone+=("$session_id")
    session_ended "revoked_at = now() - interval '3 days', refresh_expires_at = now() - interval '2 days', access_expires_at = now() - interval '2 days'"
    gone+=("$session_id")
    session_ended "revoked_at = now() - interval '23 hours'"
    stays+=("$session_id")
    session_ended "refresh_expires_at = now() - interval '23 hours', access_expires_at = now() - interval '23 hours'"
    stays+=("$session_id")
    session_ended "access_expires_at = now() - interval '3 days', last_used_at = now() - interval '3 days'"
    stays+=("$session_id")
}

ids() {
    (IFS=, && echo "$*")
}

rows_are() {
    [[ $(sql "select count(*) from sessions where session_id in ($1)") == "$2" ]]
}

expect_cleaned() {
    rows_are "$(ids "${gone[@]}")" 0 || fail "rows are left of ${gone[*]}"
    rows_are "$(ids "${stays[@]}")" "${#stays[@]}" || fail "not all are left of ${stays[*]}"
}

@test "by hand: what ended more than a day ago goes, the rest stays" {
    local out
    make_sessions
    out=$(clean_up 2>&1)
    expect_cleaned
    expect_equal "the log" "$(jq -r 'select(.event == "session_expired") | "\(.detail) \(.sessions)"' <<<"$out")" "cleanup 3"
    content_is 401 "$access"
    refreshed "$refresh"
}

@test "by hand: forgotten attempts and old devices go, others stay" {
    local out
    new_user
    login "$name"
    sql "delete from attempts; insert into attempts (attempt_key, failures, last_at)
         select sha256(convert_to('test' || n, 'UTF8')), 3, now() - n * interval '25 minutes' from generate_series(1, 4) n;
         insert into devices (device_hash, user_id, created_at)
         select sha256(convert_to('test' || n, 'UTF8')), $user_id, now() - n * interval '150 days' from generate_series(1, 4) n"
    # A clock that was wrong leaves times behind that do not pass for years.
    sql "insert into attempts (attempt_key, failures, last_at)
         values (sha256('ahead'), 3, now() + interval '2 hours'), (sha256('far'), 3, 'infinity'), (sha256('near'), 3, now() + interval '1 second');
         insert into devices (device_hash, user_id, created_at)
         values (sha256('ahead'), $user_id, now() + interval '2 days'), (sha256('far'), $user_id, 'infinity')"
    out=$(clean_up 2>&1)
    sql_is "select count(*) from attempts" 3
    sql_is "select count(*) from devices where user_id = $user_id" 4
    expect_equal "the log" "$(jq -r 'select(.event == "session_expired") | "\(.attempts) \(.devices)"' <<<"$out")" "4 4"
}

@test "by hand: expired tickets and events older than EVENTS_KEEP days go, others stay" {
    local out
    new_user
    sql "delete from tickets; delete from events;
         insert into tickets (ticket_hash, purpose, expires_at)
         select sha256(convert_to('test' || n, 'UTF8')), 'invitation', now() + n * interval '1 hour' from unnest(array[-2, -1, 1]) n;
         insert into events (user_id, event, happened_at)
         select $user_id, 'authn_login_success', now() - n * interval '1 day' from unnest(array[-2, 1, 89, 91, 400]) n"
    out=$(clean_up 2>&1)
    sql_is "select count(*) from tickets" 1
    sql_is "select count(*) from events" 2
    expect_equal "the log" "$(jq -r 'select(.event == "session_expired") | "\(.tickets) \(.events)"' <<<"$out")" "2 3"
}

@test "by hand: EVENTS_KEEP says for how many days events stay, and 0 that none does" {
    new_user
    sql "delete from events;
         insert into events (user_id, event, happened_at)
         select $user_id, 'authn_login_success', now() - n * interval '1 day' from unnest(array[0, 6, 8, 100]) n"
    EVENTS_KEEP=365 clean_up
    sql_is "select count(*) from events" 4
    EVENTS_KEEP=7 clean_up
    sql_is "select count(*), min(happened_at) > now() - interval '7 days' from events" '2|t'
    EVENTS_KEEP=0 clean_up
    sql_is "select count(*) from events" 0
}

# fill_history USER-ID COUNT [EVENT]: so many entries of the user, older than all that there are.
fill_history() {
    sql "insert into events (user_id, event, happened_at)
         select $1, '${3-authn_login_success}', now() - n * interval '1 second' from generate_series($2, 1, -1) n"
}

@test "by hand: of each user the newest 1,000 entries of each kind stay" {
    local out other
    new_user
    other=$user_id
    new_user
    sql 'delete from events'
    fill_history "$user_id" 3 authn_password_change
    fill_history "$user_id" 3500
    fill_history "$other" 1000
    out=$(clean_up 2>&1)
    sql_is "select event, count(*), max(happened_at) > now() - interval '1 minute', min(happened_at) > now() - interval '20 minutes'
        from events where user_id = $user_id group by event order by event" $'authn_login_success|1000|t|t\nauthn_password_change|3|t|t'
    sql_is "select count(*) from events where user_id = $other" 1000
    expect_equal "the log" "$(jq -r 'select(.event == "session_expired") | .events' <<<"$out" | paste -sd ' ')" '1000 1000 500'
    sql "delete from events"
}

@test "by hand: with nothing to do, nothing is done and nothing logged" {
    local out
    clean_up >"$BATS_TEST_TMPDIR/first" 2>&1
    out=$(clean_up 2>&1)
    expect_equal "events" "$(jq -rR 'fromjson? | select(.event == "session_expired") | .event' <<<"$out")" ''
}

@test "more than a batch, by several at once: each row is counted once" {
    local counted i
    new_user
    fill_backlog 5500
    local cleaners=()
    for i in 1 2 3; do
        clean_up >"$BATS_TEST_TMPDIR/out$i" 2>&1 3>&- &
        cleaners+=("$!")
    done
    wait "${cleaners[@]}"
    clean_up >"$BATS_TEST_TMPDIR/out4" 2>&1
    sql_is "select count(*) from sessions where user_id = $user_id" 1
    counted=$(cat "$BATS_TEST_TMPDIR"/out? | jq -sr 'map(select(.event == "session_expired") | .sessions) | add')
    expect_equal "rows counted" "$counted" 5500
    expect_equal "other than session_expired in the logs" \
        "$(cat "$BATS_TEST_TMPDIR"/out? | jq -r 'select(.level == "error" or .level == "warning") | .event')" ''
}

@test "a row that another transaction holds is passed over, not waited for" {
    make_sessions
    hold "select session_id from sessions where session_id = ${gone[0]} for update"
    clean_up >"$BATS_TEST_TMPDIR/out" 2>&1
    rows_are "${gone[0]}" 1
    rows_are "$(ids "${gone[@]:1}")" 0
    release
    wait_until 10 nobody_holds
    clean_up >"$BATS_TEST_TMPDIR/out" 2>&1
    expect_cleaned
}

nobody_holds() {
    [[ $(sql "select count(*) from pg_stat_activity where state = 'idle in transaction'") == 0 ]]
}

@test "by hand: a database that does not answer is an error, with a reason" {
    local code=0
    (cd "$ROOT" && "${CLEAN[@]}" DATABASE_URL="host=$BATS_TEST_TMPDIR dbname=none" "${CHEAP[@]}" "$BIN" -f "$ENV_FILE" -c) \
        >"$BATS_TEST_TMPDIR/out" 2>&1 || code=$?
    ((code != 0)) || fail "exit status 0"
    [[ -s $BATS_TEST_TMPDIR/out ]]
    ((code < 128)) || fail "it crashed with $code: $(<"$BATS_TEST_TMPDIR/out")"
}

@test "CLEANUP_INTERVAL=0: the service removes nothing by itself" {
    expect_events session_expired 0
}

# need_cleaner: the instance cleans up by itself from here on.
need_cleaner() {
    [[ ! -e $STACK/cleans_up ]] || return 0
    stack_stop
    stack_up CLEANUP_INTERVAL=1 WRITE_WORKERS=4
    touch "$STACK/cleans_up"
}

@test "by itself, on by default: the same rows, with counters in the log, while it serves" {
    need_cleaner
    make_sessions
    # The last to come: the round that takes it has seen all the others.
    session_ended "revoked_at = now() - interval '25 hours'"
    gone+=("$session_id")
    wait_until 30 rows_are "$(ids "${gone[@]}")" 0
    expect_cleaned
    # More than one round may have removed them; each counts its own.
    wait_until 10 events_sum_to 4
    call GET /metrics
    expect_match "the metrics" "$body" 'sessiond_cleanup_rows_total\{table="sessions"\} [1-9]'
    expect_events cleanup_failed 0
    login "$name"
    refreshed "$refresh"
}

# The last statement of each round is that for events.
ROUND="query like '%DELETE FROM events%'"

# note_round: of which worker the last round was, and when, once for each.
note_round() {
    sql "select pid, query_start from pg_stat_activity where usename = 'sessiond' and $ROUND" >>"$BATS_TEST_TMPDIR/rounds"
    sort -u -o "$BATS_TEST_TMPDIR/rounds" "$BATS_TEST_TMPDIR/rounds"
    (($(wc -l <"$BATS_TEST_TMPDIR/rounds") >= $1))
}

@test "by itself: one worker of the service cleans up, and another when that one has died" {
    local cleaner
    need_cleaner
    wait_until 60 note_round 5
    cleaner=$(cut -d '|' -f 1 "$BATS_TEST_TMPDIR/rounds" | sort -u)
    expect_equal "workers that clean up" "$(wc -l <<<"$cleaner")" 1
    admin "select pg_terminate_backend($cleaner)"
    kill -KILL "$(pool_pids write | head -n 1)"
    : >"$BATS_TEST_TMPDIR/rounds"
    wait_until 60 note_round 5
    expect_equal "workers that clean up" "$(cut -d '|' -f 1 "$BATS_TEST_TMPDIR/rounds" | sort -u | wc -l)" 1
}

# The worker answers requests between the batches, and gives its master a sign of life.
@test "by itself: a backlog goes in one batch a turn" {
    local before largest
    need_cleaner
    new_user
    before=$(events session_expired)
    fill_backlog 5500
    wait_until 60 sql_says "select count(*) from sessions where user_id = $user_id" 1
    wait_until 10 has_more_events "$before" 6
    largest=$(jq -sR '[split("\n")[] | fromjson? | select(.event == "session_expired") | .sessions] | max' "$(service_log)")
    expect_equal "the largest batch" "$largest" 1000
    content_is 200 "$access"
}

has_more_events() {
    (($(events session_expired) >= $1 + $2))
}

sql_says() {
    [[ $(sql "$1") == "$2" ]]
}

events_sum_to() {
    [[ $(jq -sR '[split("\n")[] | fromjson? | select(.event == "session_expired") | .sessions] | add' "$(service_log)") == "$1" ]]
}

# --- Migration -------------------------------------------------------------------------------------------------------

# The database as the first version made it: no tables but those of the first file, no later version.
return_to_first_version() {
    sql "$(undo_after 1)"
}

same_as_first_version() {
    sql "drop database if exists first" >/dev/null
    sql "create database first"
    "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -v service_role=sessiond -v place=public -h "$RUN_DIR/cluster-sockets" -U postgres -d first \
        -f "$ROOT/sql/001_base.sql"
    diff <(table_shape first) <(table_shape sessiond)
    sql "drop database first"
}

# All columns, indexes and constraints of a database, but the migrations' own table.
table_shape() {
    "${CLEAN[@]}" psql -X -q -At -h "$RUN_DIR/cluster-sockets" -U postgres -d "$1" -c "
        select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
         where table_schema = 'public' and table_name <> 'schema_versions' order by 1, ordinal_position" -c "
        select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'schema_versions' order by 1"
}

@test "a migration from the first version keeps live sessions alive" {
    [[ -z ${TEST_PARTITIONS-} ]] || skip "the tables differ on purpose"
    local first rotated
    new_user
    first=("$session_id" "$access" "$refresh")
    login "$name"
    rotated=$refresh
    refreshed "$rotated"
    sql 'update sessions set previous_access_hash = null, previous_access_expires_at = null'
    local rows
    rows=$(sql 'select md5(string_agg(s::text, $$ $$ order by session_id)) from sessions s')
    return_to_first_version
    same_as_first_version
    "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/migrate" >"$BATS_TEST_TMPDIR/out"
    expect_equal "what migrate says" "$(<"$BATS_TEST_TMPDIR/out")" "$(basename -s .sql "$ROOT"/sql/[0-9]*.sql | tail -n +2 | sed 's/^/applied /')"
    sql_is 'select count(*) = max(version) from schema_versions' t
    sql_is 'select md5(string_agg(s::text, $$ $$ order by session_id)) from sessions s' "$rows"
    content_is 200 "${first[1]}"
    content_is 200 "$access"
    refreshed "$refresh"
    refreshed "${first[2]}"
    expect_equal "the session" "$session_id" "${first[0]}"
    login "$name"
    api GET /sessions '' "${both[@]}"
    expect_json '.sessions | length' 3
    "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/migrate" | grep -q 'schema is current'
}
