#!/usr/bin/env bats
# CHECK_DATABASE_URL: checks that are read from a standby. What was acknowledged holds at the next check; and where
# nobody could be sure of that, checks ask the primary, or the service does not start.

load lib/sessions
load lib/ctl

setup_file() {
    load lib/common
    load lib/standby
    stack_new
    server_up
    standby_new near
    : >"$ENV_FILE"
    echo "DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond" >"$ENV_FILE"
    echo "CHECK_DATABASE_URL=host=$STANDBY port=$STANDBY_PORT dbname=sessiond user=sessiond" >>"$ENV_FILE"
    configure synchronous_standby_names 'FIRST 1 (near)'
    configure synchronous_commit remote_apply
    stack_up CHECK_WORKERS=2
}

teardown_file() {
    load lib/common
    load lib/standby
    stack_down || true
    standby_remove
    server_remove
}

setup() {
    load lib/common
    load lib/standby
    wait_until 30 all_use_standby
}

# in_use: how many of the workers that live read from the standby, by what each has logged last.
in_use() {
    jq -rR --arg workers " $(worker_pids) " 'fromjson? | select(.event == "standby_used" or .event == "standby_unused") |
        select(" \(.pid) " as $pid | $workers | contains($pid)) | "\(.pid) \(.event)"' "$(service_log)" |
        awk '{ last[$1] = $2 } END { for (pid in last) if (last[pid] == "standby_used") ++count; print count + 0 }'
}

all_use_standby() {
    (($(in_use) == 2))
}

none_uses_standby() {
    (($(in_use) == 0))
}

# unused_since LINES REGEX: after so many lines of the log, the service has said why it does not read the standby.
unused_since() {
    tail -n "+$(($1 + 1))" "$(service_log)" | grep -q "\"event\":\"standby_unused\".*$2"
}

log_lines() {
    wc -l <"$(service_log)"
}

# pause | resume: the replay of the standby.
pause() {
    at_standby admin 'select pg_wal_replay_pause()' >/dev/null
    wait_until 10 at_standby admin_says 'select pg_get_wal_replay_pause_state()' paused
}

resume() {
    at_standby admin 'select pg_wal_replay_resume()' >/dev/null
}

# revoke_locally: by a commit that waits for nobody.
revoke_locally() {
    admin "set synchronous_commit = local; update sessions set revoked_at = now() where session_id = $session_id"
}

# metrics_say used|unused: the one or the other, of both workers.
metrics_say() {
    api GET /metrics
    [[ $body == *"sessiond_standby_workers{state=\"$1\"} 2"* ]]
}

content_becomes() {
    api GET /content '' -b "access_token=$2"
    [[ $status == "$1" ]]
}

@test "standby: a check is read from it; and one that does not keep up is noticed in seconds, whatever was changed by whom" {
    new_user
    content_is 200 "$access"
    pause
    revoke_locally
    content_is 200 "$access" # which only the standby says
    wait_until 8 content_becomes 401 "$access"
    wait_until 8 metrics_say unused
    ctl check
    expect_match "what sessionctl check says" "$output" 'the standby .*: it is behind the primary: it has paused its replay'
    resume
    wait_until 30 all_use_standby
    wait_until 8 metrics_say used
    content_is 401 "$access"
}

@test "standby: what was acknowledged as ended is refused at the very next check, while the replay is late and busy" {
    local round
    admin 'create table if not exists ballast (n bigint, t text)'
    standby_configure "recovery_min_apply_delay = '150ms'"
    standby reload
    (while admin "set synchronous_commit = local; insert into ballast select n, repeat('x', 500) from generate_series(1, 500) n"; do
        sleep 0.05
    done) >/dev/null 2>&1 3>&- 4>&- </dev/null &
    LOAD_PID=$!
    new_user
    for round in 1 2 3 4 5 6 7 8; do
        login "$name"
        content_is 200 "$access" || return 1
        api POST /logout '' "${both[@]}"
        expect_status 200 || return 1
        content_is 401 "$access" || return 1
    done
    kill "$LOAD_PID"
    all_use_standby || fail "the standby was not read from to the end"
    standby_configure "recovery_min_apply_delay = '0'"
    standby reload
}

@test "standby: synchronous_standby_names is emptied while it is behind: a logout is answered when all ask the primary" {
    local lines
    new_user
    lines=$(log_lines)
    pause
    configure synchronous_standby_names ''
    api POST /logout '' "${both[@]}"
    expect_status 200
    content_is 401 "$access"
    unused_since "$lines" 'is empty, so no commit waits'
    resume
    configure synchronous_standby_names 'FIRST 1 (near)'
}

@test "standby: it pauses: commits wait and are not acknowledged, and a check says what was" {
    new_user
    pause
    api POST /logout '' "${both[@]}"
    expect_problem 503 service_unavailable
    content_is 200 "$access"
    resume
    wait_until 20 content_becomes 401 "$access"
    api POST /logout '' "${both[@]}" # which finds nothing left to end
    expect_status 401
    content_is 401 "$access"
}

is_waiting() {
    admin_says "select count(*) > 0 from pg_stat_activity where wait_event = 'SyncRep' and usename = 'sessiond'" t
}

@test "standby: somebody cancels the wait of a commit: the answer comes when no check is read from before it" {
    new_user
    pause
    (api POST /logout '' "${both[@]}" && echo "$status" >"$BATS_TEST_TMPDIR/logout") 3>&- 4>&- &
    wait_until 10 is_waiting
    admin "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'" >/dev/null
    wait
    expect_equal "status of the logout" "$(<"$BATS_TEST_TMPDIR/logout")" 200
    content_is 401 "$access"
    (($(events write_held) > 0)) || fail "the answer was not held back"
    resume
}

@test "standby: who ends a session by its number that has just ended is answered when checks refuse it" {
    local ended
    new_user
    ended=$session_id
    login "$name"
    pause
    session_id=$ended revoke_locally
    api DELETE "/sessions/$ended" '' -b "access_token=$access"
    expect_problem 503 service_unavailable
    resume
    api DELETE "/sessions/$ended" '' -b "access_token=$access"
    expect_problem 404 not_found
    api DELETE /sessions/999999999 '' -b "access_token=$access"
    expect_problem 404 not_found
}

@test "standby: the first change of a connection that was idle is not held when the configuration was read long before" {
    local before
    new_user
    admin 'select pg_reload_conf()' >/dev/null
    wait_until 20 admin_says "select clock_timestamp() - pg_conf_load_time() > '4 s'" t
    before=$(events write_held)
    api POST /logout '' "${both[@]}"
    expect_status 200
    expect_equal "answers that were held back" "$(events write_held)" "$before"
}

@test "standby: it is stopped: checks ask the primary, and go back when it is there again" {
    local lines
    new_user
    lines=$(log_lines)
    standby -m immediate stop
    content_is 200 "$access"
    wait_until 20 none_uses_standby
    unused_since "$lines" advice
    content_is 200 "$access"
    standby start
    wait_until 30 all_use_standby
}

@test "standby: a backend of it that hangs or ends costs no check" {
    local pid
    new_user
    pid=$(at_standby admin "select pid from pg_stat_activity where usename = 'sessiond' order by pid limit 1")
    kill -STOP "$pid"
    content_is 200 "$access"
    content_is 200 "$access"
    kill -CONT "$pid"
    at_standby admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
    content_is 200 "$access"
    content_is 200 "$access"
}

@test "standby: it is promoted: it is not asked again" {
    local lines
    new_user
    lines=$(log_lines)
    standby promote
    configure synchronous_standby_names ''
    api POST /logout '' "${both[@]}"
    expect_status 200
    content_is 401 "$access"
    wait_until 20 unused_since "$lines" 'or promoted'
    standby -m immediate stop
    standby_rejoin
    configure synchronous_standby_names 'FIRST 1 (near)'
}

# standby_rejoin: what was promoted is made anew in its place.
standby_rejoin() {
    as_postgres bash -c 'rm -rf "$1"' _ "$STANDBY/data"
    standby_copy near
}

# expect_start_refused REGEX [SETTING...]
expect_start_refused() {
    local code=0 said regex=$1
    shift
    said=$("${CLEAN[@]}" "SOCKET_DIR=$BATS_TEST_TMPDIR" "$@" timeout 60 "$BIN" -f "$ENV_FILE" 2>&1) || code=$?
    expect_equal "exit status ($said)" "$code" 2
    expect_match "what it says" "$said" "^sessiond: CHECK_DATABASE_URL cannot be used: .*$regex"
}

@test "standby: the service does not start with one that commits do not wait for, and says what would be right" {
    local row
    for row in "|is empty" "*|has [*]" "FIRST 1 (near, far)|wait for 1 of 2" "ANY 1 (near, far)|wait for 1 of 2" \
        "FIRST 1 (far)|does not name the standby near"; do
        configure synchronous_standby_names "${row%%|*}"
        expect_start_refused "${row#*|}.*; set synchronous_standby_names"
    done
    configure synchronous_standby_names 'FIRST 1 (near)'
    for row in on remote_write; do
        configure synchronous_commit "$row"
        expect_start_refused "synchronous_commit of the primary is $row by default.*remote_apply"
    done
    configure synchronous_commit remote_apply
    admin "alter role postgres set synchronous_commit = on"
    expect_start_refused 'run: ALTER ROLE postgres RESET synchronous_commit;'
    ctl check --json
    expect_match "what sessionctl check says" "$output" 'ALTER ROLE postgres RESET synchronous_commit'
    admin "alter role postgres reset synchronous_commit"
    expect_start_refused 'is a primary' "CHECK_DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond"
    expect_start_refused 'another database' \
        "CHECK_DATABASE_URL=host=$STANDBY,$STANDBY port=$STANDBY_PORT dbname=postgres user=sessiond"
}

# set_check_url TEXT: in the settings of the instance, which are then read anew.
set_check_url() {
    sed -i "s|^CHECK_DATABASE_URL=.*|CHECK_DATABASE_URL=$1|" "$ENV_FILE"
    kill -HUP "$(run_pid)"
}

no_connections_to_standby() {
    at_standby admin_says "select count(*) from pg_stat_activity where usename = 'sessiond'" 0
}

some_connections_to_standby() {
    at_standby admin_says "select count(*) >= 2 from pg_stat_activity where usename = 'sessiond'" t
}

@test "standby: SIGHUP takes another CHECK_DATABASE_URL, and refuses one that is no standby" {
    local url
    url=$(sed -n 's/^CHECK_DATABASE_URL=//p' "$ENV_FILE")
    wait_until 30 some_connections_to_standby
    set_check_url ''
    wait_until 60 no_connections_to_standby
    set_check_url "$(sed -n 's/^DATABASE_URL=//p' "$ENV_FILE")"
    wait_until 60 grep -q 'CHECK_DATABASE_URL cannot be used: .*is a primary' "$STACK/run.log"
    wait_until 10 grep -q 'the settings are not taken' "$STACK/run.log"
    set_check_url "$url"
    wait_until 60 some_connections_to_standby
}

@test "standby: a wrong password waits for no standby, whether there is such a user or not" {
    new_user
    pause
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    api POST /login "$(credentials "nobody$RANDOM" 'not the password')"
    expect_problem 401 invalid_credentials
    admin_says "select count(*) from pg_stat_activity where wait_event = 'SyncRep'" 0
    resume
}

@test "standby: tokens that nobody was given wait for no standby, and those of a session that has just ended do" {
    local path unknown
    unknown="access_token=$(printf 'A%.0s' {1..43}); refresh_token=$(printf 'A%.0s' {1..43})"
    new_user
    pause
    for path in /logout /refresh; do
        api POST "$path" '' -b "$unknown"
        expect_status 401
    done
    admin_says "select count(*) from pg_stat_activity where wait_event = 'SyncRep'" 0
    revoke_locally
    for path in /logout /refresh; do
        api POST "$path" '' "${both[@]}"
        expect_status 503
    done
    resume
    admin "set synchronous_commit = local; update sessions set revoked_at = now() - interval '1 hour' where session_id = $session_id"
    wait_until 20 content_becomes 401 "$access"
    pause
    for path in /logout /refresh; do
        api POST "$path" '' "${both[@]}"
        expect_status 401
    done
    resume
}

@test "standby: its password is in nothing that a trial, the settings and their faults say" {
    local said
    said=$("${CLEAN[@]}" 'CHECK_DATABASE_URL=host=127.0.0.1 port=1 user=sessiond password=hush-5' timeout 60 "$BIN" -f "$ENV_FILE" -t 2>&1) || true
    expect_match "what -t says" "$said" 'CHECK_DATABASE_URL cannot be used: cannot connect'
    refute grep -q hush <<<"$said"
    said=$("${CLEAN[@]}" 'CHECK_DATABASE_URL=host=a password=hush-5' "$BIN" -f "$ENV_FILE" -s)
    expect_match "what -s says" "$said" 'CHECK_DATABASE_URL=[*]{3}'
    refute grep -q hush <<<"$said"
    said=$("${CLEAN[@]}" 'CHECK_DATABASE_URL=postgres://u:hush-5@h:nonsense/d' "$BIN" -f "$ENV_FILE" -n 2>&1) || true
    expect_match "what -n says" "$said" 'CHECK_DATABASE_URL is not allowed: port must be'
    refute grep -q hush <<<"$said"
}
