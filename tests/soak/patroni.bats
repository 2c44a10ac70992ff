#!/usr/bin/env bats
# The service with a database that Patroni keeps: the leader is switched, killed and frozen under load. Whatever was
# acknowledged has to be there afterwards. Each test says for how long nothing was answered. `make soak` installs
# Patroni and etcd.

load ../integration/lib/common
load lib/patroni
load ../integration/lib/sessions

setup_file() {
    load ../integration/lib/common
    load lib/patroni
    stack_new
    cluster_new
    # A token that a refresh has replaced tells whether that was kept; no session ends but by its logout.
    stack_up REFRESH_GRACE=0 MAX_SESSIONS_PER_USER=1000000
}

teardown_file() {
    load lib/patroni
    stack_down || true
    cluster_remove
}

setup() {
    wait_until 120 cluster_is_whole
    look_at_leader
    FIRST=$(leader)
    wait_until 60 all_connected
    workers=$(worker_pids)
    load_start 4
}

after_each() {
    [[ -z ${LOAD_PID-} ]] || kill -KILL "$LOAD_PID" 2>/dev/null || true
    node_signal CONT "$FIRST" 2>/dev/null || true
    [[ -n $(node_pids "$FIRST") ]] || node_start "$FIRST"
}

# Another node leads, and the service works with it.
expect_new_leader() {
    wait_until 120 leader_is_new "$FIRST"
    look_at_leader
    wait_until 60 all_connected
    load_answers 400
}

# expect_nothing_lost WHAT: once all three nodes are there again, and some time has passed with them.
expect_nothing_lost() {
    wait_until 120 cluster_is_whole
    load_answers 400
    load_stop
    expect_same_workers
    expect_acknowledged
    expect_tokens
    echo "# $1: no answer but 503 to checks for $(jq .longest.checks <<<"$RESULT") s," \
        "to changes for $(jq .longest.changes <<<"$RESULT") s" >&3
}

@test "patroni: a switchover under load loses nothing that was acknowledged" {
    as_cluster switchover --leader "$FIRST" --force >"$STACK/switchover.log" 2>&1
    expect_new_leader
    expect_nothing_lost switchover
}

@test "patroni: a leader that is killed under load loses nothing that was acknowledged" {
    node_signal KILL "$FIRST"
    expect_new_leader
    node_start "$FIRST"
    expect_nothing_lost 'killed leader'
}

# freeze_leader: PostgreSQL first, until all workers have left it, which takes them five seconds. As Patroni begins a
# round of its loop at least as often (CLUSTER_LOOP_WAIT), it is amid one by then, which it has begun as the leader and
# goes on with when it thaws.
freeze_leader() {
    local postmaster processes
    LOST=$(events database_lost)
    postmaster=$(head -n 1 "$CLUSTER/$FIRST/data/postmaster.pid")
    kill -STOP "$postmaster"
    mapfile -t processes < <(pids_below "$postmaster")
    kill -STOP "${processes[@]}"
    wait_until 30 all_have_left
    node_signal STOP "$FIRST"
}

all_have_left() {
    (($(events database_lost) >= LOST + $(wc -w <<<"$workers")))
}

@test "patroni: a leader that is frozen under load, and thaws when another one leads, ends nobody's session" {
    freeze_leader
    expect_new_leader
    node_signal CONT "$FIRST"
    expect_nothing_lost 'frozen leader'
    leader_is_new "$FIRST"
    new_user
    content_is 200 "$access"
}
