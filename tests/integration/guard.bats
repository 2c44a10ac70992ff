#!/usr/bin/env bats
# The guard: GET /verify by itself, and the snippets of nginx/ in a real nginx of somebody else, with the traps that
# lie in auth_request, one test each.

PAGE=(-H 'Accept: text/html,application/xhtml+xml')

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    loose_servers >"$SITE/more.conf"
    stack_up "PUBLIC_URL=http://localhost:$PORT" "REDIRECT_HOSTS=app.example.org,.wiki.example.org"
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
    LOGIN=http://localhost:$PORT/login
}

# encoded TEXT: as one component of a URI.
encoded() {
    jq -rn --arg text "$1" '$text | @uri'
}

# expect_led_to_login URL: a redirect to the login that comes back to the URL.
expect_led_to_login() {
    expect_status 302 && expect_header Location "$LOGIN?rd=$(encoded "$1")" && expect_no_cookies
}

# loose_servers: prints the TLS servers of an address of their own, of which one is as it should be, and the others read
# addresses with `merge_slashes off`. Only the second has nothing to guard.
loose_servers() {
    local name loose='merge_slashes off;'
    for name in strict lax own; do
        cat <<TEXT
server {
    listen 127.0.0.2:$TLS_PORT ssl http2;
    server_name $name.example.org;
    ssl_certificate "$SITE/tls.crt";
    ssl_certificate_key "$SITE/tls.key";
    root "$SITE/www";
    default_type text/plain;
    $([[ $name == strict ]] || echo "$loose")
    $([[ $name == lax ]] || cat <<'SITE'
    include sessiond/guard-location.conf;
    location /plain/ { include sessiond/guard.conf; }
    location /doubled/ { include sessiond/guard.conf; rewrite ^/doubled/(.*)$ /plain//$1 break; }
    location /led/ { include sessiond/guard.conf; try_files /none /plain//secret.txt; }
SITE
)
}
TEXT
    done
}

# over_tls SERVER HOST PATH [CURL-OPTION...]: asks the host for the path, over TLS with the server of this name.
over_tls() {
    local server=$1.example.org host=$2.example.org path=$3
    shift 3
    answer=$(curl -sSk --path-as-is --resolve "$server:$TLS_PORT:127.0.0.2" -H "Host: $host" -w '\n%{http_code}' \
        "https://$server:$TLS_PORT$path" "$@")
    body=$(printf '%s' "${answer%$'\n'*}")
    status=${answer##*$'\n'}
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
        "GET||text/html|org.example.browser|yes"
        "GET|navigate|text/html|org.example.browser|yes"
        "GET||text/html|XMLHttpRequest|no"
        "GET||text/html|xmlhttprequest|no"
        "GET|cors|text/html|org.example.browser|no"
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

@test "guard: all headers of verify together fit into 4 KiB, however long the address is" {
    local length size
    for length in 2000 2600 2700 2800 3000 4000 7000; do
        call GET /verify "${PAGE[@]}" -H "X-Original-URL: https://app.example.org/x?$(head -c "$length" /dev/zero | tr '\0' x)"
        expect_problem 401 unauthorized
        size=$(wc -c <"$ANSWER.headers")
        ((size < 4096)) || fail "$size bytes for a query of $length"
        expect_header_match Location "^$LOGIN[?]rd=https%3A%2F%2Fapp.example.org%2Fx" || fail "a query of $length"
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
    local direct guarded fallback page
    call GET /verify -b "access_token=$access" "${PAGE[@]}"
    direct="$status $(header Location)$(header Retry-After)"
    site GET /files/secret -b "access_token=$access"
    guarded="$status $(header Location)$(json .code) $(header Cache-Control) $body"
    site GET /fallback/ -b "access_token=$access"
    fallback="$status $(json .code)"
    site GET /files/secret -b "access_token=$access" "${NAVIGATION[@]}"
    page="$status $(header Content-Type) $body"
    admin "alter role sessiond connection limit -1" >/dev/null
    expect_equal verify "$direct" '503 1'
    expect_match guarded "$guarded" '^503 service_unavailable no-store'
    expect_match page "$page" '^503 text/html; charset=utf-8 .*sign-in does not answer'
    [[ $guarded$page != *secret* ]]
    # An error page of the site that is not guarded is no way in.
    expect_equal fallback "$fallback" '503 service_unavailable'
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

# expect_guard_headers: the headers of an answer of the guard, once each, and none of the site.
expect_guard_headers() {
    expect_header Cache-Control no-store && expect_header Expires '' && expect_header X-Site '' &&
        expect_header X-Content-Type-Options nosniff && expect_header Referrer-Policy no-referrer
}

# expect_page STATUS TEXT LINK: a page of the guard, which stands alone and has one link.
expect_page() {
    expect_status "$1" && expect_header Content-Type 'text/html; charset=utf-8' && expect_guard_headers || return 1
    expect_match text "$body" "$2" && expect_equal link "$(grep -o '<a [^>]*>' <<<"$body")" "<a href=\"$3\" target=\"_top\">" || return 1
    local hash
    hash=$(sed -n '/<style>/,/<\/style>/p' <<<"$body" | sed 's/.*<style>//; s/<\/style>.*//' | head -c -1 | openssl dgst -sha256 -binary | base64)
    expect_header Content-Security-Policy "default-src 'none'; style-src 'sha256-$hash'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'" &&
        expect_equal 'scripts, images and other hosts' "$(grep -ciE '<script|<img|<link|url\(|@import' <<<"$body")" 0
}

NAVIGATION=(-H 'Sec-Fetch-Mode: navigate' "${PAGE[@]}")

@test "guard: a form posted without a session gets a page that leads to the login and back" {
    local url=http://127.0.0.1:$SITE_PORT kind path
    for path in /app/edit /files/x.json /php/show.php /cached/x.css; do
        for kind in NAVIGATION PAGE; do
            local -n options=$kind
            site POST "$path" -d a=b "${options[@]}" -H "Referer: $url/page?x=1"
            expect_page 401 'The form was not sent' "$LOGIN?rd=$(encoded "$url/page?x=1")" || fail "$path $kind"
            expect_header WWW-Authenticate Bearer
        done
        # A page elsewhere is nowhere to come back to.
        site POST "$path" -d a=b "${NAVIGATION[@]}" -H 'Referer: https://evil.example/'
        expect_page 401 'The form was not sent' "$LOGIN?rd=$(encoded "$url$path")"
        site POST "$path" -d a=b -H 'Sec-Fetch-Mode: cors' -H 'Accept: */*'
        expect_status 401
        expect_header Content-Type application/problem+json
        expect_json .code unauthorized
        expect_guard_headers
    done
}

@test "guard: in a frame, a page offers the login in the whole window" {
    local url=http://127.0.0.1:$SITE_PORT dest
    for dest in iframe frame embed object; do
        site GET /files/x "${NAVIGATION[@]}" -H "Sec-Fetch-Dest: $dest" -H "Referer: $url/outer"
        expect_page 401 'session has ended' "$LOGIN?rd=$(encoded "$url/outer")" || fail "$dest"
    done
    site GET /files/x "${NAVIGATION[@]}" -H 'Sec-Fetch-Dest: document'
    expect_led_to_login "$url/files/x"
}

@test "guard: somebody without the group gets a page with their name, and a program a problem" {
    new_user
    local path
    # A name that is dangerous in HTML, and one that is not ASCII.
    admin "update users set username = '<b>\"x\"&''\$person ö' where user_id = $user_id"
    for path in /staff/secret /staff/x.css /staff-app/ /wheel/; do
        site GET "$path" -b "access_token=$access" "${NAVIGATION[@]}"
        expect_page 403 'signed in as <strong>&#60;b&#62;&#34;x&#34;&#38;&#39;&#36;person &#246;</strong>' "http://localhost:$PORT/account" || fail "$path"
        site POST "$path" -b "access_token=$access" -d a=b "${NAVIGATION[@]}"
        expect_page 403 'signed in as' "http://localhost:$PORT/account" || fail "$path"
        site GET "$path" -b "access_token=$access"
        expect_status 403
        expect_header Content-Type application/problem+json
        expect_json .code group_required
        expect_guard_headers
    done
    site GET /files/secret -b "access_token=$access" -u root:root "${NAVIGATION[@]}"
    expect_page 403 'HTTP authentication' "http://localhost:$PORT/account"
    # What the site itself refuses stays its own.
    site GET /closed/ -b "access_token=$access" "${NAVIGATION[@]}"
    expect_status 403
    [[ $body != *'signed in as'* ]]
}

@test "guard: no answer of the guard is cached or has a header of the site" {
    new_user
    site GET /cached/ "${NAVIGATION[@]}"
    expect_status 302
    expect_guard_headers
    site GET /cached/
    expect_status 401
    expect_guard_headers
    site GET /cached/staff "${NAVIGATION[@]}" -b "access_token=$access"
    expect_status 403
    expect_guard_headers
    site GET /cached/ -b "access_token=$access"
    expect_status 200
    expect_header X-Site site
    expect_header_match Cache-Control max-age=3600
}

# filtered METHOD PATH [CURL-OPTION...]: to the site that changes its answers, as an old Internet Explorer asks it.
filtered() {
    site_at "$NEIGHBOUR_PORT" "$@" -H 'Host: filters.example.org' -H 'User-Agent: Mozilla/4.0 (compatible; MSIE 6.0)' \
        -H 'Accept-Encoding: gzip' -H 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT' -H 'If-None-Match: *' \
        -H 'Range: bytes=0-1' -H 'TE: trailers'
}

# expect_unfiltered STATUS: the whole answer is the guard's own.
expect_unfiltered() {
    expect_status "$1"
    expect_guard_headers
    expect_header Content-Encoding ''
    expect_header Vary ''
    expect_header ETag ''
    expect_header Trailer ''
    [[ $body != *'OF THE SITE'* && $body != *'an error page'* && $body != *'an error occurred'* ]] || fail "$body"
}

@test "guard: no filter of the site changes an answer of the guard" {
    new_user
    local url=http://filters.example.org
    filtered GET /files/secret "${NAVIGATION[@]}"
    expect_unfiltered 302
    expect_header Location "$LOGIN?rd=$(encoded "$url/files/secret")"
    filtered GET /files/secret
    expect_unfiltered 401
    expect_header Content-Type application/problem+json
    expect_json .code unauthorized
    filtered POST /files/secret -d a=b "${NAVIGATION[@]}"
    expect_unfiltered 401
    expect_header Content-Type 'text/html; charset=utf-8'
    expect_header Content-Length "$BODY_SIZE"
    filtered GET /staff/secret "${NAVIGATION[@]}" -b "access_token=$access"
    expect_unfiltered 403
    expect_header Content-Type 'text/html; charset=utf-8'
    expect_match page "$body" "<strong>$name</strong>"
    filtered GET /staff/secret -b "access_token=$access"
    expect_unfiltered 403
    expect_json .code group_required
    # The site's own pages are changed as it says.
    site_at "$NEIGHBOUR_PORT" GET /files/index.html -b "access_token=$access" -H 'Host: filters.example.org'
    expect_status 200
    expect_header_match X-Site '^site'
}

@test "guard: a cache of the site with the user in its key gives no user the page of another" {
    local first first_access
    new_user
    first=$name first_access=$access
    site GET /kept/x -b "access_token=$first_access" -H 'X-Load: 1'
    expect_equal user "$(told remote-user)" "$first"
    site GET /kept/x
    expect_status 401
    new_user
    site GET /kept/x -b "access_token=$access"
    expect_equal 'user beside a page that was kept' "$(told remote-user)" "$name"
    site GET /kept/x -b "access_token=$first_access" -H 'X-Load: 2'
    expect_equal 'what was kept' "$(told remote-user) $(told x-load)" "$first 1"
}

@test "guard: an answer of verify over HTTP says nothing of pages" {
    new_user
    call GET /verify -b "access_token=$access" -H 'Question: sessiond/verify/wheel' -H 'Guard-Mark: 1' -H 'Remote-User: x' -u x:y
    expect_status 200
    call GET /verify "${NAVIGATION[@]}" -H 'X-Original-Method: POST' -H 'Sec-Fetch-Dest: iframe'
    expect_problem 401 unauthorized
    expect_header X-Sessiond-Way ''
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

# What a client may try to be, in the forms that applications read: who the user is, as only gateways say it, and the
# rest.
REFUSED_CLAIMS=(Remote-{User,Name,Groups,Email,Group,Role,Roles,Fullname} X-Remote-{User,User-Id,Name,Groups,Group,Email,Role,Roles}
    X-WebAuth-{User,Name,Fullname,Groups,Email,Role} X-Authenticated-{User,Email,Groups} X-{Proxy,Vouch}-User
    X-Auth-{Username,Name,Groups,Role,Roles} X-Auth-Request-{User,Preferred-Username,Name,Groups,Roles,Email,Access-Token}
    X-Authentik-{Username,Groups,Email,Name,Uid,Jwt,Entitlements} X-Forwarded-{User,Preferred-Username,Groups,Email,Access-Token}
    X-Authenticated-{Userid,Scope} X-Consumer-{Id,Custom-Id,Username,Groups} X-Credential-{Identifier,Username} X-Anonymous-Consumer
    X-Userinfo X-Goog-{Authenticated-User-Email,Authenticated-User-Id,Iap-Jwt-Assertion} X-Amzn-Oidc-{Identity,Data,Accesstoken}
    X-MS-Client-Principal{,-Id,-Idp,-Name} X-MS-Token-AAD-Id-Token X-Pomerium-{Jwt-Assertion,Claim-Email} {X,Teleport}-Jwt-Assertion
    OIDC-CLAIM-sub Impersonate-User X-Forwarded-Name)
CLAIMS=(X-{User,User-Id,User-Email,Username} X-Auth-{User,User-Id,Email,Session,Token} Cf-Access-{Authenticated-User-Email,Jwt-Assertion}
    Tailscale-User-{Login,Name} X-Remote-{Addr,IP} X-Forwarded
    X-Forwarded-{Server,Path,Ssl,For,By,Host,Method,Proto,Protocol,Port,Prefix,Scheme,Uri} X-Url-Scheme Front-End-Https
    X-HTTP-Method X-HTTP-Method-Override X-Method-Override True-Client-IP CF-Connecting-{IP,IPv6} X-Cluster-Client-IP X-Client-IP
    Client-IP Fastly-Client-IP X-Real-IP X-Original-{URL,URI,Host,Method,Forwarded-For} X-Rewrite-URL Forwarded Proxy)

# spellings_of NAME: with `_` for every `-`, and for the last one, too.
spellings_of() {
    local spellings=("$1" "${1//-/_}")
    [[ $1 != *-*-* ]] || spellings+=("${1%-*}_${1##*-}")
    printf '%s\n' "${spellings[@]}"
}

# claims: the curl options in $claimed.
make_claims() {
    local header spelling
    claimed=()
    for header in "${CLAIMS[@]}"; do
        for spelling in $(spellings_of "$header"); do
            claimed+=(-H "$spelling: root")
        done
    done
}

@test "guard: a request that says by itself who its user is is refused" {
    new_user
    local header spelling
    for header in "${REFUSED_CLAIMS[@]}"; do
        for spelling in $(spellings_of "$header"); do
            site GET /app/ -b "access_token=$access" -H "$spelling: root"
            expect_equal "$spelling" "$status $(json .code)" "403 forbidden"
        done
    done
    site GET /files/secret -b "access_token=$access" -H 'Remote-User: root' -H 'Accept: text/html'
    expect_status 403
    expect_match page "$body" 'not for your browser to say'
    site GET /files/secret -H 'Remote-User: root'
    expect_equal stranger "$status $(json .code)" "403 forbidden"
    site GET /files/secret -b "access_token=$access" -H 'Remote-User;'
    expect_equal body "$body" 'the secret file'
}

@test "guard: a location that only inherits the guard, and sets a header itself, hears of no user from the client" {
    new_user
    join_group "$name" '{wheel}'
    local port path
    while read -r port path; do
        site_at "$port" GET "$path" -b "access_token=$access"
        expect_status 200
        site_at "$port" GET "$path" -b "access_token=$access" -H 'X-Remote-Groups: admins'
        expect_status 403
    done <<<"$SITE_PORT /wheel/app/
$WHOLE_PORT /app/"
}

# Before 1.23, nginx looks only at the first header of a name.
@test "guard: a claim behind an empty header of the same name reaches no application" {
    new_user
    local header claimed=()
    for header in "${REFUSED_CLAIMS[@]}"; do
        claimed+=(-H "$header;" -H "$header: root" -H "${header//-/_};" -H "${header//-/_}: root")
    done
    site GET /app/ -b "access_token=$access" "${claimed[@]}"
    if [[ $status != 403 ]]; then
        expect_status 200
        expect_equal claims "$(json '[.headers[] | select(.[1] == "root") | .[0]] | join(" ")')" ''
        expect_equal user "$(told remote-user)" "$name"
    fi
}

@test "guard: the application behind a proxy hears of the user from the guard alone" {
    new_user
    join_group "$name" '{staff}'
    local claimed
    make_claims
    site GET /app/x?y=z -b "access_token=$access" "${claimed[@]}"
    expect_status 200
    expect_json .path /app/x?y=z
    expect_equal claims "$(json '[.headers[] | select(.[1] == "root") | .[0]] | join(" ")')" ''
    expect_equal doubled "$(json '[.headers[][0] | ascii_downcase] | group_by(.) | map(select(length > 1)[0]) | join(" ")')" ''
    expect_equal user "$(told remote-user)" "$name"
    expect_equal name "$(told remote-name)" 'Test User'
    expect_equal groups "$(told remote-groups)" staff
    expect_equal user "$(told x-auth-request-user)" "$name"
    expect_equal user "$(told x-auth-request-preferred-username)" "$name"
    expect_equal groups "$(told x-auth-request-groups)" staff
    expect_equal host "$(told host)" "127.0.0.1:$SITE_PORT"
    # nginx's variable of this list passes on what the client says, and adds the address.
    expect_match address "$(told x-forwarded-for)" '127.0.0.1$'
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

@test "guard: of what a client wants to change to, an application hears of a WebSocket alone" {
    new_user
    local wanted
    for wanted in h2c H2C 'websocket, h2c' 'h2c, websocket' websocket2 TLS/1.0; do
        site GET /stream/ -b "access_token=$access" -H "Upgrade: $wanted" -H 'Connection: Upgrade, HTTP2-Settings' -H 'HTTP2-Settings: AAMAAABkAAQ'
        expect_equal "upgrade of $wanted" "$status $(told upgrade)" '200 '
    done
    for wanted in websocket WebSocket; do
        site GET /stream/ -b "access_token=$access" -H "Upgrade: $wanted" -H 'Connection: Upgrade'
        expect_equal "upgrade of $wanted" "$status $(told upgrade)" '200 websocket'
    done
}

@test "guard: PHP finds REMOTE_USER, from the guard alone" {
    new_user
    join_group "$name" '{staff}'
    local claimed
    make_claims
    site GET /php/show.php -b "access_token=$access" "${claimed[@]}"
    expect_status 200
    expect_json .server.REMOTE_USER "$name"
    expect_json .server.REMOTE_NAME 'Test User'
    expect_json .server.REMOTE_GROUPS staff
    expect_json .server.HTTP_REMOTE_USER "$name"
    expect_json '[.server | to_entries[] | select(.value == "root") | .key] | join(" ")' ''
    site GET /php/show.php
    expect_status 401
    [[ $body != *REMOTE_USER* ]]
}

# last NAME: the last value of a parameter.
last() {
    json "[.[] | select(.[0] == \"$1\") | .[1]] | last"
}

@test "guard: one include serves every kind of *_pass" {
    new_user
    join_group "$name" '{staff}'
    local claimed kind
    make_claims
    for kind in uwsgi scgi; do
        site GET "/$kind/" -b "access_token=$access; a=1" "${claimed[@]}" -H 'X-Other: kept'
        expect_status 200
        expect_equal claims "$(json '[.[] | select(.[1] == "root") | .[0]] | join(" ")')" ''
        expect_equal user "$(last REMOTE_USER) $(last HTTP_REMOTE_USER) $(last REMOTE_GROUPS)" "$name $name staff"
        expect_equal cookie "$(last HTTP_COOKIE) $(last HTTP_X_OTHER)" 'a=1 kept'
        site GET "/$kind/"
        expect_status 401
    done
    site GET /grpc/ -b "access_token=$access; a=1" "${claimed[@]}" -H 'X-Other: kept'
    expect_json 'map(.[1]) | join(",")' "$name,a=1,,,kept"
    site GET /grpc/
    expect_status 401
}

@test "guard: a name of Basic authentication becomes nobody, before or after the lists of nginx" {
    new_user
    local path user
    for path in /php/show.php /late-php/show.php /uwsgi/ /late-uwsgi/ /scgi/ /app/ /files/secret; do
        for user in root:root 0:x root:; do
            site GET "$path" -b "access_token=$access" -u "$user"
            expect_status 403 || fail "$path $user"
            expect_json .code forbidden
            site GET "$path" -u "$user"
            expect_status 401 || fail "$path $user"
        done
    done
    grep -q '"event":"basic_refused"' "$(service_log)"
    # Without one, the list after the guard makes the user nobody, but never somebody else.
    site GET /late-php/show.php -b "access_token=$access"
    expect_json .server.REMOTE_USER ''
    site GET /basic/ -b "access_token=$access" -u root:root
    expect_status 200
    expect_equal authorization "$(told authorization)" 'Basic cm9vdDpyb290'
    expect_equal user "$(told remote-user)" "$name"
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
    # nginx keeps tabs around a value, which the service passes over (RFC 9110, 5.6.3).
    local PORT=$SITE_PORT
    for authorization in "\\tBearer $access" " \\t \\tbearer  $access\\t"; do
        raw < <(printf 'GET /app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization:%b\r\n\r\n' "$authorization")
        expect_status 200
        expect_equal "authorization for $authorization" "$(told authorization)" ''
    done
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

# PHP passes over more kinds of space than nginx does.
@test "guard: applications get no cookie of the session behind bytes that they pass over" {
    new_user
    local byte place
    for byte in $'\x0b' $'\x0c' $'\x01' $'\xa0'; do
        for place in '%saccess_token=%s' 'a=1;%saccess_token=%s' 'a=1; %srefresh_token=%s'; do
            # shellcheck disable=SC2059 # the format is the row
            site GET /php/show.php -H "Cookie: access_token=$access; $(printf "$place" "$byte" "$access")"
            expect_status 200
            expect_json '.server.HTTP_COOKIE // ""' ''
        done
    done
}

@test "guard: what a location has taken from the address stays that, whatever cookies and tokens come with it" {
    new_user
    local credentials
    for credentials in "Cookie: /other; access_token=$access; b=2" "Cookie: access_token=$access; /other" "Authorization: Bearer $access"; do
        site GET /captured/taken -H "$credentials"
        expect_equal captured "$(told x-captured)" taken
        site GET /captured-php/show.php -H "$credentials"
        expect_status 200
        expect_match script "$(json .server.SCRIPT_FILENAME)" '/php/show[.]php$'
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
    expect_equal checks "$(grep -c ' sessiond/verify$' "$SITE/access.log")" 500
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

# works_by_foreign_snippets PORT HEADER: pages lead to the login, however long their query is, scripts get 401, and the
# application finds the user in the header. It also sees the session's tokens, as docs/nginx.md says.
works_by_foreign_snippets() {
    local port=$1 host length long
    for host in "127.0.0.1:$port" app.example.org a.wiki.example.org:8443; do
        site_at "$port" GET '/x?a=1&b=2' "${PAGE[@]}" -H "Host: $host"
        expect_led_to_login "http://$host/x?a=1&b=2" || return
    done
    # nginx has 4 KiB for the headers of an answer, and makes 500 of those that are longer.
    for length in 2500 2700 3000 3600 4000 5000 5900 7500; do
        long=$(head -c "$length" /dev/zero | tr '\0' x)
        site_at "$port" GET "/x?$long" "${PAGE[@]}"
        ((length <= 2700)) || long=
        expect_led_to_login "http://127.0.0.1:$port/x${long:+?$long}" || fail "a query of $length bytes" || return
    done
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
    call GET /demo/headers -b "access_token=$access; a=b" -H 'X-Forwarded-For: 192.0.2.1'
    expect_status 200
    grep -qx 'X-Forwarded-For: 127.0.0.1' <<<"$body"
    grep -qx "Remote-User: $name" <<<"$body"
    grep -qx "Cookie: a=b" <<<"$body"
}

# --- whoever forgets or misplaces something ---------------------------------------------------------------------------

# place SERVER PATH [CURL-OPTION...]
place() {
    local server=$1
    shift
    site_at "$PLACES_PORT" GET "$@" -H "Host: $server"
}

PLACES=(/plain/secret.txt /regex/secret.txt /named/secret.txt /staff/nested/secret.txt /if/secret.txt)

is_limited() {
    site_at "$NEIGHBOUR_PORT" GET /held/ -H 'Host: limited.example.org'
    [[ $status == 429 ]]
}

@test "guard: a limit of connections that meets the question alone is a refusal, which no error page of the site opens" {
    new_user
    local held
    exec {held}<>"/dev/tcp/127.0.0.1/$NEIGHBOUR_PORT"
    printf 'POST /held/ HTTP/1.1\r\nHost: limited.example.org\r\nContent-Length: 5\r\n\r\n' >&"$held"
    wait_until 10 is_limited
    site_at "$NEIGHBOUR_PORT" GET /files/secret.txt -H 'Host: limited.example.org' -b "access_token=$access"
    exec {held}>&-
    expect_status 503
    expect_json .code service_unavailable
    wait_until 10 opens_limited
}

opens_limited() {
    site_at "$NEIGHBOUR_PORT" GET /files/secret.txt -H 'Host: limited.example.org' -b "access_token=$access"
    [[ $status == 200 && $body == 'the secret file' ]]
}

# docs/nginx.md, N2 and N20.
@test "guard: where a rule leads the question away nobody gets in, but an error page for 500 that is open is shown" {
    new_user
    local credentials
    for credentials in none "access_token=$access"; do
        site_at "$NEIGHBOUR_PORT" GET /plain/secret.txt -H 'Host: stray.example.org' -b "$credentials"
        expect_status 500
        site_at "$NEIGHBOUR_PORT" GET /files/secret.txt -H 'Host: stray.example.org' -b "$credentials"
        expect_equal body "$body" 'an error page'
    done
}

@test "guard: nginx does not start without the include in the server" {
    printf '%s' "pid $BATS_TEST_TMPDIR/pid; events {} http { access_log off; include sessiond/http.conf;
        server { listen unix:$BATS_TEST_TMPDIR/s; location / { include sessiond/guard.conf; } } }" >"$SITE/without.conf"
    run nginx -t -p "$SITE" -e stderr -c "$SITE/without.conf"
    ((status != 0)) || fail "nginx is content"
    expect_match words "$output" 'unknown "sessiond_guarded" variable'
}

@test "guard: nginx has nothing to say about its files, all together or only some" {
    local server
    for server in 'include sessiond/server.conf;' 'include sessiond/guard-location.conf;' \
        'include sessiond/guard-location.conf; location / { include sessiond/guard.conf; }' \
        'include sessiond/guard-location.conf; location / { include sessiond/guard-optional.conf; }' \
        'include sessiond/guard-location.conf; include sessiond/guard.conf;'; do
        printf '%s' "pid $BATS_TEST_TMPDIR/pid; events {} http { access_log off; include sessiond/http.conf;
            server { listen unix:$BATS_TEST_TMPDIR/s; $server } }" >"$SITE/with.conf"
        expect_equal "words about $server" "$(nginx -t -q -p "$SITE" -e stderr -c "$SITE/with.conf" 2>&1)" ''
    done
}

@test "guard: what is in its place opens to those who are signed in" {
    new_user
    join_group "$name" '{staff}'
    local path
    for path in "${PLACES[@]}"; do
        place right "$path"
        expect_status 401 || fail "$path"
        place right "$path" -b "access_token=$access"
        expect_status 200 || fail "$path"
        expect_equal "$path" "$body" 'the secret file'
    done
    place right /none
    expect_equal body "$body" 'the front controller'
}

@test "guard: in a server without the include, or with rules before it, nobody gets in" {
    new_user
    join_group "$name" '{staff}'
    local server path credentials paths
    for server in "${!BEFORE[@]}"; do
        [[ $server != right ]] || continue
        paths=("${PLACES[@]}" /staff/nested-bare/secret.txt /through/ /late/secret.txt)
        # Without the include in the server, a location that inherits the question depends on the rules of the server.
        [[ $server != caught ]] || paths=("${PLACES[@]}")
        for path in "${paths[@]}"; do
            for credentials in none "access_token=$access"; do
                place "$server" "$path" -b "$credentials"
                [[ $body != *secret* ]] || fail "$server opens $path"
            done
        done
        [[ $server != @(missing|caught|always) ]] || continue
        site_at "$PLACES_PORT" GET /files/secret.txt -H "Host: $server"
        expect_equal "an open file of $server" "$body" 'the secret file'
    done
    place missing /plain/secret.txt -b "access_token=$access"
    expect_status 500
    expect_match body "$body" guard-location.conf
    grep -q 'could not allocate node in limit_req zone "sessiond_stray_subrequests"' "$SITE/error.log"
}

@test "guard: a location that inherits the question of another, or asks too late, opens to nobody, and the log says why" {
    new_user
    join_group "$name" '{staff}'
    local path
    for path in /staff/nested-bare/secret.txt /through/ /late/secret.txt; do
        place right "$path" -b "access_token=$access"
        expect_status 500 || fail "$path"
    done
    expect_equal log "$(jq -rR 'fromjson? | select(.event == "guard_misplaced") | .level + " " + .detail' "$(service_log)" | sort -u)" \
        'error a location inherits the guard of another, or has a rewrite before it or a limit_except: it needs an include of sessiond/guard.conf itself, before all other rules, and no limit_except'
}

# ways METHOD PATH [CURL-OPTION...]
ways() {
    site_at "$NEIGHBOUR_PORT" "$@" -H 'Host: ways.example.org'
}

# docs/nginx.md, N31.
@test "guard: the methods of a limit_except open to nobody, and the log says why" {
    new_user
    local row method path status_of_user
    # method path | status for a user
    local rows=('GET /methods/|200' 'POST /methods/|500' 'DELETE /methods/|500' 'GET /methods/open/|200' 'POST /methods/open/|500'
        'GET /methods/denied/|200' 'POST /methods/denied/|403' 'HEAD /methods/cured/|200' 'POST /methods/cured/|403')
    for row in "${rows[@]}"; do
        read -r method path <<<"${row%|*}"
        status_of_user=${row#*|}
        ways "$method" "$path" -b "access_token=$access"
        expect_status "$status_of_user" || fail "$row"
        [[ $path != /methods/open/ || $method != GET ]] || continue
        ways "$method" "$path"
        [[ $status == @(401|403|500) ]] || fail "a stranger gets $status for $row"
    done
    has_event guard_misplaced '.detail | contains("limit_except")'
}

# docs/nginx.md, N32.
@test "guard: a guarded error page opens to nobody, and leads to the login where nginx may lead on twice" {
    new_user
    local path
    for path in /none /as-found/none /as-staff/none; do
        ways GET "$path" "${NAVIGATION[@]}"
        expect_equal "$path" "$status $(header Location)" '401 ' || return
        [[ $body != *secret* ]] || fail "$path"
    done
    ways GET /as-staff/none -b "access_token=$access"
    expect_status 403
    ways GET /none -b "access_token=$access"
    expect_equal user "$status $body" '404 the secret file'
    ways GET /recursive/none "${NAVIGATION[@]}"
    expect_led_to_login http://ways.example.org/recursive/none
    ways GET /recursive/none -b "access_token=$access"
    expect_equal user "$status $body" '404 the secret file'
}

@test "guard: a group in the question is inherited, and contradicted by no other" {
    new_user
    local path groups
    for groups in '{}' '{staff}'; do
        join_group "$name" "$groups"
        for path in /wheel/ /wheel/x.txt; do
            site GET "$path" -b "access_token=$access"
            expect_status 403 || fail "$groups $path"
            site GET "$path"
            expect_status 401 || fail "$groups $path"
        done
    done
    join_group "$name" '{staff,wheel}'
    for path in /wheel/ /wheel/x.txt; do
        site GET "$path" -b "access_token=$access"
        expect_status 200 || fail "$path"
    done
    site GET /wheel/other/ -b "access_token=$access"
    expect_status 500
    has_event guard_misplaced '.detail | contains("one group by its include")'
}

@test "guard: no page includes by a subrequest what is guarded, unless the site says so" {
    place right /included/page.txt
    expect_status 200
    [[ $body != *secret* && $body != *'the index'* ]] || fail "it includes: $body"
    # Even then the guarded part stays away, as nginx does not ask the guard about it.
    place right /mixed/page.txt
    expect_match body "$body" 'the index'
    expect_equal 'parts that are guarded' "$(grep -c 'the secret file' <<<"$body")" 0
    expect_match body "$body" 'nothing here answers subrequests'
}

@test "guard: over HTTP/2 it is the same" {
    new_user
    local answer
    answer=$(curl -sSk --http2 -w ' %{http_code} %{http_version}' "https://localhost:$TLS_PORT/files/secret" -o /dev/null)
    expect_equal stranger "$answer" ' 401 2'
    answer=$(curl -sSk --http2 -w ' %{http_code} %{http_version}' "https://localhost:$TLS_PORT/files/secret" -b "access_token=$access")
    expect_equal user "$answer" $'the secret file\n 200 2'
}

@test "guard: an address that nginx has read by the settings of a laxer server opens nothing" {
    new_user
    local path version
    for version in --http1.1 --http2; do
        for path in //plain/secret.txt /plain//secret.txt /%2Fplain/secret.txt '//plain/secret.txt?a=1'; do
            over_tls strict strict "$path" "$version"
            expect_status 401 || fail "$version $path"
            over_tls strict strict "$path" "$version" -b "access_token=$access"
            expect_equal "$version $path" "$body" 'the secret file'
            over_tls lax strict "$path" "$version"
            expect_status 400 || fail "$version $path, read by another server"
            over_tls own own "$path" "$version"
            expect_status 400 || fail "$version $path, read by the server itself"
        done
        over_tls lax strict /plain/secret.txt "$version"
        expect_status 401
    done
    expect_match body "$body" '"code":"unauthorized"'
}

@test "guard: slashes that a query has, or that rules of the site make, are the business of the site" {
    new_user
    local path
    for path in '/plain/secret.txt?a=//b' /doubled/secret.txt /led/x; do
        over_tls strict strict "$path"
        expect_status 401 || fail "$path"
        over_tls strict strict "$path" -b "access_token=$access"
        expect_equal "$path" "$body" 'the secret file'
    done
}
