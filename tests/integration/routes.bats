#!/usr/bin/env bats
# Every route of the base: success and each error, by status, body, cookies and the rows of the database.

setup_file() {
    load lib/common
    stack_new
    stack_up MAX_SESSIONS_PER_USER=5
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
}

# The answer is "the user" of the contract, and its times are those of the row.
expect_user() {
    expect_json '[keys, (.user | keys), (.session | keys), [(.user.id, .session.id) | type]] | map(join(",")) | join(" ")' \
        'session,user created_at,id,name,username access_expires_at,id,refresh_expires_at string,string' &&
        expect_json '[.user.created_at, .session.access_expires_at, .session.refresh_expires_at
            | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$")] | all' true &&
        sql_is "select count(*) from users u join sessions s using (user_id)
                where user_id = $(json .user.id) and session_id = $(json .session.id)
                  and u.username = '$(json .user.username)' and u.name = '$(json .user.name)'
                  and abs(extract(epoch from s.access_expires_at - '$(json .session.access_expires_at)')) < 1.1
                  and abs(extract(epoch from s.refresh_expires_at - '$(json .session.refresh_expires_at)')) < 1.1" 1
}

# --- health ---------------------------------------------------------------------------------------------------------

@test "GET /health and /ready are OK" {
    local path
    for path in /health /ready; do
        api GET "$path"
        expect_success 200
        expect_equal "$path" "$body" '{"status":"OK"}'
        expect_no_cookies
    done
}

# --- register -------------------------------------------------------------------------------------------------------

@test "register: makes the user and opens a session" {
    unique_name
    api POST /register "$(jq -cn --arg u "$name" --arg p "$PASSWORD" '{name: "Jöhn  Doe", username: $u, password: $p}')"
    expect_success 201
    expect_user
    expect_json .user.name 'Jöhn  Doe'
    expect_json .user.username "$name"
    keep_session
    sql_is "select count(*) from sessions where user_id = $user_id" 1
    sql_is "select password_hash ~ '^[\$]argon2id[\$]v=19[\$]m=1024,t=1,p=1[\$][A-Za-z0-9+/]{22,}[\$][A-Za-z0-9+/]{43}\$'
            from users where user_id = $user_id" t
    content_is 200 "$access"
}

@test "register: two users of one password have different hashes" {
    new_user
    local first=$user_id
    new_user
    sql_is "select count(distinct password_hash) from users where user_id in ($first, $user_id)" 2
}

@test "register: a taken username is 409 without regard to case, and leaves no row" {
    unique_name
    local taken="Kim.$name"
    new_user "$taken"
    expect_json .user.username "$taken"
    local again
    for again in "$taken" "${taken^^}" "${taken,,}"; do
        api POST /register "$(registration "$again" "$OTHER_PASSWORD")"
        expect_problem 409 username_taken
        expect_no_cookies
    done
    sql_is "select count(*) from users where lower(username) = lower('$taken')" 1
    sql_is "select count(*) from sessions where user_id = $user_id" 1
    login "$taken"
}

@test "register: a number that another user has already, as after a restore of rows alone, is no taken username" {
    local first
    new_user
    first=$user_id
    new_user
    admin "select setval(pg_get_serial_sequence('users', 'user_id'), $first)" >/dev/null
    unique_name
    api POST /register "$(registration "$name")"
    expect_problem 500 internal_error
    api POST /register "$(registration "$name")"
    expect_success 201
}

@test "register: ends the session that the browser had" {
    new_user
    local old=$session_id old_access=$access
    unique_name
    api POST /register "$(registration "$name")" "${both[@]}"
    expect_status 201
    content_is 401 "$old_access"
    sql_is "select count(*) from sessions where session_id = $old and revoked_at is null" 0
}

@test "register: the boundaries of each field are accepted" {
    local long row
    unique_name
    printf -v long '%064d' 0
    long=$name${long:${#name}}
    for row in \
        "a$RANDOM:n:$PASSWORD" \
        "$long:n:$PASSWORD" \
        "9.$name:n:$PASSWORD" \
        "a._@+-$RANDOM:n:$PASSWORD" \
        "p1$name:$(printf 'é%.0s' {1..200}):$PASSWORD" \
        "p2$name:n:8 chars!" \
        "p3$name:n:$(printf 'x%.0s' {1..1024})" \
        "p4$name:n:$(printf '😀%.0s' {1..15})" \
        "p5$name:n:  spaces within and around  " \
        "p6$name:n:$(printf 'y%.0s' {1..64})" \
        "p7$name:n:$(printf 'z%.0s' {1..128})"; do
        local username=${row%%:*} rest=${row#*:}
        api POST /register "$(jq -cn --arg n "${rest%%:*}" --arg u "$username" --arg p "${rest#*:}" \
            '{name: $n, username: $u, password: $p}')"
        expect_status 201 || fail "row $row"
        api POST /login "$(credentials "$username" "${rest#*:}")"
        expect_status 200 || fail "login of row $row"
    done
}

@test "register: names the field that is wrong" {
    # username | JSON of the request with USERNAME standing for a fresh name | field | code
    local rows=(
        '{"username":"USERNAME","password":"long enough 1"}|name|required'
        '{"name":"n","password":"long enough 1"}|username|required'
        '{"name":"n","username":"USERNAME"}|password|required'
        '{"name":1,"username":"USERNAME","password":"long enough 1"}|name|wrong_type'
        '{"name":"n","username":null,"password":"long enough 1"}|username|wrong_type'
        '{"name":"n","username":"USERNAME","password":["long enough 1"]}|password|wrong_type'
        '{"name":"n","username":"USERNAME","password":{"a":"b"}}|password|wrong_type'
        '{"name":"n","username":"USERNAME","password":true}|password|wrong_type'
        '{"name":"n","username":"USERNAME","password":"long enough 1","role":"admin"}|role|unknown_field'
        '{"name":"n","username":"USERNAME","password":"long enough 1","id":1}|id|unknown_field'
        '{"name":"n","username":"USERNAME","password":"long enough 1","__proto__":{}}|__proto__|unknown_field'
        '{"name":"n","name":"m","username":"USERNAME","password":"long enough 1"}|name|duplicate_field'
        '{"name":"","username":"USERNAME","password":"long enough 1"}|name|blank'
        '{"name":" \u00a0 ","username":"USERNAME","password":"long enough 1"}|name|blank'
        '{"name":"\u3164","username":"USERNAME","password":"long enough 1"}|name|blank'
        '{"name":"\u2800\u00ad","username":"USERNAME","password":"long enough 1"}|name|blank'
        '{"name":"a\u202eb","username":"USERNAME","password":"long enough 1"}|name|invalid_format'
        '{"name":"a\u0007b","username":"USERNAME","password":"long enough 1"}|name|invalid_format'
        '{"name":"a\u0085b","username":"USERNAME","password":"long enough 1"}|name|invalid_format'
        '{"name":"a\nb","username":"USERNAME","password":"long enough 1"}|name|invalid_format'
        '{"name":"LONG201","username":"USERNAME","password":"long enough 1"}|name|too_long'
        '{"name":"n","username":"ab","password":"long enough 1"}|username|too_short'
        '{"name":"n","username":"LONG65","password":"long enough 1"}|username|too_long'
        '{"name":"n","username":".abc","password":"long enough 1"}|username|invalid_format'
        '{"name":"n","username":"a b c","password":"long enough 1"}|username|invalid_format'
        '{"name":"n","username":"abcé","password":"long enough 1"}|username|invalid_format'
        '{"name":"n","username":"USERNAME","password":"short 7"}|password|too_short'
        '{"name":"n","username":"USERNAME","password":"ééééééé"}|password|too_short'
        '{"name":"n","username":"USERNAME","password":"LONG1025"}|password|too_long'
        '{"name":"n","username":"USERNAME","password":"BYTES1026"}|password|too_long'
        '{"name":"n","username":"USERNAME","password":"USERNAME"}|password|same_as_username'
        '{"name":"n","username":"USERNAME","password":"UPPERNAME"}|password|same_as_username'
    )
    local row request rest users
    users=$(sql 'select count(*) from users')
    for row in "${rows[@]}"; do
        unique_name
        request=${row%|*|*}
        rest=${row#"$request|"}
        request=${request//USERNAME/$name}
        request=${request//UPPERNAME/${name^^}}
        request=${request//LONG201/$(printf 'x%.0s' {1..201})}
        request=${request//LONG65/$(printf 'x%.0s' {1..65})}
        request=${request//LONG1025/$(printf 'x%.0s' {1..1025})}
        request=${request//BYTES1026/$(printf 'é%.0s' {1..513})}
        api POST /register "$request"
        expect_field "${rest%|*}" "${rest#*|}" || fail "row $row"
        expect_no_cookies || fail "row $row"
    done
    sql_is 'select count(*) from users' "$users"
}

@test "register and change-password: common passwords are refused without regard to case" {
    new_user
    local password
    for password in password1 PassWord1 12345678 qwertyuiop; do
        unique_name
        api POST /register "$(registration "$name" "$password")"
        expect_field password common || fail "$password"
        api POST /change-password "{\"new_password\":\"$password\"}" "${both[@]}"
        expect_field new_password common || fail "$password"
    done
}

# --- login ----------------------------------------------------------------------------------------------------------

@test "login: opens a fresh session each time" {
    new_user
    local first=$session_id first_access=$access first_refresh=$refresh
    api POST /login "$(credentials "$name")"
    expect_success 200
    expect_user
    keep_session
    [[ $session_id != "$first" && $access != "$first_access" && $refresh != "$first_refresh" ]]
    sql_is "select count(*) from sessions where user_id = $user_id and revoked_at is null" 2
    content_is 200 "$access"
    content_is 200 "$first_access"
}

@test "login: the username is without regard to case, shown as registered" {
    unique_name
    local mixed="Mixed.$name"
    new_user "$mixed"
    login "${mixed^^}"
    expect_json .user.username "$mixed"
    login "${mixed,,}"
    expect_json .user.username "$mixed"
}

@test "login: an unknown user and a wrong password are the same answer" {
    new_user
    api POST /login "$(credentials "$name" "$OTHER_PASSWORD")"
    expect_problem 401 invalid_credentials
    expect_header_match WWW-Authenticate '^Bearer'
    expect_no_cookies
    local wrong headers
    wrong=$(jq -cS 'del(.request_id)' <<<"$body")
    headers=$(grep -vi -e '^x-request-id:' -e '^date:' "$ANSWER.headers")
    api POST /login "$(credentials "nobody-$name")"
    expect_problem 401 invalid_credentials
    expect_equal body "$(jq -cS 'del(.request_id)' <<<"$body")" "$wrong"
    expect_equal headers "$(grep -vi -e '^x-request-id:' -e '^date:' "$ANSWER.headers")" "$headers"
    sql_is "select count(*) from sessions where user_id = $user_id" 1
}

@test "login: the password is compared as received" {
    new_user
    local password
    for password in "$PASSWORD " " $PASSWORD" "${PASSWORD^^}" "${PASSWORD%?}" "${PASSWORD}x"; do
        api POST /login "$(credentials "$name" "$password")"
        expect_problem 401 invalid_credentials || fail "password '$password'"
    done
}

@test "login: a password is good however old it is" {
    new_user
    sql "update users set created_at = now() - interval '20 years', password_changed_at = now() - interval '20 years'
         where user_id = $user_id"
    login "$name"
    content_is 200 "$access"
}

@test "login: ends the session that the browser had, and no other" {
    new_user
    local other_access=$access
    login "$name"
    local old=$session_id old_access=$access old_refresh=$refresh
    login "$name" "$PASSWORD" "${both[@]}"
    content_is 200 "$access"
    content_is 200 "$other_access"
    content_is 401 "$old_access"
    api POST /refresh '' -b "refresh_token=$old_refresh"
    expect_status 401
    sql_is "select count(*) from sessions where session_id = $old and revoked_at is null" 0
    sql_is "select count(*) from sessions where user_id = $user_id and revoked_at is null" 2
}

@test "login: ends the session of another user that the browser had" {
    new_user
    local first_access=$access mine=("${both[@]}")
    new_user
    login "$name" "$PASSWORD" "${mine[@]}"
    content_is 401 "$first_access"
    content_is 200 "$access"
}

@test "login: a failed one leaves the session of the browser alone" {
    new_user
    api POST /login "$(credentials "$name" "$OTHER_PASSWORD")" "${both[@]}"
    expect_status 401
    content_is 200 "$access"
}

@test "login: names the field that is wrong" {
    local rows=(
        '{"password":"x"}|username|required'
        '{"username":"x"}|password|required'
        '{"username":1,"password":"x"}|username|wrong_type'
        '{"username":"x","password":null}|password|wrong_type'
        '{"username":"x","password":"y","remember":true}|remember|unknown_field'
        '{"Username":"x","password":"y"}|Username|unknown_field'
        '{"username":"x","username":"x","password":"y"}|username|duplicate_field'
        '{"username":"x","password":"y","password":"y"}|password|duplicate_field'
    )
    local row request rest
    for row in "${rows[@]}"; do
        request=${row%|*|*}
        rest=${row#"$request|"}
        api POST /login "$request"
        expect_field "${rest%|*}" "${rest#*|}" || fail "row $row"
    done
}

# --- content --------------------------------------------------------------------------------------------------------

@test "content: the literal example with the user's name" {
    new_user
    api GET /content '' -b "access_token=$access"
    expect_success 200
    expect_equal body "$body" "{\"message\":\"This is protected content\",\"user\":\"$name\"}"
    expect_no_cookies
    api GET /content '' -H "Authorization: Bearer $access"
    expect_success 200
    expect_json .user "$name"
}

@test "content: 401 without a token, and with one that is not live" {
    new_user
    api GET /content
    expect_problem 401 unauthorized
    expect_header WWW-Authenticate Bearer
    expect_no_cookies
    local row
    for row in "$refresh" "$(printf 'A%.0s' {1..43})" "${access%?}" "${access}A" short; do
        api GET /content '' -b "access_token=$row"
        expect_problem 401 unauthorized || fail "token $row"
        expect_header_match WWW-Authenticate '^Bearer .*error="invalid_token"' || fail "token $row"
    done
    content_is 200 "$access"
}

@test "content: 401 for an expired and for a revoked session, by the clock of the database" {
    new_user
    sql "update sessions set access_expires_at = now() - interval '1 s' where session_id = $session_id"
    content_is 401 "$access"
    sql "update sessions set access_expires_at = now() + interval '100 s' where session_id = $session_id"
    content_is 200 "$access"
    sql "update sessions set revoked_at = now() where session_id = $session_id"
    content_is 401 "$access"
}

@test "content: no token is accepted from the URL" {
    new_user
    api GET "/content?access_token=$access"
    expect_problem 401 unauthorized
    expect_header WWW-Authenticate Bearer
    api GET "/content?refresh_token=$refresh&token=$access"
    expect_problem 401 unauthorized
    api GET "/content?x=1" '' -b "access_token=$access"
    expect_success 200
}

# --- refresh --------------------------------------------------------------------------------------------------------

@test "refresh: replaces both tokens in the one row" {
    new_user
    local old=$session_id old_access=$access old_refresh=$refresh
    api POST /refresh '' "${both[@]}"
    expect_success 200
    expect_user
    keep_session
    expect_equal session "$session_id" "$old"
    [[ $access != "$old_access" && $refresh != "$old_refresh" ]]
    sql_is "select count(*) from sessions where user_id = $user_id" 1
    sql_is "select encode(access_token_hash, 'hex') from sessions where session_id = $old" "$(hash_of "$access")"
    sql_is "select encode(refresh_token_hash, 'hex') from sessions where session_id = $old" "$(hash_of "$refresh")"
    content_is 200 "$access"
    sql "update sessions set rotated_at = rotated_at - interval '11 s' where session_id = $old"
    content_is 401 "$old_access"
}

@test "refresh: works with the refresh cookie alone, and when the access token has expired" {
    new_user
    sql "update sessions set access_expires_at = now() - interval '1 s' where session_id = $session_id"
    api POST /refresh '' -b "refresh_token=$refresh"
    expect_success 200
    keep_session
    content_is 200 "$access"
}

@test "refresh: keeps the family of the token" {
    new_user
    local old_refresh=$refresh
    api POST /refresh '' "${both[@]}"
    keep_session
    expect_equal family "$(hash_of "$refresh" 16)" "$(hash_of "$old_refresh" 16)"
    sql_is "select encode(refresh_family_hash, 'hex') from sessions where session_id = $session_id" \
        "$(hash_of "$refresh" 16)"
}

@test "refresh: the same token again gives the same pair, with one rotation" {
    new_user
    local first=("${both[@]}") i
    api POST /refresh '' "${first[@]}"
    expect_success 200
    keep_session
    local pair="$access $refresh" rotated
    rotated=$(sql "select rotated_at from sessions where session_id = $session_id")
    for i in 1 2 3; do
        api POST /refresh '' "${first[@]}"
        expect_success 200
        expect_equal "pair of retry $i" "$(cookie access_token) $(cookie refresh_token)" "$pair"
    done
    sql_is "select rotated_at from sessions where session_id = $session_id" "$rotated"
    content_is 200 "$access"
}

@test "refresh: the parent is allowed long after, as long as its successor was never used" {
    new_user
    local first=("${both[@]}")
    api POST /refresh '' "${first[@]}"
    keep_session
    sql "update sessions set rotated_at = rotated_at - interval '1 h' where session_id = $session_id"
    api POST /refresh '' "${first[@]}"
    expect_success 200
    expect_equal pair "$(cookie refresh_token)" "$refresh"
}

@test "refresh: the parent after its successor was used: the grace, then revoked" {
    new_user
    local first=("${both[@]}")
    api POST /refresh '' "${first[@]}"
    keep_session
    content_is 200 "$access"
    api POST /refresh '' "${first[@]}"
    expect_success 200
    expect_equal pair "$(cookie refresh_token)" "$refresh"
    wait_until 10 sql_says "select successor_used from sessions where session_id = $session_id" t
    sql "update sessions set rotated_at = rotated_at - interval '11 s' where session_id = $session_id"
    api POST /refresh '' "${first[@]}"
    expect_problem 401 invalid_refresh_token
    expect_cookies_cleared
    content_is 401 "$access"
    api POST /refresh '' "${both[@]}"
    expect_problem 401 invalid_refresh_token
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is not null" 1
}

sql_says() {
    [[ $(sql "$1") == "$2" ]]
}

@test "refresh: a grandparent revokes the session for all" {
    new_user
    local first=("${both[@]}")
    api POST /refresh '' "${both[@]}"
    keep_session
    api POST /refresh '' "${both[@]}"
    keep_session
    api POST /refresh '' "${first[@]}"
    expect_problem 401 invalid_refresh_token
    expect_header_match WWW-Authenticate '^Bearer'
    expect_cookies_cleared
    content_is 401 "$access"
    api POST /refresh '' "${both[@]}"
    expect_problem 401 invalid_refresh_token
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is not null" 1
}

@test "refresh: a forged secret of a known family revokes the session" {
    new_user
    # The family is the first 16 bytes: 21 characters and two bits, so the 22nd character is kept as well.
    local forged="${refresh:0:22}AAAAAAAAAAAAAAAAAAAAA"
    api POST /refresh '' -b "refresh_token=$forged"
    expect_problem 401 invalid_refresh_token
    content_is 401 "$access"
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is not null" 1
}

@test "refresh: 401 and cleared cookies for everything that is no live refresh token" {
    new_user
    local row
    for row in '' 'refresh_token=' "refresh_token=$access" "access_token=$access" "refresh_token=${refresh%?}" \
        "refresh_token=$(printf 'A%.0s' {1..43})" 'refresh_token=short' "refresh_token=\"$refresh\"" \
        "refresh_token=$refresh; refresh_token=$refresh"; do
        api POST /refresh '' -b "$row"
        expect_problem 401 invalid_refresh_token || fail "cookie '$row'"
        expect_cookies_cleared || fail "cookie '$row'"
    done
    api POST /refresh '' -H "Authorization: Bearer $refresh"
    expect_problem 401 invalid_refresh_token
    content_is 200 "$access"
    sql "update sessions set refresh_expires_at = now(), access_expires_at = now() where session_id = $session_id"
    api POST /refresh '' "${both[@]}"
    expect_problem 401 invalid_refresh_token
    expect_cookies_cleared
}

# --- logout ---------------------------------------------------------------------------------------------------------

@test "logout: revokes the session, clears the cookies, leaves other sessions" {
    new_user
    local other_access=$access
    login "$name"
    api POST /logout '' "${both[@]}"
    expect_success 200
    expect_cookies_cleared
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is null" 0
    content_is 401 "$access"
    content_is 200 "$other_access"
    api POST /refresh '' "${both[@]}"
    expect_problem 401 invalid_refresh_token
}

@test "logout: by each credential alone" {
    new_user
    api POST /logout '' -b "access_token=$access"
    expect_success 200
    content_is 401 "$access"

    login "$name"
    api POST /logout '' -H "Authorization: Bearer $access"
    expect_success 200
    content_is 401 "$access"

    login "$name"
    api POST /logout '' -b "refresh_token=$refresh"
    expect_success 200
    expect_cookies_cleared
    content_is 401 "$access"
}

@test "logout: with an expired access token as long as the refresh cookie is live" {
    new_user
    sql "update sessions set access_expires_at = now() - interval '1 s' where session_id = $session_id"
    api POST /logout '' -b "access_token=$access"
    expect_problem 401 unauthorized
    api POST /logout '' "${both[@]}"
    expect_success 200
    expect_cookies_cleared
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is not null" 1
}

@test "logout: without a live credential 401, cookies cleared all the same" {
    new_user
    local unknown
    unknown=$(printf 'A%.0s' {1..43})
    api POST /logout
    expect_problem 401 unauthorized
    expect_header WWW-Authenticate Bearer
    expect_cookies_cleared
    api POST /logout '' -b "access_token=$unknown; refresh_token=$unknown"
    expect_problem 401 unauthorized
    expect_header_match WWW-Authenticate 'error="invalid_token"'
    expect_cookies_cleared
    api POST /logout '' "${both[@]}"
    expect_success 200
    api POST /logout '' "${both[@]}"
    expect_problem 401 unauthorized
    expect_cookies_cleared
}

@test "logout: answers a redirect as login does, also to whoever has no session" {
    new_user
    local row given expected
    for row in /next=/next https://evil.test/=/ //evil.test=/; do
        given=${row%=*} expected=${row##*=}
        login "$name"
        api POST /logout "{\"redirect\":\"$given\"}" "${both[@]}"
        expect_success 200
        expect_json '[.message, .redirect] | join(" ")' "Logged out $expected" || fail "$given"
        content_is 401 "$access"
        api POST /logout "{\"redirect\":\"$given\"}" "${both[@]}"
        expect_problem 401 unauthorized
        expect_cookies_cleared
        expect_json .redirect "$expected" || fail "$given, without a session"
    done
    for given in '' '{}' '{"redirect":null}'; do
        login "$name"
        api POST /logout "$given" "${both[@]}"
        expect_success 200
        expect_json 'has("redirect")' false
        api POST /logout "$given" "${both[@]}"
        expect_problem 401 unauthorized
        expect_json 'has("redirect")' false
    done
    login "$name"
    api POST /logout '{"redirect":1}' "${both[@]}"
    expect_field redirect wrong_type
    api POST /logout '{"redirect":"/","x":"y"}' "${both[@]}"
    expect_field x unknown_field
    content_is 200 "$access"
}

# What sent the browser there, which the page has from nginx: only then it acts by itself.
@test "logout: the page knows who sent the visitor" {
    local row site referer expected
    local rows=(
        "none||site"
        "same-site|https://app.test/|site"
        "same-origin|http://127.0.0.1/demo/|site"
        "|http://127.0.0.1:$PORT/demo/|site"
        "cross-site|https://evil.test/|"
        "cross-site||"
        "cross-site|http://127.0.0.1/|"
        "same-origin||"
        "same-site||"
        "same-site|android-app://test/|"
        "||"
        "|https://evil.test/127.0.0.1/|"
        "|http://127.0.0.1.evil.test/|"
        "x|http://127.0.0.1/|"
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r site referer expected <<<"$row"
        call GET /logout ${site:+-H "Sec-Fetch-Site: $site"} ${referer:+-H "Referer: $referer"}
        expect_status 200
        grep -qxF "  <meta name=\"sent-by\" content='$expected'>" "$ANSWER.body" || fail "$row: $(grep sent-by "$ANSWER.body")"
    done
}

# --- change-password ------------------------------------------------------------------------------------------------

change() {
    api POST /change-password "$@"
}

@test "change-password: the other sessions end, this one and its tokens go on" {
    new_user
    local other=("${both[@]}") other_access=$access
    login "$name"
    change "$(jq -cn --arg n "$OTHER_PASSWORD" --arg c "$PASSWORD" '{new_password: $n, current_password: $c}')" "${both[@]}"
    expect_success 200
    expect_no_cookies
    content_is 200 "$access"
    content_is 401 "$other_access"
    api POST /refresh '' "${other[@]}"
    expect_problem 401 invalid_refresh_token
    api POST /refresh '' "${both[@]}"
    expect_success 200
    expect_equal "live sessions" "$(live_sessions "$user_id")" 1
    api POST /login "$(credentials "$name")"
    expect_problem 401 invalid_credentials
    login "$name" "$OTHER_PASSWORD"
}

@test "change-password: without the current one" {
    new_user
    change "$(jq -cn --arg n "$OTHER_PASSWORD" '{new_password: $n}')" -H "Authorization: Bearer $access"
    expect_success 200
    login "$name" "$OTHER_PASSWORD"
}

@test "change-password: a wrong current password is 403 and changes nothing" {
    new_user
    local other_access=$access hash
    login "$name"
    hash=$(sql "select password_hash from users where user_id = $user_id")
    change "$(jq -cn --arg n "$OTHER_PASSWORD" '{new_password: $n, current_password: "not it at all"}')" "${both[@]}"
    expect_problem 403 wrong_current_password
    expect_header WWW-Authenticate ''
    sql_is "select password_hash from users where user_id = $user_id" "$hash"
    content_is 200 "$access"
    content_is 200 "$other_access"
    login "$name"
}

@test "change-password: of two with the same current password one wins" {
    new_user
    local first second
    first=$(jq -cn --arg c "$PASSWORD" '{new_password: "the first new one", current_password: $c}')
    second=$(jq -cn --arg c "$PASSWORD" '{new_password: "the second new one", current_password: $c}')
    change "$first" "${both[@]}"
    expect_success 200
    change "$second" "${both[@]}"
    expect_problem 403 wrong_current_password
    login "$name" "the first new one"
}

@test "change-password: 401 without a session" {
    new_user
    local request
    request=$(jq -cn --arg n "$OTHER_PASSWORD" '{new_password: $n}')
    change "$request"
    expect_problem 401 unauthorized
    change "$request" -b "access_token=$refresh"
    expect_problem 401 unauthorized
    change "$request" -b "refresh_token=$refresh"
    expect_problem 401 unauthorized
    login "$name"
}

@test "change-password: names the field that is wrong" {
    new_user
    local rows=(
        '{}|new_password|required'
        '{"current_password":"PASSWORD"}|new_password|required'
        '{"new_password":1}|new_password|wrong_type'
        '{"new_password":"long enough 1","current_password":1}|current_password|wrong_type'
        '{"new_password":"long enough 1","username":"x"}|username|unknown_field'
        '{"new_password":"long enough 1","new_password":"long enough 1"}|new_password|duplicate_field'
        '{"new_password":"short 7"}|new_password|too_short'
        '{"new_password":"USERNAME"}|new_password|same_as_username'
        '{"new_password":"PASSWORD","current_password":"PASSWORD"}|new_password|unchanged'
    )
    local row request rest
    for row in "${rows[@]}"; do
        request=${row%|*|*}
        rest=${row#"$request|"}
        request=${request//USERNAME/${name^^}}
        change "${request//PASSWORD/$PASSWORD}" "${both[@]}"
        expect_field "${rest%|*}" "${rest#*|}" || fail "row $row"
    done
    login "$name"
}

@test "a path where nothing is: a page for people, a problem for programs" {
    local path how
    for path in /nowhere /login/ /content/x /_sessiond/problem /_sessiond/not-found /sessions/1/2; do
        for how in 'Accept: text/html,*/*;q=0.8' 'Sec-Fetch-Mode: navigate'; do
            api GET "$path" '' -H "$how"
            expect_small_page 404 'no such page' || fail "$path $how"
            api HEAD "$path" '' -H "$how"
            expect_status 404
            api POST "$path" '' -H "$how" -d a=b
            expect_small_page 404 'no such page' || fail "POST $path $how"
        done
        for how in 'Accept: */*' 'Accept: application/json' 'Sec-Fetch-Mode: cors' 'X-Requested-With: XMLHttpRequest'; do
            api GET "$path" '' -H "$how"
            expect_problem 404 not_found || fail "$path $how"
        done
    done
    # What exists answers people as it answers programs.
    for path in /content /sessions /verify /sessions/1; do
        api GET "$path" '' -H 'Sec-Fetch-Mode: navigate' -H 'Accept: text/html'
        expect_header_match Content-Type '^application/problem\+json' || fail "$path"
    done
    api GET /health '' -H 'Sec-Fetch-Mode: navigate'
    expect_success 200
}

@test "headers that are too large: a problem for programs, at the pages a page that says what to do" {
    local long path
    long=$(head -c 9000 /dev/zero | tr '\0' x)
    for path in /content /verify /nowhere; do
        api GET "$path" '' -H "Cookie: a=$long"
        expect_problem 431 headers_too_large || fail "$path"
    done
    api POST /login '{}' -H "Cookie: a=$long"
    expect_problem 431 headers_too_large
    for path in /login /register /account /; do
        api GET "$path" '' -H "Cookie: a=$long"
        expect_small_page 431 'Delete the cookies of this site' || fail "$path"
    done
}

@test "an address that is too long: a problem for programs, at the pages a page that says what to do" {
    local long path
    long=$(head -c 9000 /dev/zero | tr '\0' x)
    for path in "/content?a=$long" "/verify?a=$long" "/nowhere?a=$long" "/$long" "/login$long"; do
        api GET "$path"
        expect_problem 414 uri_too_long || fail "${path:0:20}"
    done
    api POST "/login?rd=$long" '{}'
    expect_problem 414 uri_too_long
    for path in /login /register /account /logout /; do
        api GET "$path?rd=$long"
        expect_small_page 414 'The address is too long' || fail "$path"
    done
    api HEAD "/login?rd=$long"
    expect_status 414
}

@test "an optional field that is null counts as absent, in every route" {
    new_user
    api POST /login "{\"username\":\"$name\",\"password\":\"$PASSWORD\",\"redirect\":null}"
    expect_success 200
    expect_json '.redirect // "none"' none
    keep_session
    api POST /refresh '{"redirect":null}' "${both[@]}"
    expect_success 200
    expect_json '.redirect // "none"' none
    keep_session
    change '{"new_password":"long enough 1","current_password":null}' "${both[@]}"
    expect_success 200
    login "$name" 'long enough 1'
    api DELETE /delete '{"current_password":null}' "${both[@]}"
    expect_success 200
    sql_is "select count(*) from users where user_id = $user_id" 0
}

# --- delete ---------------------------------------------------------------------------------------------------------

@test "delete: with nothing: the user and all sessions are gone" {
    new_user
    local other_access=$access
    login "$name"
    api DELETE /delete '' "${both[@]}"
    expect_success 200
    expect_cookies_cleared
    sql_is "select count(*) from users where user_id = $user_id" 0
    sql_is "select count(*) from sessions where user_id = $user_id" 0
    content_is 401 "$access"
    content_is 401 "$other_access"
    api POST /refresh '' "${both[@]}"
    expect_problem 401 invalid_refresh_token
    api POST /login "$(credentials "$name")"
    expect_problem 401 invalid_credentials
    api DELETE /delete '' "${both[@]}"
    expect_problem 401 unauthorized
}

@test "delete: with the right password, by Bearer" {
    new_user
    api DELETE /delete "$(jq -cn --arg c "$PASSWORD" '{current_password: $c}')" -H "Authorization: Bearer $access"
    expect_success 200
    expect_cookies_cleared
    sql_is "select count(*) from users where user_id = $user_id" 0
}

@test "delete: with a wrong password 403, and everything stays" {
    new_user
    api DELETE /delete '{"current_password":"not it at all"}' "${both[@]}"
    expect_problem 403 wrong_current_password
    content_is 200 "$access"
    sql_is "select count(*) from users where user_id = $user_id" 1
}

@test "delete: names the field that is wrong, and nothing is deleted" {
    new_user
    local rows=(
        '{"current_password":1}|current_password|wrong_type'
        '{"current_password":"x","confirm":"y"}|confirm|unknown_field'
        '{"current_password":"x","current_password":"x"}|current_password|duplicate_field'
    )
    local row request rest
    for row in "${rows[@]}"; do
        request=${row%|*|*}
        rest=${row#"$request|"}
        api DELETE /delete "$request" "${both[@]}"
        expect_field "${rest%|*}" "${rest#*|}" || fail "row $row"
    done
    api DELETE /delete '[]' "${both[@]}"
    expect_problem 400 invalid_json
    api DELETE /delete 'current_password=x' "${both[@]}"
    expect_problem 400 invalid_json
    content_is 200 "$access"
}

@test "delete: 401 without a session" {
    new_user
    api DELETE /delete
    expect_problem 401 unauthorized
    api DELETE /delete '' -b "refresh_token=$refresh"
    expect_problem 401 unauthorized
    api DELETE /delete "$(jq -cn --arg c "$PASSWORD" '{current_password: $c}')"
    expect_problem 401 unauthorized
    sql_is "select count(*) from users where user_id = $user_id" 1
}

@test "delete: a name registered again inherits nothing" {
    new_user
    local first=$user_id old_access=$access
    api DELETE /delete '' "${both[@]}"
    expect_success 200
    new_user "$name"
    [[ $user_id != "$first" ]]
    content_is 401 "$old_access"
    sql_is "select count(*) from sessions where user_id = $user_id" 1
}

# --- limits ---------------------------------------------------------------------------------------------------------

@test "sessions: beyond the limit of a user the one unused for longest ends" {
    local first second i
    new_user
    first=$access
    login "$name"
    second=("${both[@]}")
    for i in 3 4 5; do
        login "$name"
    done
    expect_equal "live sessions" "$(live_sessions "$user_id")" 5
    # The first is now the one used last: only a refresh counts as use.
    sql "update sessions set last_used_at = now() where access_token_hash = '\\x$(hash_of "$first")'"
    login "$name"
    expect_equal "live sessions" "$(live_sessions "$user_id")" 5
    content_is 200 "$first"
    content_is 200 "$access"
    api POST /refresh '' "${second[@]}"
    expect_problem 401 invalid_refresh_token
}

@test "the invariants hold after all of this" {
    expect_invariants
}

@test "register takes a redirect as login does, and answers only what is safe" {
    local row given expected
    for row in "/next?q=a\\d|/next?q=a\\d" "http://127.0.0.1:$PORT/x|http://127.0.0.1:$PORT/x" "https://evil.test/|/" \
        "//evil.test|/" "/\\evil.test|/" "/x\\y?z|/"; do
        given=${row%|*} expected=${row#*|}
        unique_name
        api POST /register "$(registration "$name" | jq -c --arg to "$given" '. + {redirect: $to}')"
        expect_success 201
        expect_json .redirect "$expected" || fail "$given"
        api POST /login "$(credentials "$name" | jq -c --arg to "$given" '. + {redirect: $to}')"
        expect_success 200
        expect_json .redirect "$expected" || fail "$given"
    done
    unique_name
    api POST /register "$(registration "$name")"
    expect_success 201
    expect_json 'has("redirect")' false
}
