#!/usr/bin/env bats
# FastCGI's role Authorizer: what a web server is answered that asks about a page of its own. The questions are sent
# straight to a worker; hosts_of_fastcgi.bats has Apache and lighttpd ask them.

load lib/common
load lib/sessions
one_instance PUBLIC_URL=https://auth.example.org

# ask NAME=VALUE...: the answer as it came, in $answer, with its first line in $status.
ask() {
    answer=$("$PYTHON" "$LIB/fcgi_client.py" "$(socket_of check)" ask "$@")
    status=${answer%%$'\n'*}
}

expect_answer() {
    expect_match "answer" "$answer" "$1"
}

# expect_told USER: the page's program is told this user.
expect_told() {
    expect_equal "status" "$status" 'Status: 200 OK'
    grep -qx "Variable-REMOTE_USER: $1" <<<"$answer" || fail "$answer"
}

# expect_asked STATUS NAME=VALUE...
expect_asked() {
    ask "${@:2}"
    [[ $status == "Status: $1 "* ]] || fail "${*:2}: $status instead of $1"
}

in_groups() {
    sql "update users set groups = '{$1}' where user_id = $user_id"
}

# last_event EVENT: the newest of its lines in the log.
last_event() {
    jq -cR --arg event "$1" 'fromjson? | select(.event == $event)' "$(service_log)" | tail -n 1
}

@test "authorizer: whoever is signed in gets nothing but variables, by the cookie or by a bearer token" {
    local expected
    new_user
    in_groups staff,wheel
    sql "update users set name = 'Ada Löv' where user_id = $user_id"
    expected="Status: 200 OK
Variable-REMOTE_USER: $name
Variable-REMOTE_NAME: Ada L%C3%B6v
Variable-REMOTE_GROUPS: staff,wheel"
    ask "HTTP_COOKIE=access_token=$access"
    expect_equal "with the cookie" "$answer" "$expected"
    ask "HTTP_AUTHORIZATION=Bearer $access"
    expect_equal "with the token" "$answer" "$expected"
}

@test "authorizer: no other token opens a page" {
    new_user
    expect_asked 401 "HTTP_COOKIE=refresh_token=$refresh"
    expect_asked 401 "HTTP_COOKIE=access_token=$refresh"
    expect_asked 401 "HTTP_COOKIE=access_token=$access" "HTTP_AUTHORIZATION=Bearer $refresh"
    expect_asked 401 "QUERY_STRING=access_token=$access" "REQUEST_URI=/page?access_token=$access"
    sql "update sessions set revoked_at = now() where session_id = $session_id"
    expect_asked 401 "HTTP_COOKIE=access_token=$access"
}

@test "authorizer: a page says for whom it is, and nobody gets in where it says nothing" {
    local row
    new_user
    in_groups staff
    # status | what the server says | the detail in the log
    local rows=(
        '200|REQUIRED_GROUP=*|'
        '200|REQUIRED_GROUP=staff|'
        '200|REQUIRED_GROUP=wheel staff|'
        '403|REQUIRED_GROUP=wheel|'
        '403|REQUIRED_GROUP=staffx|'
        '500|REQUIRED_GROUP=|does not say for whom the page is'
        '500|REQUIRED_GROUP= |is no list of groups'
        '500|REQUIRED_GROUP=staff,wheel|is no list of groups'
        '500|REQUIRED_GROUP=* staff|is no list of groups'
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r status said detail <<<"$row"
        expect_asked "$status" "HTTP_COOKIE=access_token=$access" "$said"
        [[ -z $detail ]] || expect_match "$said" "$(last_event guard_misplaced)" "$detail"
    done
    # Apache judges the groups itself, but where it names one as well, that is asked for.
    expect_asked 200 "HTTP_COOKIE=access_token=$access" REQUIRED_GROUP= FCGI_APACHE_ROLE=AUTHENTICATOR
    expect_asked 403 "HTTP_COOKIE=access_token=$access" REQUIRED_GROUP=wheel FCGI_APACHE_ROLE=AUTHENTICATOR
    expect_asked 500 "HTTP_COOKIE=access_token=$access" REQUIRED_GROUP= FCGI_APACHE_ROLE=AUTHORIZER
    expect_match "log" "$(last_event authz_fail)" "\"user_id\":\"$user_id\".*\"detail\":\"wheel\""
}

@test "authorizer: what a client can say changes nothing of that" {
    new_user
    expect_asked 500 "HTTP_COOKIE=access_token=$access" REQUIRED_GROUP= HTTP_REQUIRED_GROUP=\* \
        HTTP_FCGI_APACHE_ROLE=AUTHENTICATOR
    expect_asked 401 HTTP_QUESTION=sessiond/verify-optional HTTP_GUARD_MARK='sessiond/verify-optional basic='
    # Nor does what a server says in the words of nginx.
    expect_asked 401 QUESTION=sessiond/verify-optional 'GUARD_MARK=sessiond/verify-optional basic=pass'
    expect_asked 401 REQUEST_METHOD=OPTIONS PREFLIGHT=preflight 'GUARD_MARK=sessiond/verify cors=pass'
    expect_asked 401 HTTP_X_ORIGINAL_METHOD=OPTIONS HTTP_X_ORIGINAL_URL=http://localhost/
}

@test "authorizer: a page load leads to the login and back to the page, whatever else asks gets 401" {
    local row wanted
    # the address to come back to, or - for none | parameters
    local rows=(
        'http://www.example.org/a%20b?c=d&e|HTTP_HOST=www.example.org REQUEST_URI=/a%20b?c=d&e'
        'http://www.example.org:8080/|HTTP_HOST=www.example.org:8080 REQUEST_URI=/'
        'https://www.example.org/|HTTP_HOST=www.example.org REQUEST_URI=/ HTTPS=on'
        'https://www.example.org/|HTTP_HOST=www.example.org REQUEST_URI=/ REQUEST_SCHEME=https'
        'http://www.example.org/x|HTTP_HOST=www.example.org REQUEST_URI=http://www.example.org/x'
        'http://www.example.org/|HTTP_HOST=www.example.org REQUEST_URI=/ HTTP_X_ORIGINAL_URL=https://evil.example/'
        '-|HTTP_HOST= REQUEST_URI=/'
        '-|HTTP_HOST=www.example.org REQUEST_URI=*'
        '-|HTTP_HOST=www.example.org REQUEST_URI=javascript:alert(1)'
    )
    for row in "${rows[@]}"; do
        # shellcheck disable=SC2086 # words
        ask HTTP_SEC_FETCH_MODE=navigate ${row#*|}
        wanted=https://auth.example.org/login
        [[ $row == -* ]] || wanted+=?rd=$(jq -rn --arg url "${row%%|*}" '$url | @uri')
        expect_equal "$row" "$answer" "Status: 302 Found"$'\n'"Location: $wanted"$'\n'"Cache-Control: no-store"
    done
    expect_asked 302 HTTP_ACCEPT=text/html
    expect_asked 302 REQUEST_METHOD=HEAD HTTP_ACCEPT=text/html
    expect_asked 401 REQUEST_METHOD=POST HTTP_SEC_FETCH_MODE=navigate
    expect_asked 401 HTTP_SEC_FETCH_MODE=cors HTTP_ACCEPT=text/html
    expect_asked 401 HTTP_ACCEPT=text/html HTTP_X_REQUESTED_WITH=XMLHttpRequest
    expect_answer 'WWW-Authenticate: Bearer'
    expect_answer 'Cache-Control: no-store'
    expect_answer '"code":"unauthorized"'
    [[ $answer != *Location* && $answer != *X-Sessiond* ]] || fail "$answer"
}

# Each name with `!` of nginx/guard-headers.txt.
@test "authorizer: a request that says by itself who its user is reaches no page" {
    local name count=0
    new_user
    while read -r name; do
        expect_asked 403 "HTTP_COOKIE=access_token=$access" "HTTP_$name=root"
        count=$((count + 1))
    done < <(sed -nE 's/^!+([^ ]+).*/\U\1/p' "$ROOT/nginx/guard-headers.txt" | tr - _)
    ((count > 70)) || fail "$count names"
    expect_answer '"code":"forbidden"'
    expect_match log "$(last_event claim_refused)" "\"user_id\":\"$user_id\".*\"detail\":\"HTTP_X_FORWARDED_NAME\""
    expect_asked 200 "HTTP_COOKIE=access_token=$access" HTTP_REMOTE_USER=
    expect_asked 200 "HTTP_COOKIE=access_token=$access" HTTP_X_USER=root HTTP_X_FORWARDED_FOR=192.0.2.1
    expect_asked 401 HTTP_REMOTE_USER=root
}

@test "authorizer: an Authorization that an application could read in another way reaches no page" {
    new_user
    expect_asked 403 "HTTP_COOKIE=access_token=$access" 'HTTP_AUTHORIZATION=Basic YWRtaW46eA=='
    expect_asked 403 "HTTP_COOKIE=access_token=$access" 'HTTP_AUTHORIZATION=Digest username="admin"'
    expect_asked 403 "HTTP_COOKIE=access_token=$access" $'HTTP_AUTHORIZATION=\vBearer x'
    expect_answer '"code":"forbidden"'
    [[ $(last_event basic_refused) == *"\"user_id\":\"$user_id\""* ]]
    [[ $(last_event authorization_refused) == *"\"user_id\":\"$user_id\""* ]]
}

verify_count() {
    curl -s "http://127.0.0.1:$PORT/metrics" | sed -nE 's/^sessiond_requests_total\{method="GET",route="\/verify",code="2xx"\} //p'
}

@test "authorizer: a question counts as /verify does, and marks the first use of new tokens" {
    local before
    new_user
    refreshed "$refresh"
    before=$(verify_count)
    row_is "$session_id" successor_used f
    expect_asked 200 "HTTP_COOKIE=access_token=$access"
    row_is "$session_id" successor_used t
    expect_equal "counted" "$(verify_count)" $((before + 1))
}
