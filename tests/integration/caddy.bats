#!/usr/bin/env bats
# Guarded sites of servers that ask by HTTP: the sample docs/servers/Caddyfile in Debian's Caddy, and the questions that
# Traefik asks as its documentation describes forwardAuth. The instance trusts 127.0.0.1 alone.

load lib/common
load lib/servers

setup_file() {
    stack_new
    stack_up TRUSTED_PROXIES=127.0.0.1 REDIRECT_HOSTS=.example.org
    site_new
    application_start
    caddy_start
}

teardown_file() {
    server_stop
    application_stop
    stack_down
}

# The site of the sample, with files beside the application.
SITE_OF_TEST='handle /staff* {
        import sessiond staff
        import pages
    }
    handle /both* {
        import sessiond "wheel staff"
        import pages
    }
    handle /unsaid* {
        import sessiond
        import pages
    }
    handle /proxied/open* {
        import sessiond-open
        import pages
    }
    handle {
        import sessiond *
        import pages
    }'

# caddy_start [SCRIPT]: with what sed's SCRIPT changes in the sample.
# shellcheck disable=SC2120
caddy_start() {
    sample Caddyfile "s#127.0.0.1:880\b#127.0.0.1:$PORT#; /^app.example.org {/,\$d; ${1-}"
    cat >"$SITE/Caddyfile.test" <<TEXT
{
    admin off
    auto_https off
    servers {
        protocols h1 h2c
    }
}
(pages) {
    @application path /app/* /proxied/*
    reverse_proxy @application 127.0.0.1:$APPLICATION_PORT
    root * $SITE/www
    file_server
}
import $SITE/Caddyfile
http://:$SERVER_PORT {
    bind 127.0.0.1
    $SITE_OF_TEST
}
TEXT
    server_start env "HOME=$SITE/run" "XDG_DATA_HOME=$SITE/run" "XDG_CONFIG_HOME=$SITE/run" \
        caddy run --adapter caddyfile --config "$SITE/Caddyfile.test"
}

setup() {
    new_user
}

# told [CURL-OPTION...]: what the application is told.
told() {
    page GET /proxied/x "${both[@]}" "$@"
}

@test "caddy: a page load leads to the login and back, all else gets 401" {
    check_page_loads
    page GET '/staff/x?a=b' -H 'Host: app.example.org' -H 'Sec-Fetch-Mode: navigate'
    expect_status 302
    expect_header Location "http://localhost:$PORT/login?rd=http%3A%2F%2Fapp.example.org%2Fstaff%2Fx%3Fa%3Db"
    page GET /x -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: iframe'
    expect_status 401
}

# shellcheck disable=SC2154 # name is of new_user
@test "caddy: whoever is signed in gets the page, and the application is told who it is, and no token" {
    sql "update users set groups = '{wheel}' where user_id = $user_id"
    page GET /secret.txt "${both[@]}"
    expect_status 200
    expect_equal body "$body" 'the secret page'
    expect_header Remote-User ''
    page GET /proxied/x -H "Cookie: site=1; access_token=$access;refresh_token=$refresh; other_token=2; device_token=x"
    expect_status 200
    expect_match told "$body" "HTTP_REMOTE_USER=$name"$'\n'
    expect_match told "$body" $'HTTP_REMOTE_NAME=Test User\n'
    expect_match told "$body" $'HTTP_REMOTE_GROUPS=wheel\n'
    expect_match "the cookies" "$body" $'HTTP_COOKIE=site=1; other_token=2\n'
    page GET /proxied/x -H "Cookie: access_token=$access; site=1"
    expect_match "the cookies" "$body" $'HTTP_COOKIE=site=1\n'
    page GET /proxied/x -H "Cookie: x=1" -H "Cookie: access_token=$access; access_token=$access"
    [[ $body != *"$access"* ]] || fail "$body"
    page GET /proxied/x -H "Cookie: access_token=$access; "$'\xa0'"refresh_token=$refresh"
    [[ $body != *"$refresh"* ]] || fail "$body"
    page GET /proxied/x -H "Authorization: Bearer $access"
    expect_status 200
    expect_match told "$body" "HTTP_REMOTE_USER=$name"$'\n'
    [[ $body != *"$access"* ]] || fail "$body"
    page GET /secret.txt -H "Authorization: Bearer $refresh" "${both[@]}"
    expect_status 401
    page GET /secret.txt -H 'Authorization: Basic cm9vdDp4' "${both[@]}"
    expect_status 403
}

@test "caddy: a part of the site is for a group or for one of two, in whatever way its path is written" {
    mkdir -p "$SITE/www/both" "$SITE/www/unsaid"
    cp "$SITE/www/secret.txt" "$SITE/www/both"
    cp "$SITE/www/secret.txt" "$SITE/www/unsaid"
    check_groups
    page GET /both/secret.txt "${both[@]}"
    expect_status 403
    expect_json .code group_required
    sql "update users set groups = '{staff}' where user_id = $user_id"
    page GET /both/secret.txt "${both[@]}"
    expect_status 200
    page GET /both/secret.txt
    expect_status 401
}

@test "caddy: a site of which it is not said for whom it is lets nobody in" {
    page GET /unsaid/secret.txt "${both[@]}"
    expect_status 500
    has_event guard_misplaced
}

# Of the names in nginx/guard-headers.txt, 85 at once, each with root as its value.
check_names() {
    local at options spelling
    for ((at = 0; at < ${#names[@]}; at += 85)); do
        options=()
        for spelling in "${names[@]:at:85}"; do options+=(-H "$spelling: root"); done
        told "${options[@]}" "$@"
        expect_status 200 || return
        expect_match told "$body" "HTTP_REMOTE_USER=$name"$'\n' || return
        [[ $body != *root* ]] || { show_answer; fail "reached the application"; } || return
    done
}

@test "caddy: nothing that a client says of itself reaches the application" {
    local names sign line
    mapfile -t names < <(odd_names)
    check_names
    check_names --http2-prior-knowledge
    mapfile -t names < <(sed -nE 's/^([A-Z][A-Za-z-]*)$/\1/p' "$ROOT/nginx/guard-headers.txt")
    check_names
    # These the sample takes away, or the guard refuses the request.
    while read -r line; do
        check_claim /proxied/x "HTTP_REMOTE_USER=$name" -H "$line: root" || return
    done < <(sed -nE 's/^!+([A-Za-z-]*).*/\1/p' "$ROOT/nginx/guard-headers.txt")
    for sign in . '!' '#' '$' '%' '&' "'" '*' + '^' '`' '|' '~'; do
        told -H "Remote${sign}User: root"
        expect_status 200
        [[ $body != *root* ]] || { show_answer; fail "Remote${sign}User"; }
    done
}

# Some versions of Caddy keep a client's header for which the guard says nothing; this is the guard's own refusal.
@test "caddy: a header that the guard does not say does not stay as the client says it" {
    server_stop
    caddy_start '/request_header -/d; s/copy_headers .*/copy_headers Remote-User/'
    told -H 'Remote-Groups: root'
    expect_status 403
    has_event claim_refused '.detail == "HTTP_REMOTE_GROUPS"'
    server_stop
    caddy_start 's/copy_headers .*/copy_headers Remote-User Remote-Email/'
    told -H 'Remote-Email: root' -H 'Remote_Email: root'
    expect_status 200
    [[ $body != *root* ]] || { show_answer; fail "reached the application"; }
}

@test "caddy: what a client says of its connection takes nothing away that the application is told" {
    local header
    for header in 'Connection: Remote-User' 'Connection: close, Remote-User' 'Connection: Cookie, X-Forwarded-Uri' \
        'Proxy-Connection: Remote-User' 'Keep-Alive: Remote-User' 'Trailer: Remote-User'; do
        told -H "$header"
        expect_status 200
        expect_match told "$body" "HTTP_REMOTE_USER=$name"$'\n'
    done
}

@test "caddy: by a way that is open on purpose everybody gets in, and the application is told nobody and no token" {
    local names kinds=(-H 'X-Api-Key: 1' -H "Cookie: site=1; access_token=$access; refresh_token=$refresh")
    open_way() { page GET /proxied/open/x "$@"; }
    open_way "${kinds[@]}" -H "Authorization: Bearer $access"
    expect_status 200
    expect_match told "$body" $'HTTP_COOKIE=site=1\n'
    [[ $body != *"$access"* && $body != *"$refresh"* ]] || { show_answer; fail "a token reached the application"; }
    open_way -H 'Authorization: Bearer of-the-application'
    expect_match told "$body" $'HTTP_AUTHORIZATION=Bearer of-the-application\n'
    mapfile -t names < <(odd_names; sed -nE 's/^!*([A-Z][A-Za-z0-9-]*)( .*)?$/\1/p' "$ROOT/nginx/guard-headers.txt" |
        grep -vxE 'Cookie|Authorization')
    ((${#names[@]} > 200))
    local at options name
    for ((at = 0; at < ${#names[@]}; at += 85)); do
        options=()
        for name in "${names[@]:at:85}"; do options+=(-H "$name: root"); done
        open_way "${options[@]}"
        expect_status 200
        [[ $body != *root* ]] || { show_answer; fail "reached the application"; }
    done
    PAGE_PATH=/proxied/open/x check_no_http2
}

@test "traefik: the sample takes away each name that the guard knows" {
    local name
    while read -r name; do
        grep -qx " *$name: \"\"" "$ROOT/docs/servers/traefik.yml" || fail "no $name"
    done < <(sed -nE 's/^!*([A-Z][A-Za-z0-9-]*)( .*)?$/\1/p' "$ROOT/nginx/guard-headers.txt" |
        grep -vxE 'Cookie|Authorization|X-Forwarded-(For|Host|Port|Proto|Server)|X-Real-IP')
}

@test "caddy: a client cannot change to HTTP/2 with the application, whatever else it asks for" {
    check_no_http2
}

@test "caddy: a client cannot describe its request in other words" {
    local forged=(-H 'X-Forwarded-Method: GET' -H 'X-Forwarded-Uri: /secret.txt' -H 'X-Forwarded-Host: app.example.org'
        -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-For: 192.0.2.9' -H 'X-Original-URL: https://app.example.org/other'
        -H 'X-Original-Method: GET')
    page GET /proxied/x "${forged[@]}" -H 'Sec-Fetch-Mode: navigate'
    expect_status 302
    expect_header Location "http://localhost:$PORT/login?rd=http%3A%2F%2F127.0.0.1%3A$SERVER_PORT%2Fproxied%2Fx"
    page POST /proxied/x "${forged[@]}" -H 'Sec-Fetch-Mode: navigate'
    expect_status 401
    page GET /staff/deep/secret.txt "${both[@]}" "${forged[@]}" -H 'Required-Group: *'
    expect_status 403
    page GET '/staff/deep/secret.txt?group=*' "${both[@]}"
    expect_status 403
    told "${forged[@]}"
    expect_status 200
    expect_match told "$body" $'HTTP_X_FORWARDED_FOR=127.0.0.1\n'
}

@test "caddy: a body arrives whole behind the guard" {
    check_bodies
    check_bodies --http2-prior-knowledge
}

@test "caddy: a WebSocket passes the guard" {
    check_websocket
}

@test "caddy: nobody gets in while the service is away" {
    server_stop
    caddy_start "s#127.0.0.1:$PORT#127.0.0.1:9#"
    page GET /secret.txt "${both[@]}"
    expect_status 502
    [[ $body != *'secret page'* ]]
}

# ask METHOD URL [CURL-OPTION...]: as Traefik asks, by GET under the host of `address`, about a request to this URL.
ask() {
    local rest=${2#*://}
    call GET "$ADDRESS" -H "X-Forwarded-Method: $1" -H "X-Forwarded-Proto: ${2%%://*}" -H "X-Forwarded-Host: ${rest%%/*}" \
        -H "X-Forwarded-Uri: /${rest#*/}" -H 'X-Forwarded-For: 192.0.2.9' "${@:3}"
}

@test "forwarded: Traefik is answered for its visitor: the headers, the way to the login, 401 and 403" {
    local ADDRESS=/verify url='https://app.example.org/x?a=b&c=d%20e' navigation=(-H 'Sec-Fetch-Mode: navigate')
    ask GET "$url" "${both[@]}"
    expect_status 200
    expect_header Remote-User "$name"
    expect_header X-Auth-Request-User "$name"
    expect_no_cookies
    ask GET "$url" "${navigation[@]}"
    expect_status 302
    expect_header Location "http://localhost:$PORT/login?rd=https%3A%2F%2Fapp.example.org%2Fx%3Fa%3Db%26c%3Dd%2520e"
    expect_header Cache-Control no-store
    expect_header X-Sessiond-Refusal ''
    ask POST "$url" "${navigation[@]}"
    expect_problem 401 unauthorized
    expect_header Location ''
    expect_header X-Sessiond-Way ''
    ask GET "$url" -H 'Accept: application/json'
    expect_problem 401 unauthorized
    ask GET "wss://app.example.org/x" -H 'Accept: text/html'
    expect_header_match Location 'rd=https%3A%2F%2Fapp.example.org%2Fx$'
    ADDRESS=/verify/staff
    ask GET "$url" "${both[@]}" "${navigation[@]}"
    expect_problem 403 group_required
    expect_header X-Sessiond-Person ''
    ask GET "$url" -H 'Remote-User: root' "${both[@]}"
    expect_problem 403 forbidden
    sql "update users set groups = '{staff}' where user_id = $user_id"
    ask GET "$url" "${both[@]}"
    expect_status 200
    expect_header Remote-Groups staff
    # Under the host of the site, as Caddy asks, and by another method of the question.
    ask GET "$url" "${both[@]}" -H 'Host: app.example.org'
    expect_status 200
    ask POST "$url" "${both[@]}" -X POST
    expect_status 200
}

@test "forwarded: for whom a page is stands in the path of the question, and what names no group lets nobody in" {
    local ADDRESS row
    sql "update users set groups = '{staff}' where user_id = $user_id"
    for row in '/verify 200' '/verify/* 200' '/verify/staff 200' '/verify/wheel 403' '/verify/wheel%20staff 200' \
        '/verify/ 500' '/verify// 500' '/verify/%20 500' '/verify/staff/x 500' '/verify/staff,wheel 500' '/verify/** 500' \
        '/verify/*%20staff 500' '/verify/%0astaff 500' '/verify/st%C3%A4ff 500' '/verify?group=wheel 200' '/VERIFY 404' \
        '/verifyx 404'; do
        ADDRESS=${row% *}
        ask GET https://app.example.org/x "${both[@]}"
        expect_status "${row#* }" || fail "$row"
    done
}

@test "forwarded: who is not in TRUSTED_PROXIES is not believed, and lets nobody in" {
    local ADDRESS=/verify header other=(--interface 127.0.0.2)
    ask GET https://app.example.org/x "${both[@]}" "${other[@]}"
    expect_problem 403 forbidden
    expect_match detail "$(json .detail)" TRUSTED_PROXIES
    # As an nginx with the configuration of oauth2-proxy's manual asks, which describes nothing.
    call GET /verify "${both[@]}" "${other[@]}" -H 'X-Forwarded-Uri: /x'
    expect_status 200
    call GET /verify/staff "${both[@]}" "${other[@]}" -H 'X-Forwarded-Uri: /x'
    expect_problem 404 not_found
    header='X-Forwarded-Method: GET'
    call GET /verify "${both[@]}" "${other[@]}" -H "$header"
    expect_problem 403 forbidden
    call GET /verify/staff "${both[@]}" "${other[@]}" -H "$header"
    expect_problem 403 forbidden
    call GET /verify "${both[@]}" -H "$header" # without the rest
    expect_problem 403 forbidden
    call GET /content "${both[@]}" "${other[@]}" -H "$header" # another route does not look at it
    expect_status 200
    for header in 'X-Forwarded-Uri: @evil.test/' 'X-Forwarded-Uri: http://evil.test/'; do
        call GET /verify "${both[@]}" -H "$header" -H 'X-Forwarded-Method: GET' -H 'X-Forwarded-Host: app.example.org'
        expect_problem 403 forbidden
    done
    call GET /verify/staff "${both[@]}"
    expect_problem 404 not_found
    call GET /verify "${both[@]}" "${other[@]}" -H 'X-Forwarded-Host: app.example.org' -H 'X-Forwarded-Proto: https'
    expect_status 200
    ask GET https://app.example.org/x "${both[@]}" -H 'Host: evil.test'
    expect_problem 421 misdirected_request
}

@test "forwarded: the service speaks of TLS for its own host alone" {
    local ADDRESS=/verify tls=(-H 'X-Forwarded-Proto: https')
    call GET /verify "${tls[@]}"
    expect_header_match Strict-Transport-Security max-age
    ask GET https://app.example.org/x
    expect_header Strict-Transport-Security ''
}
