#!/usr/bin/env bats
# The service with a database that Patroni keeps: the leader is switched and killed under load. Whatever was
# acknowledged has to be there afterwards. Each test says for how long nothing was answered. `make soak` installs
# Patroni and etcd.

load ../integration/lib/common
load lib/patroni

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
