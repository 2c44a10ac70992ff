#!/usr/bin/env bats
# Faults of the world under a load of honest clients: workers killed and stopped, the service stopped, the database
# restarted, hanging, full, read-only or not there. No change that was acknowledged is lost, nobody is logged out.

# The deadline of a request is 5 s, and a connection attempt may take 2 more: the watchdog has to be above that.
# Without a grace, a token that a refresh has replaced tells whether that was kept.
SETTINGS=(REQUEST_TIMEOUT=10 REFRESH_GRACE=0)

setup_file() {
    load lib/common
    stack_new
    # A server of its own: scripts/run ends when the private cluster does.
    server_up
    stack_up "${SETTINGS[@]}"
}

teardown_file() {
    load lib/common
    stack_down
    server_remove
}

setup() {
    load lib/common
    if ! wait_until 20 stack_is_ready >/dev/null || dead "$(run_pid)"; then
        stack_stop || true
        stack_up "${SETTINGS[@]}"
    fi
    wait_until 20 all_connected
}

after_each() {
    local pid
    for pid in "${LOAD_PID-}" "${EARLY_PID-}"; do
        [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || true
    done
    [[ -n ${BATS_TEST_COMPLETED-} ]] || mend
}

# A test that failed must not fail the next one: takes back what any of them may have left, which are processes that
# are stopped, sleepers that hold locks, and a database that is changed or away.
mend() {
    local stopped statement
    mapfile -t stopped < <(stack_pids && pids_below "$(postmaster_pid)")
    kill -CONT "${stopped[@]}" 2>/dev/null || true
    server status || server start
    for statement in 'alter system reset all' 'select pg_reload_conf()' \
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" \
        'alter role sessiond connection limit -1' 'alter role sessiond reset all' \
        'drop trigger if exists note on sessions' 'drop function if exists note' 'drop table if exists noted' \
        'update schema_versions set version = abs(version)'; do
        ADMIN_OPTIONS='-c default_transaction_read_only=off -c client_min_messages=warning' admin "$statement" >/dev/null
    done
}

is_ready() {
    api GET /ready
    [[ $status == 200 ]]
}

# --- workers --------------------------------------------------------------------------------------------------------

has_all_workers() {
    local now
    now=$(worker_pids)
    (($(wc -w <<<"$now") == $1)) || return 1
    local old
    for old in "${killed[@]}"; do
        [[ " $now " != *" $old "* ]] || return 1
    done
}

@test "faults: killed workers are replaced, and the service goes on" {
    local killed count
    mapfile -t killed < <(worker_pids | tr ' ' '\n')
    count=${#killed[@]}
    kill -KILL "${killed[@]}"
    wait_until 20 has_all_workers "$count"
    wait_until 20 is_ready
    new_user
    content_is 200 "$access"
    api POST /refresh '' "${both[@]}"
    expect_status 200
}

@test "faults: workers killed one after the other under load lose nothing that was acknowledged" {
    load_start 6
    local pool killed count
    count=$(worker_pids | wc -w)
    for pool in check write password write; do
        mapfile -t killed < <(pool_pids "$pool" | head -n 1)
        kill -KILL "${killed[@]}"
        wait_until 20 has_all_workers "$count"
        load_answers 100
    done
    load_stop
    expect_acknowledged
}

@test "faults: a worker killed in the middle of a change leaves nothing half done" {
    new_user
    local before=("${both[@]}") row workers killed holder count
    row=$(sql "select s::text from sessions s where session_id = $session_id")
    count=$(worker_pids | wc -w)
    admin "begin; select 1 from sessions where session_id = $session_id for update; select pg_sleep(60)" >/dev/null 2>&1 3>&- &
    wait_until 10 admin_says "select count(*) from pg_stat_activity where query like '%for update; select pg_sleep%' and wait_event = 'PgSleep'" 1
    api POST /refresh '' "${before[@]}" >"$BATS_TEST_TMPDIR/refresh" 3>&- &
    holder=$!
    wait_until 10 admin_says "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'" t
    mapfile -t killed < <(pool_pids write)
    kill -KILL "${killed[@]}"
    wait_until 10 dead "$holder"
    wait_until 20 has_all_workers "$count"
    # The killed worker's statement gives up by its own limit.
    wait_until 10 admin_says "select count(*) from pg_stat_activity where wait_event_type = 'Lock'" 0
    admin "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'" >/dev/null
    sql_is "select s::text from sessions s where session_id = $session_id" "$row"
    wait_until 20 refreshes "${before[@]}"
    keep_session
    content_is 200 "$access"
    wait_until 20 admin_says "select count(*) from pg_stat_activity where state like 'idle in transaction%'" 0
}

refreshes() {
    api POST /refresh '' "$@"
    [[ $status == 200 ]]
}

@test "faults: a stopped worker is killed by the watchdog and replaced" {
    local killed count
    count=$(worker_pids | wc -w)
    mapfile -t killed < <(pool_pids check | head -n 1; pool_pids password | head -n 1)
    kill -STOP "${killed[@]}"
    wait_until 60 has_all_workers "$count"
    is_ready
    new_user
    content_is 200 "$access"
}

@test "faults: SIGTERM under load loses no request" {
    load_start 8
    local master run workers
    master=$(master_pid)
    run=$(run_pid)
    read -r -a workers <<<"$(worker_pids)"
    # scripts/run would stop nginx when the service ends; here nginx has to stay and tell.
    kill -STOP "$run"
    touch "$LOAD/last"
    kill -TERM "$master"
    wait_until 30 dead "$master"
    wait_until 5 all_dead "${workers[@]}"
    load_end
    call GET /health
    expect_problem 503 service_unavailable
    expect_header_match Retry-After '^[0-9]+$'
    call GET /health -H 'Origin: http://localhost:3000'
    expect_header Access-Control-Allow-Origin http://localhost:3000
    kill -CONT "$run"
    # Without its service the instance ends; everything is there again after the next start.
    wait_until 30 dead "$run"
    stack_up "${SETTINGS[@]}"
    expect_acknowledged
}

has_more_lines() {
    (($(grep -cF "$2" "$(service_log)") > $1))
}

@test "faults: a second SIGTERM stops at once" {
    local master run
    master=$(master_pid)
    run=$(run_pid)
    kill -STOP "$run"
    # Half a request, for which the worker would wait two seconds.
    "$PYTHON" "$LIB/fcgi_client.py" "$(socket_of write)" hold "$STACK/held" 3>&- 4>&- &
    wait_until 10 test -e "$STACK/held"
    local before
    before=$(grep -cF '"event":"service_draining"' "$(service_log)") || true
    kill -TERM "$master"
    # Two signals of one kind that wait together are one.
    wait_until 10 has_more_lines "$before" '"event":"service_draining"'
    kill -TERM "$master"
    wait_until 10 dead "$master"
    rm "$STACK/held"
    grep -qF '"event":"service_stop_now"' "$(service_log)"
    kill -CONT "$run"
    wait_until 30 dead "$run"
    stack_up "${SETTINGS[@]}"
}

# --- the database ---------------------------------------------------------------------------------------------------

@test "faults: PostgreSQL restarted under load: 200 and 503 only, and recovery without a restart of the service" {
    load_start 6
    local mode workers
    workers=$(worker_pids)
    for mode in fast immediate fast; do
        server -m "$mode" restart
        wait_until 20 is_ready
        load_answers 100
    done
    load_stop
    expect_same_workers
    expect_acknowledged
}

@test "faults: while PostgreSQL is away health is 200, the rest 503, and nobody is told to log in" {
    new_user
    server -m fast stop
    local workers row part
    workers=$(worker_pids)
    local rows=(
        "GET|/ready|"
        "GET|/content|"
        "POST|/refresh|"
        "POST|/logout|"
        "DELETE|/delete|"
        "POST|/login|$(credentials "$name")"
        "POST|/login|$(credentials "nobody$name")"
        "POST|/register|$(registration "x$name")"
        "POST|/change-password|{\"new_password\":\"$OTHER_PASSWORD\"}"
    )
    local round
    for round in 1 2; do
        api GET /health
        expect_success 200
        for row in "${rows[@]}"; do
            IFS='|' read -r -a part <<<"$row"
            api "${part[0]}" "${part[1]}" "${part[2]-}" "${both[@]}"
            expect_problem 503 service_unavailable || fail "row $row"
            expect_header_match Retry-After '^[0-9]+$' || fail "row $row"
            expect_no_cookies || fail "row $row"
        done
    done
    # What needs no database is decided without it.
    api GET /content
    expect_problem 401 unauthorized
    api GET /none
    expect_problem 404 not_found
    server start
    wait_until 20 all_connected
    content_is 200 "$access"
    expect_same_workers
}

content_of() {
    api GET /content '' -b "access_token=$1"
    [[ $status == 200 ]]
}

@test "faults: terminated backends cost at most a 503, and reads not even that" {
    new_user
    content_is 200 "$access"
    local i
    for i in 1 2 3; do
        # All are connected, and long enough that a new attempt is due at once: one is made a second.
        wait_until 20 admin_says "select count(*) >= $(worker_pids | wc -w) and max(backend_start) < now() - interval '2 s'
            from pg_stat_activity where usename = 'sessiond'" t
        admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
        content_is 200 "$access"
        api POST /refresh '' "${both[@]}"
        [[ $status == 200 || $status == 503 ]] || fail "refresh is answered $status"
        [[ $status != 200 ]] || keep_session
        wait_until 20 refreshes "${both[@]}"
        keep_session
        content_is 200 "$access"
    done
}

@test "faults: PostgreSQL hangs: 503 within the deadline, and recovery" {
    new_user
    local postgres
    mapfile -t postgres < <(pids_below "$(postmaster_pid)")
    kill -STOP "${postgres[@]}"
    api GET /health
    local health=$status
    api GET /content '' "${both[@]}"
    local content=$status
    api POST /refresh '' "${both[@]}"
    local refreshed=$status
    kill -CONT "${postgres[@]}"
    expect_equal "health, content, refresh" "$health $content $refreshed" '200 503 503'
    wait_until 20 content_of_either
    wait_until 20 refreshes "${both[@]}"
}

# The hanging refresh may have been committed after all: then the access token is the old one.
content_of_either() {
    api GET /content '' -b "access_token=$access"
    [[ $status == 200 || $status == 401 ]]
}

@test "faults: a lock that somebody holds is a 503 for those who wait, and none for the others" {
    new_user
    admin "begin; lock table sessions in exclusive mode; select pg_sleep(60)" >/dev/null 2>&1 3>&- &
    wait_until 10 admin_says "select count(*) from pg_stat_activity where wait_event = 'PgSleep'" 1
    content_is 200 "$access"
    api POST /refresh '' "${both[@]}"
    expect_problem 503 service_unavailable
    content_is 200 "$access"
    admin "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'" >/dev/null
    wait_until 20 refreshes "${both[@]}"
}

@test "faults: a read-only database: checks 200, changes 503, and recovery" {
    new_user
    # A rotation that was never used: its first check would set a flag, which must fail without a trace.
    api POST /refresh '' "${both[@]}"
    expect_status 200
    keep_session
    admin "alter system set default_transaction_read_only = on" >/dev/null
    admin "select pg_reload_conf()" >/dev/null
    wait_until 10 sql_says "show default_transaction_read_only" on
    local i answers=
    for i in {1..20}; do
        api GET /content '' -b "access_token=$access"
        answers+="$status "
    done
    local row part
    local rows=(
        "POST|/refresh|"
        "POST|/logout|"
        "DELETE|/delete|"
        "POST|/login|$(credentials "$name")"
        "POST|/register|$(registration "x$name")"
        "POST|/change-password|{\"new_password\":\"$OTHER_PASSWORD\"}"
    )
    local wrong=
    for row in "${rows[@]}"; do
        IFS='|' read -r -a part <<<"$row"
        api "${part[0]}" "${part[1]}" "${part[2]-}" "${both[@]}"
        [[ $status == 503 ]] || wrong+="$row is answered $status; "
    done
    api GET /ready
    local ready=$status
    ADMIN_OPTIONS='-c default_transaction_read_only=off' admin "alter system reset default_transaction_read_only" >/dev/null
    admin "select pg_reload_conf()" >/dev/null
    expect_equal "answers of the checks" "$(tr ' ' '\n' <<<"$answers" | grep . | sort | uniq -c | xargs)" '20 200'
    expect_equal "wrong" "$wrong" ''
    expect_equal "ready" "$ready" 200
    wait_until 20 refreshes "${both[@]}"
    keep_session
    content_is 200 "$access"
}

sql_says() {
    [[ $(sql "$1") == "$2" ]]
}

@test "faults: the service starts before the database and is ready when that is" {
    local directory=$STACK/early pid
    mkdir -m 755 "$directory"
    server -m fast stop
    "${CLEAN[@]}" "${CHEAP[@]}" DATABASE_URL="host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond" SOCKET_DIR="$directory" RUN_DIR="$directory" \
        CHECK_WORKERS=2 WRITE_WORKERS=1 PASSWORD_WORKERS=1 \
        "$BIN" -f /dev/null >"$directory/early.log" 2>&1 </dev/null 3>&- 4>&- &
    pid=$!
    EARLY_PID=$pid
    wait_until 20 answers_directly "$directory/check.sock" /health '200'
    wait_until 20 answers_directly "$directory/check.sock" /ready '503 service_unavailable'
    server start
    wait_until 20 answers_directly "$directory/check.sock" /ready '200'
    kill -TERM "$pid"
    wait_until 20 dead "$pid"
    expect_equal "worker exits" "$(jq -rR 'fromjson? | select(.event == "worker_exit") | .code' "$directory/early.log" | sort -u)" 0
    wait_until 20 is_ready
}

answers_directly() {
    [[ -S $1 && $("$PYTHON" "$LIB/fcgi_client.py" --get "$1" "$2") == "$3" ]]
}

@test "faults: a schema that is too old is 503 at /ready, and says what to do in the log" {
    admin 'update schema_versions set version = -version'
    api GET /ready
    local status_=$status
    admin 'update schema_versions set version = abs(version)'
    expect_equal status "$status_" 503
    is_ready
}

# --- Another setting: this restarts the instance, so it stands last --------------------------------------------------------

# ask_all_pools: one request to each pool, added to SEEN by the pool as "STATUS CODE". Each must be answered, and be a
# success or a whole problem that says when to come again.
ask_all_pools() {
    local row part
    local rows=("check|GET|/content|" "write|POST|/refresh|" "password|POST|/login|$(credentials "$name")")
    for row in "${rows[@]}"; do
        IFS='|' read -r -a part <<<"$row"
        api "${part[1]}" "${part[2]}" "${part[3]-}" "${both[@]}"
        SEEN[${part[0]}]+="$status "
        if [[ $status == 200 ]]; then
            expect_success 200 || return 1
            [[ ${part[0]} == check ]] || keep_session
        else
            expect_problem 503 service_unavailable && expect_header_match Retry-After '^[0-9]+$' && expect_no_cookies || return 1
        fi
    done
}

# One that is about to be refused has asked nothing yet.
connections_are() {
    admin_says "select count(*) from pg_stat_activity where usename = 'sessiond' and query <> ''" "$1"
}

# note_levels [CALL]: from now on each new session has the isolation level of its transaction noted, and CALL made in
# it.
note_levels() {
    admin "create table noted (level text); grant insert on noted to sessiond;
        create function note() returns trigger language plpgsql as
            \$\$ begin insert into noted values (current_setting('transaction_isolation')); ${1-} return new; end \$\$;
        create trigger note before insert on sessions for each row execute function note()"
}

# noted_levels: the levels, and ends that.
noted_levels() {
    admin "select string_agg(distinct level, ',') from noted"
    admin 'drop trigger note on sessions; drop function note(); drop table noted'
}

renew_connections() {
    local since
    since=$(sql 'select clock_timestamp()')
    admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
    wait_until 20 admin_says "select count(*) from pg_stat_activity where usename = 'sessiond' and backend_start < '$since'" 0
    wait_until 20 all_connected
}

@test "a role with another default isolation level: the service works in the one that its locking is made for" {
    note_levels
    admin "alter role sessiond set default_transaction_isolation = 'serializable'"
    renew_connections
    new_user
    admin 'alter role sessiond reset default_transaction_isolation'
    expect_equal levels "$(noted_levels)" 'read committed'
}

@test "a connection that has lost what it had set, as behind a pooler: its transactions have that level all the same" {
    local workers
    note_levels "perform set_config('default_transaction_isolation', 'serializable', false);"
    mapfile -t workers < <(pool_pids password)
    # One more than there are connections, so that one of them is used again.
    for _ in first "${workers[@]}"; do
        new_user
    done
    expect_equal levels "$(noted_levels)" 'read committed'
    renew_connections
}

@test "faults: too few connections: who has one serves, who has none says 503, and all serve when there are enough" {
    local -A SEEN=()
    local workers
    stack_stop
    stack_up "${SETTINGS[@]}" CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1
    new_user
    workers=$(worker_pids)
    admin "alter role sessiond connection limit 2" >/dev/null
    admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
    # The three workers race for two connections.
    ask_all_pools
    wait_until 20 connections_are 2
    # From now on the one that has none keeps failing, and the two others keep theirs.
    SEEN=()
    local i
    for i in {1..10}; do
        ask_all_pools
    done
    admin "alter role sessiond connection limit -1" >/dev/null
    expect_equal "answers of the three pools, sorted" "$(printf '%s\n' "${SEEN[@]}" | sort)" \
        "$(for i in 200 200 503; do printf "$i %.0s" {1..10} && echo; done)"
    grep -qF 'too many connections' "$(service_log)"
    wait_until 20 connections_are 3
    SEEN=()
    for i in {1..10}; do
        ask_all_pools
    done
    expect_equal "answers when there are enough" "$(printf '%s\n' "${SEEN[@]}" | xargs -n 1 | sort | uniq -c | xargs)" '30 200'
    expect_same_workers
}
