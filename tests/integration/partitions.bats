#!/usr/bin/env bats
# The service on a table of sessions in partitions (sql/partition_sessions.sql). `make soak` runs all tests of sessions on
# such tables; here is what shows that it works at all.

load lib/common
load lib/sessions

setup_file() {
    stack_new
    stack_up ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0
    new_user
    printf '%s\n' "$name" "$access" "$refresh" >"$STACK/before"
    partition_sessions 4
}

teardown_file() {
    stack_down
}

after_each() {
    expect_session_invariants
}

@test "partitions: a session from before lives on, and new ones are refreshed, ended and found to be stolen" {
    local first before
    mapfile -t before <"$STACK/before"
    content_is 200 "${before[1]}"
    refreshed "${before[2]}"
    new_user
    first=$refresh
    refreshed "$first"
    content_is 200 "$access"
    api GET /sessions '' -b "access_token=$access"
    expect_json '.sessions | length' 1
    api POST /logout '' -b "access_token=$access; refresh_token=$refresh"
    expect_status 200
    content_is 401 "$access"
    login "$name"
    first=$refresh
    refreshed "$first"
    content_is 200 "$access"
    sql "update sessions set rotated_at = now() - interval '1 hour' where session_id = $session_id"
    api POST /refresh '' -b "refresh_token=$first"
    expect_problem 401 invalid_refresh_token
    content_is 401 "$access"
}

@test "partitions: an account goes with its sessions, and the cleanup removes what has ended" {
    new_user
    sql "update sessions set revoked_at = now() - interval '2 days', created_at = now() - interval '3 days' where session_id = $session_id"
    (cd "$ROOT" && "${CLEAN[@]}" DATABASE_URL="host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" "${CHEAP[@]}" "$BIN" \
        -f "$ENV_FILE" -c)
    sql_is "select count(*) from sessions where session_id = $session_id" 0
    login "$name"
    api DELETE /delete "{\"current_password\":\"$PASSWORD\"}" -b "access_token=$access"
    expect_status 200
    sql_is "select count(*) from sessions where session_id = $session_id" 0
}

@test "partitions: they are spread, and made only once" {
    local again number
    for number in '' 0 -4 many 1000; do
        again=$("${CLEAN[@]}" "$ROOT/scripts/psql" -q ${number:+-v "partitions=$number"} -f "$ROOT/sql/partition_sessions.sql" 2>&1) &&
            fail "made '$number' partitions"
        expect_match "'$number'" "$again" 'from 1 to 999, as in: -v partitions=4'
    done
    sql_is "select count(*) from pg_inherits where inhparent = 'sessions'::regclass" 4
    again=$("${CLEAN[@]}" "$ROOT/scripts/psql" -q -v partitions=8 -f "$ROOT/sql/partition_sessions.sql" 2>&1) && fail "made again"
    expect_match "what it says" "$again" 'sessions has partitions already'
    sql_is "select count(*) from pg_inherits where inhparent = 'sessions'::regclass" 4
}
