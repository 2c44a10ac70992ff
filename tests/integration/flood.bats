#!/usr/bin/env bats
# Many clients that want a password hash at once, with the default settings: whoever hangs up costs nothing, what is
# taken is answered in time, the rest is refused at once, and others can log in meanwhile.

load lib/common
one_instance ARGON2_ALLOW_WEAK=off ARGON2_MEMORY_KIB=19456 ARGON2_TIME=2 LOGIN_RATE=5 ACCOUNT_FREE_FAILURES=5 \
    ADDRESS_FREE_FAILURES=20

setup() {
    wait_until 20 queue_is_empty
    mapfile -t PASSWORD_PIDS < <(pool_pids password)
}

after_each() {
    kill -CONT "${PASSWORD_PIDS[@]}" 2>/dev/null || true
    [[ -z ${FLOOD-} ]] || wait "$FLOOD" || true
}

# A request that comes after all others is answered.
queue_is_empty() {
    [[ $("$PYTHON" "$LIB/fcgi_client.py" --get "$(socket_of password)" /health) == 200 ]]
}

# flood COUNT leave|stay PATH [COOKIE]: in the background.
flood() {
    "$PYTHON" "$LIB/flood.py" "$PORT" "$@" >"$BATS_TEST_TMPDIR/flood" 2>&1 3>&- 4>&- &
    FLOOD=$!
}

flood_ends() {
    wait "$FLOOD"
    FLOOD=
}

# Each login comes from an address of its own, so that LOGIN_RATE does not count it.
from_elsewhere() {
    ADDRESS_NUMBER=$((${ADDRESS_NUMBER-0} + 1))
    ELSEWHERE=(--interface "127.255.0.$ADDRESS_NUMBER")
}

# login_within MILLISECONDS: a client that waits as Retry-After says, and gives up after that time.
login_within() {
    local started took
    started=$(date +%s%3N)
    from_elsewhere
    while api POST /login "$(credentials "$name")" "${ELSEWHERE[@]}" && [[ $status == 503 ]]; do
        expect_header Retry-After 1 || return 1
        (($(date +%s%3N) < started + $1)) || break
        sleep 1
    done
    took=$(($(date +%s%3N) - started))
    echo "a login took $took ms of $1"
    expect_status 200 || return 1
    ((took < $1)) || fail "the login took $took ms"
}

# measure_login: how long one takes that nothing hinders, in $alone, in milliseconds.
measure_login() {
    alone=$(date +%s%3N)
    login_within 60000
    alone=$(($(date +%s%3N) - alone))
}

count_refusals() {
    grep -c 'password.sock failed (11: ' "$RUN_DIR/log/nginx.log" || true
}

count_late() {
    grep -cF '"event":"request_late"' "$(service_log)" || true
}

has_refusals() {
    (($(count_refusals) >= $1))
}

@test "clients that hang up keep nobody from logging in" {
    local count row part cookie alone
    new_user
    cookie="access_token=$access"
    new_user
    for count in 64 1000 2000; do
        for row in "/login|" "/change-password|$cookie"; do
            IFS='|' read -r -a part <<<"$row"
            # Three seconds, and more where another load makes each login slow.
            measure_login
            flood "$count" leave "${part[@]}"
            login_within $((3000 + 10 * alone)) || fail "during $count at ${part[0]}"
            flood_ends
            login_within $((3000 + 10 * alone)) || fail "after $count at ${part[0]}"
        done
    done
}

@test "a request whose client has hung up is not hashed" {
    local before
    before=$(grep -cF '"event":"authn_login_fail"' "$(service_log)") || true
    kill -STOP "${PASSWORD_PIDS[@]}"
    flood 100 leave /login
    flood_ends
    # nginx has passed them on, and closed the connections.
    wait_until 20 has_hung_up 100
    kill -CONT "${PASSWORD_PIDS[@]}"
    wait_until 20 queue_is_empty
    # A worker may have taken one before it was stopped.
    (($(grep -cF '"event":"authn_login_fail"' "$(service_log)" || true) <= before + ${#PASSWORD_PIDS[@]})) || fail "they were hashed"
}

has_hung_up() {
    (($(jq -R 'fromjson? | select(.status == 499 and .path == "/login") | .status' "$RUN_DIR/log/nginx-access.log" | wc -l) >= $1))
}

@test "what does not fit into the queue is refused at once; all that does is answered" {
    local queue before late refused
    late=$(count_late)
    queue=$(jq -rR 'fromjson? | select(.event == "service_start") | .hash_queue' "$(service_log)")
    ((queue > 0))
    before=$(count_refusals)
    kill -STOP "${PASSWORD_PIDS[@]}"
    flood $((queue + 100)) stay /login
    wait_until 20 has_refusals $((before + 99))
    # No worker is there to answer it, and nginx would wait for ten seconds.
    unique_name
    from_elsewhere
    api POST /login "$(credentials "$name")" "${ELSEWHERE[@]}" --max-time 6
    expect_problem 503 service_unavailable
    expect_header Retry-After 1
    kill -CONT "${PASSWORD_PIDS[@]}"
    flood_ends
    cat "$BATS_TEST_TMPDIR/flood"
    # The kernel lets one more wait than the queue is long.
    expect_equal "kinds of answers" "$(grep -vE '^(401|503 Retry-After) [0-9]+$' "$BATS_TEST_TMPDIR/flood")" ''
    (($(sed -n 's/^401 //p' "$BATS_TEST_TMPDIR/flood") > 0))
    # Refused were those that the kernel refused, less the one login beside the flood, and those that had waited too
    # long.
    refused=$(($(count_refusals) - before - 1 + $(count_late) - late))
    expect_equal "refusals" "$(sed -n 's/^503 Retry-After //p' "$BATS_TEST_TMPDIR/flood")" "$refused"
}

# What stands in place of the pool tells what nginx passes on. It gives no answer, which is another kind of 503.
@test "nginx says when it passed a request on" {
    local socket passed
    socket=$(socket_of password)
    mv "$socket" "$socket.away"
    "$PYTHON" "$LIB/fcgi_client.py" "$socket" parameters >"$BATS_TEST_TMPDIR/parameters" 3>&- 4>&- &
    wait_until 20 test -S "$socket"
    from_elsewhere
    wait_until 20 is_unavailable
    wait_until 20 grep -q '^PASSED_ON_AT=' "$BATS_TEST_TMPDIR/parameters"
    rm -f "$socket"
    mv "$socket.away" "$socket"
    passed=$(sed -nE 's/^PASSED_ON_AT=([0-9]+)\.[0-9]{3}$/\1/p' "$BATS_TEST_TMPDIR/parameters")
    ((passed > $(date +%s) - 60 && passed <= $(date +%s))) || fail "it says $passed"
}

is_unavailable() {
    api POST /login "$(credentials nobody)" "${ELSEWHERE[@]}" --max-time 10
    [[ $status == 503 && -s $BATS_TEST_TMPDIR/parameters ]]
}
