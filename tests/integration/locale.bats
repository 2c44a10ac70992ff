#!/usr/bin/env bats
# Databases of somebody else, whose locale is not C, as scripts/create-database makes its own: the service and its
# scripts do in each of them what they do elsewhere.

setup_file() {
    load lib/common
    flock "$ROOT/Makefile" make -s -C "$ROOT" build/statements
    stack_new
    server_new
}

teardown_file() {
    load lib/common
    stack_down
    server_remove
}

setup() {
    load lib/common
}

after_each() {
    [[ ! -f $STACK/run.pid ]] || dead "$(run_pid)" || stack_stop
}

# as_owner DATABASE PSQL-ARGUMENT...: psql as the owner of everything.
as_owner() {
    local database=$1
    shift
    "${CLEAN[@]}" psql -X -q -At -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U postgres -d "$database" "$@"
}

# new_database NAME OPTION...: an empty one, as an administrator makes it, and the settings for it.
new_database() {
    as_owner postgres -c "create database $1 template template0 ${*:2}"
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" "DB_NAME=$1" DB_PASSWORD=unused POSTGRES_PASSWORD=unused >"$ENV_FILE"
}

# make_database NAME OPTION...: and then the scripts.
make_database() {
    new_database "$1" "encoding 'UTF8'" "${@:2}"
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1 || { cat "$STACK/create.log" && fail "$1"; }
}

# in_database QUERY: in the database of the settings.
in_database() {
    SQL_BY_SCRIPT=1 sql "$1"
}

# The life of an account, with the parts that compare or sort text in the database.
live_there() {
    local first other
    unique_name
    name=Zoe.Ikki-$name
    api POST /register "$(registration "$name")"
    expect_success 201
    keep_session
    first=$refresh other=$session_id
    # One name, whatever its case; and another name, though a locale may ignore its punctuation.
    api POST /register "$(registration "${name^^}")"
    expect_problem 409 username_taken
    api POST /register "$(registration "${name/-/}")"
    expect_success 201
    only_ascii_folds
    api POST /login "$(credentials "${name^^}")"
    expect_success 200
    expect_json .user.username "$name"
    keep_session
    api POST /login "$(credentials "${name,,}")"
    expect_success 200
    expect_json .user.id "$user_id"
    keep_session
    api POST /refresh '' -b "refresh_token=$first"
    expect_success 200
    api POST /refresh '' "${both[@]}"
    expect_success 200
    keep_session
    content_is 200 "$access"
    api PATCH /me '{"name":"Élodie Ñandú"}' "${both[@]}"
    expect_success 200
    expect_json .user.name 'Élodie Ñandú'
    in_database "update users set groups = '{staff,Admins,a-b,ab}' where user_id = $user_id"
    api GET /verify '' "${both[@]}"
    expect_success 200
    expect_header Remote-Groups 'staff,Admins,a-b,ab'
    the_operator_changes_groups "$1"
    api GET /sessions '' "${both[@]}"
    expect_success 200
    expect_json '[.sessions[].id | tonumber] | length == 3 and . == (sort | reverse)' true
    api DELETE "/sessions/$other" '' "${both[@]}"
    expect_success 200
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    api POST /change-password "{\"new_password\":\"$OTHER_PASSWORD\",\"current_password\":\"$PASSWORD\"}" "${both[@]}"
    expect_success 200
    "${CLEAN[@]}" "DATABASE_URL=host='$SERVER' port=$SERVER_PORT dbname=$1 user=sessiond" "$BIN" -f /dev/null -c
    content_is 200 "$access"
    api DELETE /delete '' "${both[@]}"
    expect_success 200
    api POST /login "$(credentials "$name" "$OTHER_PASSWORD")"
    expect_problem 401 invalid_credentials
    content_is 401 "$access"
    api POST /register "$(registration "${name^^}")"
    expect_success 201
}

# Groups have one order, whatever that of the database is; what only puts them into that order is no change of the user.
the_operator_changes_groups() {
    local ctl=("${CLEAN[@]}" "DATABASE_URL=host='$SERVER' port=$SERVER_PORT dbname=$1 user=sessiond" "$ROOT/scripts/sessionctl")
    "${ctl[@]}" user groups "$name" +staff -ab +Zoo
    expect_equal groups "$(in_database "select groups from users where user_id = $user_id")" '{Admins,Zoo,a-b,staff}'
    "${ctl[@]}" user groups "$name" +staff
    in_database "update users set groups = '{a-b,staff,Admins,Zoo}' where user_id = $user_id"
    "${ctl[@]}" user groups "$name" +staff
    expect_equal changes "$(in_database "select count(*) from events where user_id = $user_id and event = 'privilege_permissions_changed'")" 1
    printf 'username,password_hash,groups\n%s,%s,"b,A,a,A"\n' "imported-$name" "\$2b\$12\$abcdefghijklmnopqrstuuTfcMkGWMVyfsfMPyXCMFkXbCbcgGZjG" \
        >"$BATS_TEST_TMPDIR/users.csv"
    "${ctl[@]}" import csv "$BATS_TEST_TMPDIR/users.csv"
    expect_equal "groups of the import" "$(in_database "select groups from users where username = 'imported-$name'")" '{A,a,b}'
    "${ctl[@]}" import csv --update "$BATS_TEST_TMPDIR/users.csv"
    expect_equal "groups of the update" "$(in_database "select groups from users where username = 'imported-$name'")" '{A,a,b}'
}

# No other letter stands for one of the name: neither U+212A for k nor the dotless i of Turkish for I.
only_ascii_folds() {
    local other
    for other in "${name/k/$'\u212a'}" "${name/I/$'\u0131'}" "${name/i/$'\u0130'}"; do
        api POST /login "$(credentials "$other")"
        expect_problem 401 invalid_credentials
        found_by_statement "$other" 0
    done
    found_by_statement "${name^^}" 1
    found_by_statement "${name,,}" 1
}

# found_by_statement NAME COUNT: how many users the statement of the service finds by a name.
found_by_statement() {
    local rows
    rows=$({ "$ROOT/build/statements" && echo "EXECUTE user_find_by_username('$1');"; } |
        as_owner "$(setting_of DB_NAME)" -f - | wc -l)
    expect_equal "users found by $1" "$rows" "$2"
}

setting_of() {
    sed -n "s/^$1=//p" "$ENV_FILE"
}

# use_database NAME WANTED OPTION...: WANTED is what the catalog must say of it.
use_database() {
    local database=$1 wanted=$2
    shift 2
    make_database "$database" "$@"
    expect_equal "the locale" "$(in_database "select concat_ws(' ', datlocprovider, datcollate, datctype, $ICU_LOCALE)
        from pg_database as d where datname = current_database()")" "$wanted"
    stack_up "DB_NAME=$database"
    live_there "$database"
    # The scripts find their tables as they left them.
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
}

@test "a database whose characters and order are those of C.UTF-8" {
    use_database of_libc 'c C.UTF-8 C.UTF-8' "locale 'C.UTF-8'"
}

@test "a database whose order is that of a language" {
    use_database of_english 'i C.UTF-8 C.UTF-8 en-US-u-kn' "locale_provider icu icu_locale 'en-US-u-kn' locale 'C.UTF-8'"
}

# Where the small letter of I is not i.
@test "a database with the letters of another language" {
    use_database of_turkish 'i C.UTF-8 C.UTF-8 tr' "locale_provider icu icu_locale 'tr' locale 'C.UTF-8'"
}

# at_version_4: the tables as they were before usernames were compared by the letters A to Z.
at_version_4() {
    as_owner "$1" -c "$(undo_after 4)"
}

@test "users whose names the locale kept apart: migrate says which they are and what to do, and nothing is lost" {
    local out before
    make_database of_collisions "locale_provider icu icu_locale 'tr' locale 'C.UTF-8'"
    at_version_4 of_collisions
    as_owner of_collisions -c "insert into users (name, username, password_hash)
        select username, username, 'x' from unnest('{IRIS,other,iris,Iris,MIKI,miki}'::text[]) as username"
    before=$(as_owner of_collisions -c 'select * from users')
    out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "migrated: $out"
    expect_match "the users" "$out" "'IRIS' \(user_id 1\) and 'iris' \(user_id 3\)"
    expect_match "the users" "$out" "'MIKI' \(user_id 5\) and 'miki' \(user_id 6\)"
    refute grep -q other <<<"$out"
    expect_match "the cure" "$out" 'UPDATE users SET username = '
    expect_equal "the users" "$(as_owner of_collisions -c 'select * from users')" "$before"
    as_owner of_collisions -c "update users set username = username || user_id where user_id in (3, 4, 6)"
    out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) || fail "not migrated: $out"
    expect_match "what migrate says" "$out" 'applied 005'
    expect_equal "the users" "$(as_owner of_collisions -c 'select count(*) from users')" 6
}

@test "a database that cannot hold every name is refused by migrate and by /ready, with the reason" {
    local out file pid
    new_database of_latin "encoding 'LATIN1' locale 'C'"
    out=$("${CLEAN[@]}" "$ROOT/scripts/create-database" 2>&1) && fail "made: $out"
    expect_match "the reason" "$out" 'encoding of the database is LATIN1, but names need UTF8.*TEMPLATE template0'
    expect_equal "tables" "$(as_owner of_latin -c "select count(*) from pg_tables where schemaname = 'public'")" 0
    # As if somebody had made the tables by hand.
    as_owner of_latin -c 'create table schema_versions (version int primary key)'
    for file in "$ROOT"/sql/[0-9]*.sql; do
        as_owner of_latin -v service_role=sessiond -v place=public -f "$file" -c "insert into schema_versions select count(*) + 1 from schema_versions"
    done
    as_owner of_latin -v service_role=sessiond -v place=public -f "$ROOT/sql/grants.sql"
    expect_unready "dbname=of_latin" 'encoding of the database is LATIN1, but names need UTF8'
}

@test "a database that would let a username be taken twice is refused by migrate and by /ready, with the cure" {
    local out cure
    make_database of_restore "locale 'C.UTF-8'"
    as_owner of_restore -c 'drop index users_username_key'
    out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "content: $out"
    expect_match "the reason" "$out" 'users_username_key is missing.*CREATE UNIQUE INDEX'
    expect_unready "dbname=of_restore" 'users_username_key is missing'
    as_owner of_restore -c 'create index users_username_key on users (lower(username))'
    out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "content: $out"
    cure=$(grep -o 'DROP INDEX .*"C"));' <<<"$out")
    as_owner of_restore -c "$cure"
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
}

# The rights are taken by kind and table, and given back by migrate, which grants them even where nothing is to be
# applied.
@test "a database whose tables the service's role may not use is unready, until migrate grants the rights" {
    make_database of_rights "locale 'C.UTF-8'"
    as_owner of_rights -c 'revoke insert on users from sessiond'
    expect_unready "dbname=of_rights" 'the role sessiond lacks rights on the tables: run scripts/migrate'
    as_owner of_rights -c 'revoke delete on attempts from sessiond'
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    expect_equal "what the role may do" "$(as_owner of_rights -Atc "select has_column_privilege('sessiond', 'users', 'username', 'INSERT')
        and has_table_privilege('sessiond', 'attempts', 'DELETE')")" t
}

@test "without a right on a single column that every new row needs a database is unready, until migrate grants it" {
    local column
    make_database of_columns "locale 'C.UTF-8'"
    for column in users.username sessions.access_token_hash events.event attempts.attempt_key; do
        as_owner of_columns -c "revoke insert (${column#*.}) on ${column%.*} from sessiond"
        expect_unready "dbname=of_columns" 'the role sessiond lacks rights on the tables: run scripts/migrate'
        expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    done
}

# expect_no_register STATE: the service is not ready, a new account is 503, and the log says why.
expect_no_register() {
    unique_name
    api GET /ready
    expect_problem 503 service_unavailable
    api POST /register "$(registration "$name")"
    expect_problem 503 service_unavailable
    has_event request_failed ".sqlstate == \"$1\"" || fail "no request_failed with $1 in the log"
}

@test "a database that gives new rows no numbers is unready, and migrate says or does what helps" {
    local row table column out
    make_database of_numbers "locale 'C.UTF-8'"
    stack_up DB_NAME=of_numbers
    for row in users.user_id sessions.session_id tickets.ticket_id events.event_id; do
        table=${row%.*} column=${row#*.}
        as_owner of_numbers -c "alter table $table alter $column drop identity"
        api GET /ready
        expect_problem 503 service_unavailable || fail "$row"
        [[ $table != users ]] || expect_no_register 23502
        out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "migrate: $out"
        expect_match "the reason" "$out" "no number .*$row"
        as_owner of_numbers -c "$(grep -o 'ALTER TABLE .*;' <<<"$out")"
        expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
        new_user
    done
    # A number may come from a sequence of its own, as in tables that another program has copied.
    as_owner of_numbers -c 'create sequence others start 1000' -c 'alter table users alter user_id drop identity' \
        -c "alter table users alter user_id set default nextval('others')"
    expect_no_register 42501
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    api GET /ready
    expect_success 200
    new_user
    as_owner of_numbers -c "alter sequence others maxvalue 1001" -c "select setval('others', 1001)"
    unique_name
    api POST /register "$(registration "$name")"
    expect_problem 503 service_unavailable
}

@test "a database whose schema was taken from everybody is given to the service's role by migrate" {
    make_database of_schema "locale 'C.UTF-8'"
    as_owner of_schema -c 'revoke all on schema public from public, sessiond'
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    expect_equal "what the role may do" "$(as_owner of_schema -Atc "select has_schema_privilege('sessiond', 'public', 'USAGE')")" t
}

@test "a database whose row level security hides rows is refused by migrate, by a trial and by /ready, with the cure" {
    local table out cure
    make_database of_rows "locale 'C.UTF-8'"
    as_owner of_rows -c 'alter table users enable row level security' -c 'alter table events enable row level security'
    expect_unready "dbname=of_rows" 'row level security hides rows of users, events from the role sessiond'
    for table in users sessions attempts devices tickets events; do
        as_owner of_rows -c "alter table $table enable row level security"
        out=$("${CLEAN[@]}" "DATABASE_URL=host='$SERVER' port=$SERVER_PORT dbname=of_rows user=sessiond" \
            "SOCKET_DIR=$BATS_TEST_TMPDIR/service" "$BIN" -f /dev/null -t 2>&1) && fail "the trial: $out"
        expect_match "the trial" "$out" "hides rows of .*$table.* from"
        out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "migrate: $out"
        cure=$(grep -o 'ALTER TABLE .* SECURITY;' <<<"$out")
        as_owner of_rows -c "$cure"
    done
    # An older version seems to be there then, and what is to be called says more.
    as_owner of_rows -c 'alter table schema_versions enable row level security'
    out=$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1) && fail "migrate: $out"
    expect_match "the cure" "$out" 'ALTER TABLE schema_versions DISABLE ROW LEVEL SECURITY;'
    as_owner of_rows -c 'alter role sessiond bypassrls'
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    as_owner of_rows -c 'alter role sessiond nobypassrls'
}

@test "a database that quotes all identifiers is what it is for migrate, and for /ready" {
    make_database of_quotes "locale 'C.UTF-8'"
    as_owner postgres -c 'alter database of_quotes set quote_all_identifiers = on'
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    stack_up DB_NAME=of_quotes
    live_there of_quotes
}

# expect_unready CONNINFO REASON: a service on this database answers 503 to /ready and logs why.
expect_unready() {
    local place=$BATS_TEST_TMPDIR/service pid
    mkdir -p "$place"
    "${CLEAN[@]}" "${CHEAP[@]}" "SOCKET_DIR=$place" "DATABASE_URL=host='$SERVER' port=$SERVER_PORT user=sessiond $1" \
        "$BIN" -f /dev/null 2>"$place/log" 3>&- 4>&- &
    pid=$!
    wait_until 20 test -S "$place/check.sock"
    wait_until 20 says_why "$place" "$2" || { cat "$place/log" && kill "$pid" && return 1; }
    kill "$pid"
    wait "$pid"
}

says_why() {
    [[ $("$PYTHON" "$LIB/fcgi_client.py" --get "$1/check.sock" /ready) == '503 service_unavailable' ]] &&
        jq -es --arg why "$2" 'any(.[]; .event == "schema_unfit" and (.detail | contains($why)))' "$1/log" >/dev/null
}
