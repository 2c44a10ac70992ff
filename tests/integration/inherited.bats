#!/usr/bin/env bats
# Sockets that somebody else has bound: a supervisor such as systemd passes one for each pool with its name, and others
# pass a single one as standard input. The programs here are started directly, beside an instance whose database they
# use.

load lib/common
one_instance

setup() {
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    LOG=$PLACE/sessiond.log
    MORE=()
}

after_each() {
    chmod 755 "$PLACE"
    # The death of the master reaches a stopped worker only when it goes on.
    [[ -z ${STOPPED-} ]] || kill -CONT "$STOPPED" 2>/dev/null || true
    [[ -z ${PID-} ]] || kill -KILL "$PID" 2>/dev/null || true
    [[ -z ${MANAGER-} ]] || kill -KILL "$MANAGER" 2>/dev/null || true
}

# start HOW SOCKETS [WRAPPER...]: as lib/bind_and_exec.py says, in the background, with one worker in each pool. The
# wrapper is a command that becomes the program.
start() {
    "${CLEAN[@]}" "${CHEAP[@]}" "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "SOCKET_DIR=$PLACE" CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1 "${MORE[@]}" \
        "$PYTHON" "$LIB/bind_and_exec.py" "$1" "$2" "${@:3}" "$BIN" -f /dev/null >"$LOG" 2>&1 </dev/null 3>&- 4>&- &
    PID=$!
}

fcgi() {
    "$PYTHON" "$LIB/fcgi_client.py" "$@"
}

logged() {
    (($(grep -cF "\"event\":\"$1\"" "$LOG") >= $2))
}

# expect_exit STATUS: of the program that was started.
expect_exit() {
    local code=0
    wait_until 30 dead "$PID" || return 1
    wait "$PID" || code=$?
    PID=
    expect_equal "exit status" "$code" "$1"
}

@test "inherited sockets are served by the pools that their names tell, whatever their order" {
    local count=1 name
    start --listen "password=$PLACE/third,check=$PLACE/first,write=$PLACE/second"
    wait_until 30 logged database_connected 3
    for name in first second third; do
        for ((i = 0; i < count; i++)); do
            expect_equal "the socket $name" "$(fcgi --get "$PLACE/$name" /ready)" 200
        done
        count=$((count + 1))
    done
    [[ ! -e $PLACE/check.sock ]]
    kill -TERM "$PID"
    expect_exit 0
    expect_equal "requests of each pool" \
        "$(jq -rR 'fromjson? | select(.event == "worker_exit") | "\(.pool) \(.requests)"' "$LOG" | sort | xargs)" \
        'check 1 password 3 write 2'
    # They are not the service's own, so it takes none of them away.
    [[ -S $PLACE/first && -S $PLACE/second && -S $PLACE/third ]]
}

@test "inherited sockets that all have one name, as those of a unit of systemd, are known by their files" {
    local name count=1
    # In an order that is not that of the pools.
    start --listen "sessiond.socket=$PLACE/write.sock,sessiond.socket=$PLACE/password.sock,sessiond.socket=$PLACE/check.sock"
    wait_until 30 logged database_connected 3
    for name in check write password; do
        for ((i = 0; i < count; i++)); do
            expect_equal "the socket $name" "$(fcgi --get "$PLACE/$name.sock" /ready)" 200
        done
        count=$((count + 1))
    done
    kill -TERM "$PID"
    expect_exit 0
    expect_equal "requests of each pool" \
        "$(jq -rR 'fromjson? | select(.event == "worker_exit") | "\(.pool) \(.requests)"' "$LOG" | sort | xargs)" \
        'check 1 password 3 write 2'
    [[ -S $PLACE/check.sock && -S $PLACE/write.sock && -S $PLACE/password.sock ]]
}

# Whoever bound it has chosen a queue of 128. A hash of this cost takes longer than a request may wait.
@test "the queue of an inherited socket of the pool that hashes is bounded by the cost of a hash" {
    local worker
    MORE=(ARGON2_MEMORY_KIB=1048576 ARGON2_TIME=9)
    start --listen "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third"
    wait_until 30 logged database_connected 3
    worker=$(jq -rR 'fromjson? | select(.event == "worker_start" and .pool == "password") | .pid' "$LOG")
    kill -STOP "$worker"
    STOPPED=$worker
    # The kernel lets one more wait.
    expect_equal "connections that wait" "$(fcgi "$PLACE/third" fill)" 2
    kill -CONT "$worker"
    STOPPED=
    expect_equal "the socket check" "$(fcgi --get "$PLACE/first" /ready)" 200
}

@test "sockets that were meant for another process are left alone" {
    start --foreign "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third"
    wait_until 30 logged database_connected 3
    expect_equal "its own socket" "$(fcgi --get "$PLACE/check.sock" /ready)" 200
    kill -TERM "$PID"
    expect_exit 0
    expect_equal "requests" "$(jq -R 'fromjson? | select(.event == "worker_exit") | .requests' "$LOG" | sort | xargs)" '0 0 1'
}

@test "inherited sockets with a wrong name, or without one of the pools, end the start with the reason" {
    local row
    # names | the reason
    local rows=(
        "check write other|the inherited socket 'other' (LISTEN_FDNAMES) does not have the name of a pool"
        "check write password other|the inherited socket 'other' (LISTEN_FDNAMES) does not have the name of a pool"
        "CHECK write password|the inherited socket 'CHECK' (LISTEN_FDNAMES) does not have the name of a pool"
        "check write|no socket named 'password' was inherited"
        "password write write|no socket named 'check' was inherited"
    )
    for row in "${rows[@]}"; do
        rm -f "$PLACE"/socket*
        expect_refused "$(number_sockets "${row%%|*}")" "${row#*|}"
    done
}

# expect_refused SOCKETS REASON
expect_refused() {
    start --listen "$1"
    expect_exit 2 || fail "$1"
    grep -qF "$2" "$LOG" || fail "$1: $(cat "$LOG")"
    refute logged worker_start 1
}

@test "an inherited descriptor that is not a listening socket ends the start with the reason" {
    expect_refused "check=$PLACE/first,write=/dev/null,password=$PLACE/third" \
        "descriptor 4, inherited as 'write' (LISTEN_FDNAMES), is not a listening socket"
}

# number_sockets "NAME...": NAME=SOCKET,... with a socket of its own for each.
number_sockets() {
    local name number=0 list=
    for name in $1; do
        number=$((number + 1))
        list+=,$name=$PLACE/socket$number
    done
    echo "${list#,}"
}

@test "a listening socket as standard input: one worker without a master serves every route" {
    start --stdin "$PLACE/socket"
    fcgi "$PLACE/socket" life >"$PLACE/life"
    diff "$PLACE/life" - <<'EOF_'
GET /health 200
GET /ready 200
GET /status 200
GET /metrics 200
POST /register 400 invalid_request
POST /register 201
GET /content 200
GET /verify 200
GET /me 200
PATCH /me 200
POST /refresh 200
POST /login 200
GET /sessions 200
GET /events 200
DELETE /sessions/{id} 200
POST /change-password 200
DELETE /sessions 200
POST /logout 200
POST /login 200
DELETE /delete 200
POST /reset-password 401 invalid_ticket
end
EOF_
    # These are all routes that there are.
    diff <(grep ' /' "$PLACE/life" | cut -d ' ' -f 1,2 | sort -u) <("$BIN" -r | cut -d ' ' -f 1,2 | sort -u)
    expect_equal "children" "$(ps -o pid= --ppid "$PID")" ''
    # It is confined as the workers of a master are (confinement.bats), where the system can do that.
    grep -qF '"event":"workers_unconfined"' "$LOG" ||
        expect_equal "confinement" "$(sed -n 's/^Seccomp:\s*//p' "/proc/$PID/status")" 2
    [[ ! -e $PLACE/check.sock ]]
    kill -TERM "$PID"
    expect_exit 0
    [[ -S $PLACE/socket ]]
}

@test "a listening socket as standard input: SIGTERM lets what has come be answered" {
    local client
    start --stdin "$PLACE/socket"
    wait_until 30 logged database_connected 1
    kill -STOP "$PID"
    fcgi "$PLACE/socket" queued "$PLACE/sent" >"$PLACE/answer" 3>&- 4>&- &
    client=$!
    wait_until 30 test -e "$PLACE/sent"
    kill -TERM "$PID"
    kill -CONT "$PID"
    expect_exit 0
    wait "$client"
    expect_equal answer "$(<"$PLACE/answer")" 200
}

# expect_null PID DESCRIPTOR...: the process has /dev/null as these descriptors.
expect_null() {
    local pid=$1 descriptor
    for descriptor in "${@:2}"; do
        expect_equal "descriptor $descriptor of process $pid" "$(readlink "/proc/$pid/fd/$descriptor")" /dev/null || return
    done
}

answers_ready() {
    [[ $(fcgi --get "$1" /ready 2>/dev/null) == 200 ]]
}

# shellcheck disable=SC2016 # the wrapper expands its arguments itself
@test "a standard descriptor that is closed at the start becomes /dev/null in every process" {
    local row closed pid
    # descriptors | how they are closed
    local rows=("0|<&-" "1|>&-" "2|2>&-" "0 1 2|<&- >&- 2>&-")
    for row in "${rows[@]}"; do
        read -r -a closed <<<"${row%%|*}"
        start --foreign "check=/dev/null" bash -c "exec \"\$@\" ${row#*|}" wrapper
        wait_until 30 answers_ready "$PLACE/check.sock" || fail "$row: $(cat "$LOG")"
        expect_equal "$row: workers" "$(ps -o pid= --ppid "$PID" | wc -l)" 3
        for pid in "$PID" $(ps -o pid= --ppid "$PID"); do
            expect_null "$pid" "${closed[@]}" || fail "$row"
        done
        kill -TERM "$PID"
        expect_exit 0 || fail "$row"
    done
}

@test "the listening socket alone, as FastCGI servers start a program: every route is served" {
    start --stdin "$PLACE/socket" bash -c 'exec "$@" >&- 2>&-' wrapper
    wait_until 30 answers_ready "$PLACE/socket"
    fcgi "$PLACE/socket" life >"$PLACE/life"
    expect_equal "the end" "$(tail -n 1 "$PLACE/life")" end
    expect_null "$PID" 1 2
    expect_equal "what was logged" "$(<"$LOG")" ''
    kill -TERM "$PID"
    expect_exit 0
}

# notified NAME=VALUE: the manager was told this.
notified() {
    grep -qxF "$1" "$PLACE/notified"
}

# manager ADDRESS: a service manager that writes down what it is told, at the socket with this address.
manager() {
    "$PYTHON" "$LIB/notified.py" "$1" >>"$PLACE/notified" 2>"$PLACE/manager.log" 3>&- 4>&- &
    MANAGER=$!
    wait_until 10 notified listening
    : >"$PLACE/notified"
}

@test "inherited sockets are kept through reloads, and still not removed at the end" {
    local i
    start --listen "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third"
    wait_until 30 logged database_connected 3
    for ((i = 1; i <= 3; i++)); do
        kill -HUP "$PID"
        wait_until 30 logged service_renewed "$i"
    done
    expect_equal "the socket third" "$(fcgi --get "$PLACE/third" /ready)" 200
    [[ ! -e $PLACE/check.sock ]]
    kill -TERM "$PID"
    expect_exit 0
    [[ -S $PLACE/first && -S $PLACE/second && -S $PLACE/third ]]
}

@test "SIGTERM ends a service with inherited sockets while requests keep coming" {
    local asking
    MORE=(ARGON2_MEMORY_KIB=65536)
    start --listen "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third"
    wait_until 30 logged database_connected 3
    fcgi "$PLACE/third" keep-asking >"$PLACE/asked" 3>&- 4>&- &
    asking=$!
    wait_until 30 logged authn_login_fail 4
    kill -TERM "$PID"
    expect_exit 0
    wait "$asking"
    expect_equal "the clients" "$(<"$PLACE/asked")" refused
}

@test "inherited sockets are kept through a reload by a service that may not write where they are" {
    local as=()
    ((EUID != 0)) || as=(setpriv --reuid sessiond --regid sessiond --clear-groups)
    start --listen "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third" "${as[@]}"
    wait_until 30 logged database_connected 3
    chmod 555 "$PLACE"
    kill -HUP "$PID"
    wait_until 30 logged service_renewed 1
    kill -HUP "$PID"
    wait_until 30 logged service_renewed 2
}

@test "a service manager hears when the service is ready, reloads and stops, and that its master lives" {
    local address
    for address in "$PLACE/notify" "@${PLACE//\//-}"; do
        manager "$address"
        MORE=("NOTIFY_SOCKET=$address" WATCHDOG_USEC=600000)
        start --listen "check=$PLACE/1st,write=$PLACE/2nd,password=$PLACE/3rd"
        wait_until 30 notified READY=1
        wait_until 30 notified WATCHDOG=1
        : >"$PLACE/notified"
        kill -HUP "$PID"
        wait_until 30 notified READY=1
        notified RELOADING=1
        grep -qE '^MONOTONIC_USEC=[0-9]+$' "$PLACE/notified"
        expect_equal "their order" "$(grep -oE 'RELOADING|READY' "$PLACE/notified" | xargs)" 'RELOADING READY'
        wait_until 30 notified WATCHDOG=1
        kill -TERM "$PID"
        expect_exit 0
        notified STOPPING=1
        kill "$MANAGER"
        rm -f "$PLACE"/{1st,2nd,3rd}
    done
}

@test "without a service manager, and with one that is gone, the service starts all the same" {
    MORE=("NOTIFY_SOCKET=$PLACE/nobody" WATCHDOG_USEC=600000)
    start --listen "check=$PLACE/first,write=$PLACE/second,password=$PLACE/third"
    wait_until 30 logged database_connected 3
    expect_equal "the socket first" "$(fcgi --get "$PLACE/first" /ready)" 200
}
