#!/usr/bin/env bats
# Two hosts of the service on one database, as many as one likes behind a balancer: what one of them does counts on the
# other at the next request. Their settings are the same; that they are on one machine here makes no difference, since
# they share nothing but the database.

load lib/ctl
load lib/sessions

SETTINGS=(ACCOUNT_FREE_FAILURES=3 CLEANUP_INTERVAL=1)

setup_file() {
    load lib/common
    stack_new
    server_up
    export EAST_STACK=$STACK EAST_PORT=$PORT EAST_RUN_DIR=$RUN_DIR EAST_ENV_FILE=$ENV_FILE
    stack_new
    cp "$EAST_ENV_FILE" "$ENV_FILE"
    export WEST_STACK=$STACK WEST_PORT=$PORT WEST_RUN_DIR=$RUN_DIR WEST_ENV_FILE=$ENV_FILE
    stack_up "${SETTINGS[@]}"
    at east
    stack_up "${SETTINGS[@]}"
}

teardown_file() {
    load lib/common
    local failed=0 host
    for host in west east; do
        at "$host"
        stack_down || failed=1
    done
    server_remove
    return "$failed"
}

setup() {
    load lib/common
    at east
}

# at east|west: from here on requests go to this host.
at() {
    local name part
    for part in STACK PORT RUN_DIR ENV_FILE; do
        name=${1^^}_$part
        export "$part=${!name}"
    done
}

@test "a session of one host is one of the other, also after its tokens were replaced there" {
    local first
    new_user
    first=$refresh
    at west
    content_is 200 "$access"
    refreshed "$refresh"
    at east
    content_is 200 "$access"
    pass_grace "$session_id"
    refresh_with "$first"
    expect_refused
    at west
    expect_pair_dead "$access" "$refresh"
}

@test "whatever ends a session on one host ends it on the other before the next request" {
    local way stays
    for way in logout others password delete operator; do
        at west
        new_user
        stays=$access
        at east
        login "$name"
        content_is 200 "$access"
        at west
        content_is 200 "$access"
        content_is 200 "$stays"
        case $way in
            logout) api POST /logout '' "${both[@]}" ;;
            others) api DELETE "/sessions/$session_id" '' -b "access_token=$stays" ;;
            password)
                api POST /change-password "{\"current_password\":\"$PASSWORD\",\"new_password\":\"$OTHER_PASSWORD\"}" \
                    -b "access_token=$stays"
                ;;
            delete) api DELETE /delete "{\"current_password\":\"$PASSWORD\"}" -b "access_token=$stays" ;;
            operator) ctl_done session revoke --user "$name" ;;
        esac
        [[ $way == operator ]] || expect_match "status of $way" "$status" '^20[04]$'
        at east
        expect_pair_dead "$access" "$refresh"
    done
}

@test "attempts count wherever they are made" {
    local host
    new_user
    for host in east west east; do
        at "$host"
        guess "$name"
        expect_problem 401 invalid_credentials
    done
    at west
    api POST /login "$(credentials "$name")"
    expect_problem 429 too_many_attempts
}

# refresh_at HOST: prints the status, and the tokens of the answer.
refresh_at() {
    at "$1"
    BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$1
    mkdir -p "$BATS_TEST_TMPDIR"
    refresh_with "$refresh"
    echo "$status $(pair)"
}

@test "one token presented to both at once is replaced once, and both answer with the same pair" {
    local round answers
    for round in 1 2 3 4 5; do
        new_user
        answers=$(refresh_at east & refresh_at west & wait)
        expect_equal "different answers in round $round" "$(sort -u <<<"$answers" | wc -l)" 1
        expect_match "answers of round $round" "$answers" '^200 '
        row_is "$session_id" "refresh_token_hash = '\\x$(hash_of "${answers##* }")'" t
    done
    expect_invariants
}

expired_is_gone() {
    [[ $(sql "select count(*) from sessions where user_id = $user_id") == 1 ]]
}

# cleaned_up: how many sessions both hosts say that they have removed.
cleaned_up() {
    local host sum=0
    for host in east west; do
        at "$host"
        sum=$((sum + $(jq -rR 'fromjson? | select(.event == "session_expired" and .detail == "cleanup") | .sessions' \
            "$(service_log)" | awk '{ sum += $1 } END { print sum + 0 }')))
    done
    echo "$sum"
}

cleaned_up_are() {
    [[ $(cleaned_up) == "$1" ]]
}

@test "both clean up, and each row is counted once" {
    local before host
    new_user
    before=$(cleaned_up)
    fill_backlog 3000
    wait_until 60 expired_is_gone
    wait_until 10 cleaned_up_are $((before + 3000))
    for host in east west; do
        at "$host"
        expect_events cleanup_failed 0
    done
}

@test "one host goes, and the other serves on" {
    new_user
    at east
    stack_stop
    at west
    content_is 200 "$access"
    refreshed "$refresh"
    login "$name"
    at east
    stack_up "${SETTINGS[@]}"
    content_is 200 "$access"
}
