#!/usr/bin/env bats
# What others have made in a database, or may make there: a role with more rights runs none of it when it brings the
# tables up to date, waits for nobody for ever, and shows no terminal what others wrote.

setup_file() {
    load lib/common
    stack_new
    server_up
    admin 'create role app login; grant connect on database sessiond to app; create schema app authorization app; grant usage on schema app to public'
    as app "create function app.f() returns trigger language plpgsql as \$f\$ begin return new; end \$f\$" \
        "create function app.g(int) returns int language sql immutable as 'select 1'" \
        "create function app.e() returns event_trigger language plpgsql as \$f\$ begin null; end \$f\$" \
        'create function app.m(int) returns point language sql immutable as $$select point($1, $1)$$' \
        'create sequence app.s' 'create domain app.d as int' 'create view app.v as select 1 as one'
}

teardown_file() {
    load lib/common
    stack_down
    server_remove
}

setup() {
    load lib/common
}

# as ROLE STATEMENT...: in the database of the service.
as() {
    local statement
    for statement in "${@:2}"; do
        "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U "$1" -d sessiond -c "$statement"
    done
}

# migrate [NAME=VALUE...]: notes what it says.
migrate() {
    "${CLEAN[@]}" "$@" "$ROOT/scripts/migrate" >"$BATS_TEST_TMPDIR/log" 2>&1
}

# expect_refused REASON [NAME=VALUE...]
expect_refused() {
    ! migrate "${@:2}" || fail "it has run, with $1: $(<"$BATS_TEST_TMPDIR/log")"
    expect_match "migrate" "$(<"$BATS_TEST_TMPDIR/log")" "$1.*nothing was changed"
}

expect_current() {
    migrate "$@" || fail "$(<"$BATS_TEST_TMPDIR/log")"
    grep -q 'schema is current' "$BATS_TEST_TMPDIR/log"
}

# refused_while DO UNDO REASON: as long as what the superuser does is there.
refused_while() {
    admin "$1"
    expect_refused "$3"
    admin "$2"
}

@test "makers: no migration runs while a function of others stands in what a statement touches" {
    local trigger='create trigger t before insert on schema_versions for each row execute function app.f()'
    admin 'grant trigger on schema_versions to app'
    as app "$trigger"
    admin 'revoke trigger on schema_versions from app'
    expect_refused 'the role app owns the function app.f\(\), which is used by trigger t on table public.schema_versions'
    admin 'drop trigger t on schema_versions'
    refused_while 'create trigger t before update on users for each row execute function app.f()' 'drop trigger t on users' \
        'app owns the function app.f\(\), which is used by trigger t on table public.users'
    refused_while 'create rule r as on insert to schema_versions do also select app.g(1)' 'drop rule r on schema_versions' \
        'app.g\(integer\), which is used by rule r on table public.schema_versions'
    refused_while 'alter table users add x int default app.g(1)' 'alter table users drop x' \
        'app.g\(integer\), which is used by default value for column x of table public.users'
    refused_while 'alter table users add x int generated always as (app.g(1)) stored' 'alter table users drop x' \
        'app.g\(integer\), which is used by default value for column x of table public.users'
    refused_while 'alter table events add constraint c check (app.g(1) = 1)' 'alter table events drop constraint c' \
        'app.g\(integer\), which is used by constraint c on table public.events'
    refused_while 'create policy p on devices using (app.g(1) = 1)' 'drop policy p on devices' \
        'app.g\(integer\), which is used by policy p on table public.devices'
    refused_while 'create index i on attempts (app.g(failures))' 'drop index i' 'app.g\(integer\), which is used by index public.i'
    refused_while 'create domain d as int check (app.g(value) = 1); alter table tickets add x d' \
        'alter table tickets drop x; drop domain d' 'app.g\(integer\), which is used by constraint d_check'
    refused_while 'create operator ### (rightarg = int, function = app.g); alter table users add constraint c check (### 1 = 1)' \
        'alter table users drop constraint c; drop operator ### (none, int)' 'app.g\(integer\), which is used by .*operator'
    refused_while 'create event trigger e on ddl_command_start execute function app.e()' 'drop event trigger e' \
        'app.e\(\), which is used by event trigger e'
    refused_while 'create cast (int as point) with function app.m(int)' 'drop cast (int as point)' \
        'app.m\(integer\), which is used by cast from integer to point'
    expect_current
}

@test "makers: no migration runs while the tables use other things of others, or hold them up" {
    refused_while 'alter table users add x app.d' 'alter table users drop x' 'owns the type app.d, which is used by '
    refused_while "alter table users add x int default nextval('app.s')" 'alter table users drop x' 'owns app.s, which is used by '
    refused_while 'create policy p on users using (exists (select from app.v))' 'drop policy p on users' \
        'owns app.v, which is used by policy p on table public.users'
    admin 'grant references on users to app'
    as app 'create table app.ref (u bigint references public.users on delete cascade)'
    admin 'revoke references on users from app'
    expect_refused 'the role app owns app.ref, which refers to a table of the service'
    as app 'drop table app.ref'
    refused_while 'create table app.child () inherits (users); alter table app.child owner to app' 'drop table app.child' \
        'the role app owns app.child, which refers to a table of the service'
    expect_current
}

@test "makers: no migration runs while others may put triggers on the tables, or have put one there by a condition" {
    refused_while 'grant all on all tables in schema public to sessiond' 'revoke trigger, references on all tables in schema public from sessiond' \
        'the role sessiond may make triggers on, or references to, public.attempts and .*public.users'
    refused_while 'grant trigger on events to public' 'revoke trigger on events from public' \
        'may make triggers on, or references to, public.events'
    refused_while 'grant references (user_id) on users to app' 'revoke references (user_id) on users from app' \
        'the role app may make triggers on, or references to, public.users'
    admin 'grant trigger on schema_versions to app'
    as app "create trigger t before insert on public.schema_versions for each row when (pg_catalog.lo_export(1, '/x') = 1)
        execute function pg_catalog.tsvector_update_trigger(name, 'pg_catalog.simple', name)"
    admin 'revoke trigger on schema_versions from app'
    expect_refused 'somebody has made the trigger t on table public.schema_versions'
    admin 'drop trigger t on schema_versions'
    # Who owns the database has such of his own, and they do no harm.
    refused_while 'create function public.own() returns trigger language plpgsql as $f$ begin return new; end $f$;
        alter function public.own() owner to app' 'alter function public.own() owner to postgres' 'the role app owns the function public.own'
    admin 'create trigger t before update on users for each row execute function public.own()'
    expect_current
    admin 'drop function public.own() cascade'
}

@test "makers: a role of which the caller is a member may make nothing either, where others log in with it" {
    local as_master
    admin 'create role master login; create role shop login; create role heads; create role clerk login noinherit'
    admin 'grant shop, heads to master'
    admin 'create database sm owner master'
    as_master=("DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sm user=master" DB_USER=sessiond)
    in_sm 'grant create on schema public to shop'
    expect_refused 'the role shop may make functions and tables in the schema public' "${as_master[@]}"
    in_sm 'revoke create on schema public from shop; grant create on schema public to heads'
    # A group that nobody else is in has what the caller has.
    migrate "${as_master[@]}" || fail "$(<"$BATS_TEST_TMPDIR/log")"
    in_sm 'grant heads to clerk'
    expect_refused 'the role heads may make functions and tables in the schema public' "${as_master[@]}"
    admin 'drop database sm'
    admin 'drop role master, shop, heads, clerk'
}

in_sm() {
    "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U postgres -d sm -c "$1"
}

@test "makers: a schema that comes first on the search_path changes neither what is called nor where the tables are" {
    admin 'create schema first; alter database sessiond set search_path = first, public'
    admin 'create function first.pg_has_role(r text, o oid, p text) returns boolean language plpgsql as $f$
        begin raise warning $w$not the own one$w$; return true; end $f$'
    expect_current
    refute grep -q 'not the own one' "$BATS_TEST_TMPDIR/log"
    admin 'drop schema first cascade; alter database sessiond reset search_path'
}

# hold_as ROLE STATEMENT: runs it in a transaction that stays open until let_go.
hold_as() {
    coproc HOLDER { "${CLEAN[@]}" psql -X -q -At -h "$SERVER" -p "$SERVER_PORT" -U "$1" -d sessiond; }
    echo "begin; $2; select 'held';" >&"${HOLDER[1]}"
    until [[ $(read -r line <&"${HOLDER[0]}" && echo "$line") == held ]]; do :; done
}

let_go() {
    echo 'commit;' >&"${HOLDER[1]}"
    eval "exec ${HOLDER[1]}>&-"
}

says_waiting() {
    grep -qE 'waiting for process [0-9]+ of the role sessiond, which holds the lock of migrations' "$BATS_TEST_TMPDIR/log"
}

@test "makers: the lock of migrations is waited for with a word, and not for ever" {
    hold_as sessiond 'select pg_advisory_xact_lock(7305816246921117)'
    as postgres 'revoke delete on attempts from sessiond'
    ! migrate LOCK_SECONDS=1 || fail "it has run beside the lock"
    says_waiting
    grep -q 'canceling statement due to lock timeout' "$BATS_TEST_TMPDIR/log"
    expect_match "the cure" "$(<"$BATS_TEST_TMPDIR/log")" 'waited for a lock in vain.*pg_terminate_backend'
    migrate LOCK_SECONDS=600 3>&- &
    wait_until 60 says_waiting
    let_go
    wait "$!" || fail "$(<"$BATS_TEST_TMPDIR/log")"
    ! migrate LOCK_SECONDS=soon || fail "LOCK_SECONDS=soon was taken"
    expect_match "a wrong number" "$(<"$BATS_TEST_TMPDIR/log")" "LOCK_SECONDS must be a whole number of seconds .*'soon'"
}

@test "makers: a table that others have locked is not waited for for ever" {
    as postgres "$(undo_after 7)"
    hold_as sessiond 'select from events limit 1'
    ! migrate LOCK_SECONDS=1 || fail "it has run beside the lock"
    grep -q 'canceling statement due to lock timeout' "$BATS_TEST_TMPDIR/log"
    let_go
    migrate || fail "$(<"$BATS_TEST_TMPDIR/log")"
}

@test "makers: nothing that others wrote into a message is obeyed by the terminal" {
    as postgres "$(undo_after 7)" 'create function public.talk() returns trigger language plpgsql as
        $f$ begin raise warning $w$%$w$, $w$'$'\e]0;owned\a\e[2J\u009b2J\x7f'' and the rest$w$; return new; end $f$' \
        'create trigger talk before insert on schema_versions for each row execute function public.talk()'
    migrate || fail "$(<"$BATS_TEST_TMPDIR/log")"
    grep -q 'WARNING: .*?]0;owned??\[2J?2J? and the rest' "$BATS_TEST_TMPDIR/log" || fail "$(cat -v "$BATS_TEST_TMPDIR/log")"
    refute grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$BATS_TEST_TMPDIR/log"
    as postgres 'drop function public.talk() cascade'
}
