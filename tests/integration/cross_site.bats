#!/usr/bin/env bats
# Requests that another site makes a browser send: refused when they are unsafe and carry our cookies, and for login and
# register in any case. Clients that are no browsers are served.

LISTED=https://app.example.org

setup_file() {
    load lib/common
    stack_new
    stack_up "CORS_ORIGINS=$LISTED" SERVED_HOSTS=app.test PUBLIC_URL=https://auth.test:8443
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

@test "cross-site: what Sec-Fetch-Site and Origin decide" {
    local own=http://127.0.0.1:$PORT
    # allowed? | Sec-Fetch-Site | Origin
    local rows=(
        "yes||"
        "yes|same-origin|"
        "yes|same-origin|$own"
        "yes|none|"
        "no|cross-site|"
        "no|cross-site|https://evil.test"
        "no|cross-site|null"
        "no|same-site|"
        "no|same-site|https://evil.test"
        "no|same-site|null"
        "yes|same-site|$LISTED"
        "yes||$own"
        "yes||$LISTED"
        "no||https://evil.test"
        "no||null"
        "no||https://127.0.0.1:$PORT"
        "no||http://127.0.0.1:1"
        "no||http://127.0.0.1"
        "no||$own.evil.test"
        "no||http://app.example.org"
        "no||$LISTED:444"
        "no||https://xapp.example.org"
        "no||$LISTED, https://evil.test"
        "no||file://"
    )
    local row allowed site origin how
    for row in "${rows[@]}"; do
        IFS='|' read -r allowed site origin <<<"$row"
        how=()
        [[ -z $site ]] || how+=(-H "Sec-Fetch-Site: $site")
        [[ -z $origin ]] || how+=(-H "Origin: $origin")
        new_user
        api POST /logout '' "${both[@]}" "${how[@]}"
        if [[ $allowed == yes ]]; then
            expect_success 200 || fail "row $row"
            continue
        fi
        expect_problem 403 cross_site_request || fail "row $row"
        expect_no_cookies || fail "row $row"
        content_is 200 "$access" || fail "row $row"

        api POST /login "$(credentials "$name")" "${how[@]}"
        expect_problem 403 cross_site_request || fail "login, row $row"
        expect_no_cookies || fail "login, row $row"
        sql_is "select count(*) from sessions where user_id = $user_id" 1 || fail "login, row $row"
    done
}

@test "cross-site: every unsafe route is covered, and nothing changes" {
    new_user
    local before rows row part other
    before=$(sql "select (s.*, u.*)::text from sessions s join users u using (user_id) where user_id = $user_id")
    unique_name
    other=$name
    rows=(
        "POST|/logout|"
        "POST|/refresh|"
        "POST|/change-password|{\"new_password\":\"$OTHER_PASSWORD\"}"
        "DELETE|/delete|"
        "DELETE|/delete|{\"current_password\":\"$PASSWORD\"}"
        "POST|/register|$(registration "$other")"
        "POST|/login|$(credentials "$other")"
    )
    local how
    for row in "${rows[@]}"; do
        IFS='|' read -r -a part <<<"$row"
        for how in 'Origin: https://evil.test' 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site'; do
            api "${part[0]}" "${part[1]}" "${part[2]-}" "${both[@]}" -H "$how"
            expect_problem 403 cross_site_request || fail "row $row, $how"
            # One of the cookies is enough.
            api "${part[0]}" "${part[1]}" "${part[2]-}" -b "refresh_token=$refresh" -H "$how"
            [[ $status == 403 || ${part[1]} != /refresh ]] || fail "row $row, $how, refresh cookie alone: $status"
        done
    done
    sql_is "select (s.*, u.*)::text from sessions s join users u using (user_id) where user_id = $user_id" "$before"
    sql_is "select count(*) from users where username = '$other'" 0
}

@test "cross-site: login and register are covered without cookies" {
    unique_name
    api POST /register "$(registration "$name")" -H 'Origin: https://evil.test'
    expect_problem 403 cross_site_request
    expect_no_cookies
    sql_is "select count(*) from users where username = '$name'" 0
    api POST /register "$(registration "$name")" -H 'Sec-Fetch-Site: cross-site'
    expect_problem 403 cross_site_request
    sql_is "select count(*) from users where username = '$name'" 0
}

@test "cross-site: safe methods are served" {
    new_user
    api GET /content '' "${both[@]}" -H 'Sec-Fetch-Site: cross-site' -H 'Origin: https://evil.test'
    expect_success 200
    api HEAD /content '' "${both[@]}" -H 'Sec-Fetch-Site: cross-site'
    expect_status 200
}

@test "cross-site: a request without our cookies carries nothing to steal" {
    new_user
    api POST /logout '' -H 'Sec-Fetch-Site: cross-site' -b 'other=1'
    expect_problem 401 unauthorized
    api POST /logout '' -H 'Origin: https://evil.test' -H "Authorization: Bearer $access"
    expect_success 200
    content_is 401 "$access"
}

@test "cross-site: the host that the client names is its own origin, not a listed one" {
    new_user
    api POST /logout '' "${both[@]}" -H 'Host: app.test' -H 'Origin: http://evil.test'
    expect_problem 403 cross_site_request
    api POST /logout '' "${both[@]}" -H 'Host: app.test' -H 'X-Forwarded-Host: evil.test' -H 'Origin: http://evil.test'
    expect_problem 403 cross_site_request
    api POST /logout '' "${both[@]}" -H 'X-Forwarded-Proto: https' -H "Origin: https://127.0.0.1:$PORT"
    expect_problem 403 cross_site_request
    api POST /logout '' "${both[@]}" -H 'Host: app.test' -H 'Origin: http://app.test'
    expect_success 200
}

@test "cross-site: the origin of PUBLIC_URL is the service's own, whatever nginx takes the scheme and the host for" {
    new_user
    local origin
    for origin in http://auth.test:8443 https://auth.test "http://localhost:$PORT"; do
        api POST /logout '' "${both[@]}" -H "Origin: $origin"
        expect_problem 403 cross_site_request || fail "$origin"
    done
    api POST /logout '' "${both[@]}" -H 'Origin: https://auth.test:8443' -H 'Sec-Fetch-Site: cross-site'
    expect_problem 403 cross_site_request
    api POST /logout '' "${both[@]}" -H 'Origin: https://auth.test:8443'
    expect_success 200
}
