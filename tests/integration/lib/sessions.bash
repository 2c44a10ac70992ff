# shellcheck shell=bash
# What the tests of sessions, throttling, passwords, races and the cleanup share: refreshes, rows of the session table
# and the delays of the throttle. Load it after lib/common.

# refresh_with TOKEN [CURL-OPTION...]: POST /refresh with this token alone.
refresh_with() {
    local token=$1
    shift
    api POST /refresh '' -b "refresh_token=$token" "$@"
}

# refreshed TOKEN: a refresh that succeeds; takes over the new pair (access, refresh).
refreshed() {
    refresh_with "$1"
    expect_success 200 || return 1
    keep_session
}

# expect_refused: the answer to a refresh token that is not accepted.
expect_refused() {
    expect_problem 401 invalid_refresh_token &&
        expect_header_match WWW-Authenticate '^Bearer' &&
        expect_cookies_cleared
}

# pair: the two tokens that the answer sets.
pair() {
    echo "$(cookie access_token) $(cookie refresh_token)"
}

# expect_pair_dead ACCESS REFRESH: neither token is accepted.
expect_pair_dead() {
    content_is 401 "$1" && refresh_with "$2" && expect_refused
}

# row SESSION EXPRESSION: of the session's one row.
row() {
    sql "select $2 from sessions s where session_id = $1"
}

# row_is SESSION EXPRESSION EXPECTED
row_is() {
    sql_is "select $2 from sessions where session_id = $1" "$3"
}

expect_live() {
    row_is "$1" 'revoked_at is null and refresh_expires_at > now()' t
}

expect_revoked() {
    row_is "$1" 'revoked_at is not null' t
}

# update_session SESSION ASSIGNMENTS: time passes by moving the row's times back.
update_session() {
    sql "update sessions set $2 where session_id = $1"
}

# Moves the last rotation out of the grace period.
pass_grace() {
    update_session "$1" "rotated_at = rotated_at - interval '1 hour',
        previous_access_expires_at = previous_access_expires_at - interval '1 hour'"
}

# replace_access: a new user whose access token has been replaced a moment ago, and is kept as old.
replace_access() {
    new_user
    old=$access
    refreshed "$refresh"
    content_is 200 "$old"
}

# fill_backlog COUNT: so many sessions of the user that the cleanup has to remove.
fill_backlog() {
    sql "insert into sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash, access_expires_at,
             refresh_expires_at, created_at)
         select $user_id, sha256(convert_to('a' || n, 'UTF8')), sha256(convert_to('r' || n, 'UTF8')),
             sha256(convert_to('f' || n, 'UTF8')), t, t, t - interval '7 days'
         from generate_series(1, $1) n, (select now() - interval '26 hours') as x (t)"
}

# Whether a statement waits for a lock, such as that of hold.
somebody_waits() {
    [[ $(sql "select count(*) from pg_stat_activity where wait_event_type = 'Lock'") != 0 ]]
}

# token_hex TOKEN: its 32 bytes as hexadecimal digits.
token_hex() {
    printf '%s=' "$1" | tr '_-' '/+' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n'
}

# hex_token DIGITS: the text of a token.
hex_token() {
    hex_bytes "$1" | openssl base64 -A | tr '/+' '_-' | tr -d '='
}

hex_bytes() {
    local i text=
    for ((i = 0; i < ${#1}; i += 2)); do
        text+="\\x${1:i:2}"
    done
    printf '%b' "$text"
}

# derive KEY SALT LABEL, the first two in hexadecimal digits: HMAC-SHA256 by the openssl program.
derive() {
    { hex_bytes "$2" && printf '%s' "$3"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -c 1-64
}

# successors TOKEN SALT: the pair that follows a refresh token, worked out apart from the service.
successors() {
    local key
    key=$(token_hex "$1")
    echo "$(hex_token "$(derive "$key" "$2" access)") $(hex_token "${key:0:32}$(derive "$key" "$2" refresh | cut -c 1-32)")"
}

# One row a session, whatever was refreshed; every live session is one that the log knows; the rest as everywhere.
expect_session_invariants() {
    local rows created
    expect_invariants || return 1
    rows=$(sql 'select count(*) from sessions')
    created=$(events session_created)
    ((rows <= created)) || fail "$rows rows of sessions, of which only $created were opened"
}

# --- The throttle ----------------------------------------------------------------------------------------------------

# attempts_of KIND VALUE EXPRESSION: of the row that counts an account, an address or a device.
attempts_of() {
    sql "select $3 from attempts where attempt_key = sha256(convert_to('$1:$2', 'UTF8'))"
}

# age_attempts SECONDS: time passes for everything that is counted.
age_attempts() {
    sql "update attempts set last_at = last_at - interval '$1 seconds'"
}

forget_attempts() {
    sql 'delete from attempts'
}

# guess NAME [CURL-OPTION...]: a login with a wrong password.
guess() {
    local account=$1
    shift
    api POST /login "$(credentials "$account" 'not the password')" "$@"
}

# expect_throttled [SECONDS]: 429, to wait for this long (or a second less, which may have begun to pass).
expect_throttled() {
    local wait
    expect_problem 429 too_many_attempts || return 1
    [[ -n ${1-} ]] || return 0
    wait=$(header Retry-After)
    if [[ ! $wait =~ ^[0-9]+$ ]] || ((wait > $1 || wait < 1 || wait < $1 - 15)); then
        fail "Retry-After is '$wait', expected about $1"
    fi
}
