#!/usr/bin/env bats
# What the logs say and what they must never say: one JSON object a line, every event with its request id, and no
# password or token in any file that the service, nginx or PostgreSQL writes.

setup_file() {
    load lib/common
    stack_new
    stack_up LOG_LEVEL=debug LC_ALL=C.UTF-8
    # PostgreSQL shall tell everything that it is told.
    admin "alter system set log_statement = 'all'" >/dev/null
    admin "select pg_reload_conf()" >/dev/null
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

expect_event() {
    wait_until 5 has_event "$@"
}

# Everything at once: fills the logs with one of each event.
@test "logs: every event of the audit trail, with the id of its request" {
    local id first
    new_user
    id=$(header X-Request-Id)
    expect_event user_created ".request_id == \"$id\" and .user_id == \"$user_id\""
    expect_event session_created ".request_id == \"$id\" and .session_id == \"$session_id\" and .user_id == \"$user_id\""

    login "$name"
    id=$(header X-Request-Id)
    expect_event authn_login_success ".request_id == \"$id\" and .user_id == \"$user_id\" and .ip == \"127.0.0.1\""

    api POST /login "$(credentials "$name" "$OTHER_PASSWORD")"
    id=$(header X-Request-Id)
    expect_event authn_login_fail ".request_id == \"$id\""

    first=("${both[@]}")
    api POST /refresh '' "${both[@]}"
    id=$(header X-Request-Id)
    expect_event session_renewed ".request_id == \"$id\" and .session_id == \"$session_id\""
    keep_session
    api POST /refresh '' "${both[@]}"
    keep_session
    api POST /refresh '' "${first[@]}"
    id=$(header X-Request-Id)
    expect_event authn_token_reuse ".request_id == \"$id\" and .session_id == \"$session_id\" and .level == \"warning\""

    login "$name"
    api POST /logout '' "${both[@]}"
    id=$(header X-Request-Id)
    expect_event authn_token_revoked ".request_id == \"$id\" and .session_id == \"$session_id\""

    login "$name"
    api POST /change-password "{\"new_password\":\"$OTHER_PASSWORD\",\"current_password\":\"not it at all\"}" "${both[@]}"
    id=$(header X-Request-Id)
    expect_event authn_password_check_fail ".request_id == \"$id\" and .user_id == \"$user_id\""
    api POST /change-password "{\"new_password\":\"$OTHER_PASSWORD\",\"current_password\":\"$PASSWORD\"}" "${both[@]}"
    id=$(header X-Request-Id)
    expect_event authn_password_change ".request_id == \"$id\" and .user_id == \"$user_id\""

    api POST /logout '' "${both[@]}" -H 'Origin: https://evil.test'
    id=$(header X-Request-Id)
    expect_event malicious_csrf ".request_id == \"$id\" and .level == \"warning\""

    api POST /login '{"username":1}'
    id=$(header X-Request-Id)
    expect_event input_validation_fail ".request_id == \"$id\""

    api GET /none
    id=$(header X-Request-Id)
    expect_event request_refused ".request_id == \"$id\""

    api DELETE /delete '' "${both[@]}"
    id=$(header X-Request-Id)
    expect_event user_deleted ".request_id == \"$id\" and .user_id == \"$user_id\""

    expect_event service_start
    expect_event worker_start
    expect_event database_connected
}

@test "logs: every event that is logged stands in docs/operations.md" {
    new_user
    local event missing=
    while IFS= read -r event; do
        grep -qF -- "\`$event\`" "$ROOT/docs/operations.md" || missing+="$event "
    done < <(jq -rR 'fromjson? | .event' "$(service_log)" | sort -u)
    expect_equal missing "$missing" ''
}

@test "logs: what a client sends cannot break a line" {
    local text
    for text in 'a\u001b[31mred' 'a\r\n{\"event\":\"forged\"}' 'a\u0000b' 'a\u202eb' 'a\"b\\\\c' 'a\u0085b' 'x\ny'; do
        api POST /login "{\"username\":\"$text\",\"password\":\"x\"}" -A $'agent \e[31m \x01 "quoted" \\ \xff'
        api POST /register "{\"name\":\"$text\",\"username\":\"$text\",\"password\":\"x\"}"
        api POST /login "{\"$text\":\"x\"}"
    done
    api GET "/%0a%1b%5b31m%22%0d%0a" '' -H $'X-Thing: \e[31m'
    api GET "/none%7f%c2%85" '' -b $'access_token=\e[31m'
    api GET "/content" '' -H $'Authorization: Bearer \e[31m\x01'
    new_user
    api POST /login "$(credentials "$name")" -A $'\e[31mred\x07 \xff\xfe agent'
    expect_status 200
    refute has_event forged
    local file
    while IFS= read -r file; do
        ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$file" || fail "control characters in $file"
    done < <(find "$STACK" -name '*.log' -type f ! -path '*postgres*')
}

@test "logs: every line of the service is one JSON object with time, level and event" {
    new_user
    local log
    log=$(service_log)
    [[ -n $log ]]
    expect_equal "lines that are none" "$(jq -rR '. as $line | try (fromjson
        | if (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]+Z$"))
            and (.level | IN("debug", "info", "warning", "error")) and (.event | test("^[a-z_]+$"))
          then empty else $line end) catch $line' "$log" | head -n 5)" ''
}

@test "logs: no password and no token in any file" {
    local i secrets=("$PASSWORD" "$OTHER_PASSWORD")
    for i in 1 2 3; do
        new_user
        secrets+=("$access" "$refresh")
        api POST /refresh '' "${both[@]}"
        keep_session
        secrets+=("$access" "$refresh")
        api GET /content '' -H "Authorization: Bearer $access"
        api GET "/content?x=1" '' -b "access_token=$access"
        api POST /change-password "{\"new_password\":\"$OTHER_PASSWORD\",\"current_password\":\"$PASSWORD\"}" "${both[@]}"
        api POST /login "$(credentials "$name" "$PASSWORD x")"
        api POST /login "{\"username\":\"$name\",\"password\":\"$PASSWORD\""
        api POST /login "{\"username\":\"$name\",\"password\":\"$PASSWORD\",\"password\":\"$PASSWORD\"}"
        api POST /logout '' "${both[@]}" -H 'Origin: https://evil.test'
        api POST /refresh '' -b "refresh_token=$access"
        call POST /login -H 'Content-Type: application/json' --data-binary "$(printf '%s' "$PASSWORD" ; head -c 9000 /dev/zero | tr '\0' x)"
        api POST /logout '' "${both[@]}"
    done
    local secret file found=
    while IFS= read -r file; do
        for secret in "${secrets[@]}"; do
            if grep -qF -- "$secret" "$file"; then
                found+="$file has ${secret:0:6}...; "
            fi
        done
    done < <(find "$STACK" -type f ! -path '*/base/*' ! -path '*/pg_wal/*' ! -path '*/answer*')
    expect_equal "secrets in files" "$found" ''
    # The check can fail: the names are there.
    grep -rqF "$user_id" "$(service_log)"
}

@test "logs: a refused redirect is told with its host and the setting, without path and query" {
    new_user
    local id
    api POST /login "$(jq -nc --arg u "$name" --arg p "$PASSWORD" '{username: $u, password: $p, redirect: "https://app.test/needle?needle"}')"
    expect_success 200
    id=$(header X-Request-Id)
    expect_json .redirect /
    expect_event redirect_refused ".request_id == \"$id\" and .level == \"warning\" and (.detail | test(\"^app.test is .*REDIRECT_HOSTS\"))"
    keep_session
    api POST /refresh '{"redirect":"//evil.test/needle"}' "${both[@]}"
    id=$(header X-Request-Id)
    expect_json .redirect /
    expect_event redirect_refused ".request_id == \"$id\" and (.detail | test(\"neither a path\"))"
    keep_session
    api POST /refresh '{"redirect":"/needle"}' "${both[@]}"
    id=$(header X-Request-Id)
    expect_json .redirect /needle
    expect_event session_renewed ".request_id == \"$id\""
    refute has_event redirect_refused ".request_id == \"$id\""
    refute grep -F needle "$(service_log)"
}

@test "logs: the error log of nginx has no query" {
    local socket
    socket=$(socket_of write)
    mv "$socket" "$socket.away"
    call POST '/refresh?needle-1=a&b=?needle-2' -H 'Referer: http://a.test/?needle-3 needle-4' || true
    mv "$socket.away" "$socket"
    expect_problem 503 service_unavailable
    call POST '/none?needle-5"x' -H 'Referer: needle/?needle-6'
    # Bytes that are no text, in a request that is too large.
    raw < <(printf 'POST /large?\377needle-7 HTTP/1.1\r\nHost: localhost\r\nReferer: http://a.test/?\377needle-8\r\nContent-Length: 9999\r\n%b' \
        'Connection: close\r\n\r\n')
    expect_problem 413 payload_too_large
    wait_until 10 grep -qaF 'request: "POST /large' "$RUN_DIR/log/nginx.log"
    wait_until 10 grep -qF 'request: "POST /refresh HTTP/1.1", upstream' "$RUN_DIR/log/nginx.log"
    refute grep -na needle- "$RUN_DIR/log/nginx.log" "$RUN_DIR/log/nginx-access.log"
}

@test "logs: no request was an error of the service, and nginx has nothing to complain about the workers" {
    refute has_event request_failed
    refute grep -rhE 'FastCGI sent in stderr|upstream sent (invalid|unexpected)' "$STACK" --include='*.log'
}
