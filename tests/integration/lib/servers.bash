# shellcheck shell=bash
# Apache and lighttpd of the system, each with the sample configuration of docs/servers and a site of files and a program.
# All below $SITE; the port is in SERVER_PORT.

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
    export SITE SERVER_PORT
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

check_claims() {
    local header
    for header in 'Remote-User: root' 'Remote_User: root' 'X-Forwarded-User: root' 'X-WebAuth-User: root' \
        'X_Auth_Request_User: root' 'Authorization: Basic cm9vdDp4'; do
        page GET /app/show.cgi "${both[@]}" -H "$header"
        [[ $body != *root* ]] || fail "$header: $body" || return
        [[ $status == 403 || $body == *"REMOTE_USER=$name"* ]] || { show_answer; fail "$header"; } || return
        page GET /app/show.cgi -H "$header"
        expect_status 401 || return
    done
    page GET /app/show.cgi "${both[@]}" -H 'Remote-User: root'
    expect_status 403
    page GET /staff/deep/secret.txt "${both[@]}" -H 'Required-Group: *' -H 'Fcgi-Apache-Role: AUTHENTICATOR' -H 'Question: x'
    expect_status 403
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
