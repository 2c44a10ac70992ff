#!/usr/bin/env bats
# Sessions: the rotation of refresh tokens with all that a replay can mean, lifetimes, the limit of sessions, and what
# users see and end of their own. Time passes in the database: rows are moved back, nothing sleeps.

setup_file() {
    load lib/common
    stack_new
    # No test takes as long as this grace.
    stack_up REFRESH_GRACE=3000 SESSION_TTL=1000000 MAX_SESSIONS_PER_USER=4 ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
}

after_each() {
    expect_session_invariants
}

# --- Rotation --------------------------------------------------------------------------------------------------------

@test "a refresh derives the pair from the presented token and the salt of the row" {
    local first salt
    new_user
    first=$refresh
    row_is "$session_id" "rotated_at is null and previous_refresh_hash is null and rotation_salt is null and successor_used" t
    refreshed "$first"
    salt=$(row "$session_id" "encode(rotation_salt, 'hex')")
    expect_equal "the successors" "$access $refresh" "$(successors "$first" "$salt")"
    row_is "$session_id" "encode(previous_refresh_hash, 'hex')" "$(hash_of "$first")"
    row_is "$session_id" "encode(refresh_token_hash, 'hex')" "$(hash_of "$refresh")"
    row_is "$session_id" "encode(access_token_hash, 'hex')" "$(hash_of "$access")"
    row_is "$session_id" "encode(refresh_family_hash, 'hex')" "$(hash_of "$first" 16)"
    row_is "$session_id" 'successor_used' f
}

@test "the rows hold no token, only hashes" {
    local token hex
    new_user
    refreshed "$refresh"
    for token in "$access" "$refresh"; do
        hex=$(token_hex "$token")
        sql_is "select count(*) from sessions s where s::text like '%$token%' or s::text like '%$hex%'" 0
    done
}

@test "a chain of rotations keeps the family, changes the rest and leaves one row" {
    local seen=() token round
    new_user
    for round in 1 2 3 4 5 6; do
        token=$refresh
        refreshed "$token"
        expect_equal "the session" "$(json .session.id)" "$session_id"
        expect_equal "the family" "$(hash_of "$refresh" 16)" "$(hash_of "$token" 16)"
        seen+=("$access" "$refresh")
    done
    expect_equal "different tokens" "$(printf '%s\n' "${seen[@]}" | sort -u | wc -l)" 12
    sql_is "select count(*) from sessions where user_id = $user_id" 1
    expect_events session_renewed 6 ".session_id == \"$session_id\""
}

@test "the same token again gets the same pair, as often as it comes" {
    local first got rotated
    new_user
    first=$refresh
    refreshed "$first"
    got=$(pair)
    rotated=$(row "$session_id" 'rotated_at')
    for _ in 1 2 3; do
        refreshed "$first"
        expect_equal "the pair" "$(pair)" "$got"
    done
    row_is "$session_id" rotated_at "$rotated"
    content_is 200 "$access"
}

@test "a lost answer: the connection is cut after the commit, the retry gets the stored pair" {
    new_user
    python3 "$LIB/lost_answer.py" "$PORT" "$refresh" &
    wait_until 20 row_says "$session_id" 'rotated_at is not null' t
    wait "$!"
    local salt expected
    salt=$(row "$session_id" "encode(rotation_salt, 'hex')")
    expected=$(successors "$refresh" "$salt")
    refreshed "$refresh"
    expect_equal "the pair" "$(pair)" "$expected"
    row_is "$session_id" "encode(rotation_salt, 'hex')" "$salt"
    content_is 200 "$access"
}

row_says() {
    [[ $(row "$1" "$2") == "$3" ]]
}

@test "an unused successor: its parent is answered however late" {
    local first got
    new_user
    first=$refresh
    refreshed "$first"
    got=$(pair)
    pass_grace "$session_id"
    refreshed "$first"
    expect_equal "the pair" "$(pair)" "$got"
    expect_live "$session_id"
}

@test "an unused successor whose access token has run out: its parent gets the same pair, alive again" {
    local first got before
    new_user
    first=$refresh
    refreshed "$first"
    got=$(pair)
    pass_grace "$session_id"
    update_session "$session_id" "access_expires_at = now() - interval '1 minute', refresh_expires_at = now() + interval '1 day'"
    content_is 401 "$access"
    before=$(row "$session_id" 'rotated_at, refresh_expires_at, refresh_token_hash, access_token_hash, successor_used')
    refreshed "$first"
    expect_equal "the pair" "$(pair)" "$got"
    expect_match "Max-Age" "$(cookie_line access_token)" 'Max-Age=(89[0-9]|900)(;|$)'
    row_is "$session_id" "access_expires_at > now() + interval '10 minutes' and access_expires_at <= now() + interval '900 seconds'" t
    row_is "$session_id" 'rotated_at, refresh_expires_at, refresh_token_hash, access_token_hash, successor_used' "$before"
    content_is 200 "$access"
    # The absolute limit holds for this life, too.
    login "$name"
    first=$refresh
    refreshed "$first"
    update_session "$session_id" "access_expires_at = now(), refresh_expires_at = now() + interval '5 minutes', expires_at = now() + interval '5 minutes'"
    refreshed "$first"
    row_is "$session_id" 'access_expires_at = expires_at' t
    content_is 200 "$access"
}

@test "a pair that is given once more lives no longer than its refresh token" {
    local first
    new_user
    first=$refresh
    refreshed "$first"
    update_session "$session_id" "access_expires_at = now(), refresh_expires_at = now() + interval '5 minutes'"
    refreshed "$first"
    row_is "$session_id" 'access_expires_at = refresh_expires_at' t
    content_is 200 "$access"
}

@test "no access token is accepted when the session is over, however long its own life" {
    new_user
    update_session "$session_id" "access_expires_at = now() + interval '1 hour', refresh_expires_at = now()"
    content_is 401 "$access"
    sql "delete from sessions where session_id = $session_id"
}

# expect_replay_refused STATEMENT: an unused pair whose access token has expired is asked for once more, while the
# statement, in which SESSION and USER stand for the numbers of both, is committed only when the request waits for it.
expect_replay_refused() {
    local first answer=$BATS_TEST_TMPDIR/answer
    new_user
    first=$refresh
    refreshed "$first"
    update_session "$session_id" "access_expires_at = now()"
    hold "$(sed "s/SESSION/$session_id/g; s/USER/$user_id/g" <<<"$1")"
    {
        refresh_with "$first"
        expect_refused >"$answer" 2>&1 && echo refused >"$answer"
    } 3>&- &
    wait_until 10 somebody_waits
    release
    wait $!
    expect_equal "the answer after $1" "$(<"$answer")" refused
}

@test "a pair that is asked for once more while the session is ended, deleted or renewed is refused" {
    expect_replay_refused 'update sessions set revoked_at = now() where session_id = SESSION'
    expect_revoked "$session_id"
    expect_replay_refused 'delete from users where user_id = USER'
    expect_replay_refused 'update sessions set previous_refresh_hash = refresh_token_hash where session_id = SESSION'
    expect_live "$session_id"
    sql "delete from sessions where session_id = $session_id"
}

@test "within the grace the parent gets the same pair though its successor is in use" {
    local first got
    new_user
    first=$refresh
    refreshed "$first"
    got=$(pair)
    content_is 200 "$access"
    wait_until 5 row_says "$session_id" successor_used t
    refreshed "$first"
    expect_equal "the pair" "$(pair)" "$got"
    expect_live "$session_id"
}

@test "after the grace the parent of a pair in use ends the session" {
    local first
    new_user
    first=$refresh
    refreshed "$first"
    content_is 200 "$access"
    wait_until 5 row_says "$session_id" successor_used t
    pass_grace "$session_id"
    refresh_with "$first"
    expect_refused
    expect_revoked "$session_id"
    expect_pair_dead "$access" "$refresh"
    expect_events authn_token_reuse 1 ".session_id == \"$session_id\" and .user_id == \"$user_id\""
}

@test "a new refresh token counts as used when it is refreshed" {
    local first second
    new_user
    first=$refresh
    refreshed "$first"
    second=$refresh
    refreshed "$second"
    row_is "$session_id" "encode(previous_refresh_hash, 'hex')" "$(hash_of "$second")"
    refresh_with "$first"
    expect_refused
    expect_revoked "$session_id"
}

@test "a grandparent ends the session at once, grace or not, and for all tokens" {
    local first second
    new_user
    first=$refresh
    refreshed "$first"
    second=$refresh
    refreshed "$second"
    refresh_with "$first"
    expect_refused
    expect_revoked "$session_id"
    expect_pair_dead "$access" "$refresh"
    refresh_with "$second"
    expect_refused
    expect_events authn_token_reuse 1 ".session_id == \"$session_id\""
}

@test "a forged secret of a known family ends the session" {
    local key
    new_user
    key=$(token_hex "$refresh")
    refresh_with "$(hex_token "${key:0:32}$(openssl rand -hex 16)")"
    expect_refused
    expect_revoked "$session_id"
    expect_pair_dead "$access" "$refresh"
}

@test "a forged family, an access token and garbage are refused and end nothing" {
    local token
    new_user
    for token in "$(hex_token "$(openssl rand -hex 32)")" "$access" garbage "$refresh=" "${refresh:0:42}"; do
        refresh_with "$token"
        expect_refused
    done
    expect_live "$session_id"
    expect_events authn_token_reuse 0 ".session_id == \"$session_id\""
    api POST /refresh '' -H "Authorization: Bearer $refresh"
    expect_refused
    refreshed "$refresh"
}

@test "a check writes once after a rotation, never again, and moves no time" {
    local before
    new_user
    content_is 200 "$access"
    before=$(row "$session_id" 'xmin::text || last_used_at')
    content_is 200 "$access"
    row_is "$session_id" 'xmin::text || last_used_at' "$before"
    refreshed "$refresh"
    content_is 200 "$access"
    wait_until 5 row_says "$session_id" successor_used t
    before=$(row "$session_id" 'xmin::text || last_used_at')
    content_is 200 "$access"
    content_is 200 "$access"
    row_is "$session_id" 'xmin::text || last_used_at' "$before"
}

# --- The access token before a rotation ------------------------------------------------------------------------------

@test "an access token that was replaced is good for the grace, and then dead" {
    local old
    replace_access
    content_is 200 "$access"
    pass_grace "$session_id"
    content_is 401 "$old"
    content_is 200 "$access"
}

@test "within the grace a replaced access token counts as the session on every route" {
    local old row method path json
    replace_access
    for row in 'GET|/content|' 'HEAD|/me|' 'GET|/me|' 'GET|/sessions|' 'GET|/verify|' 'PATCH|/me|{"name":"New"}' \
        'DELETE|/sessions|'; do
        IFS='|' read -r method path json <<<"$row"
        api "$method" "$path" "$json" -b "access_token=$old"
        expect_status 200 || fail "the cookie at $method $path"
        expect_no_cookies
        api "$method" "$path" "$json" -H "Authorization: Bearer $old"
        expect_status 200 || fail "Bearer at $method $path"
    done
    api GET /sessions '' -b "access_token=$old"
    expect_json '[.sessions[] | select(.current) | .id] | join(" ")' "$session_id"
    row_is "$session_id" 'revoked_at is null' t
}

@test "the use of a replaced access token marks nothing: its successors stay unused" {
    local first old before
    new_user
    first=$refresh old=$access
    refreshed "$first"
    before=$(row "$session_id" 's.xmin::text || s::text')
    content_is 200 "$old"
    api GET /verify '' -H "Authorization: Bearer $old"
    expect_status 200
    expect_equal "the row" "$(row "$session_id" 's.xmin::text || s::text')" "$before"
    row_is "$session_id" successor_used f
    pass_grace "$session_id"
    refreshed "$first"
}

@test "only the direct predecessor of an access token has a grace" {
    local old second
    replace_access
    second=$access
    refreshed "$refresh"
    content_is 401 "$old"
    content_is 200 "$second"
    content_is 200 "$access"
}

@test "an access token that had expired before the rotation never comes alive again" {
    local old
    new_user
    old=$access
    update_session "$session_id" "access_expires_at = now() - interval '1 second'"
    content_is 401 "$old"
    refreshed "$refresh"
    content_is 401 "$old"
    # Neither does it when the new one gets its life again.
    update_session "$session_id" 'access_expires_at = now()'
    refreshed "$refresh"
    content_is 401 "$old"
}

@test "a rotation prolongs no life: a replaced access token ends when it would have ended, or with the grace" {
    local old end
    new_user
    old=$access
    update_session "$session_id" "access_expires_at = now() + interval '20 minutes'"
    end=$(row "$session_id" access_expires_at)
    refreshed "$refresh"
    row_is "$session_id" previous_access_expires_at "$end"
    content_is 200 "$old"
    update_session "$session_id" 'previous_access_expires_at = now()'
    content_is 401 "$old"
    old=$access
    update_session "$session_id" "access_expires_at = now() + interval '1 day'"
    refreshed "$refresh"
    row_is "$session_id" "previous_access_expires_at = rotated_at + interval '3000 seconds'" t
    # After a restart with a shorter grace, the shorter one holds.
    content_is 200 "$old"
    update_session "$session_id" "rotated_at = now() - interval '3001 seconds'"
    content_is 401 "$old"
}

@test "a rotation from the future, which a wrong clock left behind, gives a replaced access token no grace" {
    local old
    replace_access
    update_session "$session_id" "rotated_at = now() + interval '1 hour', previous_access_expires_at = now() + interval '2 hours'"
    content_is 401 "$old"
}

@test "a rotation from the future, which a wrong clock left behind, gives a replaced refresh token no grace" {
    local old
    new_user
    old=$refresh
    refreshed "$refresh"
    update_session "$session_id" "rotated_at = now() + interval '1 hour', successor_used = true"
    api POST /refresh '' -b "refresh_token=$old"
    expect_problem 401 invalid_refresh_token
    row_is "$session_id" 'revoked_at is not null' t
}

@test "a rotation by the version before, beside this one, gives no earlier access token a new grace" {
    local old
    replace_access
    pass_grace "$session_id"
    # Its statement knows nothing of the previous access token.
    update_session "$session_id" "rotated_at = now(), access_token_hash = sha256('by hand $session_id')"
    content_is 401 "$old"
}

# ending_requests: of each request that ends a replaced access token, its method, path, body and whose access token it
# brings along: the one that was replaced, its successor, or that of another session of the user.
ending_requests() {
    local change="{\"new_password\":\"$OTHER_PASSWORD\"}" who
    for who in old access other; do
        echo "POST|/change-password|$change|$who"
        echo "DELETE|/sessions?all=true||$who"
        echo "DELETE|/sessions/SESSION||$who"
        echo "DELETE|/delete||$who"
    done
    for who in old access; do
        echo "POST|/logout||$who"
        echo "POST|/login|LOGIN|$who"
    done
    echo "DELETE|/sessions||other"
}

@test "a replaced access token is dead at once after whatever ends its session, and after a change of the password" {
    local old other method path json who
    while IFS='|' read -r -u 7 method path json who; do
        replace_access
        other=$(login "$name" && echo "$access")
        [[ $json != LOGIN ]] || json=$(credentials "$name")
        api "$method" "${path/SESSION/$session_id}" "$json" -H "Authorization: Bearer ${!who}"
        expect_status 200 || fail "$method $path by $who"
        content_is 401 "$old" || fail "after $method $path by $who"
    done 7< <(ending_requests)
}

# renewed_if_expired ACCESS REFRESH: asks for a new pair only if the access token has expired.
renewed_if_expired() {
    api POST '/refresh?if_expired=true' '{"redirect":"/demo/"}' -b "access_token=$1; refresh_token=$2"
    expect_success 200 && expect_json .redirect /demo/ && expect_json .session.id "$session_id"
}

@test "a refresh only if the access token has expired: the current pair stays, and nothing else is spared" {
    local before other=() row
    new_user
    other=("$access" "$refresh")
    new_user
    refreshed "$refresh"
    before=$(sql "select s::text from sessions s where session_id = $session_id")
    renewed_if_expired "$access" "$refresh"
    expect_json .renewed false
    expect_no_cookies
    sql_is "select s::text from sessions s where session_id = $session_id" "$before"
    # Without an access token, with one of another session, with one that was replaced, and with one that has expired.
    for row in none other replaced expired; do
        case $row in
            none) set -- "" ;;
            other) set -- "${other[0]}" ;;
            replaced) set -- "$old" ;;
            expired) set -- "$access" && update_session "$session_id" "access_expires_at = now() - interval '1 second'" ;;
        esac
        renewed_if_expired "$1" "$refresh" || fail "row $row"
        expect_json .renewed null
        old=$access
        keep_session
        content_is 200 "$access"
    done
}

@test "a refresh only if the access token has expired: no token of a session that is over counts, no old one is spared" {
    local old
    new_user
    old=$refresh
    refreshed "$old"
    refreshed "$refresh"
    api POST '/refresh?if_expired=true' '' -b "access_token=$access; refresh_token=$old"
    expect_refused
    expect_revoked "$session_id"
    api POST '/refresh?if_expired=true' '' "${both[@]}"
    expect_refused
    new_user
    api POST '/refresh?if_expired=1' '' "${both[@]}"
    expect_problem 400 invalid_request
    expect_json '.errors[0].field' if_expired
}

@test "a change of the password ends the replaced refresh token, whichever access token makes the change" {
    local old_access old_refresh by
    for by in new old; do
        new_user
        old_access=$access old_refresh=$refresh
        api POST /refresh '' "${both[@]}"
        expect_success 200
        keep_session
        [[ $by == new ]] || access=$old_access
        api POST /change-password '{"new_password":"another good password","current_password":"'"$PASSWORD"'"}' \
            -b "access_token=$access"
        expect_success 200
        api POST /refresh '' -b "refresh_token=$old_refresh"
        expect_problem 401 invalid_refresh_token
        refute grep -qi '^set-cookie: refresh_token=[^;]' <<<"$head"
    done
}

@test "a change of the password ends the replaced access token, and leaves the session its tokens" {
    local old
    replace_access
    api POST /change-password "{\"new_password\":\"$OTHER_PASSWORD\"}" -b "access_token=$old"
    expect_success 200
    content_is 401 "$old"
    row_is "$session_id" 'previous_access_hash is null and previous_access_expires_at is null' t
    content_is 200 "$access"
    refreshed "$refresh"
}

@test "a replaced access token is dead at once after a reuse, and when the session ends by its time" {
    local old first
    new_user
    first=$refresh
    refreshed "$first"
    old=$access
    refreshed "$refresh"
    content_is 200 "$old"
    refresh_with "$first"
    expect_refused
    content_is 401 "$old"
    replace_access
    update_session "$session_id" 'refresh_expires_at = now(), access_expires_at = now()'
    content_is 401 "$old"
}

# --- Lifetimes and the limit -----------------------------------------------------------------------------------------

@test "the absolute limit caps both expiries and no refresh extends it" {
    local limit
    new_user
    row_is "$session_id" "expires_at = created_at + interval '1000000 seconds'" t
    update_session "$session_id" "expires_at = now() + interval '5 minutes'"
    limit=$(row "$session_id" expires_at)
    refreshed "$refresh"
    row_is "$session_id" "(access_expires_at = expires_at and refresh_expires_at = expires_at)" t
    row_is "$session_id" expires_at "$limit"
    expect_match "Max-Age" "$(cookie_line refresh_token)" 'Max-Age=(29[0-9]|300)(;|$)'
    expect_match "Max-Age" "$(cookie_line access_token)" 'Max-Age=(29[0-9]|300)(;|$)'
    refreshed "$refresh"
    row_is "$session_id" expires_at "$limit"
}

@test "a session past its absolute limit is over" {
    new_user
    update_session "$session_id" "expires_at = now(), refresh_expires_at = now(), access_expires_at = now()"
    expect_pair_dead "$access" "$refresh"
    row_is "$session_id" 'rotated_at is null' t
}

@test "an idle session is over; a refresh begins its time anew" {
    new_user
    update_session "$session_id" "refresh_expires_at = now() + interval '1 hour', last_used_at = now() - interval '6 days'"
    refreshed "$refresh"
    row_is "$session_id" "refresh_expires_at > now() + interval '6 days' and last_used_at > now() - interval '1 minute'" t
    update_session "$session_id" "refresh_expires_at = now(), access_expires_at = now()"
    refresh_with "$refresh"
    expect_refused
    row_is "$session_id" 'revoked_at is null' t
}

@test "an expired access token needs a refresh and no more" {
    new_user
    update_session "$session_id" 'access_expires_at = now()'
    content_is 401 "$access"
    refreshed "$refresh"
    content_is 200 "$access"
}

@test "a revoked session is over for its parent's retry too" {
    local first
    new_user
    first=$refresh
    refreshed "$first"
    update_session "$session_id" 'revoked_at = now()'
    refresh_with "$first"
    expect_refused
    expect_pair_dead "$access" "$refresh"
    expect_events authn_token_reuse 0 ".session_id == \"$session_id\""
}

@test "a login beyond the limit ends the session unused for longest" {
    local ids=() pairs=() i
    new_user
    ids[0]=$session_id pairs[0]="$access $refresh"
    for i in 1 2 3; do
        login "$name"
        ids[i]=$session_id pairs[i]="$access $refresh"
        update_session "${ids[i]}" "last_used_at = now() - interval '$i hours'"
    done
    expect_equal "live sessions" "$(live_sessions "$user_id")" 4
    login "$name"
    expect_equal "live sessions" "$(live_sessions "$user_id")" 4
    expect_revoked "${ids[3]}"
    # shellcheck disable=SC2086 # two words
    expect_pair_dead ${pairs[3]}
    expect_live "${ids[0]}"
    refreshed "${pairs[2]#* }"
    login "$name"
    expect_revoked "${ids[1]}"
    expect_live "${ids[2]}"
    expect_events authn_token_revoked 2 ".user_id == \"$user_id\""
}

# add_sessions COUNT: that many live sessions of the user, older than those that were opened.
add_sessions() {
    sql "insert into sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash, access_expires_at,
             refresh_expires_at, created_at, last_used_at)
         select $user_id, sha256(convert_to('a$user_id ' || n, 'UTF8')), sha256(convert_to('r$user_id ' || n, 'UTF8')),
             sha256(convert_to('f$user_id ' || n, 'UTF8')), now() + interval '1 hour', now() + interval '1 hour',
             now() - n * interval '1 second', now() - n * interval '1 second'
         from generate_series(1, $1) n"
}

# remove_user: with the sessions that no login has opened.
remove_user() {
    sql "delete from users where user_id = $user_id"
}

@test "of very many sessions the newest 1,000 are listed" {
    new_user
    add_sessions 1200
    api GET /sessions '' "${both[@]}"
    expect_success 200
    expect_json '.sessions | length' 1000
    expect_json '.sessions[0].current' true
    expect_json '.sessions | map(.created_at) | . == (sort | reverse)' true
    remove_user
}

@test "a login ends all that are beyond the limit, however many, and the log names 1,000 of them" {
    new_user
    add_sessions 1200
    login "$name"
    expect_equal "live sessions" "$(live_sessions "$user_id")" 4
    expect_live "$session_id"
    # Of 1,201 sessions, three stay beside the new one.
    expect_events authn_token_revoked 1000 ".user_id == \"$user_id\" and .session_id != null"
    expect_events authn_token_revoked 1 \
        ".user_id == \"$user_id\" and .detail == \"198 others, more than MAX_SESSIONS_PER_USER\""
    remove_user
}

@test "a session that is ended while a login beyond the limit would end it is ended once" {
    local oldest
    new_user
    oldest=$session_id
    for _ in 1 2 3; do
        login "$name"
    done
    update_session "$oldest" "last_used_at = now() - interval '1 hour'"
    hold "update sessions set revoked_at = now() - interval '1 minute' where session_id = $oldest"
    login "$name" 3>&- &
    wait_until 10 somebody_waits
    release
    wait $!
    row_is "$oldest" "revoked_at < now() - interval '30 seconds'" t
    expect_equal "live sessions" "$(live_sessions "$user_id")" 4
    expect_events authn_token_revoked 0 ".user_id == \"$user_id\""
}

@test "at the limit, a login of a browser that brings its session ends only that one" {
    local ids=() mine
    new_user
    ids+=("$session_id")
    for _ in 1 2 3; do
        login "$name"
        ids+=("$session_id")
    done
    mine=$session_id
    login "$name" "$PASSWORD" "${both[@]}"
    expect_revoked "$mine"
    expect_live "${ids[0]}"
    expect_equal "live sessions" "$(live_sessions "$user_id")" 4
}

# --- Many tokens in one lookup ---------------------------------------------------------------------------------------

# waits_in_queue COUNT: so many connections wait for the workers of the pool check: the kernel calls them 02,
# connecting.
waits_in_queue() {
    (($(awk -v "path=$(socket_of check)" '$6 == "02" && $8 == path' /proc/net/unix | wc -l) >= $1))
}

# ask_together TOKEN...: one request of the guard with each token, all in one turn of one worker; their statuses in
# $statuses.
ask_together() {
    local pids=() workers token
    mapfile -t workers < <(pool_pids check)
    kill -STOP "${workers[@]}"
    for token in "$@"; do
        curl -s -o "$BATS_TEST_TMPDIR/answer.${#pids[@]}" -w '%{http_code}' -b "access_token=$token" \
            "http://127.0.0.1:$PORT/demo/" >"$BATS_TEST_TMPDIR/status.${#pids[@]}" 3>&- 4>&- &
        pids+=($!)
    done
    wait_until 10 waits_in_queue $# || { kill -CONT "${workers[@]}"; return 1; }
    kill -CONT "${workers[0]}"
    wait "${pids[@]}"
    kill -CONT "${workers[@]}"
    statuses=$(for token in "${!pids[@]}"; do cat "$BATS_TEST_TMPDIR/status.$token" && echo; done | xargs)
}

@test "tokens that are looked up together: the dead are refused, each beside a live one" {
    local live tokens=() statuses
    new_user
    live=$access
    tokens+=("$live")
    new_user
    api POST /logout '' "${both[@]}"
    expect_status 200
    tokens+=("$access" "$live")
    new_user
    update_session "$session_id" "access_expires_at = now() - interval '1 second'"
    tokens+=("$access" "$live")
    new_user
    api DELETE /delete '' "${both[@]}"
    expect_status 200
    tokens+=("$access")
    ask_together "${tokens[@]}"
    expect_equal statuses "$statuses" '200 401 200 401 200 401'
}

# --- The profile -----------------------------------------------------------------------------------------------------

@test "GET /me: the user object of the login, HEAD like it" {
    local shown
    new_user
    shown=$(json -S)
    api GET /me '' "${both[@]}"
    expect_success 200
    expect_equal "the user" "$(json '[.user.id, .user.name, .user.username, .session.id] | join(" ")')" \
        "$user_id Test User $name $session_id"
    expect_json '[.user, .session | keys] | tostring' \
        '[["created_at","id","name","username"],["access_expires_at","id","refresh_expires_at"]]'
    expect_equal "the answer to the registration" "$shown" "$(json -S)"
    expect_no_cookies
    api GET /me '' -H "Authorization: Bearer $access"
    expect_success 200
    call HEAD /me "${both[@]}"
    expect_status 200
}

@test "PATCH /me: the name and nothing else" {
    new_user
    api PATCH /me '{"name":"Zoë Ångström"}' "${both[@]}"
    expect_success 200
    expect_json '.user.name' 'Zoë Ångström'
    sql_is "select name || username from users where user_id = $user_id" "Zoë Ångström$name"
    api GET /me '' "${both[@]}"
    expect_json '.user.name' 'Zoë Ångström'
    api PATCH /me '{"name":" "}' "${both[@]}"
    expect_field name blank
    api PATCH /me '{}' "${both[@]}"
    expect_field name required
    api PATCH /me '{"name":1}' "${both[@]}"
    expect_field name wrong_type
    api PATCH /me '{"name":"x","username":"admin"}' "${both[@]}"
    expect_field username unknown_field
    api PATCH /me "{\"name\":\"$(printf 'n%.0s' {1..201})\"}" "${both[@]}"
    expect_field name too_long
    call PATCH /me "${both[@]}" --data-binary '{"name":"x"}'
    expect_problem 415 unsupported_media_type
    sql_is "select name from users where user_id = $user_id" 'Zoë Ångström'
}

# --- Sessions to see and to end --------------------------------------------------------------------------------------

@test "GET /sessions: the live ones of the user, newest first, with what is known of each" {
    local ids=() gone
    new_user
    ids+=("$session_id")
    login "$name" "$PASSWORD" -A 'Browser/1.0 (Test)'
    gone=$session_id
    update_session "$gone" 'refresh_expires_at = now(), access_expires_at = now()'
    login "$name" "$PASSWORD" -A 'Browser/2.0 (Test)' -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Real-IP: 203.0.113.9' \
        -H 'Forwarded: for=203.0.113.9'
    ids+=("$session_id")
    api GET /sessions '' "${both[@]}"
    expect_success 200
    expect_json '[.sessions[].id] | join(" ")' "${ids[1]} ${ids[0]}"
    expect_json '[.sessions[] | .current] | tostring' '[true,false]'
    expect_json '.sessions[0] | [.ip, .user_agent] | join(" ")' '127.0.0.1 Browser/2.0 (Test)'
    expect_json '[.sessions[] | keys] | unique | tostring' '[["created_at","current","id","ip","last_used_at","user_agent"]]'
    expect_json '[.sessions[] | .created_at, .last_used_at | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?Z$")] | all' true
    row_is "${ids[1]}" "host(ip)" 127.0.0.1
    call HEAD /sessions "${both[@]}"
    expect_status 200
}

@test "GET /sessions never shows a token or a hash" {
    local value
    new_user
    refreshed "$refresh"
    api GET /sessions '' "${both[@]}"
    for value in "$access" "$refresh" "$(hash_of "$access")" "$(hash_of "$refresh")" "$(hash_of "$refresh" 16)" \
        "$(row "$session_id" "encode(rotation_salt, 'hex')")"; do
        [[ ${#value} -ge 43 && $body != *"$value"* ]] || fail "the list contains $value"
    done
}

@test "the user agent is cut to 200 bytes, at the end of a character" {
    local long agent
    long=$(printf 'ü%.0s' {1..250})
    new_user
    # agent | what is kept, in SQL
    local rows=("$long|repeat('ü', 100)" "a$long|concat('a', repeat('ü', 99))" "${long//ü/😀}|repeat('😀', 50)"
        "abc${long//ü/😀}|concat('abc', repeat('😀', 49))" "${long//ü/a}|repeat('a', 200)" "$(printf 'a%.0s' {1..200})|repeat('a', 200)")
    for agent in "${rows[@]}"; do
        login "$name" "$PASSWORD" -A "${agent%|*}"
        row_is "$session_id" "user_agent = ${agent##*|}" t
        sql_is "select user_agent = ${agent##*|} from events where session_id = $session_id and event = 'authn_login_success'" t
    done
    api GET /sessions '' "${both[@]}"
    expect_json '.sessions[0].user_agent | length' 200
}

@test "control characters are taken out of the user agent, the rest stays" {
    new_user
    login "$name" "$PASSWORD" -A $'Brow\x01ser\x7f/1\t.0\x1b[31m'
    row_is "$session_id" "user_agent ~ '[[:cntrl:]]'" f
    row_is "$session_id" user_agent 'Browser/1.0[31m'
}

@test "a user agent that is no UTF-8 harms nothing" {
    new_user
    login "$name" "$PASSWORD" -A $'Browser\xff\xc0\xaf'
    api GET /sessions '' "${both[@]}"
    expect_success 200
    login "$name" "$PASSWORD" -H 'User-Agent:'
    row_is "$session_id" user_agent ''
    api GET /sessions '' "${both[@]}"
    expect_json '.sessions[0].user_agent' ''
}

@test "last_used_at moves at a refresh, not at a check" {
    new_user
    update_session "$session_id" "last_used_at = '2020-01-01T00:00:00Z'"
    content_is 200 "$access"
    api GET /sessions '' "${both[@]}"
    expect_json '.sessions[0].last_used_at | .[0:10]' 2020-01-01
    refreshed "$refresh"
    api GET /sessions '' "${both[@]}"
    expect_json '.sessions[0] | .last_used_at >= .created_at' true
}

@test "DELETE /sessions/{id}: an own one, once" {
    local other other_pair
    new_user
    other=$session_id other_pair="$access $refresh"
    login "$name"
    api DELETE "/sessions/$other" '' "${both[@]}"
    expect_success 200
    expect_no_cookies
    expect_revoked "$other"
    # shellcheck disable=SC2086 # two words
    expect_pair_dead $other_pair
    api DELETE "/sessions/$other" '' "${both[@]}"
    expect_problem 404 not_found
    content_is 200 "$access"
    expect_events authn_token_revoked 1 ".session_id == \"$other\""
}

@test "DELETE /sessions/{id}: the current one clears the cookies" {
    new_user
    api DELETE "/sessions/$session_id" '' "${both[@]}"
    expect_success 200
    expect_cookies_cleared
    expect_pair_dead "$access" "$refresh"
    api DELETE "/sessions/$session_id" '' "${both[@]}"
    expect_problem 401 unauthorized
}

@test "DELETE /sessions/{id}: another user's, an expired one and garbage are not found" {
    local foreign mine id
    new_user
    foreign=$session_id
    new_user
    login "$name"
    mine=$session_id
    login "$name"
    update_session "$mine" 'refresh_expires_at = now(), access_expires_at = now()'
    for id in "$foreign" "$mine" 0 -1 +1 abc "${session_id}x" 1e3 99999999999999999999 9223372036854775807 \
        %20 "%27" "$access"; do
        api DELETE "/sessions/$id" '' "${both[@]}"
        expect_problem 404 not_found || fail "id $id"
    done
    api DELETE "/sessions/$session_id/" '' "${both[@]}"
    expect_problem 404 not_found
    expect_live "$foreign"
    expect_live "$session_id"
}

@test "DELETE /sessions: all others, and how many they were" {
    local others=() stranger
    new_user
    stranger=$session_id
    new_user
    others+=("$session_id")
    login "$name"
    others+=("$session_id")
    login "$name"
    update_session "$session_id" 'refresh_expires_at = now(), access_expires_at = now()'
    login "$name"
    api DELETE /sessions '' "${both[@]}"
    expect_success 200
    expect_json tostring '{"revoked":2}'
    expect_no_cookies
    expect_revoked "${others[0]}"
    expect_revoked "${others[1]}"
    expect_live "$session_id"
    expect_live "$stranger"
    api DELETE /sessions '' "${both[@]}"
    expect_json .revoked 0
    content_is 200 "$access"
}

@test "DELETE /sessions?all=true: the current one too" {
    new_user
    login "$name"
    api DELETE '/sessions?all=true' '' "${both[@]}"
    expect_success 200
    expect_json .revoked 2
    expect_cookies_cleared
    expect_equal "live sessions" "$(live_sessions "$user_id")" 0
    expect_pair_dead "$access" "$refresh"
}

@test "DELETE /sessions with another query ends nothing of the current one" {
    local query
    new_user
    for query in all=1 all=TRUE all=true\&all=false x=y; do
        api DELETE "/sessions?$query" '' "${both[@]}"
        [[ $status == 400 || $status == 200 ]] || fail "$query: $status"
        expect_live "$session_id"
    done
}

@test "without a session: 401 on every route of this part" {
    local request
    for request in 'GET /me' 'HEAD /me' 'PATCH /me' 'GET /sessions' 'DELETE /sessions' 'DELETE /sessions?all=true' 'DELETE /sessions/1'; do
        # shellcheck disable=SC2086 # method and path
        call $request
        expect_status 401 || fail "$request"
        expect_header WWW-Authenticate Bearer
        # shellcheck disable=SC2086
        call $request -H "Authorization: Bearer $(hex_token "$(openssl rand -hex 32)")"
        expect_status 401 || fail "$request"
        expect_header_match WWW-Authenticate '^Bearer .*error="invalid_token"'
    done
    new_user
    api GET /me '' -b "access_token=$refresh"
    expect_problem 401 unauthorized
    api GET "/me?access_token=$access" ''
    expect_problem 401 unauthorized
}

# sorted: the methods of an Allow header in order, without OPTIONS, which nginx answers by itself.
sorted_allow() {
    header Allow | tr -d ' ' | tr ',' '\n' | grep -vx OPTIONS | sort | xargs
}

@test "other methods: 405 with what is allowed" {
    local path method
    new_user
    while read -r path method allowed; do
        call "$method" "$path" "${both[@]}"
        expect_problem 405 method_not_allowed || fail "$method $path"
        expect_equal "Allow of $path" "$(sorted_allow)" "$allowed"
    done <<'TEXT'
/me POST GET HEAD PATCH
/me DELETE GET HEAD PATCH
/sessions POST DELETE GET HEAD
/sessions PATCH DELETE GET HEAD
/sessions/1 GET DELETE
/sessions/1 PUT DELETE
TEXT
    for path in /me/ /sessions/ /sessions/1/2 /me/x; do
        call GET "$path" "${both[@]}"
        expect_problem 404 not_found || fail "$path"
    done
}

@test "requests from other sites with our cookies end nothing" {
    local request
    new_user
    for request in 'DELETE /sessions' "DELETE /sessions/$session_id" 'DELETE /sessions?all=true' 'PATCH /me'; do
        # shellcheck disable=SC2086 # method and path
        call $request "${both[@]}" -H 'Sec-Fetch-Site: cross-site'
        expect_problem 403 cross_site_request || fail "$request"
        # shellcheck disable=SC2086
        call $request "${both[@]}" -H 'Origin: https://evil.example'
        expect_problem 403 cross_site_request || fail "$request"
    done
    expect_live "$session_id"
    expect_events malicious_csrf 8
}

# --- Sessions that an administrator ends -----------------------------------------------------------------------------

# in_operations WORDS: the statement of docs/operations.md that has these words.
in_operations() {
    awk -v RS='```' -v words="$1" '/^sql\n/ && index($0, words) { sub(/^sql\n/, ""); print }' "$ROOT/docs/operations.md"
}

@test "the statements of docs/operations.md end the sessions of one user, and of all" {
    local stranger all one
    all=$(in_operations 'WHERE revoked_at IS NULL;')
    one=$(in_operations "'ada'")
    [[ -n $all && -n $one ]] || fail "docs/operations.md has no such statements"
    new_user
    stranger=$access
    unique_name
    new_user "Ada.$name"
    sql "${one/\'ada\'/\'${name,,}\'}"
    expect_pair_dead "$access" "$refresh"
    content_is 200 "$stranger"
    sql "$all"
    content_is 401 "$stranger"
}

# --- Other settings: these restart the instance, so they stand last -----------------------------------------------------

# lookups: the lookups of access tokens that PostgreSQL has run, in their order.
lookups() {
    grep -oE 'execute session_find_(batch_)?by_(previous_)?access' "$RUN_DIR/log/postgres.log" | sed 's/.*_by_//' | xargs
}

lookups_are() {
    [[ $(lookups) == "$1" ]]
}

@test "a check with the current access token takes one lookup, one with the replaced token two" {
    local old expected
    sql 'alter role sessiond set log_min_duration_statement = 0'
    stack_stop
    stack_up REFRESH_GRACE=3000
    replace_access
    content_is 200 "$access"
    content_is 200 "$access"
    content_is 200 "$old"
    expected='access previous_access access access access previous_access'
    wait_until 10 lookups_are "$expected" || fail "the lookups are $(lookups)"
    sql 'alter role sessiond reset log_min_duration_statement'
}

@test "without grace an access token that was replaced is dead at once" {
    local old
    stack_stop
    stack_up REFRESH_GRACE=0
    new_user
    old=$access
    refreshed "$refresh"
    content_is 401 "$old"
    content_is 200 "$access"
}

@test "without grace a parent is refused as soon as its successor is in use, with it not" {
    local first got
    stack_stop
    stack_up REFRESH_GRACE=0 SESSION_TTL=0
    new_user
    row_is "$session_id" expires_at infinity
    first=$refresh
    refreshed "$first"
    got=$(pair)
    refreshed "$first"
    expect_equal "the pair" "$(pair)" "$got"
    content_is 200 "$access"
    wait_until 5 row_says "$session_id" successor_used t
    refresh_with "$first"
    expect_refused
    expect_revoked "$session_id"
    expect_pair_dead "$access" "$refresh"
}

@test "without a limit of sessions none is ended" {
    stack_stop
    stack_up MAX_SESSIONS_PER_USER=0
    new_user
    for _ in {1..6}; do
        login "$name"
    done
    expect_equal "live sessions" "$(live_sessions "$user_id")" 7
}

@test "a client that reads a long answer late gets all of it, and holds no worker meanwhile" {
    local cookie said
    stack_stop
    stack_up MAX_SESSIONS_PER_USER=0 CHECK_WORKERS=1
    new_user
    add_sessions 1000
    sql "update sessions set user_agent = repeat('\"', 200) where user_id = $user_id"
    cookie="access_token=$access"
    coproc READER { "$PYTHON" "$LIB/late_reader.py" "$PORT" /sessions "$cookie" 2>&1 3>&-; }
    read -r said <&"${READER[0]}"
    expect_equal "the reader" "$said" begun
    # The only worker answers this one when it is done with the list: it has written it, or has given up.
    content_is 200 "$access"
    echo >&"${READER[1]}"
    read -r said <&"${READER[0]}"
    expect_equal "the list" "$said" whole
    remove_user
}
