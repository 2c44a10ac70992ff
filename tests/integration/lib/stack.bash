# shellcheck shell=bash
# A private instance: scripts/run with its own directory, port and cluster, as a user starts it.
# stack_new makes the place, stack_up starts it, stack_down stops it and sees that nothing is left; events and
# has_event ask its log.

# Settings that make the instance cheap, without limits of attempts; each may be given again to stack_up.
CHEAP=(ARGON2_ALLOW_WEAK=on ARGON2_MEMORY_KIB=1024 ARGON2_TIME=1 LOGIN_RATE=0 ACCOUNT_FREE_FAILURES=0
    ADDRESS_FREE_FAILURES=0 'POSTGRES_OPTIONS=-c fsync=off')

# Settings of the machine must not leak in.
CLEAN=(env -u DATABASE_URL -u DB_HOST -u DB_PORT -u DB_NAME -u DB_USER -u DB_PASSWORD -u POSTGRES_PASSWORD
    -u CHECK_DATABASE_URL -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE -u PGPASSWORD -u PGOPTIONS -u CREDENTIALS_DIRECTORY)

port_is_free() {
    ! (exec 9<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: a port below the range of outgoing connections, in $port.
free_port() {
    until port=$((20000 + RANDOM % 12000)) && port_is_free "$port"; do
        :
    done
}

# stack_new: a directory that other users can enter, and a port.
stack_new() {
    local port
    STACK=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$STACK"
    install -m 600 /dev/null "$STACK/env"
    free_port
    export STACK PORT=$port RUN_DIR=$STACK/run ENV_FILE=$STACK/env
}

# stack_start NAME=value...: starts scripts/run in the background, without waiting. It heeds SIGHUP even if these tests
# were started by nohup.
stack_start() {
    "${CLEAN[@]}" --default-signal=HUP "${CHEAP[@]}" "STACK_MARK=$STACK" "$@" setsid "$ROOT/scripts/run" \
        >"$STACK/run.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/run.pid"
}

run_pid() {
    cat "$STACK/run.pid"
}

stack_is_ready() {
    dead "$(run_pid)" || [[ $(curl -s -o "$STACK/ready" -w '%{http_code}' "http://127.0.0.1:$PORT/ready") == 200 ]]
}

stack_up() {
    stack_start "$@"
    if ! wait_until 120 stack_is_ready || dead "$(run_pid)"; then
        show_logs
        stack_down || true # bats has forgotten $STACK when it tears down after a setup that failed
        fail "the instance did not start"
    fi
    [[ -z ${TEST_PARTITIONS-} || ! -d $RUN_DIR/cluster ]] || partition_sessions "$TEST_PARTITIONS"
}

# partition_sessions NUMBER: has the table of the instance in so many parts. Where TEST_PARTITIONS is set, each instance
# with a cluster of its own has, so that a test file can be run as it is on such a table.
partition_sessions() {
    [[ $(admin "SELECT relkind FROM pg_class WHERE oid = 'sessions'::regclass") != p ]] || return 0
    "${CLEAN[@]}" "$ROOT/scripts/psql" -q -v "partitions=$1" -f "$ROOT/sql/partition_sessions.sql"
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >/dev/null 2>&1
}

# one_instance [NAME=value...]: at the head of a test file: all its tests share one instance with these settings.
# shellcheck disable=SC2317 # bats calls what is defined here
one_instance() {
    INSTANCE_SETTINGS=("$@")
    setup_file() {
        stack_new
        stack_up "${INSTANCE_SETTINGS[@]}"
    }
    teardown_file() {
        stack_down
    }
}

# pids_below PID...: the processes and all their descendants.
pids_below() {
    ps -e -o pid=,ppid= | awk -v roots="$*" '
        BEGIN { count = split(roots, root, " "); for (i = 1; i <= count; i++) known[root[i]] = 1 }
        { parent[$1] = $2 }
        END {
            do {
                grown = 0
                for (pid in parent) if (!(pid in known) && (parent[pid] in known)) { known[pid] = 1; grown = 1 }
            } while (grown)
            for (pid in known) if (pid in parent) print pid
        }'
}

# Everything that belongs to the instance: named after its directory or marked, and what descends from that. Nothing
# without an instance: an empty name would be that of every process.
stack_pids() {
    local file found=() pid
    [[ -n ${STACK-} ]] || return 0
    for file in $(grep -lsF "$STACK/" /proc/[0-9]*/cmdline; grep -lsF "STACK_MARK=$STACK" /proc/[0-9]*/environ); do
        pid=${file#/proc/}
        pid=${pid%%/*}
        if [[ $pid != "$$" && $pid != "$BASHPID" && $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) != grep\ -lsF* ]]; then
            found+=("$pid")
        fi
    done
    pids_below "${found[@]}"
}

all_dead() {
    local pid
    for pid in "$@"; do
        dead "$pid" || return 1
    done
}

# stack_stop: SIGTERM to scripts/run; every process must go and the port be free again.
stack_stop() {
    local before
    mapfile -t before < <(stack_pids)
    kill -TERM "$(run_pid)" 2>/dev/null || true
    if ! wait_until 30 dead "$(run_pid)"; then
        show_logs
        return 1
    fi
    if ! wait_until 5 all_dead "${before[@]}"; then
        ps -f -p "$(IFS=, && echo "${before[*]}")" || true
        show_logs
        fail "processes are left after scripts/run ended"
        return 1
    fi
    mapfile -t before < <(stack_pids)
    if ((${#before[@]} > 0)); then
        ps -f -p "$(IFS=, && echo "${before[*]}")" || true
        fail "processes were left or started while scripts/run ended"
        return 1
    fi
    wait_until 5 port_is_free "$PORT"
}

# stack_down: stops what is still running and removes the directory. For teardown_file.
stack_down() {
    local stopped=0 pid
    [[ -n ${STACK-} ]] || return 0
    if [[ -f $STACK/run.pid ]] && alive "$(run_pid)"; then
        stack_stop || stopped=1
    fi
    for pid in $(stack_pids); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    if [[ -z ${KEEP_STACK-} ]]; then
        rm -rf "$STACK"
    fi
    return "$stopped"
}

# The last lines of every log of the instance.
show_logs() {
    local file
    [[ -d ${STACK-} ]] || return 0
    while IFS= read -r file; do
        printf -- '=== %s\n' "$file"
        tail -n "${LOG_LINES:-25}" "$file" | cut -c 1-1000
    done < <(find "$STACK" ${SERVER:+"$SERVER"} -path '*/base/*' -prune -o -type f -name '*.log' -print | sort)
}

# The log of the service.
service_log() {
    echo "$RUN_DIR/log/sessiond.log"
}

# events EVENT [JQ-CONDITION]: how often the service has logged it.
events() {
    jq -rR --arg event "$1" "fromjson? | select(.event == \$event) | select(${2-true}) | .event" "$(service_log)" | wc -l
}

# has_event EVENT [JQ-CONDITION]: whether the service has logged it. The status of jq 1.6 with -e tells of the last line
# alone, so that the lines are counted.
has_event() {
    (($(events "$@") > 0))
}

events_are() {
    [[ $(events "$1" "${3-true}") == "$2" ]]
}

# expect_events EVENT COUNT [JQ-CONDITION]
expect_events() {
    wait_until 5 events_are "$@" || fail "event $1: $(events "$1" "${3-true}") times instead of $2"
}

# The master of the workers: the last that has started. Its children are the workers.
master_pid() {
    tac "$RUN_DIR/log/sessiond.log" | sed -nE '/.*"event":"service_start","pid":([0-9]+).*/{s//\1/p;q}'
}

worker_pids() {
    local master children
    master=$(master_pid)
    if [[ -r /proc/$master/task/$master/children ]]; then
        children=$(<"/proc/$master/task/$master/children")
    else
        children=$(ps -o pid= --ppid "$master" | sort -n | xargs)
    fi
    echo "${children% }"
}

# Fails when a worker was replaced since $workers was taken.
expect_same_workers() {
    expect_equal "worker pids" "$(worker_pids)" "$workers"
}

# pool_pids POOL: the workers of one pool, by the log.
pool_pids() {
    local pid
    for pid in $(jq -rR --arg pool "$1" 'fromjson? | select(.event == "worker_start" and .pool == $pool) | .pid' "$(service_log)"); do
        if [[ " $(worker_pids) " == *" $pid "* ]]; then
            echo "$pid"
        fi
    done
}

# socket_of POOL: the path of its socket.
socket_of() {
    find "$RUN_DIR" -name "$1.sock" -type s | head -n 1
}

# --- PostgreSQL -----------------------------------------------------------------------------------------------------

pg_tool() {
    find /usr/lib/postgresql -path "*/bin/$1" | sort -V | tail -n 1
}

# as_postgres COMMAND...: as the user that PostgreSQL runs as: not root.
as_postgres() {
    if ((EUID == 0)); then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# server_new [OPTION of initdb...]: a PostgreSQL that is not the instance's own, in $SERVER, with passwords on the TCP
# port $SERVER_PORT and without on the unix socket in $SERVER. It may be stopped and started while an instance uses it.
server_new() {
    local port
    free_port
    SERVER=$(mktemp -d /tmp/sd-server.XXXXXX)
    export SERVER SERVER_PORT=$port
    chmod 755 "$SERVER"
    printf 'super-secret\n' >"$SERVER/password"
    ((EUID != 0)) || chown -R postgres "$SERVER"
    as_postgres "$(pg_tool initdb)" -D "$SERVER/data" -U postgres -E UTF8 --locale=C.UTF-8 --auth-local=trust \
        --auth-host=scram-sha-256 --pwfile="$SERVER/password" -N "$@" >"$STACK/initdb.log" 2>&1
    rm "$SERVER/password"
    as_postgres tee -a "$SERVER/data/postgresql.conf" >/dev/null <<EOF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$SERVER'
fsync = off
EOF
    server start
}

# server_up [OPTION OF server_new...]: server_new with the database of the service, which the settings name.
server_up() {
    server_new "$@"
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" DB_PASSWORD=unused POSTGRES_PASSWORD=unused >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1
}

# server ACTION [OPTION...]: pg_ctl.
server() {
    as_postgres "$(pg_tool pg_ctl)" -D "$SERVER/data" -w -s -l "$SERVER/server.log" "$@" 3>&- 4>&- </dev/null >/dev/null 2>&1
}

server_remove() {
    [[ -d ${SERVER-} ]] || return 0
    server -m immediate stop || true
    rm -rf "$SERVER"
    unset SERVER SERVER_PORT
}

# admin QUERY: as the superuser of the database that the instance uses.
admin() {
    local target=("$RUN_DIR/cluster-sockets" 5432)
    if [[ -d ${SERVER-} ]]; then
        target=("$SERVER" "$SERVER_PORT")
    fi
    "${CLEAN[@]}" ${ADMIN_OPTIONS:+"PGOPTIONS=$ADMIN_OPTIONS"} psql -X -q -v ON_ERROR_STOP=1 -At -h "${target[0]}" \
        -p "${target[1]}" -U postgres -d sessiond -c "$1"
}

# postmaster_pid: of the database that the instance uses.
postmaster_pid() {
    if [[ -d ${SERVER-} ]]; then
        head -n 1 "$SERVER/data/postmaster.pid"
    else
        head -n 1 "$RUN_DIR/cluster/postmaster.pid"
    fi
}
