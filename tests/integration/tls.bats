#!/usr/bin/env bats
# TLS to PostgreSQL: it is not lost without a word, whoever starts the service and whatever HOME is; and what the
# variables of libpq in the environment may change. The master is started directly, one worker in each pool, on a server
# with a certificate of an own authority, whose locales are those of ICU.

setup_file() {
    load lib/common
    stack_new
    server_new --locale-provider=icu --icu-locale=en-US
    make_authority ours
    make_authority others
    make_certificate
    as_postgres tee -a "$SERVER/data/postgresql.conf" >/dev/null <<EOF_
ssl = on
ssl_cert_file = '$SERVER/server.crt'
ssl_key_file = '$SERVER/server.key'
EOF_
    server restart
    printf '%s\n' DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_PASSWORD=pw1 POSTGRES_PASSWORD=super-secret >"$ENV_FILE"
    # A directory that nobody but root may enter; for others, one that they may not enter either.
    mkdir -m 700 "$STACK/shut"
    ((EUID == 0)) || chmod 000 "$STACK/shut"
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1
}

teardown_file() {
    load lib/common
    stack_down
    server_remove
}

setup() {
    load lib/common
    PLACE="host=localhost hostaddr=127.0.0.1 port=$SERVER_PORT dbname=sessiond user=sessiond password=pw1"
}

after_each() {
    master_stop
}

# make_authority NAME: its certificate is $STACK/NAME.crt.
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$STACK/$1.key" -out "$STACK/$1.crt" 2>/dev/null
}

# make_certificate: of the server, for the name localhost only.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$STACK/server.key" \
        -out "$STACK/server.csr" 2>/dev/null
    openssl x509 -req -days 2 -in "$STACK/server.csr" -CA "$STACK/ours.crt" -CAkey "$STACK/ours.key" -CAcreateserial \
        -extfile <(echo subjectAltName=DNS:localhost) -out "$STACK/server.crt" 2>/dev/null
    mv "$STACK"/server.{crt,key} "$SERVER"
    ((EUID != 0)) || chown postgres "$SERVER"/server.{crt,key}
    chmod 600 "$SERVER/server.key"
}

# master_start USER URL: with a HOME that the workers may not enter. `root` leaves it to the service to become another
# user.
master_start() {
    local user=$1 become=()
    SOCKETS=$(mktemp -d "$STACK/sockets.XXXXXX")
    LOG=$SOCKETS/sessiond.log
    if [[ $user != "$(id -un)" ]]; then
        become=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
        chown "$user" "$SOCKETS"
    fi
    "${CLEAN[@]}" "${become[@]}" env "HOME=$STACK/shut" "DATABASE_URL=$2" "SOCKET_DIR=$SOCKETS" CHECK_WORKERS=1 \
        WRITE_WORKERS=1 PASSWORD_WORKERS=1 "$BIN" -f /dev/null >"$LOG" 2>&1 </dev/null 3>&- 4>&- &
    MASTER=$!
    wait_until 30 counts_connections 3
}

master_stop() {
    [[ -n ${MASTER-} ]] || return 0
    kill -TERM "$MASTER" 2>/dev/null || true
    wait_until 30 dead "$MASTER" || kill -KILL "$MASTER"
    MASTER=
}

# Attempts that succeeded, and attempts that did not.
counts_connections() {
    (($(grep -cE '"event":"database_(connected|unavailable)"' "$LOG") >= $1))
}

# What the log says of TLS, each answer once.
logged_tls() {
    jq -rR 'fromjson? | select(.event == "database_connected") | .tls' "$LOG" | sort -u | paste -sd ,
}

ready() {
    "$PYTHON" "$LIB/fcgi_client.py" --get "$SOCKETS/check.sock" /ready | cut -d ' ' -f 1
}

# What the scripts say of the role of the service: whether its connection is encrypted, by way of `scripts/psql`.
scripts_have_tls() {
    local become=()
    [[ $1 == "$(id -un)" ]] || become=(setpriv "--reuid=$1" "--regid=$(id -g "$1")" --clear-groups)
    install -m 644 /dev/null "$STACK/none"
    "${CLEAN[@]}" "${become[@]}" env "HOME=$STACK/shut" "ENV_FILE=$STACK/none" "${@:2}" "$ROOT/scripts/psql" -XAtc \
        'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
}

# Whoever can start the service in these tests: root another user, too, if that can enter this checkout.
users() {
    id -un
    ((EUID != 0)) || ! runuser -u sessiond -- test -x "$ROOT/scripts/psql" || echo sessiond
}

@test "tls: the workers encrypt, whoever starts the service, in a HOME that they may not enter too" {
    local user options
    for user in $(users); do
        for options in '' sslmode=require "sslmode=verify-full sslrootcert=$STACK/ours.crt"; do
            master_start "$user" "$PLACE $options"
            expect_equal "tls of $user with '$options'" "$(logged_tls)" TLSv1.3
            expect_equal "ready of $user with '$options'" "$(ready)" 200
            master_stop
        done
    done
}

@test "tls: the scripts encrypt, whoever calls them, in a HOME that they may not enter too" {
    local user
    for user in $(users); do
        expect_equal "$user, by the parts" "$(scripts_have_tls "$user" DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" \
            POSTGRES_PASSWORD=super-secret)" t
        expect_equal "$user, by DATABASE_URL" "$(scripts_have_tls "$user" "DATABASE_URL=$PLACE")" t
    done
}

@test "tls: what does not verify is refused where that is asked, and unready where libpq goes on without" {
    master_start "$(id -un)" "$PLACE sslmode=verify-full sslrootcert=$STACK/others.crt"
    grep -qF 'certificate verify failed' "$LOG"
    expect_equal connected "$(logged_tls)" ''
    expect_equal ready "$(ready)" 503
    master_stop
    master_start "$(id -un)" "$PLACE sslrootcert=$STACK/others.crt"
    expect_equal tls "$(logged_tls)" none
    expect_equal ready "$(ready)" 503
    expect_match "why" "$(grep -F '"event":"database_unencrypted"' "$LOG")" 'sslmode=verify-full'
    grep -qF '`database_unencrypted`' "$ROOT/docs/operations.md"
}

@test "tls: a connection that asks for none, or that leaves no machine, is ready without it" {
    local url
    for url in "$PLACE sslmode=disable" \
        "host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond sslmode=verify-full sslrootcert=$STACK/ours.crt"; do
        master_start "$(id -un)" "$url"
        expect_equal "tls of $url" "$(logged_tls)" none
        expect_equal "ready of $url" "$(ready)" 200
        master_stop
    done
}

# take RULE: pg_hba.conf lets in over TCP only what this kind of line does.
take() {
    as_postgres sed -i -E "s/^host(ssl)?( .*)/$1\2/" "$SERVER/data/pg_hba.conf"
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -c 'select pg_reload_conf()' >/dev/null
}

@test "tls: create-database and the service go with a server that takes TLS only, and has locales of ICU" {
    local parts=(DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_NAME=encrypted DB_USER=encrypted DB_PASSWORD=pw2 POSTGRES_PASSWORD=super-secret)
    : >"$ENV_FILE"
    take hostssl
    refute "${CLEAN[@]}" PGSSLMODE=disable "${parts[@]}" "$ROOT/scripts/create-database"
    "${CLEAN[@]}" HOME="$STACK/shut" "${parts[@]}" "$ROOT/scripts/create-database"
    expect_equal database "$("${CLEAN[@]}" "${parts[@]}" "$ROOT/scripts/psql" -XAtc \
        "select datlocprovider, $ICU_LOCALE, pg_encoding_to_char(encoding) from pg_database as d where datname = current_database()")" \
        'i|en-US|UTF8'
    master_start "$(id -un)" "${PLACE//dbname=sessiond user=sessiond password=pw1/dbname=encrypted user=encrypted password=pw2}"
    expect_equal tls "$(logged_tls)" TLSv1.3
    expect_equal ready "$(ready)" 200
    take host
}

# checked URL: what -n says.
checked() {
    "${CLEAN[@]}" HOME="$STACK/shut" "DATABASE_URL=$1" "$BIN" -f /dev/null -n 2>&1
}

# reader: the user as whom -n looks at files.
reader() {
    if ((EUID == 0)); then "${CLEAN[@]}" "$BIN" -f /dev/null -g WORKER_USER; else id -un; fi
}

@test "tls: -n warns of what will keep the workers from it" {
    local row options words
    cp "$STACK/ours.crt" "$STACK/shut/hidden.crt" 2>/dev/null || true
    # options of the connection | words of the warning; none for no warning
    local rows=(
        '|the database is reached over TCP' 'sslmode=disable|reached over TCP' 'sslmode=require|nobody verifies the server'
        "sslmode=verify-full sslrootcert=$STACK/ours.crt|"
        'sslmode=verify-full|needs the certificate of the authority'
        "sslmode=verify-ca|needs the certificate of the authority"
        "sslmode=verify-full sslrootcert=$STACK/shut/hidden.crt|cannot read $STACK/shut/hidden.crt (sslrootcert): Permission denied"
        "sslmode=require sslrootcert=$STACK/none.crt|cannot read $STACK/none.crt (sslrootcert): No such file"
        "sslmode=require sslkey=$STACK/none.key|cannot read $STACK/none.key (sslkey)"
        "sslrootcert=$STACK/ours.crt|with sslmode=prefer a connection goes on without TLS"
        "sslmode=allow sslrootcert=$STACK/ours.crt|with sslmode=allow a connection goes on without TLS"
        "sslmode=require sslkey=$STACK/none.key|the user $(reader) cannot read"
        # Over a unix socket there is no TLS; the last hostaddr that is given counts, and an empty one is none.
        "hostaddr='' host=/run/x sslrootcert=$STACK/ours.crt|"
        "hostaddr='' host=/run/x,@y requirepeer=postgres sslmode=verify-full|"
        "hostaddr='' host='' sslmode=verify-full|"
        "hostaddr='' host=/run/x,db.test sslrootcert=$STACK/ours.crt|with sslmode=prefer a connection goes on without TLS"
        "host=/run/x sslrootcert=$STACK/ours.crt|with sslmode=prefer a connection goes on without TLS"
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r options words <<<"$row"
        output=$(checked "$PLACE $options") || fail "$row: $output"
        [[ $output == *'settings are valid' ]] || fail "$row: $output"
        if [[ -n $words ]]; then
            [[ $output == *"sessiond: warning: "*"$words"* ]] || fail "$row: $output"
        else
            expect_equal "$row" "$output" 'settings are valid'
        fi
        [[ $output != *pw1* ]] || fail "$row shows the password"
    done
}

# libpq_variables: all that libpq reads, as NAME=value.
libpq_variables() {
    "$PYTHON" "$LIB/libpq_variables.py"
}

# What libpq may be told by its variables: how the connection is protected, and where service files are.
COUNTING='^PG(SSL.*|REQUIRE.*|CHANNELBINDING|GSS.*|KRBSRVNAME|SERVICEFILE|SYSCONFDIR)$'

@test "variables: the same ones of libpq count for the service, what it starts, and the scripts, and all others are unset" {
    local set=() expected
    mapfile -t set < <(libpq_variables)
    ((${#set[@]} > 30))
    expected=$(printf '%s\n' "${set[@]%%=*}" | grep -E "$COUNTING" | sort | paste -sd ' ')
    expect_equal scripts "$(env "${set[@]}" bash -c 'source "$0/scripts/lib.sh" && source "$0/scripts/lib-database.sh" &&
        reset_libpq_environment && compgen -e PG' "$ROOT" | sort | paste -sd ' ')" "$expected"
    # -d itself sets three.
    expect_equal program "$(env "${set[@]}" DB_HOST=h DB_PASSWORD=pw1 "$BIN" -f /dev/null -d env | sed -nE 's/^(PG[A-Z_]*)=.*/\1/p' |
        grep -vxE 'PGPASSWORD|PGSERVICE' | sort | paste -sd ' ')" "$expected"
    # Nothing else has come into the connection by way of libpq's defaults.
    expect_equal connection "$(env "${set[@]}" DB_HOST=h "$BIN" -f /dev/null -d sh -c 'cat "$PGSERVICEFILE"' |
        sed -n 's/=x$//p' | grep -vE '^(ssl|gss|require|krbsrvname|channel_binding)' || true)" ''
}

# Each of these would lead elsewhere, or change what a connection is.
LEADING=(PGHOST=/nonexistent PGHOSTADDR=192.0.2.1 PGPORT=1 PGUSER=nobody PGDATABASE=none PGPASSWORD=wrong PGPASSFILE=/nonexistent
    PGSERVICE=none 'PGOPTIONS=-c nonsense=1' PGAPPNAME=other PGTARGETSESSIONATTRS=standby PGCLIENTENCODING=LATIN1)

@test "variables: those that would lead elsewhere change nothing, and the log names them" {
    local parts=(DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_PASSWORD=pw1 POSTGRES_PASSWORD=super-secret) names
    names=$(printf '%s\n' "${LEADING[@]%%=*}" | sort | paste -sd , | sed 's/,/, /g')
    CLEAN=(env "${LEADING[@]}")
    master_start "$(id -un)" "$PLACE"
    expect_equal tls "$(logged_tls)" TLSv1.3
    expect_equal ready "$(ready)" 200
    expect_equal names "$(jq -rR 'fromjson? | select(.event == "variables_ignored") | .names' "$LOG")" "$names"
    grep -qF '`variables_ignored`' "$ROOT/docs/operations.md"
    expect_equal "application" "$(env -u PGHOST psql -XAtq -h "$SERVER" -p "$SERVER_PORT" -U postgres \
        -c "select distinct application_name from pg_stat_activity where usename = 'sessiond'")" sessiond
    [[ $(checked "$PLACE") == *"$names in the environment"* ]] || fail "$(checked "$PLACE")"
    : >"$ENV_FILE"
    expect_equal "migrate, by the parts" "$("${CLEAN[@]}" "${parts[@]}" "$ROOT/scripts/migrate" 2>/dev/null)" 'schema is current'
    expect_equal "migrate, by DATABASE_URL" "$("${CLEAN[@]}" "DATABASE_URL=$PLACE" "$ROOT/scripts/migrate" 2>/dev/null)" \
        'schema is current'
}

@test "variables: those that protect count alike" {
    local protect=(PGSSLMODE=verify-full "PGSSLROOTCERT=$STACK/others.crt")
    local parts=(DB_HOST=localhost "DB_PORT=$SERVER_PORT" DB_PASSWORD=pw1)
    : >"$ENV_FILE"
    CLEAN=(env "${protect[@]}")
    master_start "$(id -un)" "$PLACE"
    expect_equal tls "$(logged_tls)" ''
    refute "${CLEAN[@]}" "${parts[@]}" "$ROOT/scripts/psql" -c 'select 1'
    refute "${CLEAN[@]}" "${parts[@]}" POSTGRES_PASSWORD=super-secret "$ROOT/scripts/psql" -c 'select 1'
    CLEAN=(env PGSSLMODE=verify-full "PGSSLROOTCERT=$STACK/ours.crt")
    "${CLEAN[@]}" "${parts[@]}" "$ROOT/scripts/psql" -c 'select 1'
    "${CLEAN[@]}" "${parts[@]}" POSTGRES_PASSWORD=super-secret "$ROOT/scripts/psql" -c 'select 1'
}
