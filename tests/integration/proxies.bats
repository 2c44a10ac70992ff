#!/usr/bin/env bats
# TRUSTED_PROXIES: of which peers nginx believes X-Forwarded-For and X-Forwarded-Proto, and where the address and the
# scheme of the client count. The instance trusts 127.0.0.2 and 127.0.1.0/24, and no other address of loopback.

setup_file() {
    load lib/common
    source "$LIB/front.bash"
    stack_new
    front_new
    stack_up PUBLIC_URL="https://localhost:$TLS_PORT" TRUSTED_PROXIES=127.0.0.2,127.0.1.0/24,2001:db8::/32 \
        SERVED_HOSTS=auth.test ADDRESS_FREE_FAILURES=3
    front_up TRUSTED_PROXIES=unix: LOGIN_RATE=1 ADDRESS_CONNECTIONS=2
}

teardown_file() {
    load lib/common
    source "$LIB/front.bash"
    front_down
    stack_down
}

setup() {
    load lib/common
    source "$LIB/front.bash"
    # Each test has a client of its own, as the limits are per address.
    CLIENT=198.51.100.$BATS_TEST_NUMBER
    # A client whose request the proxy 127.0.0.2 passes on, as it came over TLS; and one that would like to be such.
    PROXIED=(--interface 127.0.0.2 -H "X-Forwarded-For: $CLIENT" -H 'X-Forwarded-Proto: https')
    FORGED=(-H "X-Forwarded-For: $CLIENT" -H 'X-Forwarded-Proto: https')
    HOLDER=
}

after_each() {
    [[ -z $HOLDER ]] || kill "$HOLDER" || true
}

# register_by CURL-OPTION...: registers and keeps the session.
register_by() {
    unique_name
    api POST /register "$(registration "$name")" "$@"
    expect_status 201 || return
    keep_session
}

# address_is ADDRESS: where the session was opened, by the database.
address_is() {
    sql_is "select host(ip) from sessions where session_id = $session_id" "$1"
}

# logged LOG ADDRESS: the access log says that the last request came from there.
logged() {
    jq -r --arg id "${HEADERS[x-request-id]}" 'select(.request_id == $id) | .remote_addr' "$1" | grep -qxF -- "$2"
}

@test "proxies: the client's address is the one that a trusted proxy names, and from anybody else the peer's" {
    register_by "${PROXIED[@]}"
    address_is "$CLIENT"
    wait_until 10 logged "$RUN_DIR/log/nginx-access.log" "$CLIENT"
    grep -F "${HEADERS[x-request-id]}" "$(service_log)" | grep -qF "\"ip\":\"$CLIENT\""
    register_by "${FORGED[@]}"
    address_is 127.0.0.1
    wait_until 10 logged "$RUN_DIR/log/nginx-access.log" 127.0.0.1
    register_by --interface 127.0.0.3 "${FORGED[@]}"
    address_is 127.0.0.3
}

@test "proxies: of a chain the last address counts that is no proxy's, whatever a client has put before it" {
    local row
    # Lines of X-Forwarded-For, separated by |, and the address.
    local rows=("6.6.6.6, $CLIENT = $CLIENT" "6.6.6.6|$CLIENT = $CLIENT" "6.6.6.6, $CLIENT, 127.0.1.9 = $CLIENT"
        "127.0.0.2, $CLIENT,127.0.1.255|127.0.0.2 = $CLIENT" "$CLIENT:4711 = $CLIENT" "2001:db9::7 = 2001:db9::7"
        "[2001:db9::7]:4711, 2001:db8::1 = 2001:db9::7" "6.6.6.6, nobody = 127.0.0.2" "6.6.6.6, unknown, 127.0.1.9 = 127.0.1.9"
        "nobody = 127.0.0.2" " = 127.0.0.2")
    for row in "${rows[@]}"; do
        local lines=() options=(--interface 127.0.0.2) line
        IFS='|' read -r -a lines <<<"${row% = *}"
        for line in "${lines[@]}"; do
            options+=(-H "X-Forwarded-For: $line")
        done
        register_by "${options[@]}"
        address_is "${row##* = }" || fail "row $row"
    done
    register_by --interface 127.0.0.2 -H "X-Real-IP: $CLIENT" -H "Forwarded: for=$CLIENT" -H "Client-IP: $CLIENT"
    address_is 127.0.0.2
}

# The counter of an IPv4 address in the table of attempts.
counter_of() {
    local bytes
    # shellcheck disable=SC2046 # the four numbers
    bytes=$(printf '\\x%02x' $(tr . ' ' <<<"$1"))
    echo "attempt_key = '\\x$(printf 'ipv4:%b' "$bytes" | openssl dgst -sha256 -r | cut -c 1-64)'"
}

# failures_are ADDRESS NUMBER
failures_are() {
    sql_is "select coalesce(max(failures), 0) from attempts where $(counter_of "$1")" "$2"
}

@test "proxies: the throttle counts the failures of each client for itself" {
    api POST /login "$(credentials nobody1)" "${PROXIED[@]}"
    expect_problem 401 invalid_credentials
    failures_are "$CLIENT" 1
    failures_are 127.0.0.2 0
    sql "update attempts set failures = 30, last_at = now() where $(counter_of "$CLIENT")"
    api POST /login "$(credentials nobody2)" "${PROXIED[@]}"
    expect_problem 429 too_many_attempts
    api POST /login "$(credentials nobody2)" --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.77'
    expect_problem 401 invalid_credentials
    # Nobody escapes it, or loads it on others, by a header that no proxy has sent.
    api POST /login "$(credentials nobody3)" --interface 127.0.0.4 -H 'X-Forwarded-For: 203.0.113.80'
    expect_problem 401 invalid_credentials
    failures_are 203.0.113.80 0
    failures_are 127.0.0.4 1
}

# logins_at PORT NUMBER CURL-OPTION...: the statuses of so many logins, one after the other over one connection.
logins_at() {
    local port=$1 number=$2
    shift 2
    curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' -d '{"username":"nobody","password":"x"}' \
        "$@" "http://localhost:$port/login?[1-$number]"
}

# At LOGIN_RATE=1 a bucket takes five at once, and one more each second.
@test "proxies: LOGIN_RATE has a bucket for each client, over a unix socket too" {
    local socket=(--unix-socket "$FRONT/service.sock")
    logins_at 80 30 "${socket[@]}" -H "X-Forwarded-For: $CLIENT" | grep -qx 429
    expect_equal "another client" "$(logins_at 80 1 "${socket[@]}" -H 'X-Forwarded-For: 203.0.113.78' | uniq)" 401
    # Where the peer is nobody's proxy, all that it claims is counted together.
    local i logins=()
    for i in {1..30}; do
        logins+=(--next -s -o /dev/null -w '%{http_code}\n' -4 --interface 127.0.0.5 -H "X-Forwarded-For: 203.0.113.$i"
            -H "X-Client-Address: 203.0.113.$i" -H 'Content-Type: application/json'
            -d '{"username":"nobody","password":"x"}' "http://localhost:$OWN_PORT/login")
    done
    curl "${logins[@]:1}" | grep -qx 429
}

@test "proxies: the scheme leaves a location what it has taken from the address" {
    local told
    told=$(curl -s --unix-socket "$FRONT/service.sock" -H 'X-Forwarded-Proto: https' http://localhost/taken/x)
    expect_equal told "$told" 'https on /x'
}

# over_socket ADDRESS: the status of a request that a proxy passes on for this address over the unix socket.
over_socket() {
    curl -s -o /dev/null -w '%{http_code}' --unix-socket "$FRONT/service.sock" -H "X-Forwarded-For: $1" http://localhost/health
}

@test "proxies: ADDRESS_CONNECTIONS counts the requests of each client for itself" {
    local held="POST /refresh HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: $CLIENT\r\nContent-Length: 20\r\n\r\n{"
    "$PYTHON" "$LIB/hold_open.py" "$FRONT/service.sock" 2 "$(printf '%b' "$held")" >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- 4>&- &
    HOLDER=$!
    wait_until 20 grep -q open "$BATS_TEST_TMPDIR/held"
    expect_equal "the client" "$(over_socket "$CLIENT")" 429
    expect_equal "another client" "$(over_socket 203.0.113.79)" 200
    expect_equal "none" "$(over_socket '')" 200
}

# expect_secure: the answer is one over TLS.   expect_plain
expect_secure() {
    expect_match cookie "$(cookie_line access_token)" '; *Secure(;|$)' &&
        expect_header Strict-Transport-Security max-age=31536000
}

expect_plain() {
    [[ $(cookie_line access_token) != *[Ss]ecure* ]] || fail "Secure: $(cookie_line access_token)" || return
    expect_header Strict-Transport-Security ''
}

@test "proxies: over TLS at a trusted proxy, cookies are Secure, and HSTS and Clear-Site-Data are sent" {
    register_by "${PROXIED[@]}"
    expect_secure
    api POST /logout '' "${both[@]}" "${PROXIED[@]}"
    expect_header_match Clear-Site-Data prefetchCache
    call GET /login "${PROXIED[@]}"
    expect_header Strict-Transport-Security max-age=31536000
    call GET /none "${PROXIED[@]}"
    expect_header Strict-Transport-Security max-age=31536000
    register_by "${FORGED[@]}"
    expect_plain
    api POST /logout '' "${both[@]}" "${FORGED[@]}"
    expect_header Clear-Site-Data ''
    register_by --interface 127.0.0.2 -H "X-Forwarded-For: $CLIENT"
    expect_plain
}

@test "proxies: several schemes count only where they agree, and a word that is none counts for nothing" {
    local value
    for value in https HTTPS wss https,https 'https , HTTPS,	wss'; do
        register_by --interface 127.0.1.9 -H "X-Forwarded-Proto: $value"
        expect_secure || fail "'$value'"
    done
    for value in '' http ws https,http http,https 'https,' ',https' 'https http' 'https;' xhttps httpsx on 1 'https,,https'; do
        register_by --interface 127.0.1.9 -H "X-Forwarded-Proto: $value"
        expect_plain || fail "'$value'"
    done
    register_by --interface 127.0.1.9 -H 'X-Forwarded-Proto: http' -H 'X-Forwarded-Proto: https'
    expect_plain
    # Of other headers none says the scheme.
    for value in 'X-Forwarded-Scheme: https' 'X-Forwarded-Protocol: https' 'X-Forwarded-Ssl: on' 'Front-End-Https: on' \
        'X-Url-Scheme: https' 'Forwarded: proto=https' 'X-Forwarded-Port: 443' 'X_Forwarded_Proto: https'; do
        register_by --interface 127.0.1.9 -H "$value"
        expect_plain || fail "'$value'"
    done
}

# led_back_to URL CURL-OPTION...: who is not signed in is led to the login, and from there back to the URL.
led_back_to() {
    local back=$1
    shift
    call GET '/demo/?a=b' -H 'Sec-Fetch-Mode: navigate' "$@"
    expect_status 302
    expect_header Location "https://localhost:$TLS_PORT/login?rd=$(jq -rn --arg url "$back" '$url | @uri')"
}

@test "proxies: the guard leads back to the scheme of the client, and to the host and the port of Host" {
    led_back_to 'https://localhost/demo/?a=b' "${PROXIED[@]}" -H 'Host: localhost'
    led_back_to 'https://localhost:8443/demo/?a=b' "${PROXIED[@]}" -H 'Host: localhost:8443'
    led_back_to 'https://localhost/demo/?a=b' "${PROXIED[@]}" -H 'Host: localhost' -H 'X-Forwarded-Host: evil.test' \
        -H 'X-Forwarded-Port: 8443' -H 'X-Forwarded-Server: evil.test' -H 'Forwarded: host=evil.test'
    led_back_to 'http://localhost/demo/?a=b' "${FORGED[@]}" -H 'Host: localhost'
    call GET /health "${PROXIED[@]}" -H 'Host: evil.test' -H 'X-Forwarded-Host: localhost'
    expect_problem 421 misdirected_request
}

@test "proxies: an application behind the guard hears of the client from nginx, in its own words" {
    register_by "${PROXIED[@]}"
    local session=(-H "Cookie: access_token=$access")
    call GET /demo/headers "${PROXIED[@]}" "${session[@]}" -H 'X-Forwarded-For: 6.6.6.6'
    expect_match application "$body" $'X-Forwarded-For: 6.6.6.6\nX-Forwarded-Proto: https\n'
    call GET /demo/headers "${PROXIED[@]}" "${session[@]}"
    expect_match application "$body" "X-Forwarded-For: $CLIENT"$'\nX-Forwarded-Proto: https\n'
    call GET /demo/headers "${FORGED[@]}" "${session[@]}"
    expect_match application "$body" $'X-Forwarded-For: 127.0.0.1\nX-Forwarded-Proto: http\n'
}

@test "proxies: the origin that the client has asked is the service's own, where browsers send no Sec-Fetch-Site" {
    register_by "${PROXIED[@]}"
    local row scheme origin wanted number=100
    # The scheme of X-Forwarded-Proto, Origin, and whether that is the service's own.
    local rows=("https http://auth.test 403" "http https://auth.test 403" "https https://evil.test 403" "https null 403"
        "https https://auth.test:8443 403" "http http://auth.test 401" "https https://auth.test 401"
        "http https://localhost:$TLS_PORT 401" "https https://localhost:$TLS_PORT 401")
    for row in "${rows[@]}"; do
        read -r scheme origin wanted <<<"$row"
        api POST /login "$(credentials nobody)" --interface 127.0.0.2 -H "X-Forwarded-For: 203.0.113.$((++number))" \
            -H "X-Forwarded-Proto: $scheme" -H 'Host: auth.test' -H "Origin: $origin"
        [[ $status == "$wanted" ]] || fail "row $row: $status"
    done
    api POST /login "$(credentials nobody)" "${FORGED[@]}" -H 'Host: auth.test' -H 'Origin: https://auth.test'
    expect_problem 403 cross_site_request
}

@test "proxies: behind a balancer with TLS, a browser signs in, is led back, and is known by its own address" {
    local there=(-k --interface 127.0.0.6 -H 'X-Forwarded-For: 6.6.6.6' -H 'X-Forwarded-Proto: http') url=https://localhost:$TLS_PORT
    unique_name
    status=$(curl -s "${there[@]}" -o "$BATS_TEST_TMPDIR/body" -D "$BATS_TEST_TMPDIR/headers" -w '%{http_code}' -H "Origin: $url" \
        -H 'Content-Type: application/json' -d "$(registration "$name")" --resolve "localhost:$TLS_PORT:127.0.0.1" "$url/register")
    expect_equal status "$status" 201
    expect_equal 'cookies that are not Secure' "$(grep -i '^set-cookie' "$BATS_TEST_TMPDIR/headers" | grep -vic '; secure')" 0
    grep -qi '^strict-transport-security: max-age=31536000' "$BATS_TEST_TMPDIR/headers"
    sql_is "select host(s.ip) from sessions s join users u using (user_id) where u.username = '$name'" 127.0.0.6
    curl -s "${there[@]}" -o /dev/null -D "$BATS_TEST_TMPDIR/headers" -H 'Sec-Fetch-Mode: navigate' \
        --resolve "localhost:$TLS_PORT:127.0.0.1" "$url/demo/"
    grep -qiF "location: $url/login?rd=https%3A%2F%2Flocalhost%3A$TLS_PORT%2Fdemo%2F" "$BATS_TEST_TMPDIR/headers"
}

@test "proxies: whoever connects over a unix socket is believed where TRUSTED_PROXIES has unix:, and nobody beside" {
    local how
    how=$(curl -s -o /dev/null -D - --unix-socket "$FRONT/service.sock" -H 'X-Forwarded-Proto: https' http://localhost/health)
    grep -qi '^strict-transport-security: ' <<<"$how"
    how=$(curl -s -o /dev/null -D - --unix-socket "$FRONT/service.sock" http://localhost/health)
    refute grep -qi '^strict-transport-security: ' <<<"$how"
    PORT=$OWN_PORT call GET /health "${PROXIED[@]}"
    expect_header Strict-Transport-Security ''
}

@test "proxies: a server that says itself whom it believes about addresses keeps to that" {
    local PORT=$OWN_PORT
    call GET /health --interface 127.0.0.7 -H "X-Client-Address: $CLIENT" -H 'X-Forwarded-For: 6.6.6.6' -H 'X-Forwarded-Proto: https'
    wait_until 10 logged "$FRONT/access.log" "$CLIENT"
    expect_header Strict-Transport-Security ''
    call GET /health -H "X-Client-Address: $CLIENT" -H 'X-Forwarded-For: 6.6.6.6'
    wait_until 10 logged "$FRONT/access.log" 127.0.0.1
}

# try_front PROXIES RULES: what nginx says of the configuration in front, with these TRUSTED_PROXIES and these rules in
# its block http, in $output; its status in $status.
try_front() {
    local tried=$BATS_TEST_TMPDIR/front
    "${CLEAN[@]}" TRUSTED_PROXIES="$1" "$ROOT/scripts/render-nginx" "$tried" >/dev/null
    front_configuration "$2" >"$tried/nginx.conf"
    run nginx -t -p "$tried" -e "$tried/error.log" -c "$tried/nginx.conf"
}

@test "proxies: an nginx that takes addresses in its own block http is told so, unless TRUSTED_PROXIES is empty" {
    local own='set_real_ip_from 192.0.2.7; real_ip_header CF-Connecting-IP;'
    try_front 192.0.2.9 "$own"
    expect_equal status "$status" 1
    expect_match reason "$output" '"real_ip_header" directive is duplicate in .*/sessiond/proxies.conf'
    try_front '' "$own"
    expect_equal "$output" "$status" 0
    # Each way to write proxies, with a network around another one and one address twice.
    try_front 10.0.0.7,10.0.0.0/8,10.0.0.7,2001:db8::/32,2001:db8::7,fc00::/7,unix: ''
    expect_equal "$output" "$status" 0
    refute grep -q warn <<<"$output"
}

@test "proxies: a wrong TRUSTED_PROXIES is told with what would be right, and nothing starts" {
    local row
    local rows=("proxy.example.org|without names" "192.0.2.7:80|without names and ports" "10.0.0.1/8|write 10.0.0.0/8"
        "192.0.2.7,0.0.0.0/0|strangers" "::/0|strangers" "::ffff:192.0.2.7|write 192.0.2.7" ",|a comma-separated list"
        "unix:/run/proxy.sock|or unix:" "10.0.0.0/33|addresses and networks" "default|networks" '192.0.2.7;|networks')
    for row in "${rows[@]}"; do
        run "${CLEAN[@]}" "TRUSTED_PROXIES=${row%|*}" "$ROOT/scripts/render-nginx" "$BATS_TEST_TMPDIR/wrong"
        expect_equal "status of $row" "$status" 2
        [[ $output == *TRUSTED_PROXIES*"${row#*|}"* ]] || fail "row $row: $output"
        [[ ! -e $BATS_TEST_TMPDIR/wrong ]] || fail "row $row: something was written"
    done
}
