#!/usr/bin/env bats
# The history of accounts: what is written, who sees it, and that it costs no more than it may.

load lib/common
load lib/sessions
one_instance MAX_SESSIONS_PER_USER=3

# history: of the user of the test, oldest first, as EVENT or EVENT:SESSION.
expect_history() {
    local user=$1
    shift
    expect_equal "the history" "$(sql "select event || coalesce(':' || session_id, '') from events
        where user_id = $user order by event_id" | paste -sd ' ')" "$*"
}

@test "registration, logins, failed ones, a changed password and ended sessions are in the history" {
    local first second
    new_user
    first=$session_id
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    login "$name"
    second=$session_id
    api DELETE "/sessions/$first" '' -b "access_token=$access"
    expect_success 200
    api POST /change-password '{"new_password":"eight velvet kangaroos"}' -b "access_token=$access"
    expect_success 200
    expect_history "$user_id" "user_created:$first" authn_login_fail "authn_login_success:$second" \
        "authn_token_revoked:$first" "authn_password_change:$second"
    api GET /events '' -b "access_token=$access" -A 'Agent X'
    expect_success 200
    expect_json '[.events[].event] | join(" ")' \
        'authn_password_change authn_token_revoked authn_login_success authn_login_fail user_created'
    expect_json '.events[0] | [.session_id, .ip, .by_operator] | join(" ")' "$second 127.0.0.1 false"
}

@test "others, all, too many, and the reuse of an old refresh token" {
    local first tokens
    new_user
    first=$session_id
    tokens=$refresh
    login "$name"
    login "$name"
    login "$name"
    expect_history "$user_id" "user_created:$first" "authn_login_success:$((session_id - 2))" \
        "authn_login_success:$((session_id - 1))" "authn_token_revoked:$first" "authn_login_success:$session_id"
    sql "delete from events where user_id = $user_id"
    api DELETE /sessions '' -b "access_token=$access"
    expect_json .revoked 2
    api DELETE /sessions '' -b "access_token=$access"
    expect_json .revoked 0
    tokens=$refresh
    refreshed "$refresh"
    refreshed "$refresh"
    refresh_with "$tokens"
    expect_refused
    refresh_with "$tokens"
    expect_refused
    expect_history "$user_id" authn_token_revoked "authn_token_reuse:$session_id"
}

# two_wait: two statements wait for the same lock.
two_wait() {
    [[ $(sql "select count(*) from pg_stat_activity where usename = 'sessiond' and wait_event_type = 'Lock'") == 2 ]]
}

@test "a reuse that two requests find at once is in the history once" {
    local old number reuses=()
    new_user
    old=$refresh
    refreshed "$refresh"
    refreshed "$refresh"
    hold "select 1 from users where user_id = $user_id for update"
    for number in 1 2; do
        {
            refresh_with "$old"
            echo "$status" >"$BATS_TEST_TMPDIR/reuse$number"
        } 3>&- 4>&- &
        reuses+=($!)
    done
    wait_until 10 two_wait
    release
    wait "${reuses[@]}"
    expect_equal "the answers" "$(cat "$BATS_TEST_TMPDIR"/reuse? | paste -sd ' ')" '401 401'
    expect_history "$user_id" "user_created:$session_id" "authn_token_reuse:$session_id"
    expect_revoked "$session_id"
}

# flood EVENT [COLUMN EXPRESSION]: a thousand entries of this kind.
flood() {
    sql "insert into events (user_id, event${2:+, $2}) select $user_id, '$1'${3:+, $3} from generate_series(1, 1000)"
}

# visible: how often each kind is among the entries that the user sees, as `COUNT EVENT`.
visible() {
    api GET /events '' -b "access_token=$access"
    expect_success 200
    jq -r '.events | group_by([.event, .by_operator, .new_device])[] | [length, .[0].event]
        + (.[0] | [if .by_operator then "by the operator" else empty end, if .new_device then "new" else empty end])
        | join(" ")' <<<"$body" | paste -sd ,
}

@test "a login tells whether its browser was known" {
    local device
    new_user
    login "$name"
    device=$(cookie device_token)
    api POST /login "$(credentials "$name")" -b "device_token=$device"
    expect_success 200
    sql_is "select string_agg(new_device::text, ' ' order by event_id) from events
        where user_id = $user_id and event = 'authn_login_success'" 'true false'
}

@test "no flood of one kind pushes out another: neither by strangers, nor by whoever has the password" {
    local expected
    new_user
    login "$name"
    sql "insert into events (user_id, event) values ($user_id, 'authn_password_change'), ($user_id, 'reset_link_used')"
    sql "insert into events (user_id, event, actor) values ($user_id, 'authn_token_revoked', 'operator:root')"
    flood authn_login_fail
    flood authn_login_success
    flood authn_token_revoked
    expected='20 authn_login_fail,20 authn_login_success,1 authn_login_success new,1 authn_password_change'
    expected+=',20 authn_token_revoked,1 authn_token_revoked by the operator,1 reset_link_used,1 user_created'
    expect_equal "what the user sees" "$(visible)" "$expected"
    flood authn_login_success new_device true
    expect_match "what the user sees" "$(visible)" ',20 authn_login_success new,1 authn_password_change,'
}

@test "the entries are the newest of each kind, in the order in which they happened" {
    local ids
    new_user
    flood authn_login_fail
    sql "insert into events (user_id, event) values ($user_id, 'authn_password_change')"
    flood authn_login_success session_id generate_series
    sql "update events set happened_at = now() + event_id * interval '1 second' where user_id = $user_id"
    visible >/dev/null
    expect_equal "the newest login" "$(jq -r '.events[0].session_id' <<<"$body")" 1000
    expect_json '[.events[].time] | . == (sort | reverse)' true
    ids=$(jq -r '[.events[] | select(.event == "authn_login_success") | .session_id] | join(" ")' <<<"$body")
    expect_equal "the logins" "$ids" "$(seq 1000 -1 981 | paste -sd ' ')"
}

@test "a user sees the own history only, and that the operator did something but not who" {
    local other
    new_user
    other=$access
    new_user
    sql "insert into events (user_id, event, actor) select $user_id, 'user_enabled', 'operator:root' from generate_series(1, 60)"
    api GET /events '' -b "access_token=$access"
    expect_json '.events | [length, (map(select(.by_operator)) | length)] | join(" ")' '21 20'
    refute grep -q root <<<"$body"
    api GET /events '' -b "access_token=$other"
    expect_json '[.events[].event] | join(" ")' user_created
    call GET /events
    expect_problem 401 unauthorized
}

@test "a failed login of an unknown user, a check and a refresh write nothing" {
    local before
    new_user
    before=$(sql 'select count(*) from events')
    unique_name
    api POST /login "$(credentials "$name")"
    expect_problem 401 invalid_credentials
    content_is 200 "$access"
    refreshed "$refresh"
    sql_is 'select count(*) from events' "$before"
}

# --- Other settings --------------------------------------------------------------------------------------------------

@test "EVENTS_KEEP=0: neither the service nor the operator writes any" {
    load lib/ctl
    local before
    export EVENTS_KEEP=0
    stack_stop
    stack_up
    before=$(sql 'select count(*) from events')
    new_user
    guess "$name"
    expect_problem 401 invalid_credentials
    login "$name"
    api DELETE /sessions '' -b "access_token=$access"
    expect_json .revoked 1
    ctl_done user groups "$name" +staff
    ctl_done session revoke --user "$name"
    sql_is 'select count(*) from events' "$before"
}
