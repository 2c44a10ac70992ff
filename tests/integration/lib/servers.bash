# shellcheck shell=bash
# Apache and lighttpd of the system, each with the sample configuration of docs/servers and a site of files and a program.
# All below $SITE; the port is in SERVER_PORT. For the application at APPLICATION_PORT, the server is a proxy at /proxied.

# Each server runs without root. Where the tests are root, as SERVER_USER.
SERVER_USER=${SERVER_USER-www-data}
AS_NOBODY=()
((EUID != 0)) || AS_NOBODY=(setpriv --reuid "$SERVER_USER" --regid "$SERVER_USER" --clear-groups)

site_new() {
    local port
    SITE=$STACK/site
    mkdir -p "$SITE"/www/{staff/deep,health,app} "$SITE/run"
    free_port
    SERVER_PORT=$port
    until free_port && ((port != SERVER_PORT)); do :; done
    APPLICATION_PORT=$port
    export SITE SERVER_PORT APPLICATION_PORT
    echo 'the secret page' | tee "$SITE"/www/{secret.txt,staff/deep/secret.txt,health/index.html} >"$SITE/www/plain"
    cat >"$SITE/www/app/show.cgi" <<'TEXT'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
env | grep -E '^(REMOTE_(USER|NAME|GROUPS)|HTTP_(COOKIE|AUTHORIZATION|REMOTE_.*|X_AUTH_.*))='
printf 'BODY='
[ "$REQUEST_METHOD" != POST ] || exec sha256sum
TEXT
    chmod 755 "$SITE/www/app/show.cgi"
    ((EUID != 0)) || chown -R "$SERVER_USER" "$SITE"
}

application_start() {
    "$PYTHON" "$LIB/application.py" "$APPLICATION_PORT" >"$STACK/application.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/application.pid"
    wait_until 30 application_answers
}

application_answers() {
    curl -s -o /dev/null "http://127.0.0.1:$APPLICATION_PORT/"
}

application_stop() {
    kill -TERM "$(<"$STACK/application.pid")" 2>/dev/null || true
}

# sample NAME SCRIPT: the sample of docs/servers, with what sed's SCRIPT changes in it.
sample() {
    sed "$2" "$ROOT/docs/servers/$1" >"$SITE/$1"
}

# server_start COMMAND...: the server in the foreground of its own process.
server_start() {
    "${AS_NOBODY[@]}" "$@" >"$SITE/server.log" 2>&1 </dev/null 3>&- 4>&- &
    SERVER_PID=$!
    echo "$SERVER_PID" >"$SITE/server.pid" # for other tests of the file, which are processes of their own
    wait_until 30 server_answers || { cat "$SITE/server.log"; fail "$1 does not answer"; }
}

server_answers() {
    dead "$SERVER_PID" || curl -s -o /dev/null "http://127.0.0.1:$SERVER_PORT/"
}

server_stop() {
    local pid
    pid=$(cat "$SITE/server.pid" 2>/dev/null) || return 0
    kill -TERM "$pid" 2>/dev/null || true
    wait_until 10 dead "$pid"
}

# page METHOD PATH [CURL-OPTION...]: a call to the server, in place of the instance's nginx.
page() {
    PORT=$SERVER_PORT call "$@"
}

# What holds for the guard of each server.

check_page_loads() {
    local path
    for path in / /secret.txt '/app/show.cgi?a=b&c=d%20e' /plain /not-there /health/; do
        page GET "$path" -H 'Sec-Fetch-Mode: navigate'
        expect_status 302 &&
            expect_header Location "http://localhost:$PORT/login?rd=$(jq -rn --arg url "http://127.0.0.1:$SERVER_PORT$path" '$url | @uri')" &&
            expect_header Cache-Control no-store || return
        page GET "$path"
        expect_status 401 && expect_header_match WWW-Authenticate '^Bearer' || return
        [[ $body != *'secret page'* ]] || fail "$path: $body" || return
    done
    page POST /app/show.cgi -H 'Sec-Fetch-Mode: navigate' -d a=b
    expect_status 401 && expect_json .code unauthorized
}

check_identity() {
    page GET /app/show.cgi "${both[@]}" -H 'Sec-Fetch-Mode: navigate'
    expect_status 200 && expect_match "what the program is told" "$body" "REMOTE_USER=$name"$'\n' &&
        expect_match "what the program is told" "$body" "REMOTE_NAME=Test User"
    page GET /app/show.cgi -H "Authorization: Bearer $access"
    expect_status 200 && expect_match "what the program is told" "$body" "REMOTE_USER=$name"$'\n'
    page GET /secret.txt "${both[@]}"
    expect_status 200 && expect_equal body "$body" 'the secret page' && expect_header Content-Type text/plain &&
        expect_header Remote-User '' && expect_header Variable-REMOTE_USER ''
    page HEAD /secret.txt "${both[@]}"
    expect_status 200
    page GET /not-there "${both[@]}"
    expect_status 404
    page GET /app/show.cgi -H "Authorization: Bearer $refresh" "${both[@]}"
    expect_status 401
}

# Paths that name the same page in other ways, and those of the service's own routes.
check_groups() {
    local path
    for path in /staff/deep/secret.txt //staff/deep/secret.txt /staff/./deep/secret.txt /x/../staff/deep/secret.txt \
        /%73taff/deep/secret.txt /staff/deep/%2e/secret.txt; do
        page GET "$path" "${both[@]}" -H 'Sec-Fetch-Mode: navigate'
        [[ $status == 403 || $status == 40[04] ]] || { show_answer; fail "$path"; } || return
        [[ $body != *'secret page'* ]] || fail "$path: $body" || return
        page GET "$path" -H 'Sec-Fetch-Mode: navigate'
        [[ $body != *'secret page'* ]] || fail "$path, nobody: $body" || return
    done
    page GET /staff/deep/secret.txt "${both[@]}"
    expect_status 403
    page GET /health/ "${both[@]}"
    expect_status 200 && expect_equal body "$body" 'the secret page'
    sql "update users set groups = '{wheel,staff}' where user_id = $user_id"
    page GET /staff/deep/secret.txt "${both[@]}"
    expect_status 200
    sql "update users set groups = '{staffx,xstaff}' where user_id = $user_id"
    page GET /staff/deep/secret.txt "${both[@]}"
    expect_status 403
}

# What reaches a program by FastCGI or CGI, and what an application behind the server's proxy.
check_claims() {
    local header
    for header in 'Remote-User: root' 'Remote_User: root' 'X-Forwarded-User: root' 'X-WebAuth-User: root' \
        'X_Auth_Request_User: root' 'Authorization: Basic cm9vdDp4'; do
        check_claim /app/show.cgi "REMOTE_USER=$name" -H "$header" || return
        page GET /app/show.cgi -H "$header"
        expect_status 401 || return
    done
    page GET /app/show.cgi "${both[@]}" -H 'Remote-User: root'
    expect_status 403 || return
    page GET /staff/deep/secret.txt "${both[@]}" -H 'Required-Group: *' -H 'Fcgi-Apache-Role: AUTHENTICATOR' -H 'Question: x'
    expect_status 403
}

# check_claim PATH TEXT CURL-OPTION...: the request is refused, or gets the page, in which is the TEXT and no root.
check_claim() {
    local path=$1 text=$2
    shift 2
    page GET "$path" "${both[@]}" "$@"
    [[ $body != *root* ]] || { show_answer; fail "$*"; } || return
    [[ $status == 403 || $status == 200 && $body == *"$text"* ]] || { show_answer; fail "$*"; }
}

# spellings NAME: with each mix of "-" and "_" in place of its "-".
spellings() {
    local names=("${1%%-*}") rest=$1
    while [[ $rest == *-* ]]; do
        rest=${rest#*-}
        names=("${names[@]/%/-${rest%%-*}}" "${names[@]/%/_${rest%%-*}}")
    done
    printf '%s\n' "${names[@]}"
}

# odd_names: each name of nginx/guard-headers.txt in all spellings with an "_"; where REFUSED_NAMES is set, of those that
# the guard refuses.
odd_names() {
    local line
    sed -nE "s/^${REFUSED_NAMES+!}!*([A-Za-z][A-Za-z-]*)( .*)?\$/\1/p" "$ROOT/nginx/guard-headers.txt" | while read -r line; do
        spellings "$line" | grep _ || true # a name of one word has none
    done
}

# check_odd_names TEXT [CURL-OPTION...]: the application is told the TEXT, and nothing that a client says under other
# names that it takes for those of the guard; nor where a header follows that is empty, which hides them from Apache.
check_odd_names() {
    local text=$1 spelling options names at
    shift
    for spelling in Remote_User X-Forwarded_User REMOTE_user x_Remote-User Remote.User; do
        check_claim /proxied/x "$text" -H "$spelling: root" "$@" || return
        expect_status 403 || return
        check_claim /proxied/x "$text" -H "$spelling: root" -H 'X-Remote-User;' -H 'Odd-Header;' "$@" || return
        expect_status 403 || return
    done
    mapfile -t names < <(odd_names)
    for ((at = 0; at < ${#names[@]}; at += 85)); do
        options=()
        for spelling in "${names[@]:at:85}"; do options+=(-H "$spelling: root"); done
        check_claim /proxied/x "$text" "${options[@]}" "$@" -H 'Zz_Empty;' || return
    done
    check_claim /proxied/x "$text" -H 'A_Empty;' -H 'REMOTE_user: root' -H 'Remote_User: a' -H '_;' "$@"
}

# check_plain_names TEXT: nor under names that are not refused, as scripts of pages send them as well.
check_plain_names() {
    local options
    mapfile -t options < <(sed -nE 's/^([A-Z][A-Za-z-]*)$/-H\n\1: root/p' "$ROOT/nginx/guard-headers.txt")
    check_claim /proxied/x "$1" "${options[@]}"
    expect_status 200
}

# check_bodies [CURL-OPTION...]: a body arrives whole at the program behind the guard.
check_bodies() {
    local size sum
    for size in 1 8193 300000; do
        head -c "$size" /dev/urandom >"$BATS_TEST_TMPDIR/body"
        sum=$(sha256sum <"$BATS_TEST_TMPDIR/body")
        page POST /app/show.cgi "${both[@]}" --data-binary "@$BATS_TEST_TMPDIR/body" "$@"
        expect_status 200 && expect_match "the body" "$body" "BODY=$sum" || return
    done
}

# check_no_http2: at PAGE_PATH, or /proxied/x, whatever lines of Upgrade a client sends, the application changes to a WebSocket or not at all. (Apache
# itself has a client ask for several, and answers 502 when the application takes one of them.)
check_no_http2() {
    local row lines
    for row in h2c 'h2c|websocket' 'websocket|h2c' 'h2c, websocket' 'websocket, h2c' 'websocket|h2c|websocket'; do
        mapfile -t lines < <(tr '|' '\n' <<<"$row" | sed 's/^/Upgrade: /')
        page GET "${PAGE_PATH-/proxied/x}" "${both[@]}" -H 'Connection: Upgrade' -H 'HTTP2-Settings: AAMAAABkAAQAAP__' "${lines[@]/#/-H}"
        [[ $status == @(101|200|502) ]] || fail "$row: $status"
        [[ $status != 101 || $(header Upgrade) == websocket ]] || fail "$row: the change is to $(header Upgrade)"
    done
}

# check_websocket: one at /proxied/ is told who comes, and takes nobody without a session.
check_websocket() {
    local answer=$BATS_TEST_TMPDIR/answer
    printf '%s\r\n' 'GET /proxied/x HTTP/1.1' 'Host: localhost' 'Upgrade: websocket' \
        'Connection: keep-alive, Upgrade, Remote-User' "Cookie: access_token=$access" '' >"$BATS_TEST_TMPDIR/request"
    expect_equal status "$("$PYTHON" "$LIB/raw_http.py" "$SERVER_PORT" "$answer" <"$BATS_TEST_TMPDIR/request")" 101
    grep -qx "HTTP_REMOTE_USER=$name" "$answer.body"
    sed "s/$access/x/" "$BATS_TEST_TMPDIR/request" >"$BATS_TEST_TMPDIR/stranger"
    expect_equal status "$("$PYTHON" "$LIB/raw_http.py" "$SERVER_PORT" "$answer" <"$BATS_TEST_TMPDIR/stranger")" 401
}
