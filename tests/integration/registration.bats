#!/usr/bin/env bats
# Who may make an account: REGISTRATION, invitations, and users that are disabled. And the link by which a forgotten
# password is replaced.

setup_file() {
    load lib/common
    stack_new
    stack_up REGISTRATION=invite
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
}

# new_token: a random token in $token.
new_token() {
    token=$(openssl rand -base64 32 | tr '/+' '_-' | tr -d '=')
}

token_hash() {
    echo "sha256(decode('$(token_hex "$1")', 'hex'))"
}

# invite [GROUPS [USERNAME [LIFE]]]: an invitation in $token, with this life or an hour's.
invite() {
    local username=null
    [[ -z ${2-} ]] || username="'$2'"
    new_token
    sql "insert into tickets (ticket_hash, purpose, username, groups, expires_at)
         values ($(token_hash "$token"), 'invitation', $username, string_to_array('${1-}', ','), now() + interval '${3-1 hour}')"
}

# reset_link USER-ID [LIFE]: a link to reset the password, in $token.
reset_link() {
    new_token
    sql "delete from tickets where user_id = $1;
         insert into tickets (ticket_hash, purpose, user_id, expires_at)
         values ($(token_hash "$token"), 'password_reset', $1, now() + interval '${2-1 hour}')"
}

# invited NAME TOKEN: the body of a registration.
invited() {
    registration "$1" | jq -c --arg t "$2" '. + {invite: $t}'
}

# new_invited: a new user by an invitation; keeps its session.
new_invited() {
    unique_name
    invite
    api POST /register "$(invited "$name" "$token")"
    expect_status 201 || return 1
    keep_session
}

tickets_are() {
    sql_is "select count(*) from tickets where ticket_hash = $(token_hash "$token")" "$1"
}

expect_no_account() {
    sql_is "select count(*) from users where lower(username) = lower('$1')" 0
}

# --- Invitations -----------------------------------------------------------------------------------------------------

@test "invite: without an invitation nobody registers, and nothing is told of names" {
    new_invited
    api POST /register "$(registration "$name")"
    expect_problem 403 registration_closed
    unique_name
    api POST /register "$(registration "$name" short)"
    expect_problem 403 registration_closed
    expect_no_account "$name"
}

@test "invite: an invitation makes one account, with its groups, and is used up" {
    local first
    unique_name
    first=$name
    invite 'staff,wheel'
    api POST /register "$(invited "$first" "$token")"
    expect_success 201
    sql_is "select array_to_string(groups, ',') from users where username = '$first'" staff,wheel
    tickets_are 0
    unique_name
    api POST /register "$(invited "$name" "$token")"
    expect_problem 403 registration_closed
    expect_no_account "$name"
    expect_events user_created 1 '.detail == "invited" and .user_id == "'"$(sql "select user_id from users where username = '$first'")"'"'
}

@test "invite: an invitation that is unknown, expired, no token, or good for something else is none" {
    local wrong
    new_invited
    reset_link "$user_id"
    wrong=("$token")
    new_token
    wrong+=("$token" '' x "${token}A" "$access")
    invite '' '' '-1 second'
    wrong+=("$token")
    unique_name
    for token in "${wrong[@]}"; do
        api POST /register "$(invited "$name" "$token")"
        expect_problem 403 registration_closed || fail "with '$token'"
    done
    expect_no_account "$name"
}

@test "invite: one for a username is for this one, in any case but spelled as there; another is an error of the field" {
    unique_name
    invite '' "$name"
    api POST /register "$(invited "x$name" "$token")"
    expect_field username not_invited
    tickets_are 1
    api POST /register "$(invited "${name^^}" "$token")"
    expect_success 201
    expect_json .user.username "$name"
    sql_is "select count(*) from users where username = '$name'" 1
    tickets_are 0
}

@test "invite: a registration that fails leaves the invitation as it was" {
    local taken
    new_invited
    taken=$name
    invite staff
    api POST /register "$(invited "$taken" "$token")"
    expect_problem 409 username_taken
    unique_name
    api POST /register "$(invited "$name" "$token" | jq -c '.password = "short"')"
    expect_field password too_short
    tickets_are 1
    api POST /register "$(invited "$name" "$token")"
    expect_success 201
}

@test "invite: of several invitations each gives what it carries, and leaves the others" {
    local groups=(staff wheel ops) tokens=() place
    for place in 0 1 2; do
        invite "${groups[place]}"
        tokens+=("$token")
    done
    for place in 1 2 0; do
        unique_name
        api POST /register "$(invited "$name" "${tokens[place]}")"
        expect_success 201
        sql_is "select array_to_string(groups, ',') from users where username = '$name'" "${groups[place]}"
    done
}

@test "invite: of many registrations at once with one invitation one succeeds" {
    local i pids=() codes
    unique_name
    invite
    for i in {1..8}; do
        curl -s -o "$BATS_TEST_TMPDIR/body$i" -w '%{http_code}\n' -H 'Content-Type: application/json' \
            --data-binary "$(invited "$name$i" "$token")" "http://127.0.0.1:$PORT/register" >"$BATS_TEST_TMPDIR/code$i" 3>&- &
        pids+=("$!")
    done
    wait "${pids[@]}"
    codes=$(sort "$BATS_TEST_TMPDIR"/code? | uniq -c | awk '{ print $1 "x" $2 }' | paste -sd ' ')
    expect_equal "the answers" "$codes" '1x201 7x403'
    sql_is "select count(*) from users where username like '$name%'" 1
}

# --- Disabled users --------------------------------------------------------------------------------------------------

disable() {
    sql "update users set disabled_at = now() where user_id = $1"
}

@test "a disabled user's login is answered as a wrong password, and logged as what it is" {
    local answer
    new_invited
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    answer=$(jq -c 'del(.request_id)' <<<"$body")
    disable "$user_id"
    api POST /login "$(credentials "$name")"
    expect_problem 401 invalid_credentials
    expect_equal "the body" "$(jq -c 'del(.request_id)' <<<"$body")" "$answer"
    expect_header Set-Cookie ''
    expect_events authn_login_fail 1 ".user_id == \"$user_id\" and .detail == \"the user is disabled\""
    sql "update users set disabled_at = null where user_id = $user_id"
    login "$name"
}

@test "a login that was verified before the user was disabled opens no session" {
    new_invited
    hold "update users set disabled_at = now() where user_id = $user_id"
    {
        api POST /login "$(credentials "$name")"
        echo "$status" >"$BATS_TEST_TMPDIR/login"
    } 3>&- &
    wait_until 10 somebody_waits
    release
    wait $!
    expect_equal "the login" "$(<"$BATS_TEST_TMPDIR/login")" 401
    sql_is "select count(*) from sessions where user_id = $user_id" 1
}

# --- A new password by a link ----------------------------------------------------------------------------------------

# reset TOKEN PASSWORD
reset() {
    api POST /reset-password "$(jq -cn --arg t "$1" --arg p "$2" '{token: $t, new_password: $p}')"
}

# change_body NEW CURRENT: the body of a change of the password.
change_body() {
    jq -cn --arg new "$1" --arg current "$2" '{new_password: $new, current_password: $current}'
}

@test "reset: sets the password once, ends all sessions, knows this browser alone, and opens no session" {
    new_invited
    reset_link "$user_id"
    reset "$token" 'eight velvet kangaroos'
    expect_success 200
    expect_equal "the cookies" "$(header Set-Cookie | sed 's/=.*//')" device_token
    sql_is "select count(*) from devices where user_id = $user_id" 1
    sql_is "select count(*) from devices where device_hash = $(token_hash "$(cookie device_token)")" 1
    content_is 401 "$access"
    refresh_with "$refresh"
    expect_refused
    sql_is "select count(*) from tickets where user_id = $user_id" 0
    api POST /login "$(credentials "$name")"
    expect_problem 401 invalid_credentials
    login "$name" 'eight velvet kangaroos'
    expect_events reset_link_used 1 ".user_id == \"$user_id\""
    reset "$token" 'nine silent glaciers'
    expect_problem 401 invalid_ticket
}

@test "reset: each link is for its own user, and leaves those of others" {
    local names=() tokens=() place
    for place in 0 1 2; do
        new_invited
        reset_link "$user_id"
        names+=("$name")
        tokens+=("$token")
    done
    for place in 1 0 2; do
        reset "${tokens[place]}" "eight velvet kangaroos $place"
        expect_success 200
    done
    for place in 0 1 2; do
        login "${names[place]}" "eight velvet kangaroos $place"
    done
}

@test "reset: what is refused leaves the password as it was, and a bad new one leaves the link" {
    local wrong
    new_invited
    invite
    wrong=("$token")
    new_token
    wrong+=("$token" '' x "$access")
    for token in "${wrong[@]}"; do
        reset "$token" 'eight velvet kangaroos'
        expect_problem 401 invalid_ticket || fail "with '$token'"
    done
    reset_link "$user_id" '-1 second'
    reset "$token" 'eight velvet kangaroos'
    expect_problem 401 invalid_ticket
    reset_link "$user_id"
    reset "$token" short
    expect_field new_password too_short
    reset "$token" password1
    expect_field new_password common
    content_is 200 "$access"
    tickets_are 1
    login "$name"
    reset "$token" 'eight velvet kangaroos'
    expect_success 200
}

@test "reset: a change of the password ends the link, and one that is refused does not" {
    new_invited
    reset_link "$user_id"
    api POST /change-password "$(change_body 'eight velvet kangaroos' 'not the password')" "${both[@]}"
    expect_problem 403 wrong_current_password
    sql_is "select count(*) from tickets where user_id = $user_id" 1
    api POST /change-password "$(change_body 'eight velvet kangaroos' "$PASSWORD")" "${both[@]}"
    expect_success 200
    sql_is "select count(*) from tickets where user_id = $user_id" 0
    reset "$token" 'nine silent glaciers'
    expect_problem 401 invalid_ticket
    login "$name" 'eight velvet kangaroos'
}

@test "reset: a disabled user's link is refused, also when that happens meanwhile" {
    new_invited
    reset_link "$user_id"
    hold "update users set disabled_at = now() where user_id = $user_id"
    {
        reset "$token" 'eight velvet kangaroos'
        echo "$status" >"$BATS_TEST_TMPDIR/reset"
    } 3>&- &
    wait_until 10 somebody_waits
    release
    wait $!
    expect_equal "the reset" "$(<"$BATS_TEST_TMPDIR/reset")" 401
    reset "$token" 'eight velvet kangaroos'
    expect_problem 401 invalid_ticket
    sql "update users set disabled_at = null where user_id = $user_id"
    login "$name"
}

@test "reset: of many at once with one link one sets its password" {
    local i pids=() codes
    new_invited
    reset_link "$user_id"
    for i in {1..8}; do
        curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
            --data-binary "{\"token\":\"$token\",\"new_password\":\"velvet kangaroo $i\"}" \
            "http://127.0.0.1:$PORT/reset-password" >"$BATS_TEST_TMPDIR/code$i" 3>&- &
        pids+=("$!")
    done
    wait "${pids[@]}"
    codes=$(sort "$BATS_TEST_TMPDIR"/code? | uniq -c | awk '{ print $1 "x" $2 }' | paste -sd ' ')
    expect_equal "the answers" "$codes" '1x200 7x401'
    sql_is "select count(*) from sessions where user_id = $user_id and revoked_at is null" 0
}

@test "reset: a login that was verified with the old password before opens no session" {
    new_invited
    reset_link "$user_id"
    hold "update users set password_hash = 'other' where user_id = $user_id"
    {
        api POST /login "$(credentials "$name")"
        echo "$status" >"$BATS_TEST_TMPDIR/login"
    } 3>&- &
    wait_until 10 somebody_waits
    release
    wait $!
    expect_equal "the login" "$(<"$BATS_TEST_TMPDIR/login")" 401
}

@test "no token of an invitation or a link is in a log" {
    local first
    unique_name
    invite
    first=$token
    api POST /register "$(invited "$name" "$token")"
    expect_success 201
    keep_session
    reset_link "$user_id"
    reset "$token" 'eight velvet kangaroos'
    expect_success 200
    refute grep -rqF -e "$first" -e "$token" "$RUN_DIR/log"
}

# --- Other settings --------------------------------------------------------------------------------------------------

# restart NAME=value...: the instance anew with these settings.
restart() {
    stack_stop
    stack_up "$@"
}

@test "closed: nobody registers, not with an invitation either, and nothing is looked at" {
    restart REGISTRATION=closed
    unique_name
    invite
    api POST /register "$(invited "$name" "$token")"
    expect_problem 403 registration_closed
    api POST /register "$(registration "$name" short)"
    expect_problem 403 registration_closed
    expect_no_account "$name"
    tickets_are 1
    call GET /login
    refute grep -q 'aside" >' <<<"$body"
    refute grep -q -e 'registration is open' -e 'curl ' "$STACK/run.log"
    grep -q 'registration is closed: scripts/sessionctl user add' "$STACK/run.log"
}

@test "open: everybody registers, an invitation gives its groups, a bad one gives nothing, and scripts/run says it" {
    restart REGISTRATION=open
    new_user
    unique_name
    invite staff
    api POST /register "$(invited "$name" "$token")"
    expect_success 201
    sql_is "select array_to_string(groups, ',') from users where username = '$name'" staff
    unique_name
    api POST /register "$(invited "$name" "$token")"
    expect_problem 403 registration_closed
    expect_no_account "$name"
    grep -q 'registration is open' "$STACK/run.log"
}
