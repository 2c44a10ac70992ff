#!/usr/bin/env bats
# The guard: GET /verify by itself, and the snippets of nginx/ in a real nginx of somebody else, with the traps that
# lie in auth_request, one test each.

PAGE=(-H 'Accept: text/html,application/xhtml+xml')

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    stack_up "REDIRECT_HOSTS=app.example.org,.wiki.example.org"
    site_up
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
    LOGIN=http://localhost:$PORT/login
}

# encoded TEXT: as one component of a URI.
encoded() {
    jq -rn --arg text "$1" '$text | @uri'
}

# told NAME: the values of a header that the application behind the proxy got, `-` and `_` being the same.
told() {
    json "[.headers[] | select((.[0] | ascii_downcase | gsub(\"_\"; \"-\")) == \"$1\") | .[1]] | join(\"|\")"
}

# join_group NAME GROUPS: GROUPS as PostgreSQL writes an array.
join_group() {
    admin "update users set groups = '$2' where username = '$1'"
}

# expect_led_to_login URL: a redirect to the login that comes back to the URL.
expect_led_to_login() {
    expect_status 302 && expect_header Location "$LOGIN?rd=$(encoded "$1")" && expect_no_cookies
}

# --- GET /verify ----------------------------------------------------------------------------------------------------

@test "guard: verify says who it is, and changes nothing" {
    new_user
    admin "update users set name = 'Jörg 100%', groups = '{staff,wheel}' where user_id = $user_id"
    local before method
    before=$(sql "select s::text from sessions s where session_id = $session_id")
    for method in GET HEAD; do
        call "$method" /verify -b "access_token=$access"
        expect_status 200
        expect_header Remote-User "$name"
        expect_header Remote-Name 'J%C3%B6rg 100%25'
        expect_header Remote-Groups staff,wheel
        expect_header X-Auth-Request-User "$name"
        expect_header X-Auth-Request-Preferred-Username "$name"
        expect_header X-Auth-Request-Groups staff,wheel
        expect_no_cookies
        expect_common_headers
    done
    expect_equal row "$(sql "select s::text from sessions s where session_id = $session_id")" "$before"
    call GET /verify -H "Authorization: Bearer $access"
    expect_header Remote-User "$name"
}

@test "guard: verify leads page loads to the login, and nothing else" {
    # method of the original | its Sec-Fetch-Mode | Accept | X-Requested-With | led to the login
    local rows=(
        "GET|navigate|text/html||yes"
        "HEAD|navigate|text/html||yes"
        "GET|navigate|*/*||yes"
        "GET||text/html,application/xml;q=0.9||yes"
        "|| text/html||yes"
        "POST|navigate|text/html||no"
        "DELETE||text/html||no"
        "GET|cors|*/*||no"
        "GET|cors|text/html||no"
        "GET|no-cors|image/webp||no"
        "GET||text/html|XMLHttpRequest|no"
        "GET||*/*||no"
        "GET||application/json||no"
        "GET||||no"
    )
    local row method mode accept with led url='http://app.example.org:81/a?b=c&d=%26+e#f'
    for row in "${rows[@]}"; do
        IFS='|' read -r method mode accept with led <<<"$row"
        call GET /verify -H "X-Original-URL: $url" -H "X-Original-Method: $method" -H "Sec-Fetch-Mode: $mode" \
            -H "Accept: $accept" -H "X-Requested-With: $with"
        expect_problem 401 unauthorized || fail "row $row"
        expect_header WWW-Authenticate Bearer || fail "row $row"
        expect_no_cookies || fail "row $row"
        if [[ $led == yes ]]; then
            expect_header Location "$LOGIN?rd=$(encoded "$url")" || fail "row $row"
        else
            expect_header Location '' || fail "row $row"
        fi
    done
}

@test "guard: verify leads to the login alone when the original address is none, or too long" {
    local url
    for url in '' / javascript:x '://' http:// "http://x/$(printf 'a%.0s' {1..7000})"; do
        call GET /verify "${PAGE[@]}" -H "X-Original-URL: $url"
        expect_problem 401 unauthorized || fail "url ${url:0:40}"
        expect_header Location "$LOGIN" || fail "url ${url:0:40}"
    done
}

@test "guard: verify takes no bad, expired or revoked token, and no other method" {
    new_user
    local token
    for token in "$refresh" "${access}x" "$(printf 'A%.0s' {1..43})" ''; do
        call GET /verify -b "access_token=$token"
        expect_problem 401 unauthorized
        expect_header Remote-User ''
    done
    call GET /verify -H 'Authorization: Bearer wrong' -b "access_token=$access"
    expect_problem 401 unauthorized
    expect_header WWW-Authenticate 'Bearer error="invalid_token"'
    admin "update sessions set access_expires_at = now() where session_id = $session_id"
    call GET /verify -b "access_token=$access"
    expect_problem 401 unauthorized
    login "$name"
    api POST /logout '' "${both[@]}"
    call GET /verify -b "access_token=$access"
    expect_problem 401 unauthorized
    call POST /verify -b "access_token=$access"
    expect_problem 405 method_not_allowed
    expect_header Allow 'GET, HEAD, OPTIONS'
}

@test "guard: nothing that a client sends asks verify for a group, or claims a user" {
    new_user
    local claim
    for claim in 'Required-Group: staff' 'Required_Group: staff' 'X-Required-Group: staff' 'Remote-User: root' \
        'X-Auth-Request-User: root' 'X_Auth_User: root' 'X-Auth-User: root'; do
        call GET /verify -b "access_token=$access" -H "$claim"
        expect_status 200 || fail "$claim"
        expect_header Remote-User "$name" || fail "$claim"
        call GET /verify -H "$claim"
        expect_status 401 || fail "$claim"
    done
    call GET /_sessiond/verify -b "access_token=$access"
    expect_problem 404 not_found
    site GET /_sessiond/verify -b "access_token=$access"
    expect_status 404
}

@test "guard: what verify does without a database is 503, and no way to the login" {
    new_user
    admin "alter role sessiond connection limit 0" >/dev/null
    admin "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sessiond'" >/dev/null
    local direct guarded
    call GET /verify -b "access_token=$access" "${PAGE[@]}"
    direct="$status $(header Location)$(header Retry-After)"
    site GET /files/secret -b "access_token=$access" "${PAGE[@]}"
    guarded="$status $(header Location)$body"
    admin "alter role sessiond connection limit -1" >/dev/null
    expect_equal verify "$direct" '503 1'
    expect_match guarded "$guarded" '^500 <html>'
    [[ $guarded != *secret* ]]
    wait_until 20 all_connected
    site GET /files/secret -b "access_token=$access"
    expect_status 200
}

@test "guard: groups are flat names, or the database refuses them" {
    new_user
    local groups
    for groups in '{"a,b"}' '{"a b"}' '{""}' '{NULL}' '{{a},{b}}' $'{"a\nb"}' '{ä}'; do
        refute join_group "$name" "$groups" 2>/dev/null
    done
    join_group "$name" '{a,B-2,c.d_e@f+g}'
    call GET /verify -b "access_token=$access"
    expect_header Remote-Groups 'a,B-2,c.d_e@f+g'
}

# --- redirect -------------------------------------------------------------------------------------------------------

@test "guard: login and refresh answer with a safe redirect" {
    local own=http://127.0.0.1:$PORT rows address safe row
    # address | yes: as it is, no: /
    rows=(
        '/demo/?a=b&c=d%20e#f|yes' "$own/x|yes" "http://localhost:$PORT/x|yes" 'https://app.example.org:444/x|yes'
        'http://a.wiki.example.org/|yes' '//evil.example|no' '/\evil.example|no' 'https://evil.example|no'
        'http://user@app.example.org/|no' 'javascript:alert(1)|no' $'/\t/evil.example|no' '|no'
        "http://127.0.0.1:$SITE_PORT/|no"
    )
    new_user
    for row in "${rows[@]}"; do
        address=${row%|*}
        safe=/
        [[ $row != *'|yes' ]] || safe=$address
        api POST /login "$(jq -c --arg r "$address" '.redirect = $r' <<<"$(credentials "$name")")"
        expect_success 200
        expect_json .redirect "$safe"
        keep_session
        api POST /refresh "$(jq -cn --arg r "$address" '{redirect: $r}')" "${both[@]}"
        expect_success 200
        expect_json .redirect "$safe"
    done
    keep_session
    for row in '' '{}' '{"redirect":null}'; do
        api POST /refresh "$row" "${both[@]}"
        expect_success 200
        expect_json '.redirect // "none"' none
        keep_session
    done
    api POST /refresh '{"redirect":1}' "${both[@]}"
    expect_field redirect wrong_type
    api POST /refresh '{"redirect":"/","x":"y"}' "${both[@]}"
    expect_field x unknown_field
    content_is 200 "$access"
}

# --- the snippets ---------------------------------------------------------------------------------------------------

@test "guard: a static file is for those who are signed in" {
    new_user
    site GET /files/secret
    expect_status 401
    [[ $body != *secret* ]]
    site GET /files/secret -b "access_token=$access"
    expect_status 200
    expect_equal body "$body" 'the secret file'
    expect_no_cookies
    site HEAD /files/secret -b "access_token=$access"
    expect_status 200
    site GET /files/none -b "access_token=$access"
    expect_status 404
    api POST /logout '' "${both[@]}"
    site GET /files/secret -b "access_token=$access"
    expect_status 401
}

@test "guard: the whole address survives the way to the login: port, query, encoding" {
    local path
    for path in /files/ '/files/x?a=1&b=2' '/files/x?q=%26%3D%2B+%23&r=http://x/?y' '/files/%C3%BC?%00' '/files/x?"<>;,'; do
        site GET "$path" "${PAGE[@]}" -g
        expect_led_to_login "http://127.0.0.1:$SITE_PORT$path" || fail "path $path"
    done
    site GET /files/ "${PAGE[@]}" -H "Host: LocalHost:$SITE_PORT"
    expect_led_to_login "http://localhost:$SITE_PORT/files/"
    site GET /files/ "${PAGE[@]}" -H 'Host: intra.example:8099'
    expect_led_to_login "http://intra.example:8099/files/"
    # The host of an absolute request target wins over the header.
    site GET / "${PAGE[@]}" -H 'Host: other.example' --request-target 'http://real.example/files/'
    expect_led_to_login http://real.example/files/
}

@test "guard: over TLS the way back is https" {
    local location
    location=$(curl -sSk -o /dev/null -w '%{redirect_url}' "${PAGE[@]}" "https://localhost:$TLS_PORT/files/?a=b")
    expect_equal Location "$location" "$LOGIN?rd=$(encoded "https://localhost:$TLS_PORT/files/?a=b")"
}

@test "guard: no redirect leads to nowhere" {
    local request
    # Without a Host header, and without anything but the path.
    for request in 'GET /files/ HTTP/1.0' 'HEAD /files/ HTTP/1.0'; do
        PORT=$SITE_PORT raw <<<"$request"$'\r\n'"Accept: text/html"$'\r\n'$'\r'
        expect_status 302 || fail "$request"
        expect_header_match Location "^$LOGIN(\?rd=.+)?\$" || fail "$request"
    done
    site GET /files/ -H 'Accept: text/html' -H 'X-Requested-With: XMLHttpRequest'
    expect_status 401
    expect_header Location ''
}

@test "guard: a script gets 401 and no redirect" {
    local options
    for options in 'Sec-Fetch-Mode: cors' 'X-Requested-With: XMLHttpRequest' 'Accept: application/json'; do
        site GET /app/data -H 'Accept: */*' -H "$options"
        expect_status 401
        expect_header Location ''
        expect_header WWW-Authenticate Bearer
        expect_header Content-Type application/problem+json
        expect_json .code unauthorized
    done
}

@test "guard: a group that is missing is 403 and no loop, one that is there opens" {
    new_user
    join_group "$name" '{staffer,stafF,"x-staff"}'
    local path
    for path in /staff/secret /staff-app/; do
        site GET "$path" -b "access_token=$access" "${PAGE[@]}"
        expect_status 403 || fail "$path"
        expect_header Location ''
        [[ $body != *'for staff'* ]]
        site GET "$path" "${PAGE[@]}"
        expect_led_to_login "http://127.0.0.1:$SITE_PORT$path"
    done
    [[ $(jq -rR "fromjson? | select(.event == \"authz_fail\" and .user_id == \"$user_id\") | .detail" "$(service_log)" | sort -u) == staff ]]
    join_group "$name" '{other,staff}'
    site GET /staff/secret -b "access_token=$access"
    expect_status 200
    expect_equal body "$body" 'for staff'
    site GET /staff-app/ -b "access_token=$access"
    expect_equal groups "$(told remote-groups)" other,staff
    # No group is asked for here.
    site GET /files/secret -b "access_token=$access"
    expect_status 200
    api GET /demo/staff '' -b "access_token=$access"
    expect_status 200
    join_group "$name" '{}'
    for path in /demo/staff /demo/staff.html /demo/staff/ /demo//staff //demo/staff /demo/./staff; do
        call GET "$path" -b "access_token=$access"
        expect_status 403 || fail "$path"
    done
}

@test "guard: what the server rewrites and sets does not answer for the guard" {
    new_user
    local path
    for path in /files/secret /staff/secret /health; do
        site GET "$path" -H 'X-Front: on'
        expect_status 401 || fail "$path"
    done
    site GET /files/secret -H 'X-Front: on' -b "access_token=$access"
    expect_equal body "$body" 'the secret file'
    site GET /none -H 'X-Front: on'
    expect_equal body "$body" 'an error page'
    # The group of the location counts, not that of the server.
    join_group "$name" '{members}'
    site GET /staff/secret -H 'X-Group: members' -b "access_token=$access"
    expect_status 403
    site GET /files/secret -H 'X-Group: members' -b "access_token=$access"
    expect_status 200
    site GET /files/secret -H 'X-Group: staff' -b "access_token=$access"
    expect_status 403
}

@test "guard: a site beside the login at one address is as guarded as any" {
    new_user
    local path host
    for host in app.example.org auth.example.org; do
        for path in /files/secret //files/secret /files//secret /./files/secret /x/../files/secret /%66iles/secret; do
            site_at "$NEIGHBOUR_PORT" GET "$path" -H "Host: $host"
            [[ $status == 40[14] && $body != *'the secret'* ]] || fail "$host $path is answered $status"
        done
    done
    site_at "$NEIGHBOUR_PORT" GET //files/secret -H 'Host: app.example.org' -b "access_token=$access"
    expect_equal body "$body" 'the secret file'
    site_at "$NEIGHBOUR_PORT" GET /content -H 'Host: auth.example.org' -b "access_token=$access"
    expect_success 200
}

# What a client may try to be, in the forms that applications read: each as -, and as _ for every -.
CLAIMS=(Remote-User Remote-Name Remote-Groups Remote-Email X-Auth-User X-Auth-Request-User X-Auth-Request-Preferred-Username
    X-Auth-Request-Groups X-Auth-Request-Email X-Auth-Request-Access-Token X-Forwarded-User X-Forwarded-Preferred-Username
    X-Forwarded-Groups X-Forwarded-Email X-Original-URL X-Rewrite-URL Forwarded Proxy X-Real-IP X-Forwarded-For
    X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Scheme X-Forwarded-Uri X-Client-IP
    X-HTTP-Method-Override X-Original-Method X-Original-URI X-Remote-User X-WebAuth-User)

# claims: the curl options in $claimed.
make_claims() {
    local header
    claimed=()
    for header in "${CLAIMS[@]}"; do
        claimed+=(-H "$header: root" -H "${header//-/_}: root")
    done
}

@test "guard: the application behind a proxy hears of the user from the guard alone" {
    new_user
    join_group "$name" '{staff}'
    local claimed
    make_claims
    site GET /app/x?y=z -b "access_token=$access" "${claimed[@]}" -u root:root
    expect_status 200
    expect_json .path /app/x?y=z
    expect_equal claims "$(json '[.headers[] | select(.[1] == "root") | .[0]] | join(" ")')" ''
    expect_equal user "$(told remote-user)" "$name"
    expect_equal name "$(told remote-name)" 'Test User'
    expect_equal groups "$(told remote-groups)" staff
    expect_equal user "$(told x-auth-request-user)" "$name"
    expect_equal user "$(told x-auth-request-preferred-username)" "$name"
    expect_equal groups "$(told x-auth-request-groups)" staff
    expect_equal host "$(told host)" "127.0.0.1:$SITE_PORT"
    expect_equal address "$(told x-forwarded-for)" 127.0.0.1
    expect_equal scheme "$(told x-forwarded-proto)" http
    local place
    for place in /stream/ /named/x; do
        site GET "$place" -b "access_token=$access" "${claimed[@]}"
        expect_equal "user of $place" "$(told remote-user)" "$name"
    done
    # Without groups nothing is left of what the client said of them.
    join_group "$name" '{}'
    site GET /app/ -b "access_token=$access" "${claimed[@]}"
    expect_equal groups "$(told remote-groups)$(told x-auth-request-groups)" ''
}

@test "guard: PHP finds REMOTE_USER, from the guard alone" {
    new_user
    join_group "$name" '{staff}'
    local claimed
    make_claims
    site GET /php/show.php -b "access_token=$access" "${claimed[@]}" -u root:root
    expect_status 200
    expect_json .server.REMOTE_USER "$name"
    expect_json .server.REMOTE_NAME 'Test User'
    expect_json .server.REMOTE_GROUPS staff
    expect_json .server.HTTP_REMOTE_USER "$name"
    expect_json .server.HTTP_HOST "127.0.0.1:$SITE_PORT"
    expect_json '[.server | to_entries[] | select(.value == "root" and (.key | startswith("PHP_AUTH_") | not)) | .key] | join(" ")' ''
    site GET /php/show.php
    expect_status 401
    [[ $body != *REMOTE_USER* ]]
}

@test "guard: applications get no token of the session" {
    new_user
    local authorization
    for authorization in "Bearer $access" "bearer $access"; do
        site GET /app/ -H "Authorization: $authorization"
        expect_status 200
        expect_equal authorization "$(told authorization)" ''
        site GET /php/show.php -H "Authorization: $authorization"
        expect_json '.server.HTTP_AUTHORIZATION // ""' ''
    done
    site GET /app/ -b "access_token=$access" -H 'Authorization: Basic cm9vdDpyb290'
    expect_equal authorization "$(told authorization)" 'Basic cm9vdDpyb290'
    local row cookies="access_token=$access; refresh_token=$refresh; device_token=$(printf 'B%.0s' {1..43})"
    # sent | what arrives
    local rows=("$cookies|" "$cookies; a=1|a=1" "a=1; $cookies|a=1" "a=1; $cookies; b=2|a=1; b=2" "a=1; b=2; access_token=$access|a=1; b=2"
        "access_token=$access; x_access_token=1; access_tokens=2|x_access_token=1; access_tokens=2" "access_token=$access;a=1|a=1"
        "a=1;"$'\t'"access_token=$access;b=2|a=1;b=2" "access_token=$access; refresh_token=$refresh; a=1; refresh_token=$refresh|")
    for row in "${rows[@]}"; do
        site GET /app/ -H "Cookie: ${row%|*}"
        expect_status 200
        expect_equal "cookies for ${row%|*}" "$(told cookie)" "${row##*|}"
        site GET /php/show.php -H "Cookie: ${row%|*}"
        expect_json '.server.HTTP_COOKIE // ""' "${row##*|}"
    done
}

@test "guard: a POST body arrives whole, and one of a stranger not at all" {
    new_user
    local file=$BATS_TEST_TMPDIR/body sum encoding place
    head -c 3000000 /dev/urandom >"$file"
    sum=$(sha256sum <"$file" | cut -c 1-64)
    for encoding in 'X-Nothing: 1' 'Transfer-Encoding: chunked'; do
        for place in /app/ /stream/; do
            [[ $place$encoding != /stream/T* ]] || continue # unbuffered and chunked is more than the application reads
            site POST "$place" -b "access_token=$access" -H "$encoding" -H 'Content-Type: application/octet-stream' --data-binary "@$file"
            expect_status 200
            expect_json '"\(.method) \(.length) \(.sha256)"' "POST 3000000 $sum"
        done
        site POST /php/show.php -b "access_token=$access" -H "$encoding" -H 'Content-Type: application/octet-stream' --data-binary "@$file"
        expect_status 200
        expect_json .sha256 "$sum"
    done
    site POST /app/upload -H 'Content-Type: application/octet-stream' --data-binary "@$file" "${PAGE[@]}"
    expect_status 401
    expect_header Location ''
    local method
    for method in PUT PATCH DELETE; do
        site "$method" /app/ -b "access_token=$access" --data-binary x
        expect_json '"\(.method) \(.length)"' "$method 1"
    done
}

@test "guard: guarded paths that are routes of the service are guarded all the same" {
    new_user
    local path
    for path in /health /ready /login; do
        site GET "$path"
        expect_status 401 || fail "$path"
        site GET "$path" -b "access_token=$access"
        expect_equal "$path" "$body" 'a guarded file'
    done
}

@test "guard: nginx's stock parameters in the verify location let no stranger in" {
    new_user
    local path
    # Another name than /verify is no route: nobody gets in.
    for path in /health /ready; do
        site_at "$STOCK_PORT" GET "$path"
        expect_status 500 || fail "$path"
        site_at "$STOCK_PORT" GET "$path" -b "access_token=$access"
        expect_status 500 || fail "$path"
    done
    # Under its own name it works, for what has no body.
    site_at "$STOCK_PORT" GET /files/secret
    expect_status 401
    site_at "$STOCK_PORT" GET /files/secret -b "access_token=$access"
    expect_status 200
    site_at "$STOCK_PORT" POST /files/secret -d x=y
    expect_status 500
}

@test "guard: a whole server can be guarded, too" {
    new_user
    local path
    for path in /files/secret /staff/secret /none; do
        site_at "$WHOLE_PORT" GET "$path"
        expect_status 401 || fail "$path"
        site_at "$WHOLE_PORT" GET "$path" "${PAGE[@]}"
        expect_led_to_login "http://127.0.0.1:$WHOLE_PORT$path" || fail "$path"
    done
    site_at "$WHOLE_PORT" GET /files/secret -b "access_token=$access"
    expect_equal body "$body" 'the secret file'
}

@test "guard: one page with many files is one check each, and no write" {
    new_user
    local i urls=() before
    site GET /files/ -b "access_token=$access"
    expect_equal body "$body" '<p>the index</p>'
    before=$(written)
    : >"$SITE/access.log"
    for i in {1..500}; do
        urls+=(-o /dev/null "http://127.0.0.1:$SITE_PORT/files/?$i")
    done
    curl -sS -b "access_token=$access" -Z --parallel-max 8 "${urls[@]}"
    expect_equal checks "$(grep -c ' /_sessiond/verify$' "$SITE/access.log")" 500
    expect_equal files "$(grep -c '^200 GET /files/.* /files//*index.html$' "$SITE/access.log")" 500
    expect_equal writes "$(written)" "$before"
}

# The version of every row that a check could change: another one after any write.
written() {
    sql "select string_agg(s.xmin || ' ' || s.ctid, ',' order by session_id) from sessions s"
    sql "select string_agg(u.xmin || ' ' || u.ctid, ',' order by user_id) from users u"
}

@test "guard: the silent flag of a renewed session is the only write of the guard" {
    new_user
    api POST /refresh '' "${both[@]}"
    keep_session
    sql_is "select successor_used from sessions where session_id = $session_id" f
    site GET /files/secret -b "access_token=$access"
    expect_status 200
    wait_until 10 used_is t
    local row
    row=$(sql "select xmin from sessions where session_id = $session_id")
    site GET /files/secret -b "access_token=$access"
    sql_is "select xmin from sessions where session_id = $session_id" "$row"
}

used_is() {
    [[ $(sql "select successor_used from sessions where session_id = $session_id") == "$1" ]]
}

# --- moving over ----------------------------------------------------------------------------------------------------

# works_by_foreign_snippets PORT HEADER: pages lead to the login, with a long query too, scripts get 401, and the application
# finds the user in the header. It also sees the session's tokens, as docs/nginx.md says.
works_by_foreign_snippets() {
    local port=$1 long host
    long=$(printf 'x%.0s' {1..5000})
    for host in "127.0.0.1:$port" app.example.org a.wiki.example.org:8443; do
        site_at "$port" GET '/x?a=1&b=2' "${PAGE[@]}" -H "Host: $host"
        expect_led_to_login "http://$host/x?a=1&b=2" || return
    done
    site_at "$port" GET "/x?$long" "${PAGE[@]}"
    expect_led_to_login "http://127.0.0.1:$port/x?$long" || return
    for how in 'Accept: application/json' 'Sec-Fetch-Mode: cors' 'X-Requested-With: XMLHttpRequest'; do
        site_at "$port" GET /x -H "$how"
        expect_status 401 || return
        expect_header Location '' || return
    done
    site_at "$port" POST /x -d abc "${PAGE[@]}"
    expect_status 401 || return
    site_at "$port" POST /x -b "access_token=$access; a=b" -d abc -H "$2: root"
    expect_status 200 || return
    expect_json .length 3 || return
    expect_equal user "$(told "${2,,}")" "$name" || return
    expect_equal "the cookies that the application sees" "$(told cookie)" "access_token=$access; a=b"
}

@test "guard: a site with the snippets of Authelia's manual works with another address" {
    new_user
    join_group "$name" '{staff}'
    works_by_foreign_snippets "$AUTHELIA_PORT" Remote-User
    expect_equal groups "$(told remote-groups)" staff
}

@test "guard: a site with the configuration of oauth2-proxy's manual works with another address" {
    new_user
    works_by_foreign_snippets "$OAUTH2_PORT" X-User
}

# --- the demonstration ----------------------------------------------------------------------------------------------

@test "guard: the demonstration at /demo/ is guarded, and shows what an application is told" {
    local path
    for path in /demo/ /demo/headers /demo/staff /demo/index.html; do
        call GET "$path?a=b" "${PAGE[@]}"
        expect_led_to_login "http://127.0.0.1:$PORT$path?a=b"
    done
    new_user
    call GET /demo/ -b "access_token=$access"
    expect_status 200
    expect_header Content-Type 'text/html; charset=utf-8'
    call GET /demo/headers -b "access_token=$access; a=b" -H 'Remote-User: root'
    expect_status 200
    grep -qx "Remote-User: $name" <<<"$body"
    grep -qx "Cookie: a=b" <<<"$body"
}
