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
    jq -eR --arg words "$words" 'fromjson? | select(.event == "guard_misplaced") | .detail | select(contains($words))' \
        "$(service_log)" >/dev/null || fail "nothing in the log says '$words'"
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
