#!/usr/bin/env bats
# The limit of requests for a password hash by one address, made by nginx: LOGIN_RATE=1 here.

setup_file() {
    load lib/common
    stack_new
    stack_up LOGIN_RATE=1
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

# press: more requests of this address at once than are let through, so that the next one is too many, however slow the
# machine is. What they ask for is refused before the hash.
press() {
    curl -s --parallel --max-time 60 -o "$BATS_TEST_TMPDIR/pressed" -H 'Content-Type: application/json' -d '{}' \
        "http://127.0.0.1:$PORT/login#[1-16]"
}

# until_limited METHOD PATH JSON [CURL-OPTION...]: repeats the request until it is answered 429; fails after 60.
until_limited() {
    local i
    for i in {1..60}; do
        api "$@"
        [[ $status == 429 ]] && return
        LAST_ALLOWED=$status
        press
    done
    fail "60 requests were all allowed"
}

@test "limits: login is limited, with the answer and headers of the contract" {
    until_limited POST /login "$(credentials nobody)"
    expect_problem 429 too_many_attempts
    expect_header Retry-After 1
    expect_no_cookies
    expect_equal "before the limit" "$LAST_ALLOWED" 401
}

@test "limits: register is limited too, and makes no rows then" {
    local before users made=0 i
    before=$(sql 'select count(*) from users')
    for i in {1..30}; do
        ((i % 5 > 0)) || press
        unique_name
        api POST /register "$(registration "$name")"
        if [[ $status == 201 ]]; then
            made=$((made + 1))
        else
            expect_problem 429 too_many_attempts
        fi
    done
    ((made < 30))
    users=$(sql 'select count(*) from users')
    expect_equal "new users" "$((users - before))" "$made"
}

@test "limits: a change of the password and a deletion are limited too, and do nothing then" {
    wait_until 60 new_user
    wait_until 60 change_is_answered
    until_limited POST /change-password '{"new_password":"short"}' "${both[@]}"
    expect_problem 429 too_many_attempts
    expect_header Retry-After 1
    until_limited DELETE /delete '{"current_password":"not the password"}' "${both[@]}"
    expect_problem 429 too_many_attempts
    content_is 200 "$access"
}

change_is_answered() {
    api POST /change-password '{"new_password":"short"}' "${both[@]}"
    [[ $status == 400 ]]
}

@test "limits: no header of the client makes it another address" {
    local i seen=
    for i in {1..60}; do
        api POST /login "$(credentials nobody)" -H "X-Forwarded-For: 10.0.0.$i" -H "X-Real-IP: 10.0.1.$i" \
            -H "Forwarded: for=10.0.2.$i" -H "X-Forwarded-For: garbage"
        seen=$status
        [[ $status == 429 ]] && break
        press
    done
    expect_equal "the last status" "$seen" 429
}

@test "limits: listed origins can read the refusal, others cannot" {
    until_limited POST /login "$(credentials nobody)" -H 'Origin: http://localhost:3000'
    expect_header Access-Control-Allow-Origin http://localhost:3000
    expect_header Access-Control-Allow-Credentials true
    expect_common_headers
    until_limited POST /login "$(credentials nobody)" -H 'Origin: https://evil.test'
    expect_header Access-Control-Allow-Origin ''
    expect_header Access-Control-Allow-Credentials ''
    expect_common_headers
}

@test "limits: other routes and preflights are not limited, nor hindered by the limit" {
    until_limited POST /login "$(credentials nobody)"
    local i
    for i in {1..15}; do
        api GET /content
        expect_status 401
        api POST /refresh
        expect_status 401
        api POST /logout
        expect_status 401
        call OPTIONS /login -H 'Origin: http://localhost:3000' -H 'Access-Control-Request-Method: POST'
        expect_status 204
    done
}

@test "limits: it passes" {
    until_limited POST /login "$(credentials nobody)"
    wait_until 20 login_is_answered
}

login_is_answered() {
    api POST /login "$(credentials nobody)"
    [[ $status == 401 ]]
}
