# shellcheck shell=bash
# One worker that serves all routes and one process of nginx in front of it, each under a program that counts what it
# does, if there is one. All is in $PLACE; the database is that of the instance. Load it after lib/common.

# worker_up [COUNTER...]: the counter is a command that becomes, or runs, the worker. Its settings are the cheapest.
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
}

worker_is_ready() {
    dead "$(<"$PLACE/worker.pid")" || grep -q database_connected "$PLACE/worker.log"
}

counted_configuration() {
    cat <<CONF
pid "$PLACE/nginx.pid";
daemon off;
master_process off;
pcre_jit on;
events {}
http {
    include sessiond/http.conf;
    access_log "$PLACE/access.log" sessiond buffer=64k flush=1s;
    client_body_temp_path "$PLACE/body";
    fastcgi_temp_path "$PLACE/fastcgi";
    proxy_temp_path "$PLACE/proxy";
    scgi_temp_path "$PLACE/scgi";
    uwsgi_temp_path "$PLACE/uwsgi";
    server {
        listen 127.0.0.1:$PORT;
        include sessiond/guard-location.conf;
        include sessiond/server.conf;
        location /guarded/ {
            include sessiond/guard.conf;
            alias "$PLACE/sessiond/pages/assets/";
        }
    }
}
CONF
}

# nginx_up [COUNTER...]: at PORT, which it changes, with a guarded file at /guarded/page.js.
nginx_up() {
    local port
    free_port
    PORT=$port
    "${CLEAN[@]}" LOGIN_RATE=0 "SOCKET_DIR=$PLACE" "$ROOT/scripts/render-nginx" "$PLACE" >"$PLACE/render.log" 2>&1
    counted_configuration >"$PLACE/nginx.conf"
    "$@" nginx -p "$PLACE" -e "$PLACE/error.log" -c "$PLACE/nginx.conf" >"$PLACE/nginx.log" 2>&1 </dev/null 3>&- 4>&- &
    wait_until 60 nginx_answers
}

nginx_answers() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/health") == 200 ]]
}

# end_of FILE: ends the process whose number is in the file.
end_of() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    kill -TERM "$pid" 2>/dev/null || true
    wait_until 20 dead "$pid" || kill -KILL "$pid"
}

counted_down() {
    [[ -n ${PLACE-} ]] || return 0
    end_of "$PLACE/nginx.pid"
    end_of "$PLACE/worker.pid"
    rm -rf "$PLACE"
}

# many COUNT PATH [CURL-OPTION...]: so many calls of this path over one connection, which are answered with 200.
many() {
    local count=$1 path=$2
    shift 2
    expect_equal "statuses of $path" "$(curl -sS -o "$PLACE/answer#1" -w '%{http_code}\n' "$@" \
        "http://127.0.0.1:$PORT$path?[1-$count]" | sort | uniq -c | xargs)" "$count 200"
}
