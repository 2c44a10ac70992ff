#!/usr/bin/env bats
# CORS as nginx makes it: listed origins get the headers on every status, nginx's own errors included; others get none
# on anything; Vary: Origin is on every answer exactly once. (429 is in limits.bats, 503 in faults.bats.)

LISTED=https://app.example.org
ALSO_LISTED=http://localhost:3000

setup_file() {
    load lib/common
    stack_new
    stack_up "CORS_ORIGINS=$ALSO_LISTED,$LISTED"
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

# words NAME: the values of a list header, sorted.
words() {
    header "$1" | tr -d ' ' | tr ',' '\n' | sort | paste -sd,
}

expect_cors() {
    expect_header Access-Control-Allow-Origin "$1" &&
        expect_header Access-Control-Allow-Credentials true &&
        expect_header Vary Origin
}

expect_no_cors() {
    if grep -qi '^access-control-' "$ANSWER.headers"; then
        show_answer
        fail "there are Access-Control headers"
        return 1
    fi
    expect_header Vary Origin
}

# The requests of the tests: status, method, path, curl option, value.
requests() {
    cat <<EOR
200|GET|/health||
200|GET|/content|-b|access_token=$access
401|GET|/content||
404|GET|/none||
405|GET|/refresh||
415|POST|/login|-d|x
400|POST|/login|-H|Content-Type: application/json
413|POST|/login|--data-binary|$(printf 'x%.0s' {1..9000})
EOR
}

# Refused at the request line, before nginx has seen an Origin.
unreadable_requests() {
    cat <<EOR
414|GET|/$(printf 'x%.0s' {1..9000})||
400|GET|/%00||
EOR
}

@test "cors: a listed origin gets the headers on every status" {
    new_user
    local origin row part
    for origin in "$LISTED" "$ALSO_LISTED"; do
        while IFS= read -r row; do
            IFS='|' read -r -a part <<<"$row"
            call "${part[1]}" "${part[2]}" -H "Origin: $origin" ${part[3]:+"${part[3]}" "${part[4]}"}
            expect_status "${part[0]}" || fail "row ${row:0:60}"
            expect_cors "$origin" || fail "row ${row:0:60}"
            expect_equal exposed "$(words Access-Control-Expose-Headers)" "Retry-After,X-Request-Id" || fail "row ${row:0:60}"
        done < <(requests)
    done
}

@test "cors: an origin that is not listed gets none on anything" {
    new_user
    local origin row part
    for origin in https://evil.test null http://localhost:3001 https://localhost:3000 http://localhost \
        http://localhost:3000.evil.test https://appxexample.org https://app.example.org.evil.test \
        https://evil.app.example.org http://app.example.org https://app.example.org/ "http://127.0.0.1:$PORT" '*'; do
        while IFS= read -r row; do
            IFS='|' read -r -a part <<<"$row"
            # An unlisted origin is refused as cross-site where a body would have been read.
            [[ ${part[1]} == GET ]] || continue
            call "${part[1]}" "${part[2]}" -H "Origin: $origin" ${part[3]:+"${part[3]}" "${part[4]}"}
            expect_status "${part[0]}" || fail "origin $origin row ${row:0:60}"
            expect_no_cors || fail "origin $origin row ${row:0:60}"
        done < <(requests; unreadable_requests)
        api POST /login "$(credentials "$name")" -H "Origin: $origin"
        expect_no_cors || fail "origin $origin"
        call POST /login --data-binary "$(printf 'x%.0s' {1..9000})" -H "Origin: $origin"
        expect_status 413
        expect_no_cors || fail "origin $origin"
    done
}

@test "cors: without an origin there are none, and Vary all the same" {
    new_user
    local row part
    while IFS= read -r row; do
        IFS='|' read -r -a part <<<"$row"
        call "${part[1]}" "${part[2]}" ${part[3]:+"${part[3]}" "${part[4]}"}
        expect_status "${part[0]}" || fail "row ${row:0:60}"
        expect_no_cors || fail "row ${row:0:60}"
    done < <(requests; unreadable_requests)
}

@test "cors: a login from a listed origin works as a whole" {
    new_user
    api POST /login "$(credentials "$name")" -H "Origin: $LISTED" -H 'Sec-Fetch-Site: same-site'
    expect_success 200
    expect_cors "$LISTED"
    keep_session
    api POST /refresh '' "${both[@]}" -H "Origin: $LISTED" -H 'Sec-Fetch-Site: same-site'
    expect_success 200
    expect_cors "$LISTED"
}

@test "cors: a listed origin of another site is told that listing does not help" {
    local path
    new_user
    for path in /login /register; do
        api POST "$path" "$(credentials "$name")" -H "Origin: $LISTED" -H 'Sec-Fetch-Site: cross-site'
        expect_problem 403 cross_site_request || fail "$path"
        expect_cors "$LISTED" || fail "$path"
        expect_no_cookies || fail "$path"
        [[ $(jq -r .detail <<<"$body") == *"To list another site does not help"* ]] || fail "$path: $body"
    done
}

@test "cors: preflights are answered 204 by nginx, for listed origins with all headers" {
    local path sessions
    sessions=$(sql 'select count(*) from sessions')
    for path in /login /register /logout /refresh /content /change-password /delete /health /none; do
        call OPTIONS "$path" -H "Origin: $LISTED" -H 'Access-Control-Request-Method: POST' \
            -H 'Access-Control-Request-Headers: content-type'
        expect_status 204 || fail "$path"
        expect_equal "body of $path" "$body" ''
        expect_cors "$LISTED"
        expect_equal methods "$(words Access-Control-Allow-Methods)" DELETE,GET,OPTIONS,PATCH,POST,PUT
        expect_equal headers "$(words Access-Control-Allow-Headers)" Accept,Authorization,Content-Type,X-Requested-With
        expect_header Access-Control-Max-Age 300
        expect_header Set-Cookie ''
        expect_common_headers || fail "$path"
    done
    sql_is 'select count(*) from sessions' "$sessions"
}

@test "cors: preflights of other origins get no Access-Control header" {
    local origin
    for origin in https://evil.test null "http://127.0.0.1:$PORT"; do
        call OPTIONS /login -H "Origin: $origin" -H 'Access-Control-Request-Method: POST'
        [[ $status == 204 || $status == 403 ]] || fail "$origin: $status"
        expect_no_cors || fail "$origin"
    done
}
