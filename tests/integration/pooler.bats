#!/usr/bin/env bats
# PgBouncer between the service and its database, as Debian has it: in session mode everything works through it. In
# transaction mode the tables can be migrated; a PgBouncer that does not follow prepared statements there (before 1.21)
# is refused with the cure.

load lib/common
load lib/ctl
load lib/master
load lib/sessions

setup() {
    stack_new
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    chmod 755 "$PLACE"
    LOG=$PLACE/sessiond.log
    server_new
}

after_each() {
    [[ -z ${MASTER-} ]] || stop_master
    [[ ! -f $STACK/run.pid ]] || stack_stop
    [[ ! -f $SERVER/pgbouncer.pid ]] || kill "$(<"$SERVER/pgbouncer.pid")"
    server_remove
    rm -rf "$STACK"
}

# pooler_up MODE [LINE]: on the port and in the directory of $POOLER; one more line of its settings.
pooler_up() {
    local port
    free_port
    POOLER="host=$SERVER port=$port"
    echo '"postgres" ""' >"$SERVER/users.txt"
    echo '"sessiond" ""' >>"$SERVER/users.txt"
    cat >"$SERVER/pgbouncer.ini" <<EOF_
[databases]
* = host=$SERVER port=$SERVER_PORT
[pgbouncer]
listen_port = $port
unix_socket_dir = $SERVER
auth_type = trust
auth_file = $SERVER/users.txt
pool_mode = $1
logfile = $SERVER/pgbouncer.log
pidfile = $SERVER/pgbouncer.pid
${2-}
EOF_
    as_postgres "$(command -v pgbouncer)" -q "$SERVER/pgbouncer.ini" >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    wait_until 20 pooler_answers
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$port" DB_PASSWORD=unused POSTGRES_PASSWORD=unused >"$ENV_FILE"
}

pooler_answers() {
    [[ $(psql -X -Atqc 'select 1' "$POOLER user=postgres dbname=postgres" 2>/dev/null) == 1 ]]
}

follows_statements() {
    local version
    version=$(pgbouncer --version | sed -nE '1s/^PgBouncer ([0-9]+\.[0-9]+).*/\1/p')
    [[ $(printf '%s\n' 1.21 "$version" | sort -V | head -n 1) == 1.21 ]]
}

@test "PgBouncer in session mode: from the making of the database to the cleanup, everything works through it" {
    pooler_up session
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1 || fail "$(<"$STACK/create.log")"
    stack_up
    new_user
    content_is 200 "$access"
    login "$name"
    refreshed "$refresh"
    content_is 200 "$access"
    ctl_done user show "$name"
    ctl_done session revoke --user "$name"
    expect_pair_dead "$access" "$refresh"
    ctl_done status
    ctl_done cleanup
    expect_equal "what psql says" "$("${CLEAN[@]}" "$ROOT/scripts/psql" -XAtc 'select count(*) from users')" 1
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    [[ $(admin "select count(*) from pg_stat_activity where usename = 'sessiond'") != 0 ]] || fail "nobody is connected"
}

# create_roles: what create-database makes, straight at the server.
create_roles() {
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -c 'CREATE ROLE sessiond LOGIN' -c 'CREATE DATABASE sessiond'
    printf '%s\n' "DATABASE_URL=$POOLER dbname=sessiond user=postgres" DB_USER=sessiond >"$ENV_FILE"
}

@test "PgBouncer in transaction mode: the database can be migrated through it" {
    local i
    pooler_up transaction
    create_roles
    for i in 1 2; do
        "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    done
    expect_equal "done again" "$(tail -n +2 "$STACK/migrate.log")" 'schema is current'
    expect_equal rights "$("${CLEAN[@]}" "$ROOT/scripts/psql" -XAtc "select has_column_privilege('sessiond', 'users', 'groups', 'select')")" t
}

says_the_cure() {
    grep -qF 'set pool_mode = session for it' "$LOG"
}

# All clients of the pooler share one connection to the server; with more of them, what workers meet depends on chance.
# PgBouncer replaces it when it pleases, so that even here one of them may find all well.
@test "PgBouncer in transaction mode that does not follow prepared statements: refused by a trial and by workers, with the cure" {
    ! follows_statements || skip "this PgBouncer does follow them"
    pooler_up transaction 'default_pool_size = 1'
    create_roles
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    make_fate
    MASTER_SETTINGS=("${CHEAP[@]}" "DATABASE_URL=$POOLER dbname=sessiond user=sessiond" "SOCKET_DIR=$PLACE")
    # The first one leaves its statements behind.
    "${CLEAN[@]}" "${MASTER_SETTINGS[@]}" "$BIN" -f /dev/null -t >"$PLACE/trial" 2>&1 || fail "$(<"$PLACE/trial")"
    refute "${CLEAN[@]}" "${MASTER_SETTINGS[@]}" "$BIN" -f /dev/null -t >"$PLACE/trial" 2>&1
    expect_match "the trial" "$(<"$PLACE/trial")" 'set pool_mode = session for it'
    start_master
    wait_until 60 says_the_cure
}
