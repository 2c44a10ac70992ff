# shellcheck shell=bash
# Questions to the database of the instance, and the invariants that hold whatever has happened before.

# The locale of ICU that a database d of pg_database has: PostgreSQL 17 has given that column another name.
ICU_LOCALE="coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale')"

# sql QUERY: the answer, unaligned. Straight to the database where that can be: scripts/psql asks for all settings
# first.
sql() {
    if [[ (-S $RUN_DIR/cluster-sockets/.s.PGSQL.5432 || -d ${SERVER-}) && -z ${SQL_BY_SCRIPT-} ]]; then
        admin "$1"
    else
        "$ROOT/scripts/psql" -X -q -v ON_ERROR_STOP=1 -At -c "$1"
    fi
}

# sql_is QUERY EXPECTED
sql_is() {
    local actual
    actual=$(sql "$1")
    [[ $actual == "$2" ]] || fail "the database says '$actual' instead of '$2' to: $1"
}

admin_says() {
    [[ $(admin "$1") == "$2" ]]
}

# Every worker has its connection again: after an outage each makes an attempt of its own, once a second.
all_connected() {
    admin_says "select count(*) >= $(worker_pids | wc -w) from pg_stat_activity where usename = 'sessiond'" t
}

sql_answers() {
    [[ $(sql 'select 1' 2>/dev/null) == 1 ]]
}

# hash_of TOKEN [BYTES]: SHA-256 of the first bytes (all 32) of a token, as hexadecimal digits.
hash_of() {
    printf '%s=' "$1" | tr '_-' '/+' | openssl base64 -d -A | head -c "${2:-32}" | openssl dgst -sha256 -r | cut -c 1-64
}

# Names every broken invariant of the session table; empty when all hold.
broken_invariants() {
    sql "
      select 'a hash of wrong size: session ' || session_id from sessions
       where length(access_token_hash) <> 32 or length(refresh_token_hash) <> 32 or length(previous_access_hash) <> 32
      union all
      select 'a session without its user: ' || session_id from sessions s
       where not exists (select from users u where u.user_id = s.user_id)
      union all
      select 'two users of one name: ' || min(username) from users group by lower(username collate \"C\") having count(*) > 1
      union all
      select 'two rows of one access token' from sessions group by access_token_hash having count(*) > 1
      union all
      select 'two rows of one refresh token' from sessions group by refresh_token_hash having count(*) > 1
      union all
      select 'live sessions from before the last password change: user ' || user_id
        from sessions s join users u using (user_id)
       where s.revoked_at is null and s.refresh_expires_at > now() and s.created_at < u.password_changed_at
       group by user_id having count(*) > 1
      union all
      select 'a rotation without its parent: session ' || session_id from sessions
       where (rotation_salt is null) <> (previous_refresh_hash is null) or rotated_at is null and rotation_salt is not null
          or previous_refresh_hash = refresh_token_hash
      union all
      select 'a previous access token without its rotation or its end: session ' || session_id from sessions
       where (previous_access_hash is null) <> (previous_access_expires_at is null)
          or previous_access_hash is not null and rotated_at is null or previous_access_hash = access_token_hash
      union all
      select 'an access token of two sessions, or twice of one: ' || s.session_id
        from sessions s join sessions t on s.previous_access_hash in (t.access_token_hash, t.previous_access_hash)
       where s.session_id <> t.session_id
      union all
      select 'the access token outlives the session: ' || session_id from sessions
       where access_expires_at > refresh_expires_at
      union all
      select 'a transaction left open by ' || pid from pg_stat_activity
       where state like 'idle in transaction%' and datname = current_database()
         and clock_timestamp() - state_change > interval '5 s'"
}

expect_invariants() {
    local broken
    broken=$(broken_invariants)
    [[ -z $broken ]] || fail "broken invariants: $broken"
}

# live_sessions USER_ID: how many of the user's sessions are live.
live_sessions() {
    sql "select count(*) from sessions where user_id = $1 and revoked_at is null and refresh_expires_at > now()"
}

# hold STATEMENT: runs it in a transaction that stays open, with the rows that it has locked, until release.
hold() {
    coproc HOLD { "${CLEAN[@]}" psql -X -q -At -h "$RUN_DIR/cluster-sockets" -U postgres -d sessiond; }
    echo "begin; $1; select 'held';" >&"${HOLD[1]}"
    read -r _ <&"${HOLD[0]}"
}

release() {
    echo 'commit;' >&"${HOLD[1]}"
    eval "exec ${HOLD[1]}>&-"
}

# undo_after VERSION: SQL that takes the tables back to this version, file by file.
undo_after() {
    local -A undo=(
        [2]='drop table attempts, devices; drop index sessions_end_idx'
        [3]='alter table users drop column groups'
        [4]='drop index devices_created_at_idx'
        [5]='drop index users_username_key; create unique index users_lower_username_key on users (lower(username))'
        [6]='alter table sessions drop column previous_access_hash, drop column previous_access_expires_at'
        [7]='drop table tickets, events; alter table users drop column email, drop column email_verified_at, drop column disabled_at'
        [8]='drop index events_kind_idx; create index events_user_id_idx on events (user_id, event_id);
            alter table events drop column new_device'
    )
    local version
    for ((version = ${#undo[@]} + 1; version > $1; version--)); do
        echo "${undo[$version]};"
    done
    echo "delete from schema_versions where version > $1"
}
