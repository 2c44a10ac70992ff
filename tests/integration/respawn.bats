#!/usr/bin/env bats
# Workers that die before they are ready: how long the master waits before it tries again, when it gives up, and how it
# ends when nothing is left. And a master that is killed, and the next one. The master is started directly, one worker
# in each pool, without a database.
# shellcheck disable=SC2016 # $pool is jq's

load lib/common
load lib/master

LEFT=()

setup() {
    STACK=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$STACK"
    PLACE=$STACK
    LOG=$STACK/sessiond.log
    MASTER_SETTINGS=("DATABASE_URL=host='$STACK'" "SOCKET_DIR=$STACK")
    make_fate
    start_master
    wait_until 30 all_answer check write password
}

after_each() {
    kill -KILL "${LEFT[@]}" 2>/dev/null || true
    [[ -z ${MASTER-} ]] || stop_master
    rm -rf "$STACK"
}

kill_worker() {
    kill -KILL "$(last_worker "$1")"
}

# Milliseconds from each end of a worker of the pool to the start of the next.
waits() {
    local event time last=
    while read -r event time; do
        time=$(date -d "$time" +%s%3N)
        [[ $event == worker_exit || -z $last ]] || echo $((time - last))
        last=$time
    done < <(of_log "$1" 'select(.pool == $pool) | "\(.event) \(.time)"')
}

@test "a worker that dies before it is ready is tried again, after twice as long each time; the others serve" {
    local lengths least=0 length
    fate 1
    kill_worker check
    wait_until 60 has_starts check 7
    all_answer write password
    fate
    wait_until 60 all_answer check
    mapfile -t lengths < <(waits check)
    printf 'waits: %s\n' "${lengths[*]}"
    # The first one was ready, and is replaced at once. A busy machine makes waits longer, none makes them shorter.
    for length in "${lengths[@]:0:6}"; do
        ((length >= least)) || fail "a wait of $length ms instead of $least"
        least=$((least == 0 ? 100 : 2 * least))
    done
    # A worker that was ready is forgiven: what replaces it is not waited for.
    kill_worker check
    wait_until 60 all_answer check
    expect_equal "deaths before ready" "$(of_log check 'select(.event == "worker_exit" and .code == 1) | .pool' | sort | uniq -c | xargs)" \
        "$((${#lengths[@]} - 1)) check"
}

@test "when no worker can start from the beginning, each is tried once, and the master ends" {
    stop_master
    : >"$LOG"
    fate 2
    start_master
    expect_end_of_master 2
    expect_no_sockets
    expect_equal "starts" "$(starts check) $(starts write) $(starts password)" '1 1 1'
}

@test "a worker that cannot start is tried again when any was once ready, and serves when the reason is gone" {
    local pool
    fate 2
    for pool in check write password; do
        kill_worker "$pool"
        wait_until 30 has_starts "$pool" 4
    done
    alive "$MASTER"
    fate
    wait_until 60 all_answer check write password
}

@test "a worker that finds no free descriptor says so, and comes back when there are some" {
    ! grep -qF __asan_init "$BIN" || skip "the sanitizer needs descriptors itself"
    prlimit --pid "$MASTER" --nofile=3:
    kill_worker check
    wait_until 30 has_ended check 2
    prlimit --pid "$MASTER" --nofile=1024:
    wait_until 60 all_answer check write password
    expect_equal "reasons" "$(of_log '' 'select(.event == "worker_failed") | .reason' | sort -u)" \
        'epoll_create1: Too many open files'
}

# sockets_of PID: the names of the listening sockets of the service that a process holds.
sockets_of() {
    find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | grep -oE '[0-9]+' |
        awk -v "place=$STACK/" 'NR == FNR { held[$1] = 1; next } held[$7] && index($8, place) == 1 { print substr($8, length(place) + 1) }' \
            - /proc/net/unix | sort -u | xargs
}

@test "a worker holds the socket of its own pool only" {
    local pool
    for pool in check write password; do
        expect_equal "$pool" "$(sockets_of "$(last_worker "$pool")")" "$pool.sock"
    done
    expect_equal "the master" "$(sockets_of "$MASTER")" 'check.sock password.sock write.sock'
}

@test "after SIGKILL the next master starts at once, whatever the workers of the first still do" {
    local pool
    for pool in check write password; do
        LEFT+=("$(last_worker "$pool")")
    done
    # What stands still ends at no signal but SIGKILL.
    kill -STOP "${LEFT[@]}"
    kill -KILL "$MASTER"
    wait_until 10 dead "$MASTER"
    : >"$LOG"
    start_master
    wait_until 30 all_answer check write password
    kill -CONT "${LEFT[@]}"
    wait_until 30 all_dead "${LEFT[@]}"
    all_answer check write password
}

@test "after SIGKILL the next master starts at once, although nobody has taken note of the end of the first" {
    local pool workers=()
    stop_master
    # What sleep becomes the parent of stays a zombie.
    (start_master && echo "$MASTER" >"$STACK/master" && exec sleep 600) 3>&- 4>&- &
    LEFT=("$!")
    wait_until 30 all_answer check write password
    MASTER=$(<"$STACK/master")
    for pool in check write password; do
        workers+=("$(last_worker "$pool")")
    done
    LEFT+=("${workers[@]}")
    kill -STOP "${workers[@]}"
    kill -KILL "$MASTER"
    wait_until 10 dead "$MASTER"
    [[ -d /proc/$MASTER ]]
    start_master
    wait_until 30 all_answer check write password
}

@test "an instance that is there is never pushed aside, even when it does not answer" {
    local first=$MASTER code=0
    LEFT=("$(last_worker check)")
    kill -STOP "$MASTER" "${LEFT[@]}"
    LOG=$STACK/second.log
    start_master
    wait_until 30 dead "$MASTER"
    wait "$MASTER" || code=$?
    MASTER=$first
    kill -CONT "$MASTER" "${LEFT[@]}"
    LEFT=()
    expect_equal "exit status" "$code" 2
    grep -qF 'is served by another instance' "$STACK/second.log"
    all_answer check write password
}
