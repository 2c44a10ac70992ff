#!/usr/bin/env bats
# DATABASE_URL with several hosts: a primary and its standby, which takes over when the primary is stopped, hangs or is
# not to be found. Commits wait for the standby, so nothing that was acknowledged may be lost; and nobody is answered by a
# primary that was replaced while it was frozen.

load lib/sessions

# From now on `admin`, `sql` and what uses them ask the standby.
look_at_standby() {
    SERVER=$STANDBY
    SERVER_PORT=$STANDBY_PORT
}

setup() {
    load lib/common
    load lib/standby
    stack_new
    server_up
    FIRST=$SERVER
    : >"$ENV_FILE"
    standby_new
    configure synchronous_standby_names '*'
    wait_until 20 admin_says "select count(*) from pg_stat_replication where sync_state = 'sync'" 1
    printf '%s\n' "DATABASE_URL=host=$SERVER,$STANDBY port=$SERVER_PORT,$STANDBY_PORT dbname=sessiond user=sessiond" >"$ENV_FILE"
}

after_each() {
    [[ -z ${LOAD_PID-} ]] || kill -KILL "$LOAD_PID" 2>/dev/null || true
    stack_down || true
    if [[ -n ${FROZEN-} ]]; then
        kill -KILL "${FROZEN[@]}" 2>/dev/null || true
        rm -rf "$FIRST"
    else
        SERVER=$FIRST server_remove
    fi
    standby_remove
}

refreshes() {
    api POST /refresh '' "${both[@]}"
    [[ $status == 200 ]]
}

is_ready() {
    api GET /ready
    [[ $status == 200 ]]
}

all_on_standby() {
    admin_says "select count(*) >= $(worker_pids | wc -w) and not pg_is_in_recovery() from pg_stat_activity
        where usename = 'sessiond'" t
}

@test "failover: a primary that is stopped under load: the standby takes over, and nothing acknowledged is lost" {
    stack_up REFRESH_GRACE=0  # a token that a refresh has replaced tells whether that was kept
    workers=$(worker_pids)
    load_start 4
    server -m immediate stop
    standby promote
    look_at_standby
    wait_until 20 is_ready
    load_answers 400
    load_stop
    wait_until 20 all_on_standby
    expect_same_workers
    expect_acknowledged
}

# freeze: the primary, with all its processes.
freeze() {
    mapfile -t FROZEN < <(pids_below "$(postmaster_pid)")
    kill -STOP "${FROZEN[@]}"
}

thaw() {
    kill -CONT "${FROZEN[@]}"
}

# Who waits for a server notices by its silence that it hangs.
ask_each_pool() {
    local pids=()
    api GET /content '' "${both[@]}" 3>&- 4>&- &
    pids+=($!)
    api POST /login "$(credentials nobody)" 3>&- 4>&- &
    pids+=($!)
    api POST /refresh '' "${both[@]}"
    wait "${pids[@]}"
    all_on_standby
}

@test "failover: a primary that hangs and stays silent: the workers go on to the standby, old ones and new ones" {
    stack_up CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1
    workers=$(worker_pids)
    new_user
    freeze
    standby promote
    look_at_standby
    wait_until 60 ask_each_pool
    expect_same_workers
    wait_until 20 refreshes
    keep_session
    content_is 200 "$access"
    # A service that starts now meets the silent host first.
    stack_stop
    stack_up
    wait_until 60 all_on_standby
    content_is 200 "$access"
}

logs_out() {
    api POST /logout '' "${both[@]}"
    [[ $status == 200 ]]
}

# is_answered METHOD PATH ACCESS_TOKEN: whether the worker has a connection again.
is_answered() {
    api "$1" "$2" '' -b "access_token=$3"
    [[ $status != 503 ]]
}

@test "failover: a primary that thaws when another one has taken over is left by all workers once one has met that" {
    stack_up CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1
    workers=$(worker_pids)
    new_user
    content_is 200 "$access"
    freeze
    standby promote
    look_at_standby
    wait_until 60 logs_out
    thaw
    wait_until 20 is_answered GET /content "$access"
    expect_problem 401 unauthorized
    # The sessions that the new primary alone has are live.
    wait_until 20 login "$name" # the worker for passwords may still pause
    content_is 200 "$access"
    expect_same_workers
    # A new worker begins with the old primary, which takes connections.
    kill -KILL "$(pool_pids check)"
    wait_until 20 is_answered GET /content "$access"
    content_is 200 "$access"
    wait_until 5 grep -q '"database_unavailable".*has been replaced as the primary' "$(service_log)"
}

# all_have_left COUNT: so many workers have noticed that the primary is silent.
all_have_left() {
    (($(events database_lost) >= $1))
}

@test "failover: a primary that thaws is asked by no worker when all have slept, and none has met the new one" {
    local before
    echo "DATABASE_URL=host=$SERVER,$STANDBY port=$SERVER_PORT,$STANDBY_PORT dbname=sessiond user=sessiond" \
        target_session_attrs=read-write >"$ENV_FILE"
    stack_up CHECK_WORKERS=2 WRITE_WORKERS=1 PASSWORD_WORKERS=1
    new_user
    before=$(events database_lost)
    freeze
    wait_until 30 all_have_left $((before + 4))
    standby promote
    look_at_standby
    admin "update sessions set revoked_at = now() where session_id = $session_id"
    thaw
    wait_until 20 is_answered GET /content "$access"
    expect_problem 401 unauthorized
    wait_until 20 is_answered GET /content "$access"
    expect_problem 401 unauthorized
    wait_until 20 login "$name" # the worker for passwords may still pause
    content_is 200 "$access"
}

# is_unanswered METHOD PATH
is_unanswered() {
    api "$1" "$2" '' "${both[@]}"
    expect_problem 503 service_unavailable
}

# answer_waits METHOD PATH: there is no answer, because it waits for a standby.
answer_waits() {
    is_unanswered "$@" &&
        admin_says "select count(*) > 0 from pg_stat_activity where usename = 'sessiond' and wait_event = 'SyncRep'
            and query ~ 'pg_logical_emit_message'" t
}

# committed_alone METHOD PATH SQL: such a request is committed while no standby is there. After a crash, the primary
# shows what it has committed and nobody else has; the SQL says whether it does.
committed_alone() {
    standby stop
    is_unanswered "$1" "$2"
    server -m immediate restart
    admin_says "$3" t
    wait_until 20 answer_waits "$1" "$2"
    standby start
}

@test "failover: a refresh that was committed without the standby is answered again only when that has it" {
    stack_up
    new_user
    committed_alone POST /refresh "select rotated_at is not null from sessions where session_id = $session_id"
    wait_until 20 refreshes
    keep_session
    content_is 200 "$access"
}

# says STATUS METHOD PATH
says() {
    api "$2" "$3" '' "${both[@]}"
    [[ $status == "$1" ]]
}

@test "failover: that a session has ended is said only when the standby has it" {
    stack_up
    new_user
    committed_alone POST /logout "select revoked_at is not null from sessions where session_id = $session_id"
    wait_until 20 says 401 POST /logout
    says 401 POST /refresh
    standby stop
    answer_waits POST /refresh
}

@test "failover: that another session has ended is said only when the standby has it, and at once an hour later" {
    local ended
    stack_up
    new_user
    ended=$session_id
    login "$name"
    committed_alone DELETE "/sessions/$ended" "select revoked_at is not null from sessions where session_id = $ended"
    wait_until 20 says 404 DELETE "/sessions/$ended"
    admin "update sessions set revoked_at = now() - interval '61 minutes' where session_id = $ended"
    standby stop
    says 404 DELETE "/sessions/$ended"
}

connections_are_old() {
    at_standby admin_says "select count(*) >= 3 and bool_and(backend_start < clock_timestamp() - interval '4 s')
        from pg_stat_activity where usename = 'sessiond'" t
}

@test "failover: the first change at a standby that was promoted is held back, however long a worker was connected to it" {
    standby_configure "cluster_name = 'near'"
    standby restart
    configure synchronous_standby_names 'FIRST 1 (near)'
    configure synchronous_commit remote_apply
    echo "CHECK_DATABASE_URL=host=$STANDBY port=$STANDBY_PORT dbname=sessiond user=sessiond" >>"$ENV_FILE"
    stack_up CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1
    new_user
    server -m immediate stop
    wait_until 60 connections_are_old
    expect_events write_held 0
    standby promote
    look_at_standby
    wait_until 20 logs_out
    expect_events write_held 1
}
