# shellcheck shell=bash
# The throw-away instance that scripts/bench measures, and its data. Needs lib.sh.

WORK=
STACK_PID=
# What else was started, to be ended with the instance.
PIDS=()

free_port() {
    local port
    until port=$((20000 + RANDOM % 12000)) && ! (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        :
    done
    echo "$port"
}

# wait_for SECONDS COMMAND...
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

# make_work: makes the directory WORK, which the users of PostgreSQL and of the workers can enter, and an empty
# environment.
make_work() {
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
    chmod 755 "$WORK"
    mkdir "$WORK/results"
    : >"$WORK/env"
    export RUN_DIR=$WORK/run ENV_FILE=$WORK/env PORT LOGIN_RATE=0
    PORT=$(free_port)
    unset DATABASE_URL CHECK_DATABASE_URL DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD POSTGRES_PASSWORD
    unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGOPTIONS
}

clean_up() {
    local pid
    for pid in "${PIDS[@]}" $STACK_PID; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    # If other users cannot enter the directory of root's instance, scripts/run has put a part of it elsewhere.
    if [[ -n $WORK && -L $WORK/run/state ]]; then
        rm -rf "$(readlink -- "$WORK/run/state")"
    fi
    rm -rf "$WORK"
}

is_ready() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/ready") == 200 ]]
}

stack_settled() {
    is_ready || ! kill -0 "$STACK_PID" 2>/dev/null
}

start_service() {
    "$ROOT/scripts/run" >"$WORK/stack.log" 2>&1 </dev/null &
    STACK_PID=$!
    if ! wait_for 600 stack_settled || ! is_ready; then
        die "scripts/run ended, or was not ready after 600 seconds (the ends of its logs follow)"
    fi
}

# start_stack: with a database that has a quarter of the memory for itself, as PostgreSQL's manual advises.
start_stack() {
    local buffers
    start_service
    buffers=$(awk '/^MemTotal:/ { printf "%dMB", $2 / 4096 }' /proc/meminfo)
    "$ROOT/scripts/psql" -q -c "ALTER SYSTEM SET shared_buffers = '$buffers'" >"$WORK/buffers.log" 2>&1 ||
        die "the database could not be given more memory (the end of buffers.log follows)"
    kill -TERM "$STACK_PID"
    wait "$STACK_PID" || true
    start_service
}

# load_data SESSIONS LOADED: so many sessions, of which some are loaded already.
load_data() {
    say "loading $USERS users and $(($1 - $2)) sessions"
    "$ROOT/scripts/psql" -q -v "users=$USERS" -v "sessions=$1" -v "loaded=$2" -f "$ROOT/tests/bench/load.sql" \
        >"$WORK/load.log" 2>&1 ||
        die "the users and sessions could not be loaded into the database (the end of load.log follows)"
}

# register_users: registers the users with whose passwords the measure of logins signs in.
register_users() {
    local i
    for ((i = 1; i <= LOGIN_USERS; i++)); do
        printf 'url = "http://127.0.0.1:%s/register"\n' "$PORT"
        printf 'header = "Content-Type: application/json"\n'
        printf 'data = "{\\"name\\":\\"Login\\",\\"username\\":\\"login%s\\",\\"password\\":\\"right password %s\\"}"\n' "$i" "$i"
        printf 'output = /dev/null\nfail\nsilent\nshow-error\nnext\n'
    done | sed '$d' >"$WORK/register.curl"
    curl -s --fail-early --parallel --parallel-max 4 -K "$WORK/register.curl" >"$WORK/register.log" 2>&1 ||
        die "the users for the measure of logins could not be registered (the end of register.log follows)"
}
