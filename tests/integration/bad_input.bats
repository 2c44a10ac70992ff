#!/usr/bin/env bats
# The table of bad requests: what each is answered, and that afterwards the same workers serve the next valid request.
# `row EXPECTED METHOD PATH [CURL-OPTION...]` sends by curl, `raw_row EXPECTED BYTES` what curl cannot send. EXPECTED is
# "STATUS CODE", or the status alone where the answer is no problem.

setup_file() {
    load lib/common
    stack_new
    stack_up
    new_user
    export USER=$name ACCESS=$access
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    workers=$(worker_pids)
    wrong=()
    JSON=(-H 'Content-Type: application/json')
    L=$(credentials "$USER")
}

# Collects what is wrong with one row, so that one run shows all of them.
check_row() {
    local expected=$1 answer="$status" request=${REQUEST:0:200}
    if [[ $body =~ \"code\":\"([a-z_]+)\" ]]; then
        answer="$status ${BASH_REMATCH[1]}"
        expect_problem "$status" "${BASH_REMATCH[1]}" || wrong+=("the shape of $answer to $request")
    fi
    [[ $answer == "$expected" ]] || wrong+=("'$answer' instead of '$expected' to $request")
    [[ $(worker_pids) == "$workers" ]] || {
        wrong+=("a worker was replaced after $request")
        workers=$(worker_pids)
    }
    content_is 200 "$ACCESS" || wrong+=("the next valid request is answered $status after $request")
}

row() {
    local expected=$1
    shift
    call "$@"
    check_row "$expected"
}

# BYTES is a format of printf, in which \r\n and \000 can be written.
raw_row() {
    # shellcheck disable=SC2059
    raw < <(printf "$2")
    REQUEST=$2
    check_row "$1"
}

login_row() {
    local expected=$1 content=$2
    shift 2
    row "$expected" POST /login "${JSON[@]}" --data-binary "$content" "$@"
}

register_row() {
    local expected=$1 content=$2
    shift 2
    row "$expected" POST /register "${JSON[@]}" --data-binary "$content" "$@"
}

expect_nothing_wrong() {
    ((${#wrong[@]} == 0)) || {
        printf '%s\n' "${wrong[@]}"
        return 1
    }
}

@test "bad input: methods" {
    raw_row '400 bad_request' 'get /content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    row '405 method_not_allowed' TRACE /content
    row '405 method_not_allowed' GET /change-password
    row '405 method_not_allowed' FOO /login
    row '405 method_not_allowed' POST /content -H 'X-HTTP-Method-Override: GET'
    row 401 HEAD /content
    row '404 not_found' FOO /none
    raw_row '400 bad_request' 'CONNECT x:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    expect_nothing_wrong
}

@test "bad input: framing" {
    local head='POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n'
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nConnection: close\r\n\r\n'
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nHost: y\r\nConnection: close\r\n\r\n'
    raw_row '400 bad_request' "$head"'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
    raw_row '400 bad_request' "$head"'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}'
    raw_row '400 bad_request' "$head"'Content-Length: -1\r\n\r\n{}'
    raw_row '400 bad_request' "$head"'Content-Length: abc\r\n\r\n{}'
    raw_row '400 bad_request' "$head"'Content-Length: 18446744073709551616\r\n\r\n{}'
    raw_row '501 not_implemented' "$head"'Transfer-Encoding: gzip\r\n\r\n{}'
    raw_row '400 bad_request' 'POST /login HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
    raw_row '400 bad_request' "$head"'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'
    raw_row '400 invalid_request' "$head"'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n'
    raw_row '400 bad_request' 'GARBAGE\r\n\r\n'
    raw_row '400 bad_request' '\026\003\001\002\000\001\000\001\374\003\003'
    expect_nothing_wrong
}

@test "bad input: sizes" {
    local at_cap=$L over
    while ((${#at_cap} < 8192)); do
        at_cap+=' '
    done
    over="$at_cap "
    login_row 200 "$at_cap"
    login_row '413 payload_too_large' "$over"
    login_row '413 payload_too_large' "$over" -H 'Transfer-Encoding: chunked'
    login_row 200 "$at_cap" -H 'Transfer-Encoding: chunked'
    row '413 payload_too_large' POST /refresh "${JSON[@]}" --data-binary "$over"
    row '413 payload_too_large' GET /none "${JSON[@]}" --data-binary "$over"
    row '431 headers_too_large' GET /content -H "X-Long: $(head -c 9000 /dev/zero | tr '\0' x)"
    row '431 headers_too_large' GET /content -H "Cookie: $(head -c 40000 /dev/zero | tr '\0' x)"
    row '414 uri_too_long' GET "/$(head -c 9000 /dev/zero | tr '\0' A)"
    row '404 not_found' GET "/$(head -c 4000 /dev/zero | tr '\0' A)"
    local many=() i
    for i in {1..300}; do
        many+=(-H "X-$i: $(head -c 20 /dev/zero | tr '\0' x)")
    done
    row 200 GET /health "${many[@]}"
    expect_nothing_wrong
}

@test "bad input: header lines" {
    local end='\r\nConnection: close\r\n\r\n'
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nX Foo: 1'"$end"
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nX\001Foo: 1'"$end"
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nX-Foo: a\000b'"$end"
    raw_row 200 'GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a\033[31mb\001'"$end"
    raw_row '400 bad_request' 'GET /health HTTP/1.1\r\nHost: a b'"$end"
    raw_row '401 unauthorized' 'GET /content HTTP/1.1\r\nHost: localhost\r\nCookie: access_token=\001\377\376'"$end"
    raw_row '401 unauthorized' 'GET /content HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \377\376\001'"$end"
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b'"$end"
    # The variables of headers that tell nginx, a proxy or a script who the client is.
    row '401 unauthorized' GET /content -H 'Remote-User: admin' -H 'X-Remote-User: admin' -H 'X-Auth-Request-User: admin' \
        -H 'X-Forwarded-User: admin' -H 'Proxy: http://evil.test' -H 'X-Original-URL: /health' -H 'X-Rewrite-URL: /health'
    row '404 not_found' GET /none -H 'X-Original-URL: /health' -H 'X-Original-URI: /health' -H 'X-Rewrite-URL: /health'
    expect_nothing_wrong
}

@test "bad input: paths" {
    row '400 bad_request' GET /%00
    row '400 bad_request' GET /%zz
    row '400 bad_request' GET /content%00
    row '400 bad_request' GET /../../etc/passwd
    row '400 bad_request' GET /%2e%2e%2f
    row '404 not_found' GET '/content%2f'
    row '404 not_found' GET '/content%20'
    row '404 not_found' GET '/content%3Fx'
    row '404 not_found' GET '/content%0a'
    row '404 not_found' GET '/%c0%af'
    row '401 unauthorized' GET //content
    row '404 not_found' GET /_sessiond/check
    row '404 not_found' POST /_sessiond/password
    row '404 not_found' GET /_sessiond/problem
    row '404 not_found' GET '/content.'
    row '401 unauthorized' GET "/content?access_token=$ACCESS"
    raw_row '400 bad_request' 'GET content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    raw_row '400 bad_request' 'GET /content HTTP/9.9\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    expect_nothing_wrong
}

@test "bad input: media types" {
    row '415 unsupported_media_type' POST /login -H 'Content-Type:' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: text/plain' --data-binary "$L"
    row '415 unsupported_media_type' POST /login --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: application/json; charset=iso-8859-1' --data-binary "$L"
    row 200 POST /login -H 'Content-Type: APPLICATION/JSON; charset=UTF-8' --data-binary "$L"
    row 200 POST /login -H 'Content-Type: application/json;charset=utf-8' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: application/jsonx' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: application/json, text/plain' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: text/json' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -H 'Content-Type: application/problem+json' --data-binary "$L"
    row '415 unsupported_media_type' POST /login -F "username=x"
    row '415 unsupported_media_type' POST /login "${JSON[@]}" -H 'Content-Encoding: gzip' --data-binary "$L"
    row 200 POST /login "${JSON[@]}" -H 'Content-Encoding: identity' --data-binary "$L"
    row '415 unsupported_media_type' POST /login "${JSON[@]}" -H 'Content-Encoding: br' --data-binary "$L"
    row '415 unsupported_media_type' POST /change-password -b "access_token=$ACCESS" -H 'Content-Type: text/plain' \
        --data-binary '{"new_password":"long enough 1"}'
    row '415 unsupported_media_type' DELETE /delete -b "access_token=$ACCESS" -H 'Content-Type: text/plain' \
        --data-binary '{"current_password":"x"}'
    expect_nothing_wrong
}

@test "bad input: JSON that is none, or no object" {
    login_row '400 invalid_json' ''
    local text
    for text in '[]' null 1 '"x"' true '[{"username":"x","password":"y"}]' ' ' x "{'username':'x'}" '{username:"x"}' \
        '{"username":"u' '{"username":"u","password":"p"' '{"username":"u","password":"p",}' '{"username":"u" "password":"p"}' \
        '{"username":"u","password":"p"}}' '{"username":"u","password":"p"} x' '{"username":"u","password":"p"}{}' \
        '{"username":"u","password":"p"}/* x */' '// x
{"username":"u","password":"p"}' '{"username":"a
b","password":"p"}' '{"username":"a	b","password":"p"}' '{"username":"\x","password":"p"}' '{"username":"\u12","password":"p"}' \
        '{"username":NaN,"password":"p"}' '{"username":+1,"password":"p"}' '{"username"}'; do
        login_row '400 invalid_json' "$text"
    done
    login_row '400 invalid_request' '{"username":01,"password":"p"}' # the number before the error has the wrong type
    login_row '400 invalid_request' '{}'
    login_row '400 invalid_json' $'\xef\xbb\xbf'"$L"
    iconv -f utf-8 -t utf-16le <<<"$L" >"$BATS_TEST_TMPDIR/utf16"
    login_row '400 invalid_json' "@$BATS_TEST_TMPDIR/utf16"
    iconv -f utf-8 -t utf-32 <<<"$L" >"$BATS_TEST_TMPDIR/utf32"
    login_row '400 invalid_json' "@$BATS_TEST_TMPDIR/utf32"
    printf '%s\0' "$L" >"$BATS_TEST_TMPDIR/nul"
    login_row '400 invalid_json' "@$BATS_TEST_TMPDIR/nul"
    printf '%s\0garbage' "$L" >"$BATS_TEST_TMPDIR/nul"
    login_row '400 invalid_json' "@$BATS_TEST_TMPDIR/nul"
    login_row 200 "  $L
"
    expect_nothing_wrong
}

@test "bad input: JSON that is deep, doubled, or hard on the parser" {
    local deep
    deep=$(head -c 4000 /dev/zero | tr '\0' '[')
    login_row '400 invalid_request' "{\"username\":$deep"
    login_row '400 invalid_request' "{\"username\":$deep$(head -c 4000 /dev/zero | tr '\0' ']')}"
    deep=$(printf '{"a":%.0s' {1..1000})
    login_row '400 invalid_request' "$deep"
    login_row '400 invalid_json' "$(head -c 8000 /dev/zero | tr '\0' '[')"
    login_row '400 invalid_request' '{"username":"u_ok","username":"u_ok","password":"x"}'
    login_row '400 invalid_request' '{"username":"u_ok","password":"x","\u0070assword":"y"}'
    local value
    for value in 1 null true '[]' '["x"]' '{}' '{"a":"b"}' 1.5 -0 99999999999999999999999999; do
        login_row '400 invalid_request' "{\"username\":$value,\"password\":\"x\"}"
    done
    login_row '400 invalid_json' '{"username":1e400,"password":"x"}'
    login_row '400 invalid_request' '{"x":0.00000000000e-2147483639}'
    login_row '400 invalid_request' '{"username":0.00000000000e-2147483639,"password":"x"}'
    login_row '400 invalid_request' '{"username":1e-99999999999999999999,"password":"x"}'
    login_row '400 invalid_request' '{"username":"x","password":"y","":"z"}'
    login_row '400 invalid_request' '{"Username":"x","password":"y"}'
    login_row '400 invalid_request' '{"username\u0000":"x","password":"y"}'
    expect_nothing_wrong
}

@test "bad input: text that is no text" {
    local id=0 text code
    unique_name
    # The parser refuses lone high surrogates itself; what it lets through is refused afterwards, as a field.
    for text in 'invalid_request admin\u0000x' 'invalid_request a\uDC00bc' 'invalid_json a\uD800bc' \
        'invalid_json a\uD800\uD800bc' 'invalid_json a\uDC00\uD800bc' 'invalid_json abc\ud83d'; do
        code=${text%% *}
        text=${text#* }
        register_row "400 $code" "{\"name\":\"n\",\"username\":\"$text\",\"password\":\"$PASSWORD\"}"
        register_row "400 $code" "{\"name\":\"$text\",\"username\":\"$name\",\"password\":\"$PASSWORD\"}"
        register_row "400 $code" "{\"name\":\"n\",\"username\":\"$name\",\"password\":\"long $text long\"}"
        login_row "400 $code" "{\"username\":\"$text\",\"password\":\"x\"}"
        login_row "400 $code" "{\"username\":\"x\",\"password\":\"$text\"}"
    done
    for text in '\377' '\300\257' '\355\240\200' '\365\200\200\200' '\303' '\200' '\360\200\200\257'; do
        id=$((id + 1))
        # shellcheck disable=SC2059
        printf "{\"name\":\"n\",\"username\":\"abc$text\",\"password\":\"$PASSWORD\"}" >"$BATS_TEST_TMPDIR/$id"
        register_row '400 invalid_json' "@$BATS_TEST_TMPDIR/$id"
        # shellcheck disable=SC2059
        printf "{\"name\":\"n$text\",\"username\":\"$name\",\"password\":\"$PASSWORD\"}" >"$BATS_TEST_TMPDIR/$id"
        register_row '400 invalid_json' "@$BATS_TEST_TMPDIR/$id"
        # shellcheck disable=SC2059
        printf "{\"username\":\"$USER\",\"password\":\"x$text\"}" >"$BATS_TEST_TMPDIR/$id"
        login_row '400 invalid_json' "@$BATS_TEST_TMPDIR/$id"
    done
    sql_is "select count(*) from users where username = '$name' or username like 'a%bc%' or username like 'admin%'" 0
    expect_nothing_wrong
}

@test "bad input: usernames" {
    local text
    for text in '' a ab '   ' ' abc' 'abc ' 'a b' 'a\r\nb' 'abc\u001b[31m' 'abc\u202e' 'abc\u200b' 'äbc' '@abc' '-abc' '_abc' \
        '+abc' 'a/b' 'a\\\\b' 'a,b' 'a;b' 'a<b>' "a'b" 'a\"b' 'a%00b' 'abc\u00a0' 'аdmin'; do
        register_row '400 invalid_request' "{\"name\":\"n\",\"username\":\"$text\",\"password\":\"$PASSWORD\"}"
    done
    # shellcheck disable=SC2016
    for text in "' OR 1=1--" '%s%n%n' '../../x' '$(id)' '%' '_' "$(printf 'x%.0s' {1..2000})" 'ａdmin' '' ' '; do
        login_row '401 invalid_credentials' "$(credentials "$text" x)"
    done
    login_row '401 invalid_credentials' "$(credentials "${USER:0:3}%" "$PASSWORD")"
    login_row '401 invalid_credentials' "$(credentials "$USER " "$PASSWORD")"
    expect_nothing_wrong
}

@test "bad input: passwords" {
    unique_name
    register_row '400 invalid_request' "$(registration "$name" 'short 7')"
    register_row '400 invalid_request' "$(registration "$name" '😀😀😀😀😀😀😀')"
    register_row '400 invalid_request' "$(registration "$name" "$(head -c 1025 /dev/zero | tr '\0' x)")"
    login_row '400 invalid_request' "$(credentials "$USER" "$(head -c 1025 /dev/zero | tr '\0' x)")"
    login_row '401 invalid_credentials' "$(credentials "$USER" '')"
    login_row '401 invalid_credentials' "$(credentials "$USER" "$(head -c 1024 /dev/zero | tr '\0' x)")"
    sql_is "select count(*) from users where username = '$name'" 0
    expect_nothing_wrong
}

@test "bad input: Authorization and Cookie" {
    local value
    for value in Bearer 'Bearer ' 'Bearer a b' $'Bearer\t'"$ACCESS" 'Bearer =' "Bearer $ACCESS=" "Bearer \"$ACCESS\"" \
        "Bearer $(head -c 7000 /dev/zero | tr '\0' x)" "Bearer a'b\\c"; do
        raw_row '401 unauthorized' \
            "GET /content HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: ${value//\\/\\\\}\\r\\nConnection: close\\r\\n\\r\\n"
    done
    for value in "$(head -c 7000 /dev/zero | tr '\0' x)" "a'b" 'a\b' '' "$ACCESS$ACCESS"; do
        row '401 unauthorized' GET /content -H "Cookie: access_token=$value"
    done
    row '401 unauthorized' GET /content -H "Cookie: $(printf 'a=b; %.0s' {1..1000})access_token=x"
    expect_nothing_wrong
}

@test "bad input: of a header that decides, a second one is refused, whatever the first says" {
    # Before 1.23 nginx hands over both. Later versions join them, and then no rule accepts the value.
    local row
    # METHOD | PATH | the first | the second | the answer when they are joined
    local rows=(
        "POST|/login|Origin: http://localhost:3000|Origin: https://evil.test|403 cross_site_request"
        "POST|/login|Origin: http://localhost:3000|Origin: http://localhost:3000|403 cross_site_request"
        "POST|/logout|Sec-Fetch-Site: same-origin|Sec-Fetch-Site: cross-site|403 cross_site_request"
        "POST|/login|Sec-Fetch-Site: none|Sec-Fetch-Site: none|403 cross_site_request"
        "POST|/login|Content-Type: application/json|Content-Type: text/plain|415 unsupported_media_type"
        "POST|/login|Content-Encoding: identity|Content-Encoding: gzip|415 unsupported_media_type"
        "GET|/verify|X-Original-URL: http://localhost/a|X-Original-URL: https://evil.test/|200"
        "GET|/verify|X-Original-Method: GET|X-Original-Method: POST|200"
        "GET|/verify|Sec-Fetch-Mode: navigate|Sec-Fetch-Mode: cors|200"
        "GET|/verify|X-Requested-With: a|X-Requested-With: XMLHttpRequest|200"
        "GET|/content|Origin: http://localhost:3000|Origin: null|200"
    )
    local method path first second joined
    for row in "${rows[@]}"; do
        IFS='|' read -r method path first second joined <<<"$row"
        nginx_joins_lines || joined='400 repeated_header'
        row "$joined" "$method" "$path" -H "Cookie: access_token=$ACCESS" -H "$first" -H "$second"
    done
    raw_row '400 bad_request' 'GET /content HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    raw_row '400 bad_request' 'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
    # What a client may say twice.
    row 200 GET /content -H "Cookie: access_token=$ACCESS" -H 'Accept: text/html' -H 'Accept: */*' -H 'User-Agent: a' -H 'User-Agent: b' -H 'X-A: 1' -H 'X-A: 2'
    expect_nothing_wrong
}

nginx_joins_lines() {
    local version
    version=$(nginx -v 2>&1 | grep -o '[0-9][0-9.]*' | head -n 1)
    [[ $(printf '%s\n1.23.0\n' "$version" | sort -V | head -n 1) == 1.23.0 ]]
}

@test "bad input: bodies where none is read" {
    row 200 GET /health "${JSON[@]}" --data-binary "$(head -c 8000 /dev/zero | tr '\0' x)"
    row 200 GET /content -b "access_token=$ACCESS" --data-binary 'x'
    row '401 unauthorized' GET /content --data-binary "$(head -c 8000 /dev/zero | tr '\0' x)"
    row '404 not_found' POST /none --data-binary "$(head -c 8000 /dev/zero | tr '\0' x)"
    expect_nothing_wrong
}

@test "bad input: the client goes away after half the body" {
    local users
    users=$(sql 'select count(*) from users')
    local i
    for i in {1..10}; do
        raw --close-early < <(printf 'POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{"name":"n","username":"half%s",' "$i")
        raw --close-early < <(printf 'GET /content HTTP/1.1\r\nHost: localhost\r\n')
    done
    row 200 GET /health
    sql_is 'select count(*) from users' "$users"
    expect_nothing_wrong
}

@test "bad input: nothing of all this was an error of the service" {
    local files
    mapfile -t files < <(find "$STACK" -name '*.log' -type f)
    refute grep -hE '"event":"(request_failed|worker_exit)"' "${files[@]}"
}
