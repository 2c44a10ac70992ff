#!/usr/bin/env bats
# Where nginx listens, under which hosts it answers, and how it counts the connections and requests of an address.

setup_file() {
    load lib/common
    stack_new
    stack_up PUBLIC_URL=http://auth.example.org REDIRECT_HOSTS=app.example.net:8443,.wiki.example.net,my_app.example.net \
        SERVED_HOSTS=api.example.org,.tenants.example.org,in_side.example.org CORS_ORIGINS=http://my_pages.example.org HSTS='max-age=60; includeSubDomains' ADDRESS_CONNECTIONS=5
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

@test "hosts: only those of PUBLIC_URL, of this machine and of SERVED_HOSTS are answered, any other gets 421" {
    new_user
    local host path
    for host in auth.example.org AUTH.Example.Org auth.example.org. "auth.example.org:$PORT" auth.example.org:9 localhost \
        "localhost:$PORT" 127.0.0.1 127.8.9.1:80 '[::1]' "[::1]:$PORT" api.example.org a.tenants.example.org a.b.tenants.example.org \
        in_side.example.org my_team.tenants.example.org; do
        call GET /content -H "Host: $host" -b "access_token=$access"
        expect_success 200 || fail "$host"
        call GET /login -H "Host: $host"
        expect_status 200 || fail "$host"
    done
    for host in evil.test localhost.evil.test auth.example.org.evil.test xauth.example.org example.org app.example.net \
        a.wiki.example.net tenants.example.org xtenants.example.org api.example.org.x 127.0.0.1.evil.test 203.0.113.7 \
        '[2001:db8::1]' '[::2]' x _ app.localhost; do
        call GET /content -H "Host: $host" -b "access_token=$access"
        expect_problem 421 misdirected_request || fail "$host"
    done
    for path in /login /account / /assets/session.js /none /health /verify; do
        call GET "$path" -H "Host: evil.test" -b "access_token=$access"
        expect_problem 421 misdirected_request || fail "$path"
        expect_common_headers || fail "$path"
    done
    for path in /demo/ /demo/staff /demo/headers; do
        call GET "$path" -H "Host: evil.test" -b "access_token=$access"
        expect_status 421 || fail "$path"
    done
    call OPTIONS /login -H 'Host: evil.test' -H 'Origin: http://localhost:3000' -H 'Access-Control-Request-Method: POST'
    expect_problem 421 misdirected_request
    api POST /register "$(registration "no-$name")" -H 'Host: evil.test'
    expect_problem 421 misdirected_request
    expect_match "what to do" "$(json .detail)" 'PUBLIC_URL.*LISTEN.*SERVED_HOSTS'
    sql_is "select count(*) from users where username = 'no-$name'" 0
}

@test "hosts: a name with an underscore, as networks have them, is a host like any other" {
    new_user
    local back=https://my_app.example.net/x
    api POST /login "$(jq -c --arg redirect "$back" '.redirect = $redirect' <<<"$(credentials "$name")")" -H 'Host: in_side.example.org'
    expect_success 200
    expect_json .redirect "$back"
    call GET /verify -H 'Host: my_app.example.net' -H "X-Original-URL: $back" -H 'Accept: text/html'
    expect_problem 401 unauthorized
    expect_header_match Location 'rd=https%3A%2F%2Fmy_app.example.net%2Fx$'
    call OPTIONS /login -H 'Origin: http://my_pages.example.org' -H 'Access-Control-Request-Method: POST'
    expect_header Access-Control-Allow-Origin http://my_pages.example.org
}

@test "hosts: people who come to a foreign host get a page, and programs a problem" {
    local path how method
    for path in /login / /none /content /health; do
        for how in 'Accept: text/html,*/*;q=0.8' 'Sec-Fetch-Mode: navigate'; do
            for method in GET POST; do
                call "$method" "$path" -H 'Host: evil.test' -H "$how"
                expect_status 421 || fail "$method $path $how"
                expect_header Content-Type 'text/html; charset=utf-8'
                expect_common_headers
                expect_match text "$body" 'Nothing is served under this name.*LISTEN.*SERVED_HOSTS'
                expect_header_match Content-Security-Policy "^default-src 'none'; style-src 'sha256-"
            done
        done
        for how in 'Accept: */*' 'Sec-Fetch-Mode: cors' 'X-Requested-With: XMLHttpRequest'; do
            call GET "$path" -H 'Host: evil.test' -H "$how"
            expect_problem 421 misdirected_request || fail "$path $how"
        done
    done
    call GET /login -H 'Host: localhost' -H 'Sec-Fetch-Mode: navigate'
    expect_status 200
}

@test "hosts: the host counts that nginx takes, in an absolute address of the request too, and none in HTTP/1.0" {
    local end='\r\nConnection: close\r\n\r\n'
    raw < <(printf 'GET http://evil.test/health HTTP/1.1\r\nHost: localhost%b' "$end")
    expect_problem 421 misdirected_request
    raw < <(printf 'GET http://localhost/health HTTP/1.1\r\nHost: evil.test%b' "$end")
    expect_status 200
    raw < <(printf 'GET /health HTTP/1.0\r\n\r\n')
    expect_status 200
    call GET /health -H 'Host: evil.test' -H 'X-Forwarded-Host: localhost' -H 'Forwarded: host=localhost'
    expect_problem 421 misdirected_request
}

@test "hosts: a health check may ask at any address, a gateway in the name of a site to which the login leads back" {
    new_user
    local host
    for host in 203.0.113.7 203.0.113.7:8080 '[2001:db8::1]'; do
        call GET /health -H "Host: $host"
        expect_success 200 || fail "$host"
        call GET /ready -H "Host: $host"
        expect_success 200 || fail "$host"
        call GET /verify -H "Host: $host" -b "access_token=$access"
        expect_problem 421 misdirected_request || fail "$host"
    done
    for host in app.example.net a.wiki.example.net; do
        call GET /verify -H "Host: $host" -b "access_token=$access"
        expect_success 200 || fail "$host"
        call GET /content -H "Host: $host" -b "access_token=$access"
        expect_problem 421 misdirected_request || fail "$host"
    done
    call GET /health -H 'Host: evil.test'
    expect_problem 421 misdirected_request
    call GET /verify -H 'Host: evil.test' -b "access_token=$access"
    expect_problem 421 misdirected_request
}

# listeners PORT: the addresses on which somebody listens, as the kernel writes them.
listeners() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$1")" \
        '$4 == "0A" && substr($2, length($2) - 4) == port { print substr($2, 1, length($2) - 5) }' | sort -u | xargs
}

@test "listen: by default only programs on this host reach it, at both loopback addresses" {
    local expected='0100007F' v6=00000000000000000000000001000000
    if grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null; then
        expected=$(printf '%s\n' "$v6" "$expected" | sort | xargs)
        expect_equal "over IPv6" "$(curl -s -o /dev/null -w '%{http_code}' "http://[::1]:$PORT/health")" 200
    fi
    expect_equal listeners "$(listeners "$PORT")" "$expected"
    expect_equal "over IPv4" "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/health")" 200
}

# rendered SETTING...: the configuration of an instance with these settings, in $RENDERED, which the user of nginx can
# enter; sets status and output.
rendered() {
    RENDERED=$STACK/rendered
    rm -rf "$RENDERED"
    mkdir -p "$RENDERED/sockets"
    run "${CLEAN[@]}" RUN_DIR="$RENDERED" ENV_FILE="$STACK/env" PORT="$PORT" "$@" "$ROOT/scripts/render-nginx"
}

listen_lines_are() {
    [[ $status == 0 ]] || fail "$output" || return
    expect_equal "listen lines" "$(sed -nE '/unix/d; s/^ *listen ([^ ;]+).*/\1/p' "$RENDERED/nginx/nginx.conf" | xargs)" "$1"
}

@test "listen: LISTEN names other addresses, which are then hosts of the service" {
    rendered LISTEN=127.0.0.1
    listen_lines_are "127.0.0.1:$PORT"
    rendered LISTEN='0.0.0.0, ::'
    if grep -qs . /proc/net/if_inet6; then
        listen_lines_are "0.0.0.0:$PORT [::]:$PORT"
    fi
    rendered LISTEN=127.0.0.1,192.0.2.7 || true # nginx may refuse an address that is not here
    grep -qF '"~^192\.0\.2\.7$" own;' "$RENDERED/nginx/sessiond/http.conf"
    local wrong
    for wrong in localhost 127.0.0.1:80 '[::1]' 256.1.1.1 '*'; do
        rendered LISTEN="$wrong"
        [[ $status != 0 && $output == *LISTEN*"$wrong"*"must be"* ]] || fail "$wrong: $output"
    done
}

@test "hosts: HSTS is what the setting says, over TLS only, and never for subdomains by itself" {
    call GET /health
    expect_header Strict-Transport-Security ''
    grep -qF 'on "max-age=60; includeSubDomains";' "$RUN_DIR/nginx/sessiond/http.conf"
    rendered
    grep -qF 'on "max-age=31536000";' "$RENDERED/nginx/sessiond/http.conf"
    rendered HSTS=off
    grep -qF 'on "";' "$RENDERED/nginx/sessiond/http.conf"
    local wrong
    rendered HSTS='max-age=31536000; includeSubDomains; preload'
    grep -qF 'on "max-age=31536000; includeSubDomains; preload";' "$RENDERED/nginx/sessiond/http.conf"
    for wrong in 'max-age=31536000; preload' 'max-age=31535999; includeSubDomains; preload' on 'max-age=x' 'includeSubDomains' 'max-age=1; "' 'max-age=1;includeSubDomains'; do
        rendered HSTS="$wrong"
        [[ $status != 0 && $output == *HSTS*"must be"* ]] || fail "$wrong: $output"
    done
}

# start_proxied [RULES]: a second nginx with the rendered parts, which takes the client's address from X-Real-IP, has a
# port with TLS, and these rules in its server.
start_proxied() {
    local port user='' rules=${1-}
    ((EUID != 0)) || user='user www-data;'
    free_port
    PROXIED=$STACK/proxied PROXIED_PORT=$port
    mkdir -p "$PROXIED"
    free_port
    TLS_PORT=$port
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -keyout "$PROXIED/tls.key" -out "$PROXIED/tls.crt" 2>/dev/null
    "${CLEAN[@]}" LOGIN_RATE=1 "$ROOT/scripts/render-nginx" "$PROXIED"
    cat >"$PROXIED/nginx.conf" <<CONF
$user
pid "$PROXIED/nginx.pid";
error_log "$PROXIED/error.log" notice;
daemon off;
events {}
http {
    include sessiond/http.conf;
    access_log off;
    client_body_temp_path "$PROXIED/body";
    fastcgi_temp_path "$PROXIED/fastcgi";
    proxy_temp_path "$PROXIED/proxy";
    scgi_temp_path "$PROXIED/scgi";
    uwsgi_temp_path "$PROXIED/uwsgi";
    server {
        listen 127.0.0.1:$PROXIED_PORT;
        listen 127.0.0.1:$TLS_PORT ssl;
        ssl_certificate "$PROXIED/tls.crt";
        ssl_certificate_key "$PROXIED/tls.key";
        set_real_ip_from 127.0.0.1;
        include sessiond/server.conf;
        $rules
    }
}
CONF
    nginx -p "$PROXIED" -e "$PROXIED/error.log" -c "$PROXIED/nginx.conf" >"$PROXIED/nginx.log" 2>&1 </dev/null 3>&- 4>&- &
    PROXIED_PID=$!
    wait_until 10 proxy_answers
}

proxy_answers() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PROXIED_PORT/health") == 200 ]]
}

after_each() {
    release_connections
    if [[ -n ${PROXIED_PID-} ]]; then
        kill -TERM "$PROXIED_PID"
        wait_until 10 dead "$PROXIED_PID"
    fi
}

@test "pages: are there although the site has forbidden links" {
    start_proxied 'disable_symlinks on;'
    local path
    for path in /login /assets/style.css /ready; do
        expect_equal "$path" "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PROXIED_PORT$path")" 200
    done
}

# login_from ADDRESS [NUMBER]: the status of so many logins, one after the other over one connection.
login_from() {
    curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' -d '{"username":"nobody","password":"x"}' \
        -H "X-Real-IP: $1" "http://127.0.0.1:$PROXIED_PORT/login?[1-${2-1}]"
}

# refused_from ADDRESS NUMBER: so many logins are too many. A bucket takes five at once, and one more each second.
refused_from() {
    login_from "$@" | grep -qx 429 || fail "$1 was never limited"
}

@test "limits: each IPv4 address has a bucket of its own, also where it is written as an IPv6 address" {
    start_proxied
    local written
    # As a socket for both kinds of address gives it, and as a translator does.
    for written in ::ffff:192.0.2. 64:ff9b::198.51.100.; do
        refused_from "${written}1" 30
        expect_equal "its neighbour" "$(login_from "${written}2")" 401
        refused_from "${written##*:}1" 3
    done
    # A network of IPv6 has one bucket.
    refused_from 2001:db8::1 30
    refused_from 2001:db8::2 3
    expect_equal "another network" "$(login_from 2001:db8:0:1::1)" 401
    # What looks like the second, but has another prefix.
    refused_from 64:ff9b:0:1::203.0.113.1 30
    expect_equal "the IPv4 address of the same end" "$(login_from 203.0.113.1)" 401
}

@test "tls: HSTS, and at the end of a session no pages prepared in advance, but nothing that others keep" {
    start_proxied
    local row answer
    for row in 'POST /logout' 'DELETE /sessions?all=true' 'DELETE /delete' 'DELETE /sessions/ID' 'POST /logout again' 'DELETE /sessions'; do
        [[ $row == *again ]] || new_user
        [[ $row != *again ]] || api POST /logout '' "${both[@]}"
        answer=$(sed "s/ID/$session_id/; s/ again//" <<<"${row#* }")
        answer=$(curl -s -o /dev/null -D - -k -X "${row%% *}" "${both[@]}" "https://127.0.0.1:$TLS_PORT$answer")
        grep -qi '^strict-transport-security: max-age=31536000.$' <<<"$answer" || fail "$row: $answer"
        case $row in
            *again) grep -q ' 401' <<<"$answer" && refute grep -qi '^clear-site-data' <<<"$answer" || fail "$row: $answer" ;;
            *sessions) grep -q ' 200' <<<"$answer" && refute grep -qi '^clear-site-data' <<<"$answer" || fail "$row: $answer" ;;
            *) grep -qi '^clear-site-data: "prefetchCache", "prerenderCache".$' <<<"$answer" || fail "$row: $answer" ;;
        esac
    done
    new_user
    api POST /logout '' "${both[@]}"
    expect_success 200
    expect_header Clear-Site-Data ''
}

# plain PATH CURL-OPTION...: a request without TLS to the port that speaks TLS.
plain() {
    local path=$1
    shift
    PORT=$TLS_PORT call GET "$path" "$@"
}

@test "tls: whoever leaves it out gets a page, and a program a problem" {
    start_proxied
    local how path
    for path in / /login '/login?rd=x' /nowhere /content; do
        for how in 'Accept: text/html,*/*;q=0.8' 'Sec-Fetch-Mode: navigate'; do
            plain "$path" -H "$how"
            expect_small_page 400 'speaks TLS only' || fail "$path $how"
            expect_match link "$body" "<a href=\"https://127\\.0\\.0\\.1:$TLS_PORT/\" *>"
        done
        for how in 'Accept: */*' 'Sec-Fetch-Mode: cors' 'X-Requested-With: XMLHttpRequest'; do
            plain "$path" -H "$how"
            expect_problem 400 bad_request || fail "$path $how"
            expect_match detail "$(json .detail)" TLS
        done
    done
    plain '/content?a="><b>' -H 'Accept: text/html'
    expect_small_page 400 'speaks TLS only'
    # Under a host that is not the service's own, nothing leads on.
    plain /login -H 'Host: other.example.org' -H 'Accept: text/html'
    expect_small_page 400 'speaks TLS only'
    [[ $body != *href* ]] || fail "$body"
}

# hold_connections COUNT BYTES: opens them, sends these bytes on each, and leaves it at that.   release_connections
hold_connections() {
    "$PYTHON" "$LIB/hold_open.py" "$PORT" "$@" >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- 4>&- &
    HOLDER=$!
    wait_until 60 grep -q open "$BATS_TEST_TMPDIR/held"
}

release_connections() {
    [[ -n ${HOLDER-} ]] || return 0
    kill "$HOLDER" || true
    wait "$HOLDER" || true
    HOLDER=
}

@test "limits: one address has no more requests under way at once than ADDRESS_CONNECTIONS" {
    hold_connections 5 $'POST /refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{'
    call GET /health
    expect_problem 429 too_many_attempts
    expect_header Retry-After 1
    expect_common_headers
    call GET /login -H 'Sec-Fetch-Mode: navigate'
    expect_small_page 429 'Too many requests'
    expect_header Retry-After 1
    call GET /health --interface 127.0.0.2
    expect_success 200
    release_connections
    wait_until 10 health_is 200
}

health_is() {
    call GET /health
    [[ $status == "$1" ]]
}

@test "limits: 8,400 half requests of one address keep nobody else out" {
    (($(ulimit -Hn) >= 9000)) || [[ $(ulimit -Hn) == unlimited ]] || skip "this user may not open 8,400 connections"
    hold_connections 8400 $'GET /health HTTP/1.1\r\nHost: localhost\r\nX: '
    # Sooner than nginx ends the first of them, after ten seconds.
    expect_equal "the answer to another address" \
        "$(curl -s -o /dev/null -m 8 -w '%{http_code}' --interface 127.0.0.2 "http://127.0.0.1:$PORT/health" || true)" 200
}

@test "hosts: with the rule of docs/nginx.md only this host makes accounts, and with one like it deletes them" {
    local rule path
    rule=$(sed -n '/^    location = \/register {/,/^    }/p' "$ROOT/docs/nginx.md")
    [[ -n $rule ]]
    start_proxied "$rule ${rule/register/delete}"
    local PORT=$PROXIED_PORT
    for path in /register //register /%72egister /x/../register; do
        api POST "$path" "$(registration closed)" -H "X-Real-IP: 192.0.2.1"
        expect_problem 403 forbidden || fail "$path"
    done
    sql_is "select count(*) from users where username = 'closed'" 0
    new_user
    call DELETE /delete -b "access_token=$access" -H "X-Real-IP: 192.0.2.1"
    expect_problem 403 forbidden
    call DELETE /delete -b "access_token=$access"
    expect_success 200
    call GET /register
    expect_status 200
}
