#!/usr/bin/env bats
# Requests that race each other from behind a barrier, and after each race the invariants of the rows and of the audit
# log. The scenes stand in lib/race.py. Most are played by a crowd, which queues in front of the workers, and by a few,
# who meet in the database. RACE_ROUNDS sets how often each is played.

setup_file() {
    load lib/common
    stack_new
    # More workers than cores, so that there is something to race; free failures that honest scenes do not use up;
    # two passes of argon2, so that there is a weaker hash; a grace that no scene outlasts.
    stack_up CHECK_WORKERS=2 WRITE_WORKERS=8 PASSWORD_WORKERS=8 MAX_SESSIONS_PER_USER=0 ARGON2_TIME=2 \
        REFRESH_GRACE=3600 ACCOUNT_FREE_FAILURES=100 ADDRESS_FREE_FAILURES=0 CLEANUP_INTERVAL=0
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
}

# play SCENE ROUNDS [CLIENTS]: nothing may be wrong, no worker be replaced, the rows must fit each other.
play() {
    local workers
    workers=$(worker_pids)
    result=$(SESSIOND_BINARY=$BIN "$PYTHON" "$LIB/race.py" "$PORT" "$@")
    echo "$result"
    expect_equal "what is wrong" "$(jq -c .wrong <<<"$result")" '[]'
    expect_equal "rounds" "$(jq .rounds <<<"$result")" "$2"
    expect_same_workers
    expect_session_invariants
}

# play_and_count: the same, and every acknowledged change must be logged exactly once.
play_and_count() {
    local event before count
    : >"$BATS_TEST_TMPDIR/before"
    for event in session_created session_renewed user_created user_deleted authn_password_change authn_token_revoked request_failed; do
        echo "$event $(events "$event")" >>"$BATS_TEST_TMPDIR/before"
    done
    play "$@"
    while read -r event before; do
        count=$(jq --arg event "$event" '.events[$event] // 0' <<<"$result")
        expect_events "$event" $((before + count)) || return 1
    done <"$BATS_TEST_TMPDIR/before"
}

# crowd SCENE [ROUNDS]
crowd() {
    play_and_count "$1" "${2:-${RACE_ROUNDS:-3}}"
}

# few SCENE CLIENTS: quick to play, so more often.
few() {
    play_and_count "$1" "${RACE_ROUNDS:-20}" "$2"
}

@test "refreshes with one token at once: one pair for all, one rotation" {
    crowd refreshes
}

@test "replays of a grandparent racing refreshes: the session has ended for all" {
    crowd replays
    few replays 2
}

@test "refreshes racing logouts: one ends it, nothing is accepted afterwards" {
    crowd logouts
    few logouts 3
}

@test "refreshes racing a change of password: only the session that made it is left" {
    crowd refreshes_and_change
    few refreshes_and_change 3
}

@test "checks racing the refresh that replaces their access token: none is refused" {
    crowd checks_and_refresh "${RACE_ROUNDS:-20}"
}

@test "checks of a replaced access token racing logouts, changes, ends and deletions: none is accepted after these" {
    crowd checks_and_ends
}

@test "logins with the old password racing its change leave nothing behind it" {
    crowd logins_and_change
    few logins_and_change 5
}

@test "changes with one current password: one succeeds" {
    crowd changes
    few changes 2
}

@test "a rehash at login never overwrites a new password" {
    crowd rehash_and_change
    crowd rehash_alone 1
}

@test "a rehash at login makes no right password wrong" {
    few rehash_and_proof 3
}

@test "registrations of one name in different cases: one account" {
    crowd registrations
}

@test "the deletion of an account racing logins, refreshes, changes and registrations of its name at once" {
    crowd delete_and_all
}

@test "the deletion of an account racing first logins and a refresh: nothing of it is left" {
    crowd delete_and_logins
    few delete_and_logins 5
}

@test "the deletion of an account racing registrations of its name: never a mixture of both" {
    crowd delete_and_registrations
    few delete_and_registrations 3
}

@test "the deletion of an account racing changes of its password" {
    crowd delete_and_changes
    few delete_and_changes 2
}

@test "the end of all sessions racing logins" {
    crowd logins_and_end_of_all
}

@test "parallel guesses never get more evaluated than are left" {
    crowd right_after_guesses
}

@test "the end of a delay met by all: one attempt, no counter lost or stuck" {
    crowd end_of_delay
    sql_is 'select count(*) from attempts where failures < 0' 0
}

@test "one session ended by all at once: once" {
    crowd ends
}

@test "checks of one session write once after a rotation and never again" {
    crowd checks
}

@test "the cleanup racing refreshes at the end of sessions" {
    crowd cleanup
}

# meets_deletion STATUS METHOD PATH [CURL_ARGUMENT...]: this request is answered so when the deletion of the test's
# user, who is locked for it, goes on to the sessions while the request waits; and the deletion succeeds.
meets_deletion() {
    local expected=$1
    shift
    hold "select from users where user_id = $user_id for update"
    {
        call "$@"
        echo "$status" >"$BATS_TEST_TMPDIR/status"
    } 3>&- &
    wait_until 10 somebody_waits
    echo "delete from users where user_id = $user_id;" >&"${HOLD[1]}"
    release
    wait "$!"
    expect_equal "the answer" "$(<"$BATS_TEST_TMPDIR/status")" "$expected"
    wait_until 10 user_is_gone
}

user_is_gone() {
    [[ $(sql "select count(*) from users where user_id = $user_id") == 0 ]]
}

@test "the end of one session meets the deletion of its user: no deadlock" {
    new_user
    meets_deletion 404 DELETE "/sessions/$session_id" -b "access_token=$access"
}

@test "the end of a session whose token was used again meets the deletion of its user: no deadlock" {
    local old
    new_user
    old=$refresh
    refreshed "$refresh"
    refreshed "$refresh"
    meets_deletion 401 POST /refresh -b "refresh_token=$old"
}

# --- With a limit of sessions: this restarts the instance, so it stands last ---------------------------------------------

limit_sessions() {
    if [[ ! -e $BATS_FILE_TMPDIR/limited ]]; then
        stack_stop
        stack_up CHECK_WORKERS=2 WRITE_WORKERS=8 PASSWORD_WORKERS=8 MAX_SESSIONS_PER_USER=5 \
            ACCOUNT_FREE_FAILURES=100 ADDRESS_FREE_FAILURES=0 CLEANUP_INTERVAL=0
        sql 'delete from sessions'
        touch "$BATS_FILE_TMPDIR/limited"
    fi
}

expect_limited_sessions() {
    sql_is 'select count(*) from (select from sessions where revoked_at is null and refresh_expires_at > now()
            group by user_id having count(*) > 5) t' 0
}

@test "logins at once keep the limit of sessions" {
    limit_sessions
    play limit "${RACE_ROUNDS:-3}"
    expect_limited_sessions
}

@test "everything at once: no error of the service, no deadlock that a client sees" {
    limit_sessions
    play mixed "${RACE_ROUNDS:-1}"
    expect_limited_sessions
    expect_events request_failed 0
}
