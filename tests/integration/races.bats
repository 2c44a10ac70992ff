#!/usr/bin/env bats
# Requests that race each other: every case with at least 32 clients behind a barrier, and after each the invariants of
# the rows and of the audit log. The scenes stand in lib/session_race.py. RACE_ROUNDS sets how often each is played.

setup_file() {
    load lib/common
    stack_new
    # More workers than cores, so that there is something to race; free failures that honest scenes do not use up;
    # two passes of argon2, so that there is a weaker hash.
    stack_up CHECK_WORKERS=2 WRITE_WORKERS=8 PASSWORD_WORKERS=8 MAX_SESSIONS_PER_USER=0 ARGON2_TIME=2 \
        ACCOUNT_FREE_FAILURES=100 ADDRESS_FREE_FAILURES=0 CLEANUP_INTERVAL=0
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
}

# race SCENE [ROUNDS]: nothing may be wrong, no worker be replaced, every acknowledged change be logged exactly once.
race() {
    local workers rounds=${2:-${RACE_ROUNDS:-3}} event count before
    workers=$(worker_pids)
    : >"$BATS_TEST_TMPDIR/before"
    for event in session_created session_renewed user_created user_deleted authn_password_change authn_token_revoked request_failed; do
        echo "$event $(events "$event")" >>"$BATS_TEST_TMPDIR/before"
    done
    result=$(SESSIOND_BINARY=$BIN python3 "$LIB/session_race.py" "$PORT" "$1" "$rounds")
    echo "$result"
    expect_equal "what is wrong" "$(jq -c .wrong <<<"$result")" '[]'
    expect_equal "rounds" "$(jq .rounds <<<"$result")" "$rounds"
    expect_same_workers
    while read -r event before; do
        count=$(jq --arg event "$event" '.events[$event] // 0' <<<"$result")
        expect_events "$event" $((before + count)) || return 1
    done <"$BATS_TEST_TMPDIR/before"
    expect_session_invariants
}

@test "C1: 50 refreshes with one token: one pair, one rotation" {
    race c1_refresh
}

@test "C2: replays of the grandparent racing refreshes: the session has ended for all" {
    race c2_replay
}

@test "C3: refreshes racing logouts: one ends it, nothing is accepted afterwards" {
    race c3_logout
}

@test "C4: refreshes racing a change of password: only the session that made it is left" {
    race c4_refresh_and_change
}

@test "C5: logins with the old password racing its change leave nothing behind it" {
    race c5_login_and_change
}

@test "C6: changes with one current password: one succeeds" {
    race c6_changes
}

@test "C7: a rehash at login never overwrites a new password" {
    race c7_rehash
    race c7_rehash_alone 1
}

@test "C8: registrations of one name in different cases: one account" {
    race c8_register
}

@test "C9: the deletion of an account racing logins, refreshes, changes and registrations of its name" {
    race c9_delete
    race device_and_delete
}

@test "C10: the end of all sessions racing logins" {
    race c10_end_all
}

@test "C11: parallel guesses never get more evaluated than are left" {
    race c11_guesses
}

@test "C12: the end of a delay met by all: one attempt, no counter lost or stuck" {
    race c12_lock_expiry
    sql_is 'select count(*) from attempts where failures < 0' 0
}

@test "C14: one session ended by all at once: once" {
    race c14_end
}

@test "C15: checks of one session write once after a rotation and never again" {
    race c15_checks
}

@test "C16: the cleanup racing refreshes at the end of sessions" {
    race c16_purge
}

@test "C13: logins at once keep the limit of sessions (another setting: the last)" {
    stack_stop
    stack_up WRITE_WORKERS=8 PASSWORD_WORKERS=8 MAX_SESSIONS_PER_USER=5 ACCOUNT_FREE_FAILURES=100 \
        ADDRESS_FREE_FAILURES=0 CLEANUP_INTERVAL=0
    sql 'delete from sessions'
    local result
    result=$(python3 "$LIB/session_race.py" "$PORT" c13_limit "${RACE_ROUNDS:-3}")
    echo "$result"
    expect_equal "what is wrong" "$(jq -c .wrong <<<"$result")" '[]'
    sql_is 'select count(*) from (select from sessions where revoked_at is null and refresh_expires_at > now()
            group by user_id having count(*) > 5) t' 0
    expect_session_invariants
}
