#!/usr/bin/env bats
# The throttle around every check of a password: its table of delays, what shares a counter and what does not, and known
# devices. Time passes by moving the counters back in the database; nothing sleeps.

setup_file() {
    load lib/common
    stack_new
    stack_up PASSWORD_WORKERS=2 ACCOUNT_FREE_FAILURES=5 ADDRESS_FREE_FAILURES=100000
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
    forget_attempts
}

after_each() {
    sql_is 'select count(*) from attempts where failures < 0' 0
    expect_session_invariants
}

# lock_account NAME: uses up the free failures of an account.
lock_account() {
    for _ in 1 2 3 4 5; do
        guess "$1"
        expect_problem 401 invalid_credentials || return 1
    done
}

# with_device: the curl options of a browser that has logged in before.
with_device() {
    device=$(cookie device_token)
    expect_match "the device token" "$device" '^[A-Za-z0-9_-]{43}$'
    known=(-b "device_token=$device")
}

# refused_now NAME: a guess right after a failure. Tried again where a slow machine took the whole delay for it.
refused_now() {
    local failures
    failures=$(attempts_of account "$1" failures)
    for _ in {1..20}; do
        sql "update attempts set failures = $failures, last_at = now()"
        guess "$1"
        if [[ $status == 429 ]]; then
            return 0
        fi
    done
    fail "no guess was refused after $failures failures"
}

# table_of_delays NAME: 5 free failures, then each delay of the table, to the end of it.
table_of_delays() {
    local delay
    lock_account "$1" || return 1
    for delay in 1 2 4 8 16 32 64 128 256 512 900 900 900; do
        refused_now "$1" || return 1
        expect_throttled "$delay" || return 1
        age_attempts "$delay"
        guess "$1"
        expect_problem 401 invalid_credentials || return 1
    done
}

@test "the table of delays: 5 are free, then 1, 2, 4 ... 900 seconds" {
    new_user
    table_of_delays "$name"
    expect_equal "failures" "$(attempts_of account "$name" failures)" 18
    expect_events authn_login_lock 13
}

@test "a login is answered although its attempt cannot be forgiven, as its session is there" {
    new_user
    admin 'revoke delete on attempts from sessiond'
    login "$name"
    admin 'grant delete on attempts to sessiond'
    expect_success 200
    expect_events attempt_not_forgiven 1
    expect_events authn_login_success 1 ".user_id == \"$user_id\""
    content_is 200 "$(cookie access_token)"
}

@test "a login is answered although its weaker hash cannot be replaced, as its session is there" {
    local hash
    new_user
    # Of the word "password", with less memory than the settings say.
    # shellcheck disable=SC2016
    hash='$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$FqGkmHNGCd0BRW2kBt6fPZ2pPmyGwwChL8FGUhTOSSI'
    admin "update users set password_hash = '$hash' where user_id = $user_id"
    admin 'revoke update (password_hash) on users from sessiond'
    login "$name" password
    admin 'grant update (password_hash) on users to sessiond'
    expect_success 200
    expect_events password_not_rehashed 1
    expect_events authn_login_success 1 ".user_id == \"$user_id\""
    sql_is "select password_hash from users where user_id = $user_id" "$hash"
    content_is 200 "$(cookie access_token)"
}

@test "the table of delays is the same for a name that nobody has" {
    unique_name
    table_of_delays "$name"
    expect_equal "failures" "$(attempts_of account "$name" failures)" 18
}

@test "a delay is not over before its end" {
    new_user
    lock_account "$name"
    sql "update attempts set failures = 12"
    sql "update attempts set last_at = now() - interval '100 seconds'"
    guess "$name"
    # 2^7 = 128 seconds, of which 100 have passed.
    expect_throttled 28
    expect_equal "failures" "$(attempts_of account "$name" failures)" 12
}

@test "an hour later all failures are forgotten" {
    new_user
    lock_account "$name"
    sql 'update attempts set failures = 30'
    age_attempts 3601
    lock_account "$name"
    expect_equal "failures" "$(attempts_of account "$name" failures)" 5
}

@test "a refused attempt does not prolong the delay" {
    new_user
    lock_account "$name"
    sql 'update attempts set failures = 12, last_at = now()'
    local before
    before=$(attempts_of account "$name" "failures || ' ' || last_at")
    guess "$name"
    expect_problem 429 too_many_attempts
    expect_equal "the counter" "$(attempts_of account "$name" "failures || ' ' || last_at")" "$before"
}

@test "the right password is refused too while the account is locked, and opens nothing" {
    local sessions
    new_user
    sessions=$(live_sessions "$user_id")
    lock_account "$name"
    sql 'update attempts set failures = 10, last_at = now()'
    api POST /login "$(credentials "$name")"
    expect_throttled 32
    expect_no_cookies
    expect_equal "live sessions" "$(live_sessions "$user_id")" "$sessions"
    age_attempts 32
    login "$name"
}

@test "a right password starts the count anew" {
    new_user
    for _ in 1 2 3 4; do
        guess "$name"
    done
    login "$name"
    expect_equal "the counter" "$(attempts_of account "$name" failures)" ''
    lock_account "$name"
}

@test "known and unknown names: the same answers to the byte, but for the request's id" {
    local known_name answers=() i
    new_user
    known_name=$name
    unique_name
    for account in "$known_name" "$name"; do
        for i in 1 2 3 4 5 6; do
            ((i < 6)) || sql 'update attempts set failures = 20, last_at = now()'
            guess "$account"
            answers+=("$i $status $(sed -E 's/[0-9a-f]{32}/ID/' <<<"$body") $(sed -E '/^(date|x-request-id|retry-after):/Id' "$ANSWER.headers" | sort)")
        done
        expect_status 429
    done
    for i in 0 1 2 3 4 5; do
        expect_equal "answer $((i + 1))" "${answers[i]}" "${answers[i + 6]}"
    done
}

@test "the name counts without regard to case" {
    new_user
    guess "${name^^}"
    guess "$name"
    guess "${name^}"
    expect_equal "failures" "$(attempts_of account "${name,,}" failures)" 3
}

# change_password CURRENT: in the session of $both.   delete_account CURRENT
change_password() {
    api POST /change-password "{\"new_password\":\"another fine password\",\"current_password\":\"$1\"}" "${both[@]}"
}

delete_account() {
    api DELETE /delete "{\"current_password\":\"$1\"}" "${both[@]}"
}

@test "change-password and delete share the counter of their session" {
    new_user
    change_password 'wrong one'
    expect_problem 403 wrong_current_password
    delete_account 'wrong one'
    expect_problem 403 wrong_current_password
    expect_equal "failures of the session" "$(attempts_of session "$session_id" failures)" 2
    sql 'update attempts set failures = 12, last_at = now()'
    change_password "$PASSWORD"
    expect_throttled 128
    delete_account "$PASSWORD"
    expect_throttled 128
    content_is 200 "$access"
    sql_is "select count(*) from users where user_id = $user_id" 1
    login "$name" # another session, and logins, know nothing of it
    change_password 'wrong one'
    expect_problem 403 wrong_current_password
    age_attempts 128
    change_password "$PASSWORD"
    expect_success 200
    expect_equal "the counter" "$(attempts_of session "$session_id" failures)" ''
}

@test "guesses of others keep nobody from proving the password in a live session" {
    new_user
    lock_account "$name"
    sql 'update attempts set failures = 30, last_at = now()'
    change_password "$PASSWORD"
    expect_success 200
    delete_account 'another fine password'
    expect_success 200
}

@test "changes of the password are counted by user, right ones too" {
    local i
    new_user
    for i in 1 2 3 4 5; do
        api POST /change-password "{\"new_password\":\"fine password $i\"}" "${both[@]}"
        expect_success 200
    done
    expect_equal "changes" "$(attempts_of change "$user_id" failures)" 5
    login "$name" "fine password 5"
    sql 'update attempts set failures = 12, last_at = now()'
    api POST /change-password '{"new_password":"another fine password"}' "${both[@]}"
    expect_throttled 128
    login "$name" "fine password 5"
    # What sets no password is not counted.
    age_attempts 128
    for i in 1 2 3; do
        api POST /change-password '{"new_password":"short"}' "${both[@]}"
        expect_problem 400 invalid_request
    done
    api POST /change-password '{"new_password":"another fine password"}' "${both[@]}"
    expect_success 200
    expect_equal "changes" "$(attempts_of change "$user_id" failures)" 13
}

@test "a name that no account can have is unknown, and nothing is counted" {
    local kelvin=$'\u212a'
    for name in "${kelvin}ate" 'with space' 'ab' '-begins' 'naïve' "$(printf 'x%.0s' {1..65})" $'tab\there'; do
        guess "$name"
        expect_problem 401 invalid_credentials
    done
    sql_is 'select count(*) from attempts' 0
}

@test "a counter from a time when the clock was ahead delays nothing" {
    new_user
    lock_account "$name"
    sql "update attempts set failures = 30, last_at = now() + interval '10 hours'"
    login "$name"
    guess "$name"
    guess "$name"
    expect_problem 401 invalid_credentials
    sql "update attempts set failures = 30, last_at = 'infinity'"
    guess "$name"
    expect_problem 401 invalid_credentials
    expect_equal "failures" "$(attempts_of account "$name" "failures || ' ' || (last_at <= now())")" '31 true'
    guess "$name"
    expect_throttled 900
}

@test "requests that check no password go on while the account is locked" {
    new_user
    lock_account "$name"
    sql 'update attempts set failures = 30, last_at = now()'
    content_is 200 "$access"
    refreshed "$refresh"
    api POST /change-password '{"new_password":"another fine password"}' -b "access_token=$access"
    expect_success 200
}

@test "what is no attempt is not counted: wrong bodies and other routes" {
    new_user
    api POST /login '{"username":"'"$name"'"}'
    expect_problem 400 invalid_request
    api POST /login "{\"username\":\"$name\",\"password\":\"$(printf 'x%.0s' {1..1025})\"}"
    expect_problem 400 invalid_request
    expect_equal "the counter" "$(attempts_of account "$name" failures)" ''
}

@test "50 parallel wrong guesses: no more than the free ones and a worker each are evaluated" {
    local result evaluated
    new_user
    result=$("$PYTHON" "$LIB/race.py" "$PORT" guesses 1 "$name" 50)
    echo "$result"
    expect_equal "what is wrong" "$(jq -c .wrong <<<"$result")" '[]'
    evaluated=$(jq '.answers.guess["401"]' <<<"$result")
    expect_equal "all answers" "$(jq '.answers.guess["401"] + .answers.guess["429"]' <<<"$result")" 50
    ((evaluated >= 5 && evaluated <= 7)) || fail "$evaluated guesses were evaluated"
    expect_equal "failures" "$(attempts_of account "$name" failures)" "$evaluated"
}

# --- Known devices ---------------------------------------------------------------------------------------------------

@test "a login gives the browser a device token: long-lived, HttpOnly, stored hashed" {
    new_user
    login "$name"
    with_device
    expect_match "the cookie" "$(cookie_line device_token)" '; *HttpOnly'
    expect_match "the cookie" "$(cookie_line device_token)" '; *Path=/(;|$)'
    expect_match "the cookie" "$(cookie_line device_token)" '; *SameSite=Lax'
    expect_match "the cookie" "$(cookie_line device_token)" '; *Max-Age=[0-9]{7,}'
    sql_is "select count(*) from devices where device_hash = '\\x$(hash_of "$device")' and user_id = $user_id" 1
    sql_is "select count(*) from devices d where d::text like '%$(token_hex "$device")%' or d::text like '%$device%'" 0
}

@test "a known device keeps its token; logout leaves it" {
    new_user
    login "$name"
    with_device
    login "$name" "$PASSWORD" "${known[@]}"
    expect_equal "a new device token" "$(cookie device_token)" ''
    sql_is "select count(*) from devices where user_id = $user_id" 2 # of the registration, and this one
    api POST /logout '' "${both[@]}" "${known[@]}"
    expect_success 200
    expect_equal "the device token" "$(cookie_line device_token)" ''
    sql_is "select count(*) from devices where user_id = $user_id" 2
}

@test "a known device logs in while the account is locked for others" {
    new_user
    login "$name"
    with_device
    lock_account "$name"
    sql 'update attempts set failures = 30, last_at = now()'
    api POST /login "$(credentials "$name")"
    expect_problem 429 too_many_attempts
    login "$name" "$PASSWORD" "${known[@]}"
    # That lets nobody else in, and does not start the others' count anew.
    api POST /login "$(credentials "$name")"
    expect_problem 429 too_many_attempts
    expect_equal "failures of others" "$(attempts_of account "$name" failures)" 30
}

@test "a known device has a counter of its own, with the same delays" {
    new_user
    login "$name"
    with_device
    forget_attempts
    for _ in 1 2 3 4 5; do
        guess "$name" "${known[@]}"
        expect_problem 401 invalid_credentials
    done
    sql 'update attempts set failures = 12, last_at = now()'
    guess "$name" "${known[@]}"
    expect_throttled 128
    expect_equal "failures of the device" "$(attempts_of device "$device" failures)" 12
    expect_equal "failures of others" "$(attempts_of account "$name" failures)" ''
    login "$name"
}

@test "the browser that sets a new password by a link is known too, while others try passwords" {
    local token
    load lib/ctl
    new_user
    lock_account "$name"
    ctl_done user reset-link "$name" --json
    token=$(jq -r .link <<<"$output")
    token=${token##*token=}
    api POST /reset-password "{\"token\":\"$token\",\"new_password\":\"$OTHER_PASSWORD\"}"
    expect_status 200
    with_device
    refused_now "$name"
    login "$name" "$OTHER_PASSWORD" "${known[@]}"
}

@test "the browser that registers is known too" {
    new_user
    with_device
    sql_is "select count(*) from devices where device_hash = '\\x$(hash_of "$device")' and user_id = $user_id" 1
    lock_account "$name"
    sql 'update attempts set failures = 30, last_at = now()'
    login "$name" "$PASSWORD" "${known[@]}"
    expect_equal "a new device token" "$(cookie device_token)" ''
    # Another account there: the browser gets a token that nobody has known before.
    unique_name
    api POST /register "$(registration "$name")" "${known[@]}"
    expect_success 201
    refute test "$(cookie device_token)" = "$device"
}

@test "a change of the password forgets all other devices of the user" {
    local first own=()
    new_user
    login "$name"
    with_device
    first=("${known[@]}")
    login "$name"
    with_device
    own=(-b "access_token=$access; device_token=$device")
    api POST /change-password '{"new_password":"another fine password"}' "${own[@]}"
    expect_success 200
    sql_is "select encode(device_hash, 'hex') from devices where user_id = $user_id" "$(hash_of "$device")"
    lock_account "$name"
    sql 'update attempts set failures = 30, last_at = now()'
    api POST /login "$(credentials "$name" 'another fine password')" "${first[@]}"
    expect_problem 429 too_many_attempts
    login "$name" 'another fine password' "${known[@]}"
    # Without a device, none is left.
    forget_attempts
    api POST /change-password '{"new_password":"one more fine password"}' -b "access_token=$access"
    expect_success 200
    sql_is "select count(*) from devices where user_id = $user_id" 0
}

# give_devices NUMBER: sets devices to the tokens of so many new ones of the user.
give_devices() {
    local i
    devices=()
    for ((i = 0; i < $1; i++)); do
        devices+=("$(hex_token "$(openssl rand -hex 32)")")
        sql "insert into devices (device_hash, user_id) values ('\\x$(hash_of "${devices[i]}")', $user_id)"
    done
}

@test "all devices of a user together have a bound, which none feels that has not failed itself" {
    local i
    new_user
    give_devices 4
    sql "insert into attempts (attempt_key, failures) values (sha256(convert_to('devices:$user_id', 'UTF8')), 46)"
    for i in 1 2 3; do
        guess "$name" -b "device_token=${devices[0]}"
        expect_problem 401 invalid_credentials
        guess "$name" -b "device_token=${devices[1]}"
        expect_problem 401 invalid_credentials
    done
    expect_equal "failures of all" "$(attempts_of devices "$user_id" failures)" 50
    sql "update attempts set failures = 57, last_at = now() where failures = 50"
    guess "$name" -b "device_token=${devices[0]}"
    expect_throttled 128
    guess "$name" -b "device_token=${devices[2]}"
    expect_problem 401 invalid_credentials
    guess "$name" -b "device_token=${devices[2]}"
    expect_throttled 128
    expect_equal "failures of one" "$(attempts_of device "${devices[2]}" failures)" 1
    login "$name" "$PASSWORD" -b "device_token=${devices[3]}"
    expect_equal "failures of all" "$(attempts_of devices "$user_id" failures)" 57
    age_attempts 128
    login "$name" "$PASSWORD" -b "device_token=${devices[2]}"
    expect_equal "failures of all" "$(attempts_of devices "$user_id" failures)" 57
}

@test "the device of another user, a forged one and garbage help nothing" {
    local victim token
    new_user
    victim=$name
    lock_account "$victim"
    new_user
    login "$name"
    with_device
    sql "update attempts set failures = 30, last_at = now()"
    for token in "$device" "$(hex_token "$(openssl rand -hex 32)")" garbage ''; do
        api POST /login "$(credentials "$victim")" -b "device_token=$token"
        expect_problem 429 too_many_attempts
    done
    expect_equal "failures" "$(attempts_of account "$victim" failures)" 30
}

@test "the devices of a deleted user go with it" {
    new_user
    login "$name"
    api DELETE /delete '' "${both[@]}"
    expect_success 200
    sql_is "select count(*) from devices where user_id = $user_id" 0
}

# --- By address: these restart the instance, so they stand last --------------------------------------------------------

# restart NAME=value...
restart() {
    stack_stop
    stack_up ACCOUNT_FREE_FAILURES=5 ADDRESS_FREE_FAILURES=20 "$@"
    forget_attempts
}

# limit_addresses: 20 free failures of an address, whichever test comes first.
limit_addresses() {
    if [[ ! -e $BATS_FILE_TMPDIR/limited ]]; then
        restart
        touch "$BATS_FILE_TMPDIR/limited"
    fi
    forget_attempts
}

# Uses up the free failures of the address, with a new name each time.
lock_address() {
    local i
    for ((i = 0; i < $1; i++)); do
        unique_name
        guess "$name"
        expect_problem 401 invalid_credentials || return 1
    done
}

@test "an address has 20 free failures over all names; another account's success forgives none of them" {
    local own
    limit_addresses
    new_user
    own=$name
    lock_address 19
    login "$own"
    lock_address 1
    sql 'update attempts set failures = 23, last_at = now() where failures = 20'
    api POST /login "$(credentials "$own")"
    expect_throttled 8
    age_attempts 8
    login "$own"
    unique_name
    sql 'update attempts set last_at = now()'
    guess "$name"
    expect_problem 429 too_many_attempts
    # Not by a header that the client makes up.
    for header in X-Forwarded-For X-Real-IP Forwarded Client-IP; do
        guess "$name" -H "$header: 203.0.113.$RANDOM"
        expect_problem 429 too_many_attempts
    done
}

@test "a known device logs in although its address is throttled, and counts nothing there" {
    limit_addresses
    new_user
    login "$name"
    with_device
    local own=$name
    forget_attempts
    lock_address 20
    sql 'update attempts set failures = 30, last_at = now() where failures = 20'
    api POST /login "$(credentials "$own")"
    expect_problem 429 too_many_attempts
    login "$own" "$PASSWORD" "${known[@]}"
    guess "$own" "${known[@]}"
    expect_problem 401 invalid_credentials
    # As nobody else.
    lock_address_says 429 "${known[@]}"
    sql_is 'select max(failures) from attempts' 30
}

# lock_address_says STATUS CURL-OPTION...: of a guess for a name that nobody has.
lock_address_says() {
    local wanted=$1
    shift
    unique_name
    guess "$name" "$@"
    expect_status "$wanted"
}

@test "an attempt that the account refuses is not counted against the address, nor the other way round" {
    local before
    limit_addresses
    new_user
    lock_account "$name"
    sql 'update attempts set failures = 12, last_at = now()' # the account, and the address below its limit
    before=$(sql 'select attempt_key, failures, last_at from attempts order by 1')
    for _ in 1 2 3; do
        guess "$name"
        expect_throttled 128
    done
    expect_equal "the counters" "$(sql 'select attempt_key, failures, last_at from attempts order by 1')" "$before"
    sql 'update attempts set failures = 30, last_at = now()'
    unique_name
    guess "$name"
    expect_problem 429 too_many_attempts
    sql_is 'select count(*) from attempts' 2
}

# The promise of the README. The others know the name, sit behind the same address, and have accounts of their own.
@test "no third party can keep a user with a known browser out" {
    local victim here i stranger
    limit_addresses
    new_user
    victim=$name
    with_device
    here=("${known[@]}")
    new_user
    with_device
    stranger=("${known[@]}" -b "access_token=$access; device_token=$device")
    for i in 1 2 3; do
        guess "$victim"
        guess "${victim^^}" "${stranger[@]}"
        guess "$victim" -b "device_token=$(hex_token "$(openssl rand -hex 32)")"
        guess "$name" "${stranger[@]}"
        api POST /change-password '{"new_password":"another fine password","current_password":"wrong"}' "${stranger[@]}"
        api POST /register "$(registration "$victim")"
        expect_problem 409 username_taken
        sql "update attempts set failures = failures + 30, last_at = now()"
        login "$victim" "$PASSWORD" "${here[@]}"
    done
    api POST /login "$(credentials "$victim")"
    expect_problem 429 too_many_attempts
}

@test "0 switches off the throttle of accounts, and that of addresses" {
    restart ACCOUNT_FREE_FAILURES=0
    new_user
    for _ in {1..8}; do
        guess "$name"
        expect_problem 401 invalid_credentials
    done
    sql_is 'select count(*) from attempts' 1
    restart ADDRESS_FREE_FAILURES=0 ACCOUNT_FREE_FAILURES=0
    for _ in {1..25}; do
        guess "$name"
        expect_problem 401 invalid_credentials
    done
    sql_is 'select count(*) from attempts' 0
    restart ADDRESS_FREE_FAILURES=0 ACCOUNT_FREE_FAILURES=2
    guess "$name"
    guess "$name"
    expect_problem 401 invalid_credentials
    sql 'update attempts set failures = 8, last_at = now()'
    guess "$name"
    expect_throttled 64
    sql_is 'select count(*) from attempts' 1
}
