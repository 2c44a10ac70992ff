#!/usr/bin/env bats
# sessionctl check: each thing that it finds is made wrong for real, and nothing is found where all is well.

load lib/common
one_instance POSTGRES_OPTIONS= GUARD_GROUPS=staff

setup() {
    load lib/common
    load lib/sessions
}

after_each() {
    server_remove
}

# check [NAME=value...] [-- ARGUMENT...]: what is found with these settings of the instance; $rows has it as JSON, $errors
# and $code are what else the program answers.
check() {
    local settings=()
    while (($# > 0)) && [[ $1 != -- ]]; do
        settings+=("$1")
        shift
    done
    answer "${CLEAN[@]}" GUARD_GROUPS=staff "${settings[@]}" "$ROOT/scripts/sessionctl" check --json "${@:2}"
}

# answer COMMAND...: what it prints, in $rows and $errors, and its exit status, in $code.
answer() {
    code=0
    "$@" >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/errors" </dev/null || code=$?
    rows=$(<"$BATS_TEST_TMPDIR/rows")
    errors=$(<"$BATS_TEST_TMPDIR/errors")
}

# found_is TEXT: what was found, as lines of severity and check; and the exit status that belongs to it.
found_is() {
    local found
    found=$(jq -r '.[] | .severity + " " + .check' <<<"$rows" | sort | uniq | paste -sd ' ')
    expect_equal "found: $rows $errors" "$found" "$1"
    case " $1" in
        *' error '*) expect_equal "exit status" "$code" 2 ;;
        *' unknown '*) expect_equal "exit status" "$code" 3 ;;
        *' warning '*) expect_equal "exit status" "$code" 1 ;;
        *) expect_equal "exit status" "$code" 0 ;;
    esac
}

# says CHECK REGEX: one of the things found by the check fits.
says() {
    expect_match "what $1 says" "$(jq -r --arg check "$1" '.[] | select(.check == $check) | .what + " | " + .meaning + " | " + (.cure // "")' <<<"$rows")" "$2"
}

# check_found TEXT REGEX NAME=value...: with these settings exactly this is found, and said so.
check_found() {
    check "${@:3}"
    found_is "$1"
    says "${1#* }" "$2"
}

@test "check: where all is well, nothing is found" {
    check
    found_is ''
    expect_equal errors "$errors" ''
    "${CLEAN[@]}" GUARD_GROUPS=staff "$ROOT/scripts/sessionctl" check >"$BATS_TEST_TMPDIR/text"
    expect_match "for people" "$(<"$BATS_TEST_TMPDIR/text")" '^[0-9]+ checks found nothing$'
}

@test "check: settings that are wrong, and what they say of cookies, passwords and registration" {
    answer "${CLEAN[@]}" PORT=0 "$ROOT/build/sessionctl" -f /dev/null check --json
    expect_equal "of wrong settings" "$(jq -r '.[0] | .severity + " " + .check' <<<"$rows") $code" 'error settings 2'
    expect_equal "what is not looked at" "$(jq -r '[.[1:][].severity] | unique | join(" ")' <<<"$rows")" unknown
    check_found 'warning registration' 'anybody may register' GUARD_GROUPS=
    check_found 'warning cookies' 'COOKIE_SECURE=on$' PUBLIC_URL=https://a.test
    check_found 'error cookies' 'COOKIE_SECURE=on$' PUBLIC_URL=https://a.test COOKIE_SECURE=off
    check_found 'warning cookies' 'is not https' PUBLIC_URL=http://a.test
    check_found 'warning cookies' 'SERVED_HOSTS has b.test' PUBLIC_URL=https://a.test COOKIE_SECURE=on COOKIE_DOMAIN=a.test SERVED_HOSTS=b.test
    check_found 'error hashing' 'OWASP minimum' ARGON2_ALLOW_WEAK=on ARGON2_TIME=1
    check_found 'warning hashing' 'remove ARGON2_ALLOW_WEAK' ARGON2_ALLOW_WEAK=on
    check ARGON2_MEMORY_KIB=4194304 PASSWORD_WORKERS=256
    found_is 'error connections error memory'
    says memory 'calibrate --memory [0-9]+M'
    check_found 'warning blocklist' 'PASSWORD_BLOCKLIST=builtin' PASSWORD_BLOCKLIST=off
}

@test "check: limits on guessing that are off, one by one and all of them" {
    local limit
    for limit in LOGIN_RATE=0 ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0; do
        check_found 'warning guessing' "^${limit%=0} is 0 .* ${limit%0}[1-9][0-9]*\$" "$limit"
    done
    check_found 'error guessing' 'nothing limits the guessing of passwords' \
        LOGIN_RATE=0 ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0
    expect_equal "one finding for each" "$(jq length <<<"$rows")" 3
    check LOGIN_RATE=1 ACCOUNT_FREE_FAILURES=1 ADDRESS_FREE_FAILURES=1
    found_is ''
}

@test "check: short passwords, a long grace, and pages without TLS that may ask" {
    local https=(PUBLIC_URL=https://auth.a.test COOKIE_SECURE=on)
    check_found 'warning passwords' 'PASSWORD_MIN_LENGTH is 7 .*PASSWORD_MIN_LENGTH=8' PASSWORD_MIN_LENGTH=7
    check_found 'warning grace' 'REFRESH_GRACE is 61 s .*REFRESH_GRACE=10$' REFRESH_GRACE=61
    check PASSWORD_MIN_LENGTH=8 REFRESH_GRACE=60
    found_is ''
    check_found 'warning origins' 'CORS_ORIGINS has http://app.a.test.*over TLS' \
        "${https[@]}" CORS_ORIGINS=https://web.a.test,http://app.a.test
    check "${https[@]}" CORS_ORIGINS=https://app.a.test,http://localhost:3000
    found_is ''
}

@test "check: files that others may read or change" {
    printf 'DB_PASSWORD=secret-of-the-file\nDB_HOST=%s\n' "$STACK" >"$STACK/open"
    chmod 644 "$STACK/open"
    answer "${CLEAN[@]}" "$ROOT/build/sessionctl" -f "$STACK/open" check --json
    says settings "every user may read it; run: chmod o= $STACK/open"
    refute grep -q secret-of-the-file <<<"$rows"
    expect_equal "exit status" "$code" 2
    printf 'password\n' >"$STACK/list"
    chmod 666 "$STACK/list"
    check_found 'error blocklist' "chmod o-w $STACK/list" "PASSWORD_BLOCKLIST=$STACK/list"
    check_found 'error blocklist' 'No such file' "PASSWORD_BLOCKLIST=$STACK/none"
}

@test "check: sockets that others may use, that nginx may not use, and that are not there" {
    local socket directory
    socket=$(socket_of write)
    directory=${socket%/*}
    chmod 666 "$socket"
    check
    chmod 660 "$socket"
    found_is 'error sockets'
    says sockets "chmod o= $socket"
    chmod 600 "$socket"
    check
    chmod 660 "$socket"
    if ((EUID == 0)); then
        found_is 'error sockets'
        says sockets "may not connect to $socket"
    fi
    chmod o+w "$directory"
    check
    chmod o-w "$directory"
    found_is 'error sockets'
    says sockets "chmod o-w $directory"
    chmod g+w "$directory"
    check
    chmod g-w "$directory"
    found_is 'error sockets'
    says sockets "the group $(stat -c %G "$directory") may put files into $directory.*chmod g-w $directory"
    if ((EUID == 0)); then
        chown nobody "$directory"
        check
        chown root "$directory"
        says sockets "$directory belongs to the user nobody.*chown root $directory"
    fi
    mv "$socket" "$socket.away"
    check
    mv "$socket.away" "$socket"
    found_is 'error sockets'
    says sockets "there is no $socket"
    check
    found_is ''
}

@test "check: a worker that does not answer, and a service that is down" {
    local socket
    socket=$(socket_of check)
    mv "$socket" "$socket.away"
    "$PYTHON" -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])' "$socket"
    chmod 660 "$socket"
    ((EUID != 0)) || chgrp www-data "$socket"
    check
    rm "$socket"
    mv "$socket.away" "$socket"
    found_is 'error sockets'
    says sockets 'nobody listens'
}

@test "check: a socket whose queue is full" {
    local socket holder
    socket=$(socket_of write)
    mv "$socket" "$socket.away"
    "$PYTHON" -c '
import socket, sys, threading
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
waiting = []
try:
    while True:
        waiting.append(socket.socket(socket.AF_UNIX))
        waiting[-1].setblocking(False)
        waiting[-1].connect(sys.argv[1])
except BlockingIOError:
    print("full", flush=True)
threading.Event().wait()' "$socket" >"$BATS_TEST_TMPDIR/holder" 2>&1 3>&- 4>&- &
    holder=$!
    wait_until 60 grep -q full "$BATS_TEST_TMPDIR/holder"
    chmod 660 "$socket"
    ((EUID != 0)) || chgrp www-data "$socket"
    check
    kill "$holder"
    rm "$socket"
    mv "$socket.away" "$socket"
    found_is 'error sockets'
    says sockets 'its queue is full.*more workers: WRITE_WORKERS'
}

@test "check: an ordinary user is told what only root may see" {
    ((EUID == 0)) || skip "needs root"
    install -m 644 /dev/null "$STACK/for-all"
    local directory
    directory=$(dirname "$(socket_of check)")
    install -m 755 "$ROOT/build/sessionctl" "$STACK/sessionctl"
    answer "${CLEAN[@]}" setpriv --reuid=nobody --clear-groups env GUARD_GROUPS=staff "SOCKET_DIR=$directory" \
        "DATABASE_URL=host=$STACK/nowhere user=sessiond" "$STACK/sessionctl" -f "$STACK/for-all" check --json
    says sockets "may not look at $directory.*call this as root"
    says database 'cannot connect'
    says rights 'not looked at: there is no connection'
    expect_equal "exit status" "$code" 2
}

# on_server [NAME=value...]: check against the server of server_new, with the sockets of the instance.
on_server() {
    check "ENV_FILE=$STACK/server" "SOCKET_DIR=$(dirname "$(socket_of check)")" "$@"
}

# The database of the service on a server of its own, which the settings in $STACK/server name.
own_server() {
    install -m 600 /dev/null "$STACK/server"
    ENV_FILE=$STACK/server server_up "$@"
    admin 'ALTER SYSTEM SET fsync = on'
    admin 'SELECT pg_reload_conf()' >/dev/null
    wait_until 10 admin_says 'show fsync' on
}

@test "check: a database that is wrong for the service" {
    own_server
    on_server
    found_is ''
    admin "ALTER DATABASE sessiond SET timezone = 'Asia/Kathmandu'; ALTER ROLE sessiond SET timezone = 'Asia/Kathmandu'"
    on_server
    found_is ''
    admin 'REVOKE UPDATE (password_hash) ON users FROM sessiond'
    on_server
    found_is 'error rights'
    says rights 'lacks rights: permission denied for table users.*scripts/migrate'
    "${CLEAN[@]}" "ENV_FILE=$STACK/server" "$ROOT/scripts/migrate" >/dev/null
    admin 'ALTER TABLE sessions ENABLE ROW LEVEL SECURITY'
    on_server
    found_is 'error schema'
    says schema 'row level security hides rows of sessions.*scripts/migrate'
    admin 'ALTER TABLE sessions DISABLE ROW LEVEL SECURITY; ALTER ROLE sessiond CREATEROLE'
    on_server
    found_is 'warning server'
    says server 'NOCREATEROLE'
    admin 'ALTER ROLE sessiond NOCREATEROLE; GRANT CREATE ON SCHEMA public TO PUBLIC'
    on_server
    found_is 'warning server'
    says server 'the role sessiond may make functions and tables'
    admin 'REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER ROLE sessiond CONNECTION LIMIT 3'
    on_server
    found_is 'error connections'
    says connections 'the limit of the role sessiond leaves 3.*CONNECTION LIMIT -1'
    admin 'ALTER ROLE sessiond CONNECTION LIMIT -1; ALTER DATABASE sessiond SET default_transaction_read_only = on'
    on_server
    says server 'takes no writes'
    ADMIN_OPTIONS='-c default_transaction_read_only=off' admin 'ALTER DATABASE sessiond RESET default_transaction_read_only; ALTER ROLE sessiond SET synchronous_commit = off'
    on_server
    found_is 'warning server'
    says server 'can be undone by a crash'
    admin 'ALTER ROLE sessiond RESET synchronous_commit'
    on_server -- --hosts 1000
    found_is 'error connections'
    says connections 'ALTER SYSTEM SET max_connections = [0-9]+'
    admin "$(undo_after 6)"
    on_server
    found_is 'error rights error schema'
    says schema 'the tables are of version 6.*scripts/migrate'
    admin 'DROP TABLE schema_versions'
    on_server
    says schema 'has no tables of the service.*scripts/migrate'
    server stop
    on_server
    says database 'cannot connect.*sessiond -w'
    says clock 'not looked at: there is no connection'
    expect_equal "exit status" "$code" 2
}

@test "check: a right is missing that only the service needs" {
    own_server
    admin 'REVOKE UPDATE (refresh_token_hash) ON sessions FROM sessiond'
    on_server
    found_is 'error rights'
    "${CLEAN[@]}" "ENV_FILE=$STACK/server" "$ROOT/scripts/migrate" >/dev/null
    admin 'REVOKE DELETE ON attempts FROM sessiond'
    on_server
    says rights 'permission denied for table attempts'
}

@test "check: a clock that differs from that of the database" {
    cat >"$STACK/clock.c" <<'EOF_'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec* now) {
  int result = syscall(SYS_clock_gettime, id, now);
  if (id == CLOCK_REALTIME) now->tv_sec += 3600;
  return result;
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$STACK/clock.so" "$STACK/clock.c"
    check_found 'warning clock' '^the clock of the database is 3(600|59[0-9]) s behind' "LD_PRELOAD=$STACK/clock.so"
}

@test "check: a key that libpq refuses, and a connection without the TLS that is wanted" {
    local key=$STACK/client.key
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sessiond -keyout "$key" \
        -out "$STACK/client.crt" 2>/dev/null
    chmod 644 "$key"
    check "DATABASE_URL=host=127.0.0.1 port=1 user=sessiond sslmode=require sslcert=$STACK/client.crt sslkey=$key"
    says certificates "$key .sslkey. is open to others.*chmod 600 $key"
    chmod 600 "$key"
    ((EUID != 0)) || chown sessiond "$key"
    own_server
    on_server "DATABASE_URL=host=127.0.0.1 port=$SERVER_PORT dbname=sessiond user=sessiond password=unused sslcert=$STACK/client.crt sslkey=$key"
    found_is 'error encryption warning certificates'
    says encryption 'has no TLS.*sslmode=verify-full'
    on_server "DATABASE_URL=host=127.0.0.1 port=$SERVER_PORT dbname=sessiond user=sessiond password=unused"
    found_is 'warning encryption'
    says encryption 'the database is reached over TCP, and nobody verifies the server.*/run/postgresql.*channel_binding=require'
    chmod 1777 "$SERVER"
    on_server
    chmod 755 "$SERVER"
    found_is 'warning encryption'
    says encryption "a socket that can be somebody else's, because every user may write to $SERVER .*/run/postgresql.*requirepeer"
}
