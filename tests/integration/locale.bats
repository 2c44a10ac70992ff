#!/usr/bin/env bats
# Databases of somebody else, whose locale is not C, as scripts/create-database makes its own: the service and its
# scripts do in each of them what they do elsewhere.

setup_file() {
    load lib/common
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

# make_database NAME OPTION...: as an administrator makes one, and then the scripts.
make_database() {
    local database=$1
    shift
    psql -X -q -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U postgres -d postgres \
        -c "create database $database template template0 encoding 'UTF8' $*"
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" "DB_NAME=$database" DB_PASSWORD=unused POSTGRES_PASSWORD=unused >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1 || { cat "$STACK/create.log" && fail "$database"; }
}

# in_database QUERY: in the database of the settings.
in_database() {
    SQL_BY_SCRIPT=1 sql "$1"
}

# The life of an account, with the parts that compare or sort text in the database.
live_there() {
    local first other
    unique_name
    name=Zoe.Ann-$name
    api POST /register "$(registration "$name")"
    expect_success 201
    keep_session
    first=$refresh other=$session_id
    # One name, whatever its case; and another name, though a locale may ignore its punctuation.
    api POST /register "$(registration "${name^^}")"
    expect_problem 409 username_taken
    api POST /register "$(registration "${name/-/}")"
    expect_success 201
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

# use_database NAME WANTED OPTION...: WANTED is what the catalog must say of it.
use_database() {
    local database=$1 wanted=$2
    shift 2
    make_database "$database" "$@"
    expect_equal "the locale" "$(in_database "select concat_ws(' ', datlocprovider, datcollate, datctype, daticulocale)
        from pg_database where datname = current_database()")" "$wanted"
    stack_up "DB_NAME=$database"
    live_there "$database"
    # The scripts find their tables as they left them.
    expect_equal "migrate" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
}

@test "a database whose characters and order are those of C.UTF-8" {
    use_database of_libc 'c C.UTF-8 C.UTF-8' "locale 'C.UTF-8'"
}

@test "a database whose order is that of a language" {
    use_database of_english 'i C.UTF-8 C.UTF-8 en-US-u-kn-true' "locale_provider icu icu_locale 'en-US-u-kn-true' locale 'C.UTF-8'"
}

# The names here have no I, whose small letter is another one in Turkish.
@test "a database with the letters of another language" {
    use_database of_turkish 'i C.UTF-8 C.UTF-8 tr' "locale_provider icu icu_locale 'tr' locale 'C.UTF-8'"
}
