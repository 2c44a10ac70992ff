#!/usr/bin/env bats
# What a guarded location can say of itself beside the include: several groups, and what it lets pass.

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    stack_up
    site_up GUARD_GROUPS=wheel
}

teardown_file() {
    load lib/common
    source "$LIB/site.bash"
    site_down
    stack_down
}

setup() {
    load lib/common
    source "$LIB/site.bash"
}

# passes METHOD PATH [CURL-OPTION...]: a request to the server of nginx that is about this.
passes() {
    site_at "$NEIGHBOUR_PORT" "$@" -H 'Host: passes.example.org'
}

# expect_misplaced PATH WORDS [CURL-OPTION...]: nobody gets in, and the log says why.
expect_misplaced() {
    local path=$1 words=$2
    shift 2
    passes GET "$path" "$@"
    expect_status 500 || fail "$path"
    has_event guard_misplaced ".detail | contains(\"$words\")" || fail "nothing in the log says '$words'"
}

# --- several groups -------------------------------------------------------------------------------------------------

@test "guard_passes: of several groups, one is enough" {
    new_user
    # groups of the user | status
    local rows=('{}|403' '{other}|403' '{staffwheel}|403' '{staf}|403' '{staff}|200' '{wheel}|200' '{other,wheel,staff}|200')
    local row path
    for row in "${rows[@]}"; do
        join_group "$name" "${row%|*}"
        for path in /any/ /any/nested/; do
            passes GET "$path" -b "access_token=$access"
            expect_status "${row#*|}" || fail "$path $row"
        done
    done
    join_group "$name" '{}'
    passes GET /any/ -b "access_token=$access" -H 'Sec-Fetch-Mode: navigate'
    expect_status 403
    expect_match page "$body" 'not in a group that this page is for'
    jq -rR "fromjson? | select(.event == \"authz_fail\" and .user_id == \"$user_id\") | .detail" "$(service_log)" | grep -qx 'staff wheel'
    passes GET /any/
    expect_status 401
}

@test "guard_passes: what is no list of groups, or is not the group of the include, lets nobody in" {
    new_user
    join_group "$name" '{staff,wheel}'
    local path
    for path in /comma/ /blank/; do
        expect_misplaced "$path" 'no list of groups' -b "access_token=$access"
    done
    expect_misplaced /any/bare/ 'inherits the guard of another' -b "access_token=$access"
    expect_misplaced /any/wheel/ 'one group by its include' -b "access_token=$access"
}

# --- in the words of the site ---------------------------------------------------------------------------------------

@test "guard_passes: what a location says of user, cookies and Authorization by auth_request_set arrives once" {
    new_user
    local header
    for header in 'Authorization: Token abc' 'X-Nothing: x'; do
        passes GET /own-words/ -b "access_token=$access; a=1" -H "$header"
        expect_status 200 || fail "$header"
        expect_equal told "$(told authorization) $(told remote-user) $(told x-auth-request-user)" \
            "Basic YXBwOnNlY3JldA== $name@example.org $name@example.org" || fail "$header"
        expect_match cookies "$(told cookie)" '^site=1; a=1$' || fail "$header"
        passes GET /own-words/x.php -b "access_token=$access; a=1" -H "$header"
        expect_status 200 || fail "$header"
        expect_json '.server | "\(.HTTP_AUTHORIZATION) \(.REMOTE_USER) \(.HTTP_REMOTE_USER)"' \
            "Basic YXBwOnNlY3JldA== $name@example.org $name@example.org"
    done
    # It holds there and in no location within.
    passes GET /own-words/none/ -b "access_token=$access; a=1" -H 'Authorization: Token abc'
    expect_equal told "$(told authorization) $(told remote-user) $(told cookie)" "Token abc $name a=1"
    passes GET /own-words/
    expect_status 401
    passes GET /own-words/ -u root:root -b "access_token=$access"
    expect_status 403
}

# --- bearer tokens of the application -------------------------------------------------------------------------------

FOREIGN=eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2lnbmF0dXJl

@test "guard_passes: where bearer tokens pass, the cookie alone decides, and the application gets its own token" {
    new_user
    local token
    for token in "Bearer $FOREIGN" "bearer  $FOREIGN" "Bearer a|b bearer=" Bearer; do
        passes GET /bearer/ -b "access_token=$access; a=1" -H "Authorization: $token" -H 'X-Auth-User: root'
        expect_status 200 || fail "$token"
        expect_equal told "$(told authorization) $(told remote-user) $(told cookie)" "$token $name a=1"
        passes GET /bearer/x.php -b "access_token=$access; a=1" -H "Authorization: $token"
        expect_status 200
        expect_json '.server | "\(.HTTP_AUTHORIZATION) \(.REMOTE_USER) \(.HTTP_COOKIE)"' "$token $name a=1"
        passes GET /bearer/files/ -b "access_token=$access" -H "Authorization: $token"
        expect_equal body "$body" 'the secret file'
        passes GET /bearer/ -H "Authorization: $token"
        expect_status 401
    done
    # It is no way in for the service's own tokens, and without a header nothing is different.
    passes GET /bearer/ -H "Authorization: Bearer $access"
    expect_status 401
    passes GET /bearer/ -b "access_token=$access"
    expect_equal told "$(told authorization) $(told remote-user)" " $name"
    passes GET /bearer/ -b "access_token=$access" -u root:root
    expect_status 403
    api POST /logout '' "${both[@]}"
    passes GET /bearer/ -b "access_token=$access" -H "Authorization: Bearer $FOREIGN"
    expect_status 401
}

@test "guard_passes: where bearer tokens pass, none of the session does" {
    new_user
    local cookies="access_token=$access; refresh_token=$refresh; a=1" token
    for token in "$access" "$refresh"; do
        passes GET /bearer/ -b "$cookies" -H "Authorization: Bearer $token"
        expect_status 200
        expect_equal told "$(told authorization) $(told cookie)" ' a=1'
        passes GET /bearer/x.php -b "a=1; $cookies" -H "Authorization: bEARER   $token "
        expect_json '.server.HTTP_AUTHORIZATION // ""' ''
    done
    local PORT=$NEIGHBOUR_PORT
    raw < <(printf 'GET /bearer/ HTTP/1.1\r\nHost: passes.example.org\r\nConnection: close\r\nCookie: access_token=%s\r\nAuthorization:\tBearer %s\t\r\n\r\n' "$access" "$access")
    expect_status 200
    expect_equal told "$(told authorization)" ''
}

@test "guard_passes: a group is asked for beside a bearer token that passes" {
    new_user
    local foreign=(-b "access_token=$access" -H "Authorization: Bearer $FOREIGN")
    passes GET /bearer/wheel/ "${foreign[@]}"
    expect_status 403
    join_group "$name" '{wheel}'
    passes GET /bearer/wheel/ "${foreign[@]}"
    expect_status 200
    expect_equal told "$(told authorization)" "Bearer $FOREIGN"
}

@test "guard_passes: a location that says nothing lets no bearer token pass, wherever the request came from" {
    new_user
    local path
    for path in /bearer/nested/ /bearer/wheel/bare/ /strict/ /rewritten/ /tried/ /led/; do
        join_group "$name" '{wheel}'
        passes GET "$path" -b "access_token=$access" -H "Authorization: Bearer $FOREIGN"
        expect_status 401 || fail "$path"
        passes GET "$path" -b "access_token=$access" -u root:root
        expect_status 403 || fail "$path"
        passes GET "$path" -b "access_token=$access"
        expect_status 200 || fail "$path"
        # This one says by itself that the cookie alone decides.
        [[ $path != /tried/ ]] || continue
        passes GET "$path" -H "Authorization: Bearer $access"
        expect_equal "authorization at $path" "$status $(told authorization)" '200 '
    done
    expect_misplaced /bearer/bare/ 'inherits the guard of another' -b "access_token=$access" -H "Authorization: Bearer $FOREIGN"
    expect_misplaced /bearer/wrong/ 'a value other than pass' -b "access_token=$access"
}

# --- preflights -----------------------------------------------------------------------------------------------------

PREFLIGHT=(-H 'Origin: https://other.example' -H 'Access-Control-Request-Method: PUT')

@test "guard_passes: preflights pass where the location says so, as requests of nobody" {
    new_user
    local path cookie
    for path in /preflights/ /preflights/wheel/; do
        for cookie in a=1 "access_token=$access; a=1"; do
            passes OPTIONS "$path" "${PREFLIGHT[@]}" -b "$cookie" -H 'X-Auth-User: root' -H 'X_User: root'
            expect_status 200 || fail "$path"
            expect_equal told "$(json .method) $(told remote-user)$(told x-auth-request-user)$(told remote-groups) $(told cookie)" 'OPTIONS  a=1'
        done
    done
    passes OPTIONS /preflights/x.php "${PREFLIGHT[@]}" -H 'X-Auth-User: root'
    expect_status 200
    expect_json '.server | "\(.REQUEST_METHOD) \(.REMOTE_USER)\(.HTTP_REMOTE_USER)"' 'OPTIONS '
}

@test "guard_passes: what is no preflight is guarded where preflights pass, and preflights are guarded elsewhere" {
    local path method header
    for path in /preflights/ /preflights/wheel/ /preflights/x.php; do
        passes OPTIONS "$path"
        expect_status 401
        for header in "${PREFLIGHT[1]}" "${PREFLIGHT[3]}"; do
            passes OPTIONS "$path" -H "$header"
            expect_status 401 || fail "$path $header"
        done
        for method in GET POST PUT DELETE; do
            passes "$method" "$path" "${PREFLIGHT[@]}" -H 'X-HTTP-Method-Override: OPTIONS' -H 'X-Original-Method: OPTIONS'
            expect_status 401 || fail "$path $method"
        done
        # Browsers send no credentials with a preflight; a name of these would be taken for a user.
        for header in 'Basic cm9vdDpyb290' 'Bearer x'; do
            passes OPTIONS "$path" "${PREFLIGHT[@]}" -H "Authorization: $header"
            expect_status 401 || fail "$path $header"
        done
    done
    for path in /strict/ /rewritten/ /preflights/nested/ /any/; do
        passes OPTIONS "$path" "${PREFLIGHT[@]}"
        expect_status 401 || fail "$path"
    done
    passes OPTIONS /preflights/bare/ "${PREFLIGHT[@]}"
    expect_status 500
    for path in /preflights-of-files/secret /preflights-of-errors/none; do
        passes OPTIONS "$path" "${PREFLIGHT[@]}"
        [[ $status != 200 && $body != *'secret file'* ]] || fail "$path is answered $status"
    done
}

# --- pages that are open to all -------------------------------------------------------------------------------------

CLAIMS=(-H 'X-Auth-User: root' -H 'X_Auth_User: root' -H 'X-User: root' -H 'X-Auth-Email: staff')

# expect_nobody: an answer of the application, which was told no user.
expect_nobody() {
    expect_status 200 && expect_equal told "$(told remote-user)$(told x-auth-request-user)$(told remote-groups)$(told cookie)$(told authorization)" ''
}

@test "guard_passes: a page that is open to all is told the user, or nobody" {
    new_user
    join_group "$name" '{staff}'
    local method
    for method in GET POST DELETE; do
        passes "$method" /open/ "${CLAIMS[@]}"
        expect_nobody || fail "$method"
        passes "$method" /open/ -b "access_token=$access" "${CLAIMS[@]}"
        expect_equal told "$(told remote-user) $(told remote-groups)" "$name staff"
    done
    passes GET /open/ -H "Authorization: Bearer $access"
    expect_equal told "$(told remote-user)$(told authorization)" "$name"
    passes GET /open/x.php "${CLAIMS[@]}"
    expect_json '.server | "\(.REMOTE_USER)\(.HTTP_REMOTE_USER)\(.REMOTE_GROUPS)"' ''
    passes GET /open/files/
    expect_equal body "$body" 'the secret file'
    # Whatever is no live session is nobody, and never 401.
    for token in "${access}x" "$refresh" "$(printf 'A%.0s' {1..43})"; do
        passes GET /open/ -b "access_token=$token" -H 'Sec-Fetch-Mode: navigate'
        expect_nobody || fail "$token"
        passes GET /open/ -H "Authorization: Bearer $token"
        expect_nobody || fail "$token"
    done
    api POST /logout '' "${both[@]}"
    passes GET /open/ -b "access_token=$access"
    expect_nobody
}

@test "guard_passes: a name of Basic authentication is nobody's where strangers are let in" {
    new_user
    local path
    for path in /open/ /open/x.php /open/files/; do
        passes GET "$path" -u root:root
        expect_status 403 || fail "$path"
        expect_json .code forbidden
        passes GET "$path" -u root:root -b "access_token=$access"
        expect_status 403 || fail "$path"
    done
    local authorization
    for authorization in 'Basic YW*RtaW46eA==' 'basic YWRtaW4=' 'Basic' $'Basic\tYWRtaW46eA==' $'\xa0Basic YWRtaW46eA==' \
        $'\x0bbasic YWRtaW46eA==' 'Digest username="admin", realm="x"'; do
        for path in /open/ /strict/; do
            passes GET "$path" -H "Authorization: $authorization" -b "access_token=$access"
            expect_status 403 || fail "$path $authorization"
        done
        passes GET /open/ -H "Authorization: $authorization"
        expect_status 403 || fail "$authorization"
    done
    passes GET /open/ -u root:root -H 'Sec-Fetch-Mode: navigate'
    expect_match page "$body" 'takes no HTTP authentication'
}

# What applications may take for another scheme or token than the service does.
@test "guard_passes: an Authorization with control characters, or with Bearer behind other bytes, reaches no application" {
    new_user
    local authorization path
    for authorization in $'\x0bBearer x' $'\x0bbearer '"$access" $'\xa0Bearer x' '=Bearer x' $'Bea\x01rer x' $'Token \x7fx' $'\x1fToken x'; do
        for path in /open/ /open/bearer/ /open/x.php /open/files/ /strict/ /bearer/; do
            passes GET "$path" -H "Authorization: $authorization" -b "access_token=$access"
            expect_equal "$path ${authorization@Q}" "$status $(json .code)" '403 forbidden'
        done
        passes GET /open/ -H "Authorization: $authorization"
        expect_status 403 || fail "${authorization@Q}"
        passes GET /strict/ -H "Authorization: $authorization"
        expect_status 401 || fail "${authorization@Q}"
    done
    passes GET /strict/ -H 'Authorization: '$'\x0bBearer x' -b "access_token=$access" -H 'Sec-Fetch-Mode: navigate'
    expect_match page "$body" 'Something adds a header Authorization'
    grep -q '"event":"authorization_refused"' "$(service_log)"
    # All else that is not the service's passes.
    for authorization in 'Token x' $'Token\tx' '0Token x' 'xBearer y' $'Token \xc3\xb6'; do
        passes GET /strict/ -H "Authorization: $authorization" -b "access_token=$access"
        expect_status 200 || fail "${authorization@Q}"
    done
}

@test "guard_passes: an access token that stands behind another scheme reaches no application" {
    new_user
    local authorization path
    for authorization in "x Bearer $access" "Token a=b, bearer  $access" "Key BEARER $access,y" "Bearer Bearer $access" \
        "x | Bearer $access" "x|y|Bearer $access|z" "Token xBearer $access"; do
        for path in /open/ /bearer/; do
            [[ "$path $authorization" != '/open/ Bearer'* ]] || continue # judged by that token
            passes GET "$path" -H "Authorization: $authorization" -b "access_token=$access"
            expect_equal "$path $authorization" "$status $(told authorization)" '200 '
        done
    done
    for authorization in "Bearer $access | x" "Bearer $access|x" "Bearer $access x" "Bearer $access,x" "Bearer | Bearer $access"; do
        passes GET /bearer/ -H "Authorization: $authorization" -b "access_token=$access"
        expect_equal "/bearer/ $authorization" "$status $(told authorization)" '200 '
    done
    passes GET /bearer/ -H 'Authorization: Bearer 1|abc' -b "access_token=$access"
    expect_equal "a token with |" "$status $(told authorization)" '200 Bearer 1|abc'
    for authorization in 'x Bearer y' "Token ${access:1}" "Token bearer=$access" "x Bearer ${access}0" "Token $access" 'Token a|b'; do
        passes GET /open/ -H "Authorization: $authorization" -b "access_token=$access"
        expect_equal "$authorization" "$status $(told authorization)" "200 $authorization"
    done
}

@test "guard_passes: where strangers are let in, bearer tokens of the application pass, too" {
    new_user
    passes GET /open/bearer/ -H "Authorization: Bearer $FOREIGN"
    expect_equal told "$status $(told remote-user) $(told authorization)" "200  Bearer $FOREIGN"
    passes GET /open/bearer/ -H "Authorization: Bearer $FOREIGN" -b "access_token=$access"
    expect_equal told "$(told remote-user) $(told authorization)" "$name Bearer $FOREIGN"
}

@test "guard_passes: nothing that a client sends or a location forgets opens a guarded location" {
    new_user
    local path
    for path in /open/nested/ /open/wheel/ /strict/ /strict/sessiond/verify-optional '/strict/?sessiond/verify-optional' /opened/ /open-tried/; do
        passes GET "$path" -H 'Question: sessiond/verify-optional' -H 'Guard-Mark: sessiond/verify-optional basic=' \
            -H 'X-Original-URL: sessiond/verify-optional' -H 'X-Sessiond-Marked: sessiond/verify-optional '
        expect_status 401 || fail "$path"
    done
    passes GET / --request-target sessiond/verify-optional
    expect_status 400
    passes GET /open/wheel/ -b "access_token=$access"
    expect_status 403
    for path in /open/bare/ /led-open/; do
        expect_misplaced "$path" 'inherits the guard of another' "${CLAIMS[@]}"
        expect_misplaced "$path" 'inherits the guard of another' -b "access_token=$access"
    done
    expect_misplaced /open/group/ 'open to all'
    join_group "$name" '{staff}'
    expect_misplaced /open/group/ 'open to all' -b "access_token=$access"
}

@test "guard_passes: nginx takes the include for pages that are open to all in a location only" {
    printf '%s' "pid $BATS_TEST_TMPDIR/pid; events {} http { access_log off; include sessiond/http.conf;
        server { listen unix:$BATS_TEST_TMPDIR/s; include sessiond/guard-location.conf; include sessiond/guard-optional.conf; } }" >"$SITE/whole.conf"
    run nginx -t -p "$SITE" -e stderr -c "$SITE/whole.conf"
    ((status != 0)) || fail "nginx is content"
    expect_match words "$output" 'not allowed here in .*/guard-optional.conf'
}

@test "guard_passes: without a service, an open page is for requests that bring nothing, and all else is refused" {
    local path credentials
    away() {
        site_at "$NEIGHBOUR_PORT" "$@" -H 'Host: away.example.org'
    }
    for path in GET POST; do
        away "$path" /open/ "${CLAIMS[@]}" -H 'Cookie: a=1'
        expect_status 200
        expect_equal told "$(told remote-user)$(told x-auth-request-user)$(told remote-groups) $(told cookie)" ' a=1'
    done
    for credentials in 'Cookie: access_token=x' 'Cookie: a=1; access_token=' 'Authorization: Bearer x' 'Authorization: Basic cm9vdDpyb290'; do
        away GET /open/ -H "$credentials"
        expect_status 503 || fail "$credentials"
        expect_json .code service_unavailable
    done
    for path in /open/bare/ /open/group/ /open/nested/ /strict/ /led-open/ '/strict/?sessiond/verify-optional'; do
        away GET "$path" "${CLAIMS[@]}"
        expect_status 503 || fail "$path"
    done
}

@test "guard_passes: without a database, an open page is for those who bring no token" {
    new_user
    admin "alter role sessiond connection limit 0" >/dev/null
    admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
    local stranger user
    passes GET /open/ "${CLAIMS[@]}"
    stranger="$status $(told remote-user)"
    passes GET /open/ -b "access_token=$access"
    user=$status
    admin "alter role sessiond connection limit -1" >/dev/null
    expect_equal 'stranger, user' "$stranger, $user" '200 , 503'
    wait_until 20 all_connected
}
