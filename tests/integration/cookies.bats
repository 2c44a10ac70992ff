#!/usr/bin/env bats
# Cookies attribute by attribute, the rules of Bearer beside them, and what is stored of a token: its hash only.
# A second instance in the same file has the settings that change cookies.

setup_file() {
    load lib/common
    stack_new
    stack_up
    export PLAIN_STACK=$STACK PLAIN_PORT=$PORT PLAIN_RUN_DIR=$RUN_DIR PLAIN_ENV_FILE=$ENV_FILE
    stack_new
    stack_up COOKIE_SECURE=on COOKIE_PREFIX=__Host- ACCESS_TTL=60 REFRESH_TTL=120 SESSION_TTL=150
    export HOST_STACK=$STACK HOST_PORT=$PORT HOST_RUN_DIR=$RUN_DIR HOST_ENV_FILE=$ENV_FILE
}

teardown_file() {
    load lib/common
    local failed=0
    use_host
    stack_down || failed=1
    use_plain
    stack_down || failed=1
    return "$failed"
}

setup() {
    load lib/common
    use_plain
}

use_plain() {
    export STACK=$PLAIN_STACK PORT=$PLAIN_PORT RUN_DIR=$PLAIN_RUN_DIR ENV_FILE=$PLAIN_ENV_FILE
}

use_host() {
    export STACK=$HOST_STACK PORT=$HOST_PORT RUN_DIR=$HOST_RUN_DIR ENV_FILE=$HOST_ENV_FILE
}

# attributes NAME: the attributes of a cookie without Max-Age, sorted.   max_age NAME: the number.
attributes() {
    cookie_line "$1" | tr ';' '\n' | sed '1d; s/^ *//' | grep -v '^Max-Age=' | sort | paste -sd ' '
}

max_age() {
    cookie_line "$1" | grep -o 'Max-Age=[0-9]*' | cut -d= -f2
}

# expect_age NAME SECONDS: the age is the life of the token, less the time that has passed since.
expect_age() {
    local age
    age=$(max_age "$1")
    ((age <= $2 && age >= $2 - 30)) || fail "Max-Age of $1 is '$age', expected about $2"
}

@test "cookies: three of them, with exactly these attributes" {
    new_user
    expect_equal number "$(header Set-Cookie | wc -l)" 3
    local name_
    for name_ in access_token refresh_token device_token; do
        expect_equal "$name_" "$(attributes "$name_")" "HttpOnly Path=/ SameSite=Lax"
        expect_match "$name_" "$(cookie "$name_")" '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$'
    done
    expect_age access_token 900
    expect_age refresh_token 604800
    expect_age device_token $((400 * 24 * 3600))
    login "$name"
    expect_equal access_token "$(attributes access_token)" "HttpOnly Path=/ SameSite=Lax"
    api POST /refresh '' "${both[@]}"
    expect_equal refresh_token "$(attributes refresh_token)" "HttpOnly Path=/ SameSite=Lax"
    expect_equal access_token "$(attributes access_token)" "HttpOnly Path=/ SameSite=Lax"
    expect_age access_token 900
}

@test "cookies: Max-Age is the life that is left, also when a refresh is answered again" {
    new_user
    local first=("${both[@]}")
    api POST /refresh '' "${first[@]}"
    sql "update sessions set access_expires_at = now() + interval '100 s', refresh_expires_at = now() + interval '200 s'
         where session_id = $session_id"
    api POST /refresh '' "${first[@]}"
    expect_status 200
    expect_age access_token 100
    expect_age refresh_token 200
}

@test "cookies: clearing repeats the attributes" {
    new_user
    api POST /logout '' "${both[@]}"
    expect_cookies_cleared
    expect_equal access_token "$(attributes access_token)" "HttpOnly Path=/ SameSite=Lax"
    expect_equal refresh_token "$(attributes refresh_token)" "HttpOnly Path=/ SameSite=Lax"
}

@test "cookies: the setting makes them Secure and gives the prefix" {
    use_host
    unique_name
    api POST /register "$(registration "$name")"
    expect_success 201
    expect_equal number "$(header Set-Cookie | wc -l)" 3
    expect_equal "access" "$(attributes __Host-access_token)" "HttpOnly Path=/ SameSite=Lax Secure"
    expect_equal "refresh" "$(attributes __Host-refresh_token)" "HttpOnly Path=/ SameSite=Lax Secure"
    local access_ refresh_
    access_=$(cookie __Host-access_token)
    refresh_=$(cookie __Host-refresh_token)
    api GET /content '' -b "access_token=$access_"
    expect_status 401
    api GET /content '' -b "__Host-access_token=$access_"
    expect_status 200
    api POST /refresh '' -b "__Host-refresh_token=$refresh_"
    expect_status 200
    access_=$(cookie __Host-access_token)
    api POST /logout '' -b "__Host-access_token=$access_"
    expect_status 200
    expect_equal "cleared" "$(attributes __Host-access_token)" "HttpOnly Path=/ SameSite=Lax Secure"
    expect_equal "cleared" "$(max_age __Host-refresh_token)" 0
}

@test "cookies: no token outlives the absolute limit of the session" {
    use_host
    unique_name
    api POST /register "$(registration "$name")"
    local id refresh_
    id=$(json .session.id)
    refresh_=$(cookie __Host-refresh_token)
    expect_age __Host-access_token 60
    expect_age __Host-refresh_token 120
    sql "update sessions set expires_at = now() + interval '40 s' where session_id = $id"
    api POST /refresh '' -b "__Host-refresh_token=$refresh_"
    expect_success 200
    expect_age __Host-access_token 40
    expect_age __Host-refresh_token 40
    sql_is "select count(*) from sessions where session_id = $id and access_expires_at = expires_at
            and refresh_expires_at = expires_at" 1
}

@test "cookies: names are exact and case-sensitive, and of two tokens none counts" {
    new_user
    local rows=(
        "200|access_token=$access"
        "200|other=1; access_token=$access; x=y"
        "200|x=a=b;access_token=$access"
        "401|Access_Token=$access"
        "401|xaccess_token=$access"
        "401|access_token =$access"
        "401|__Host-access_token=$access"
        "401|access_token=%41$access"
        "401|access_token=\"$access\""
        "401|access_token=$access; access_token=$access"
        "401|access_token=$access; a=b; access_token=${access%?}A"
        "401|access_token=$access; access_token=$access; access_token=$access"
        "200|access_token=$access; access_token=x"
        "200|access_token=eyJhbGciOiJIUzI1NiJ9.e30.x; access_token=$access; access_token="
        "401|access_token=$access,"
        "401|access_token=$access="
        "401|access_token"
        "401|access_token="
        "401|;;;=;"
    )
    local row
    for row in "${rows[@]}"; do
        api GET /content '' -H "Cookie: ${row#*|}"
        expect_status "${row%%|*}" || fail "row $row"
    done
}

@test "cookies: several lines count as one, for the routes, the guard and the first page" {
    new_user
    local token="access_token=$access" row path
    # status | lines, separated by |
    local rows=("200|$token|a=b" "200|a=b|$token" "200|a=b;|c=d|$token; e=f" "200|$token|access_token=x"
        "401|$token|$token")
    local lines=() options=() line
    for row in "${rows[@]}"; do
        IFS='|' read -r -a lines <<<"${row#*|}"
        options=()
        for line in "${lines[@]}"; do
            options+=(-H "Cookie: $line")
        done
        for path in /content /verify /demo/; do
            api GET "$path" '' "${options[@]}"
            expect_status "${row%%|*}" || fail "row $path $row"
        done
    done
    api GET / '' -H 'Cookie: a=b' -H "Cookie: $token"
    expect_header Location /account
    api POST /refresh '' -H "Cookie: refresh_token=$refresh" -H "Cookie: $token"
    expect_success 200
}

# RFC 9110, 5.6.3 and 11.4: white space around the value, and one or more spaces after the scheme.
@test "Bearer: white space that HTTP allows does no harm" {
    new_user
    local value expected
    for value in "200|  Bearer $access" "200|Bearer   $access" "200|Bearer $access \\t" "200|\\tBearer $access" \
        "401|Bearer\\t$access" "401|Bearer $access $access"; do
        expected=${value%%|*}
        raw < <(printf 'GET /content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization:%b\r\n\r\n' "${value#*|}")
        expect_status "$expected" || fail "row $value"
    done
}

@test "cookies: only the canonical form of a token is accepted" {
    new_user
    # The last character carries two spare bits, which must be zero.
    local alphabet=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_
    local last=${access: -1} before twin
    before=${alphabet%%"$last"*}
    twin=${access%?}${alphabet:${#before}+1:1}
    expect_equal "the same bytes" "$(hash_of "$twin")" "$(hash_of "$access")"
    content_is 401 "$twin"
    content_is 401 "$(tr '_-' '/+' <<<"$access")=="
    content_is 200 "$access"
}

@test "tokens: never in a body; of each only the hash is stored" {
    new_user
    [[ $body != *"$access"* && $body != *"$refresh"* ]]
    sql_is "select encode(access_token_hash, 'hex') || ' ' || encode(refresh_token_hash, 'hex') || ' '
            || encode(refresh_family_hash, 'hex') from sessions where session_id = $session_id" \
        "$(hash_of "$access") $(hash_of "$refresh") $(hash_of "$refresh" 16)"
    sql_is "select octet_length(access_token_hash) || ' ' || octet_length(refresh_token_hash)
            from sessions where session_id = $session_id" '32 32'
    local old="$access $refresh"
    api POST /refresh '' "${both[@]}"
    keep_session
    [[ $body != *"$access"* && $body != *"$refresh"* ]]
    local token dump
    dump=$(sql 'select * from sessions' && sql 'select * from users')
    for token in $old $access $refresh; do
        [[ $dump != *"$token"* && $dump != *$(printf '%s=' "$token" | tr '_-' '/+' | openssl base64 -d -A | xxd_hex)* ]] ||
            fail "a token is stored"
    done
    [[ $dump == *"$(hash_of "$access")"* ]]
}

xxd_hex() {
    od -An -v -tx1 | tr -d ' \n'
}

@test "tokens: are all different, whichever worker makes them" {
    new_user
    local i tokens=()
    for i in {1..20}; do
        login "$name"
        tokens+=("$access" "$refresh" "${refresh:0:21}")
    done
    expect_equal "different tokens" "$(printf '%s\n' "${tokens[@]}" | sort -u | wc -l)" 60
}

@test "tokens: neither kind is accepted as the other" {
    new_user
    content_is 401 "$refresh"
    api GET /content '' -H "Authorization: Bearer $refresh"
    expect_problem 401 unauthorized
    api POST /refresh '' -b "refresh_token=$access"
    expect_problem 401 invalid_refresh_token
    api POST /logout '' -b "access_token=$refresh; refresh_token=$access"
    expect_problem 401 unauthorized
    content_is 200 "$access"
}

@test "Bearer: decides alone when it is present" {
    new_user
    local owner=$name first_access=$access
    new_user
    local good="access_token=$first_access" bad
    bad=$(printf 'A%.0s' {1..43})
    # expected | Authorization | Cookie
    local rows=(
        "200 $name|Bearer $access|"
        "200 $name|bearer $access|"
        "200 $name|BEARER $access|"
        "200 $name|Bearer $access|$good"
        "200 $name|Bearer $access|access_token=$bad"
        "401|Bearer $bad|$good"
        "401|Bearer short|$good"
        "401|Bearer|$good"
        "401|Bearer $access $access|$good"
        "401|Bearer ${access}A|$good"
        "401|Bearer $access,|$good"
        "200 $owner|Basic dXNlcjpwYXNz|$good"
        "200 $owner|Digest username=x|$good"
        "200 $owner|$access|$good"
        "200 $owner|Bearerx $access|$good"
        "401|Basic dXNlcjpwYXNz|"
        "401|Digest username=x|"
        "401|$access|"
    )
    local row expected rest
    for row in "${rows[@]}"; do
        expected=${row%%|*}
        rest=${row#*|}
        api GET /content '' -H "Authorization: ${rest%|*}" -b "${rest##*|}"
        expect_status "${expected%% *}" || fail "row $row"
        if [[ $expected == 200* ]]; then
            expect_json .user "${expected#* }" || fail "row $row"
        fi
    done
}

# What a browser at auth.example.org has, and which hosts it sends that to.
IN_DOMAIN='access_token=.example.org device_token=auth.example.org refresh_token=auth.example.org'

start_for_jar() {
    jar=$BATS_TEST_TMPDIR/jar
    stack_new
    stack_up PUBLIC_URL=http://auth.example.org "$@"
    unique_name
    visit 201 POST /register "$(registration "$name")"
}

@test "cookies: with COOKIE_DOMAIN only the access token goes to the domain" {
    start_for_jar COOKIE_DOMAIN=example.org
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    visit 200 POST /login "$(credentials "$name")"
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    visit 200 POST /refresh
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    api POST /register "$(registration "$name.other")" # a client without cookies is sent none to forget
    expect_equal number "$(header Set-Cookie | wc -l)" 3
    expect_equal access "$(attributes access_token)" 'Domain=example.org HttpOnly Path=/ SameSite=Lax'
    expect_equal refresh "$(attributes refresh_token)" 'HttpOnly Path=/ SameSite=Lax'
    expect_equal device "$(attributes device_token)" 'HttpOnly Path=/ SameSite=Lax'
    visit 200 POST /logout
    expect_equal scopes "$(scopes)" 'device_token=auth.example.org'
}

@test "cookies: setting COOKIE_DOMAIN locks out no browser that was signed in before" {
    start_for_jar
    stack_stop
    stack_up COOKIE_DOMAIN=example.org PUBLIC_URL=http://auth.example.org
    visit 200 GET /content
    visit 200 POST /refresh
    visit 200 GET /content
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    # A jar with both of each.
    { sed -n 's/^\.example\.org\tTRUE/auth.example.org\tFALSE/p' "$jar" && sed -n 's/^auth\.example\.org\tFALSE/.example.org\tTRUE/p' "$jar"; } >"$jar.more"
    cat "$jar.more" >>"$jar"
    visit 401 GET /content
    visit 401 POST /refresh
    visit 200 POST /login "$(credentials "$name")"
    visit 200 GET /content
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    visit 200 POST /logout
    expect_equal scopes "$(scopes)" 'device_token=auth.example.org'
}

# as_before: the jar as an earlier version made it, with all cookies for the domain.
as_before() {
    sed -i 's/^auth\.example\.org\tFALSE/.example.org\tTRUE/' "$jar"
}

@test "cookies: those that an earlier version gave to the whole domain are taken back, and the device stays known" {
    local request device
    start_for_jar COOKIE_DOMAIN=example.org
    device=$(value device_token)
    for request in "200 POST /refresh" "200 POST /login $(credentials "$name" | tr -d ' ')"; do
        as_before
        expect_equal scopes "$(scopes)" "${IN_DOMAIN//=auth/=}"
        # shellcheck disable=SC2086
        visit $request
        visit 200 GET /content
        expect_equal "scopes after $request" "$(scopes)" "$IN_DOMAIN"
        expect_equal "the device" "$(value device_token)" "$device"
    done
    as_before
    visit 200 POST /logout
    expect_equal scopes "$(scopes)" 'device_token=auth.example.org'
    expect_equal "the device" "$(value device_token)" "$device"
    # Signed out, it has nothing else.
    as_before
    visit 200 POST /login "$(credentials "$name")"
    expect_equal scopes "$(scopes)" "$IN_DOMAIN"
    expect_equal "the device" "$(value device_token)" "$device"
    as_before
    sql 'update sessions set revoked_at = now()'
    visit 401 POST /refresh
    expect_equal scopes "$(scopes)" 'device_token=auth.example.org'
}

# from_sibling NAME TOKEN PATH: another host of the domain sets a cookie of this name in $jar.
from_sibling() {
    printf '.example.org\tTRUE\t%s\tFALSE\t%s\t%s\t%s\n' "$3" "$(($(date +%s) + 3600))" "$1" "$2" >>"$jar"
}

@test "cookies: what another host of the domain sets under their names signs nobody out, with COOKIE_DOMAIN and without" {
    local setting path token own
    token=$(printf 'A%.0s' {1..43})
    for setting in COOKIE_DOMAIN=example.org COOKIE_DOMAIN=; do
        start_for_jar "$setting"
        own=$(scopes)
        for path in / /refresh; do
            from_sibling refresh_token "$token" "$path"
            from_sibling device_token "$token" "$path"
            visit 401 POST /refresh
            expect_equal "scopes, $setting $path" "$(scopes)" "$own"
            visit 200 POST /refresh
            visit 200 GET /content
            expect_equal "scopes, $setting $path" "$(scopes)" "$own"
        done
        from_sibling access_token "$token" /content
        visit 401 GET /content
        visit 200 GET /content
        expect_equal "scopes, $setting" "$(scopes)" "$own"
        # At the path of our own, that of a domain takes its place with COOKIE_DOMAIN, and is renewed.
        sed -i '/^\.example\.org.*access_token/d' "$jar"
        from_sibling access_token "$token" /
        visit 401 GET /content
        visit 200 POST /refresh
        visit 200 GET /content
        expect_equal "scopes, $setting" "$(scopes)" "$own"
        # A logout for which no token counts ends nothing, so it keeps what the next one needs.
        from_sibling access_token "$token" /logout
        from_sibling refresh_token "$token" /logout
        visit 401 POST /logout
        expect_equal "scopes, $setting" "$(scopes)" "$own"
        # Whoever wants to be signed out is, whatever else there is.
        from_sibling refresh_token "$token" /
        visit 200 POST /logout
        expect_equal "scopes, $setting" "$(scopes)" 'device_token=auth.example.org'
        stack_down
    done
}

# The throttle by account keeps everybody out who is not in a known browser.
@test "cookies: a device token that another host of the domain sets makes no browser unknown for good" {
    local setting path token own wrong
    token=$(printf 'A%.0s' {1..43})
    for setting in COOKIE_DOMAIN=example.org COOKIE_DOMAIN=; do
        start_for_jar "$setting" ACCOUNT_FREE_FAILURES=5
        wrong=$(credentials "$name" 'not the password')
        visit 200 POST /logout
        own=$(scopes)
        api POST /login "$wrong"
        expect_problem 401 invalid_credentials
        sql 'update attempts set failures = 50'
        api POST /login "$wrong"
        expect_problem 429 too_many_attempts
        for path in / /login; do
            from_sibling device_token "$token" "$path"
            visit 429 POST /login "$(credentials "$name")"
            expect_equal "scopes, $setting $path" "$(scopes)" "$own"
            visit 200 POST /login "$(credentials "$name")"
            visit 200 POST /logout
        done
        sql 'delete from attempts'
        from_sibling device_token "$token" /login
        visit 401 POST /login "$wrong"
        expect_equal "scopes, $setting" "$(scopes)" "$own"
        stack_down
    done
}

@test "cookies: a browser that changes the password stays known beside a device token of another host" {
    local own
    start_for_jar ACCOUNT_FREE_FAILURES=5
    own=$(scopes)
    from_sibling device_token "$(printf 'A%.0s' {1..43})" /
    visit 200 POST /change-password '{"new_password":"another fine password"}'
    expect_equal scopes "$(scopes)" "$own"
    sql_is 'select count(*) from devices' 1
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    sql 'update attempts set failures = 50'
    visit 200 POST /login "$(credentials "$name" 'another fine password')"
}

@test "cookies: a refusal that deletes those of another host says that the request may be sent again at once" {
    local a b row expected after method path cookies host=auth.example.org
    a=$(printf 'A%.0s' {1..43})
    b=${a/A/B}
    start_for_jar ACCOUNT_FREE_FAILURES=5
    # status | Retry-After | method | path | cookies | host
    local rows=(
        "401|0|POST|/refresh|refresh_token=$a; refresh_token=$b|$host"
        "401|0|POST|/logout|refresh_token=$a; refresh_token=$b|$host"
        "401|0|GET|/content|access_token=$a; access_token=$b|$host"
        "401||POST|/refresh|refresh_token=$a|$host"
        "401||GET|/content|device_token=$a; device_token=$b|$host"
        "401||POST|/refresh|refresh_token=$a; access_token=$a; access_token=$b|$host"
        "401||POST|/refresh|refresh_token=$a; refresh_token=$b|localhost"
        "401||GET|/verify|access_token=$a; access_token=$b|$host"
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r expected after method path cookies host <<<"$row"
        api "$method" "$path" '' -H "Host: $host" -b "$cookies"
        expect_status "$expected" || fail "row $row"
        expect_header Retry-After "$after" || fail "row $row"
    done
    # A wrong password is wrong at once, too.
    host=auth.example.org
    api POST /login "$(credentials "$name" 'not the password')" -H "Host: $host" -b "device_token=$a; device_token=$b"
    expect_problem 401 invalid_credentials
    expect_header Retry-After ''
    sql 'update attempts set failures = 50'
    api POST /login "$(credentials "$name")" -H "Host: $host" -b "device_token=$a; device_token=$b"
    expect_problem 429 too_many_attempts
    expect_header Retry-After 0
    local cookie
    for cookie in "device_token=$a" "access_token=$a; access_token=$b"; do
        api POST /login "$(credentials "$name")" -H "Host: $host" -b "$cookie"
        expect_problem 429 too_many_attempts
        expect_header_match Retry-After '^[1-9][0-9]*$'
    done
}

# visit STATUS METHOD PATH [JSON]: as a browser at auth.example.org with the cookies of $jar.
visit() {
    local got
    got=$("$PYTHON" "$LIB/jar_client.py" "$PORT" "$jar" "$2" "http://auth.example.org$3" "${@:4}")
    expect_equal "$2 $3" "$got" "$1"
}

# scopes: NAME=HOST of each token in $jar, where a host with a dot in front stands for a whole domain.
scopes() {
    sed -nE 's/^([^\t#]+)\t.*\t([a-z]+_token)\t.+$/\2=\1/p' "$jar" | sort | xargs
}

# value NAME: of a cookie in $jar.
value() {
    sed -nE "s/^.*\\t$1\\t(.+)\$/\\1/p" "$jar"
}

after_each() {
    [[ $STACK == "$PLAIN_STACK" || $STACK == "$HOST_STACK" ]] || stack_down
}

@test "401: says whether a token was given" {
    local bad
    bad=$(printf 'A%.0s' {1..43})
    # with error="invalid_token" | option | value
    local rows=(
        "no|-b|other=1"
        "no|-H|Authorization: Basic dXNlcjpwYXNz"
        "yes|-H|Authorization: Bearer $bad"
        "yes|-H|Authorization: Bearer nonsense"
        "yes|-b|access_token=$bad"
        "yes|-b|access_token=nonsense"
    )
    local row rest said
    for row in "${rows[@]}"; do
        rest=${row#*|}
        api GET /content '' "${rest%%|*}" "${rest#*|}"
        expect_problem 401 unauthorized || fail "row $row"
        said=no
        [[ $(header WWW-Authenticate) == *'error="invalid_token"'* ]] && said=yes
        expect_equal "row $row" "$said" "${row%%|*}"
    done
}
