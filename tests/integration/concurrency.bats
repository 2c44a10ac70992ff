#!/usr/bin/env bats
# Requests that race each other, with the invariants of the session table after each scene.
# The scenes stand in lib/race.py; every one names what it found wrong.

setup_file() {
    load lib/common
    stack_new
    # The sessions of the scene `logins` are limited; more workers than cores, so that there is something to race.
    stack_up MAX_SESSIONS_PER_USER=5 CHECK_WORKERS=2 WRITE_WORKERS=8 PASSWORD_WORKERS=8
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

# race SCENE ROUNDS: runs it; nothing may be wrong, no worker may be replaced, the invariants must hold.
race() {
    local workers
    workers=$(worker_pids)
    result=$("$PYTHON" "$LIB/race.py" "$PORT" "$1" "$2")
    echo "$result"
    expect_equal "what is wrong" "$(jq -c .wrong <<<"$result")" '[]'
    expect_equal "rounds" "$(jq .rounds <<<"$result")" "$2"
    expect_same_workers
    expect_invariants
}

@test "32 registrations of one name: one account" {
    local round name
    for round in 1 2 3; do
        race registers 1
        name=$(jq -r .name <<<"$result")
        sql_is "select count(*) from users where lower(username) = lower('$name')" 1
        sql_is "select count(*) from sessions join users using (user_id) where lower(username) = lower('$name')" 1
    done
}

@test "50 refreshes with one token: the same pair for all, one rotation" {
    local round
    for round in 1 2 3; do
        race refreshes 1
        # One rotation: the parent of the current token is the token that all have presented.
        sql_is "select encode(previous_refresh_hash, 'hex') from sessions where session_id = $(jq -r .session <<<"$result")" \
            "$(hash_of "$(jq -r .parent <<<"$result")")"
    done
}

@test "refresh racing logout: no token from before is accepted" {
    race refresh_and_logout 25
}

@test "login with the old password racing a password change: no session is left" {
    race login_and_change 25
}

@test "refresh racing a password change: no token of another session is left" {
    race refresh_and_change 25
}

@test "two password changes with one current password: one wins" {
    race two_changes 20
}

@test "login and refresh racing the deletion of the account: nothing is left" {
    race delete_and_login 20
    sql_is 'select count(*) from sessions s left join users u using (user_id) where u.user_id is null' 0
}

@test "registration racing the deletion of the same name" {
    race delete_and_register 20
}

@test "a password change racing the deletion of the account" {
    race delete_and_change 20
}

@test "a replayed grandparent racing an honest refresh: the session has ended" {
    race grandparent 20
}

@test "20 logins of one user at once keep the limit of sessions" {
    race logins 5
    sql_is 'select count(*) from (select from sessions where revoked_at is null and refresh_expires_at > now()
            group by user_id having count(*) > 5) t' 0
}

@test "everything at once: no error of the service, no deadlock that a client sees" {
    race mixed 1
}
