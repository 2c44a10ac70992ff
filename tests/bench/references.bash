# shellcheck shell=bash
# What scripts/bench measures the service against, each taken in the same run: an nginx that answers by itself, one in
# front of a FastCGI program that does nothing, one in front of a check as a programmer of Go writes it, pgbench with the
# service's own statement, and libargon2 alone. Needs instance.bash.

# As many as the connections that a measure opens at once: each thread of the echo serves one.
ECHO_CONNECTIONS=64
# The port of the references' nginx.
REFERENCE_PORT=

# build_program NAME SOURCE-OR-LIBRARY...
build_program() {
    local name=$1
    shift
    "${CXX:-g++}" -O2 -std=c++20 -I"$ROOT/src" -isystem "$(pg_config --includedir)" -o "$WORK/$name" \
        "$ROOT/tests/bench/$name.cc" "$@" || die "tests/bench/$name.cc could not be built (see above)"
}

# service_statement: the SQL with which the service looks for the session of one access token.
service_statement() {
    "$ROOT/scripts/build" build/statements >"$WORK/make.log" 2>&1 || die "build/statements could not be built"
    "$ROOT/build/statements" session_find_by_access || die "the statement has another name now"
}

# make_lookup: a script for pgbench: the service's statement, on random tokens of load.sql. pgbench has numeric variables
# only, so the server hashes the token itself: one SHA-256 of 32 bytes for each execution, about a microsecond. All else
# is the statement of the service, to be run with -M prepared.
make_lookup() {
    local sql=$1 parameter="\$1::bytea"
    local hash="sha256(convert_to('sessiond-bench-access' || lpad(:n::text, 9, '0') || '..', 'UTF8'))"
    [[ $sql == *"$parameter"* && ${sql/"$parameter"/} != *'$'* ]] ||
        die "the statement no longer has exactly one parameter, $parameter"
    printf '\\set n random(1, :sessions)\n%s;\n' "${sql/"$parameter"/"$hash"}" >"$WORK/lookup.pgbench"
}

# has_go: where the packages of Debian are, which bring pgx; elsewhere the table goes without this reference.
has_go() {
    command -v go >/dev/null && [[ -d /usr/share/gocode/src/github.com/jackc/pgx ]]
}

# start PROGRAM ARGUMENT...: until the end of the run.
start() {
    "$WORK/$1" "${@:2}" >"$WORK/$1.log" 2>&1 </dev/null &
    PIDS+=($!)
    wait_for 10 test -S "$WORK/$1.sock" || die "$1 made no socket within 10 seconds (the end of $1.log follows)"
}

start_echo() {
    build_program echo -lfcgi -lpthread
    start echo "$WORK/echo.sock" "$ECHO_CONNECTIONS"
}

start_go() {
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$WORK/gocache HOME=$WORK \
        go build -o "$WORK/check" "$ROOT/tests/bench/check.go" || die "tests/bench/check.go could not be built (see above)"
    start check "$WORK/check.sock" "$DATABASE" "$1"
}

# directive FILE NAME: the first line with this directive in a configuration file of the instance's nginx, or nothing.
directive() {
    grep -E "^[[:space:]]*$2[[:space:]]" "$RUN_DIR/nginx/$1" | head -n 1 || true
}

# start_nginx: in front of the references, with the same settings of workers and connections as the instance's.
start_nginx() {
    REFERENCE_PORT=$(free_port)
    cat >"$WORK/references.conf" <<END
daemon off;
pid $WORK/references.pid;
error_log $WORK/references.log;
$(directive nginx.conf user)
$(directive nginx.conf worker_processes)
$(directive nginx.conf worker_rlimit_nofile)
events {
    $(directive nginx.conf worker_connections)
    $(directive nginx.conf multi_accept)
}
http {
    access_log off;
    $(directive sessiond/server.conf keepalive_requests)
    $(directive sessiond/server.conf keepalive_timeout)
    upstream echo {
        server unix:$WORK/echo.sock;
        keepalive $ECHO_CONNECTIONS;
    }
    upstream go {
        server unix:$WORK/check.sock;
        keepalive $ECHO_CONNECTIONS;
    }
    server {
        listen 127.0.0.1:$REFERENCE_PORT;
        default_type application/json;
        location = /nginx { return 200 '{"status":"OK"}'; }
        location = /echo {
            fastcgi_pass echo;
            fastcgi_keep_conn on;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_param REQUEST_URI \$request_uri;
        }
        location = /go {
            proxy_pass http://go;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
}
END
    nginx -p "$WORK" -e "$WORK/references.log" -c "$WORK/references.conf" >"$WORK/nginx.log" 2>&1 </dev/null &
    PIDS+=($!)
    wait_for 10 curl -sf -o /dev/null "http://127.0.0.1:$REFERENCE_PORT/nginx" ||
        die "the nginx of the references did not answer within 10 seconds (the ends of its logs follow)"
}

start_references() {
    local sockets statement
    statement=$(service_statement)
    sockets=$("$ROOT/scripts/psql" -XAtc "SELECT trim('\"' FROM current_setting('unix_socket_directories'))")
    DATABASE="host='$sockets' port=5432 dbname=sessiond user=sessiond"
    build_program hash_time -largon2
    make_lookup "$statement"
    start_echo
    if has_go; then
        start_go "$statement"
    else
        say "Go with Debian's pgx is not here (golang-go, golang-github-jackc-pgx-v4-dev): its rows are left out"
    fi
    start_nginx
}
