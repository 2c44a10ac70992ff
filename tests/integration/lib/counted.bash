# shellcheck shell=bash
# One worker that serves all routes, under a program that counts what it does, behind an nginx of its own (front.bash).
# All is in $PLACE; the database is that of the instance. Load it after lib/common and lib/front.

# worker_up COUNTER...: the counter is a command that becomes, or runs, the worker. Its settings are the cheapest.
worker_up() {
    PLACE=$STACK/counted
    mkdir -m 755 "$PLACE"
    mkdir -m 777 "$PLACE/counts" # for the user of the worker
    ln -s check.sock "$PLACE/write.sock"
    ln -s check.sock "$PLACE/password.sock"
    "${CLEAN[@]}" "${CHEAP[@]}" ARGON2_MEMORY_KIB=8 CLEANUP_INTERVAL=0 "SOCKET_DIR=$PLACE" \
        "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "$PYTHON" "$LIB/bind_and_exec.py" --stdin "$PLACE/check.sock" "$@" "$BIN" -f /dev/null \
        >"$PLACE/worker.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$PLACE/worker.pid"
    wait_until 60 worker_is_ready
    chmod 666 "$PLACE/check.sock" # for the user of nginx
    front_new
    front_up "SOCKET_DIR=$PLACE"
    PORT=$OWN_PORT
}

worker_is_ready() {
    dead "$(<"$PLACE/worker.pid")" || grep -q database_connected "$PLACE/worker.log"
}

worker_down() {
    local pid
    [[ -f ${PLACE-}/worker.pid ]] || return 0
    front_down
    pid=$(<"$PLACE/worker.pid")
    kill -TERM "$pid" 2>/dev/null || true
    wait_until 20 dead "$pid" || kill -KILL "$pid"
}

# many COUNT PATH CURL-OPTION...: so many calls of this path over one connection, which are answered with 200.
many() {
    local count=$1 path=$2
    shift 2
    expect_equal "statuses of $path" "$(curl -sS -o "$PLACE/answer#1" -w '%{http_code}\n' "$@" \
        "http://127.0.0.1:$PORT$path?[1-$count]" | sort | uniq -c | xargs)" "$count 200"
}
