#!/usr/bin/env bats
# What every answer has in common: the headers, the media types, HEAD, 404, 405 with Allow, trailing slashes.
# The answers of nginx itself are held to the same shape.

load lib/common
one_instance

@test "every answer carries the same headers and a whole body" {
    new_user
    local big
    big=$(printf 'x%.0s' {1..9000})
    # status | method | path | curl option | value
    local rows=(
        "200|GET|/health||"
        "200|GET|/ready||"
        "200|GET|/content|-b|access_token=$access"
        "401|GET|/content||"
        "404|GET|/none||"
        "404|POST|/none|-d|x"
        "405|POST|/health||"
        "405|GET|/refresh||"
        "415|POST|/login|-d|x"
        "400|POST|/login|-H|Content-Type: application/json"
        "413|POST|/login|--data-binary|$big"
        "414|GET|/$big||"
        "400|GET|/%00||"
        "405|TRACE|/content||"
        "403|POST|/login|-H|Origin: https://evil.test"
        "401|POST|/refresh||"
        "401|POST|/logout||"
        "401|DELETE|/delete||"
    )
    local row part media
    for row in "${rows[@]}"; do
        IFS='|' read -r -a part <<<"$row"
        call "${part[1]}" "${part[2]}" ${part[3]:+"${part[3]}" "${part[4]}"}
        expect_status "${part[0]}" || fail "row ${row:0:60}"
        media=application/json
        [[ ${part[0]} == 2* ]] || media=application/problem+json
        expect_match "media type of row ${row:0:60}" "$(header Content-Type)" "^${media/+/\\+}(; *charset=utf-8)?\$"
        expect_common_headers || fail "row ${row:0:60}"
        expect_header Content-Length "$(stat -c %s "$ANSWER.body")" || fail "row ${row:0:60}"
        expect_equal "row ${row:0:60}" "$(json type)" object
        if [[ ${part[0]} != 2* ]]; then
            expect_header X-Request-Id "$(json .request_id)" || fail "row ${row:0:60}"
            expect_json .status "${part[0]}" || fail "row ${row:0:60}"
        fi
    done
}

@test "no answer tells versions" {
    local path
    for path in /health /none /%00; do
        call GET "$path"
        expect_header_match Server '^(nginx)?$'
        expect_header X-Powered-By ''
        [[ $body != *nginx* && $body != *postgres* ]]
    done
}

@test "security headers are on every answer" {
    local path
    for path in /health /content /none /%00; do
        call GET "$path"
        expect_header_match Content-Security-Policy "default-src 'none'" || fail "$path"
        expect_header_match Content-Security-Policy "frame-ancestors 'none'" || fail "$path"
        expect_header_match Cross-Origin-Resource-Policy '^same-origin$' || fail "$path"
    done
}

@test "each request has another id, and the client cannot choose it" {
    call GET /none -H 'X-Request-Id: 00000000000000000000000000000000'
    local first
    first=$(header X-Request-Id)
    [[ $first != 00000000000000000000000000000000 ]]
    call GET /none
    [[ $(header X-Request-Id) != "$first" ]]
}

@test "HEAD works wherever GET does, with the same headers and no body" {
    new_user
    local rows=("200|/health|" "200|/ready|" "200|/content|access_token=$access" "401|/content|" "404|/none|" "405|/refresh|" "200|/login|" "200|/logout|")
    local row path given length type
    for row in "${rows[@]}"; do
        IFS='|' read -r expected path given <<<"$row"
        call GET "$path" -b "$given"
        length=$(header Content-Length)
        type=$(header Content-Type)
        raw <<<"HEAD $path HTTP/1.1"$'\r\n'"Host: localhost"$'\r\n'"Cookie: $given"$'\r\n'"Connection: close"$'\r\n'$'\r'
        : # the raw client waits for a body: there must be none
        expect_status "$expected" || fail "row $row"
        expect_equal "body of row $row" "$body" ''
        expect_header Content-Type "$type" || fail "row $row"
        # RFC 9110: the length may be left out of an answer to HEAD, but not be another one.
        expect_header_match Content-Length "^($length)?\$" || fail "row $row"
        expect_common_headers || fail "row $row"
    done
}

@test "an unknown path is 404, and a trailing slash or another case is another path" {
    local path
    for path in /none /health/ /ready/ /register/ /login/ /logout/ /refresh/ /content/ /change-password/ /delete/ \
        /Health /LOGIN /login/x /login.html /Account /account/ /assets /assets/ /content.json '/content;x' /favicon.ico /index.html /.env; do
        call GET "$path"
        expect_problem 404 not_found || fail "GET $path"
        call POST "$path" -H 'Content-Type: application/json' -d '{}'
        expect_problem 404 not_found || fail "POST $path"
    done
}

@test "the path is the normalised one" {
    new_user
    local path
    for path in /./content /x/../content /%63ontent '/content?' '/content?a=b'; do
        call GET "$path" -b "access_token=$access"
        expect_success 200 || fail "$path"
    done
}

@test "another method on a known path is 405 with Allow" {
    local rows=(
        "/health|GET, HEAD|POST PUT PATCH DELETE FOO"
        "/ready|GET, HEAD|POST PUT PATCH DELETE"
        "/content|GET, HEAD|POST PUT PATCH DELETE"
        "/|GET, HEAD|POST PUT PATCH DELETE"
        "/account|GET, HEAD|POST PUT PATCH DELETE"
        "/assets/style.css|GET, HEAD|POST PUT PATCH DELETE"
        "/register|GET, HEAD, POST|PUT PATCH DELETE"
        "/login|GET, HEAD, POST|PUT PATCH DELETE FOO"
        "/logout|GET, HEAD, POST|PUT PATCH DELETE"
        "/refresh|POST|GET HEAD PUT PATCH DELETE"
        "/change-password|POST|GET HEAD PUT PATCH DELETE"
        "/delete|DELETE|GET HEAD POST PUT PATCH"
    )
    local row path allow methods method
    for row in "${rows[@]}"; do
        IFS='|' read -r path allow methods <<<"$row"
        for method in $methods; do
            call "$method" "$path"
            expect_status 405 || fail "$method $path"
            # OPTIONS may stand in the list, as nginx answers it.
            expect_equal "Allow of $method $path" "$(header Allow | tr -d ' ' | tr ',' '\n' | grep -vx OPTIONS | sort | paste -sd,)" \
                "$(tr -d ' ' <<<"$allow" | tr ',' '\n' | sort | paste -sd,)"
            if [[ $method != HEAD ]]; then
                expect_problem 405 method_not_allowed || fail "$method $path"
            fi
        done
    done
}

@test "OPTIONS without the headers of a preflight is answered 204 with Allow, on an unknown path 404" {
    # path | methods
    local rows=(
        "/health|GET, HEAD" "/content|GET, HEAD" "/verify|GET, HEAD" "/login|GET, HEAD, POST" "/logout|GET, HEAD, POST" "/delete|DELETE"
        "/me|GET, HEAD, PATCH" "/sessions|GET, HEAD, DELETE" "/sessions/1|DELETE" "/|GET, HEAD" "/account|GET, HEAD"
        "/assets/style.css|GET, HEAD"
    )
    local row how
    for row in "${rows[@]}"; do
        for how in 'X-None: 1' 'Origin: http://localhost:3000' 'Access-Control-Request-Method: POST'; do
            call OPTIONS "${row%%|*}" -H "$how"
            expect_status 204 || fail "row $row, $how"
            expect_equal "Allow of row $row" "$(header Allow | tr -d ' ' | tr ',' '\n' | sort | paste -sd,)" \
                "$(tr -d ' ' <<<"${row#*|},OPTIONS" | tr ',' '\n' | sort | paste -sd,)"
            expect_header Access-Control-Allow-Methods ''
            expect_common_headers || fail "row $row"
            expect_equal body "$body" ''
        done
    done
    for path in /none /LOGIN /login/ /assets/x/y; do
        call OPTIONS "$path"
        expect_problem 404 not_found || fail "$path"
    done
}

@test "pages have the headers that keep other windows, scripts and devices out" {
    local path
    for path in /login /register /account; do
        call GET "$path"
        expect_header Cross-Origin-Opener-Policy same-origin || fail "$path"
        expect_header_match Permissions-Policy 'camera=\(\).*geolocation=\(\)' || fail "$path"
        expect_header_match Content-Security-Policy "require-trusted-types-for 'script'; trusted-types 'none'\$" || fail "$path"
        expect_header_match Content-Security-Policy "frame-ancestors 'none'" || fail "$path"
    done
    call GET /health
    expect_header Cross-Origin-Opener-Policy ''
    expect_header Permissions-Policy ''
}

@test "pages hide passwords as they are typed, and leave pasting and password managers alone" {
    local row path input
    # how many fields for passwords | path
    for row in '1|/login' '1|/register' '3|/account'; do
        path=${row#*|}
        call GET "$path"
        tr '\n' ' ' <<<"$body" | grep -oE '<input [^>]*name="([a-z]+_)?password"[^>]*>' >"$BATS_TEST_TMPDIR/fields"
        expect_equal "fields of $path" "$(wc -l <"$BATS_TEST_TMPDIR/fields")" "${row%|*}"
        while IFS= read -r input; do
            expect_match "$path" "$input" ' type="password"'
            expect_match "$path" "$input" ' autocomplete="(current|new)-password"'
            refute grep -q maxlength <<<"$input"
        done <"$BATS_TEST_TMPDIR/fields"
    done
    refute grep -rqiE 'paste|beforeinput' "$ROOT/nginx/pages"
}

@test "X-HTTP-Method-Override is ignored" {
    new_user
    call POST /content -b "access_token=$access" -H 'X-HTTP-Method-Override: GET'
    expect_problem 405 method_not_allowed
    call GET /health -H 'X-HTTP-Method-Override: POST' -H 'X-HTTP-Method: DELETE' -H 'X-Method-Override: PUT'
    expect_success 200
}

@test "errors repeat no SQL, no path and nothing of the request" {
    local needle='needle-0815'
    api POST /login "{\"username\":\"$needle\",\"password\":\"$needle\"}"
    expect_problem 401 invalid_credentials
    [[ $body != *"$needle"* ]]
    api GET "/$needle?$needle" '' -b "$needle=1" -A "$needle"
    expect_problem 404 not_found
    [[ $(cat "$ANSWER.headers") != *"$needle"* && $body != *"$needle"* ]]
    api POST /login '{"username":"'"'"' OR 1=1 --","password":"x"}'
    expect_problem 401 invalid_credentials
    grep -qiE "select|syntax|libpq|sqlstate|$ROOT|\.cc" <<<"$body" && fail "the body tells too much: $body"
    true
}

@test "a front end of another service meets what docs/front-end.md says" {
    local row method path json code other
    unique_name
    other='"password":"seven purple kites"'
    # status and code | method | path | body
    local rows=(
        "400 unknown_field|POST|/register|{\"name\":\"A\",\"username\":\"$name\",\"email\":\"a@b.test\",$other}"
        "400 unknown_field|POST|/login|{\"username\":\"$name\",\"remember\":true,$other}"
        "400 required|POST|/register|{\"username\":\"$name\",$other}"
        "400 invalid_format|POST|/register|{\"name\":\"A\",\"username\":\"$name b\",$other}"
        "400 invalid_format|POST|/register|{\"name\":\"A\",\"username\":\"${name}é\",$other}"
        "405 |POST|/delete|"
        "200 |GET|/logout|"
        "201 |POST|/register|{\"name\":\"A\",\"username\":\"$name@example.org\",$other}"
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r code method path json <<<"$row"
        api "$method" "$path" "$json" || true
        if [[ $path == /logout ]]; then body='{}'; fi
        expect_equal "$row" "$status $(json '[.errors[]?.code][0] // ""')" "$code"
    done
    keep_session
    expect_equal answer "$(json 'keys | join(" ")')" 'session user'
    [[ $body != *"$access"* && $body != *"$refresh"* ]]
    call POST /login --data-urlencode "username=$name"
    expect_problem 415 unsupported_media_type
    api POST /change-password '{"old_password":"seven purple kites","new_password":"eight purple kites"}' "${both[@]}"
    expect_field old_password unknown_field
}

@test "connections are kept, and an answer is followed by the next" {
    local answers
    answers=$(curl -sS -o /dev/null -o /dev/null -o /dev/null -w '%{http_code} %{num_connects}\n' \
        "http://127.0.0.1:$PORT/health" "http://127.0.0.1:$PORT/none" "http://127.0.0.1:$PORT/health")
    expect_equal answers "$(paste -sd, <<<"$answers")" '200 1,404 0,200 0'
}
