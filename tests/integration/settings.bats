#!/usr/bin/env bats
# The settings and the command line of sessiond: the one table, what a wrong value is told, and that env.sample knows
# every setting (tests/papers.sh holds the manual to env.sample). Nothing is started here.

setup() {
    load lib/common
    STACK=
    cd "$BATS_TEST_TMPDIR" || return
    [[ -x $BIN ]] || make -s -j2 -C "$ROOT"
}

# sessiond NAME=value... -- ARGUMENT...: runs it with these settings alone; sets status, output and errors.
sessiond() {
    local settings=()
    while [[ ${1-} == *=* ]]; do
        settings+=("$1")
        shift
    done
    [[ ${1-} != -- ]] || shift
    status=0
    output=$(env -i PATH="$PATH" "${settings[@]}" "$BIN" "$@" 2>"$BATS_TEST_TMPDIR/errors") || status=$?
    errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

expect_refused() {
    expect_equal "exit status of $*" "$status" 2 || return
    local part
    for part in "$@"; do
        if [[ $errors != *"$part"* ]]; then
            fail "the error '$errors' does not have '$part'"
            return 1
        fi
    done
}

# taken_in DIRECTORY PROGRAM COMMAND...: runs the program there without -f, by a command such as setpriv; sets code, and
# said to what it says of LOGIN_RATE.
taken_in() {
    local directory=$1 program=$2
    shift 2
    code=0
    said=$(cd "$directory" && "${CLEAN[@]}" -u ENV_FILE -u LOGIN_RATE "$@" timeout 30 "$program" -g LOGIN_RATE 2>&1) || code=$?
}

# default_is WHAT EXPECTED [COMMAND...]: what is said in $place/here, of which EXPECTED is the value or the reason against
# it. The file itself is always in order.
default_is() {
    local what=$1 expected=$2
    shift 2
    taken_in "$place/here" "${program:-$BIN}" "$@"
    if [[ $expected == 7 ]]; then
        expect_equal "$what" "$code $said" '0 7' || return
    else
        expect_equal "status of $what" "$code" 2 || return
        expect_match "$what" "$said" "the settings file \.env is not taken by default: $expected" || return
        expect_match "$what" "$said" 'name it with -f' || return
    fi
    expect_equal "$what, named" "$(cd "$place/here" && "${CLEAN[@]}" "$BIN" -f .env -g LOGIN_RATE)" 7
}

# new_place [DIRECTORY]: $place, with a directory here, and in it a settings file .env, all of them the caller's.
new_place() {
    place=$(mktemp -d "${1:-$BATS_TEST_TMPDIR}/place.XXXXXX")
    chmod 755 "$place"
    mkdir -m 755 "$place/here" "$place/other"
    echo LOGIN_RATE=7 | tee "$place/here/.env" >"$place/other/file"
}

@test "settings: a default settings file is taken only from where nobody else could have put it" {
    local place row
    # what is done in the directory | the reason against the file, or what it says
    local rows=('true|7' 'ln -sf ../other/file .env|7' 'ln -sfn other ../link; ln -sf ../link/file .env|7'
        'chmod 757 .|every user may put files into [^ ]*/here, .*chmod o-w' 'chmod 777 ..|every user may write to .*chmod o-w'
        'chmod 1777 ..|7' 'chmod 1777 .|every user may put files into .*mkdir -m 700 [^ ]*/here/sessiond, and move it there'
        'ln -sf ../other/file .env; chmod 757 ../other|every user may write to [^ ]*/other,'
        'ln -sf ../other/file .env; chmod 1777 ../other|7' 'chmod 660 .env|7')
    ((EUID != 0)) || rows+=(
        'ln -sf ../other/file .env; chown -h nobody .env .|[^ ]*/here belongs to the user nobody, who could put.*with -f$'
        'ln -sf ../other/file .env; chown -h nobody .env|[^ ]*/.env is a link of the user nobody.*rm '
        'ln -sfn other ../link; chown -h nobody ../link; ln -sf ../link/file .env|[^ ]*/link is a link of the user nobody'
        'chown nobody .|[^ ]*/here belongs to the user nobody' 'chown nobody ..|[^ ]* belongs to the user nobody, who could replace'
        'ln -sf ../other/file .env; chown nobody ../other|[^ ]*/other belongs to the user nobody'
        'chgrp nogroup .; chmod 2775 .|the group nogroup may put files into .*chmod g-w' 'chmod 2775 .|7'
        'chgrp nogroup .env; chmod 640 .env|7' 'chgrp nogroup .env; chmod 660 .env|the group nogroup may write to it.*chmod g-w '
        'chgrp nogroup ../other/file; chmod 620 ../other/file; ln -sf ../other/file .env|the group nogroup may write to it.*chmod g-w [^ ]*/other/file')
    for row in "${rows[@]}"; do
        new_place
        (cd "$place/here" && eval "${row%%|*}")
        default_is "${row%%|*}" "${row#*|}" || fail "row $row"
    done
    ((EUID == 0)) || return 0
    new_place
    chown nobody "$place/here"
    run env -C "$place/here" "${CLEAN[@]}" "$CTL" user list
    expect_match sessionctl "$status $output" '^3 .*is not taken by default'
}

@test "settings: an ordinary user has a default settings file in a directory of his own, or of his group's or root's" {
    ((EUID == 0)) || skip "needs root to become another user"
    local base place program row as_sessiond=(setpriv --reuid=sessiond --regid=sessiond --clear-groups)
    base=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$base"
    program=$base/sessiond
    install -m 755 "$BIN" "$program" # he may be unable to enter the checkout
    local rows=('true|7' 'chown -R sessiond:sessiond .|7' 'chown -R sessiond:sessiond .; chmod 775 .|7'
        'chown root:sessiond .; chmod 775 .|7' 'chgrp www-data .; chmod 775 .|the group www-data may put files into'
        'chown nobody .|[^ ]*/here belongs to the user nobody' 'chmod 1777 .|every user may put files into'
        'chown sessiond .; ln -sf ../other/file .env; chown -h nobody .env|[^ ]*/.env is a link of the user nobody'
        'chown sessiond .; ln -sf ../other/file .env; chown -h sessiond .env|7')
    for row in "${rows[@]}"; do
        new_place "$base"
        (cd "$place/here" && eval "${row%%|*}")
        default_is "${row%%|*}" "${row#*|}" "${as_sessiond[@]}" || fail "row $row"
    done
    rm -r "$base"
}

@test "settings: root takes the default settings file of a user's checkout from the program of that user" {
    ((EUID == 0)) || skip "needs root"
    local place
    new_place
    install -D -m 755 "$BIN" "$place/here/build/sessiond"
    chown -R sessiond:www-data "$place/here"
    chmod 2775 "$place/here"
    program=$place/here/build/sessiond default_is "his program" 7
    default_is "root's program" '[^ ]*/here belongs to the user sessiond'
    chmod 3777 "$place/here"
    program=$place/here/build/sessiond default_is "for everybody" 'every user may put files into'
}

@test "settings: a file of procfs is no default, though it belongs to root, because any process may choose its text" {
    ((EUID == 0)) || skip "needs root"
    local place pid
    new_place
    env -i LOGIN_RATE=7 setpriv --reuid=nobody --regid=nogroup --clear-groups /usr/bin/python3 -I "$LIB/say_by_environ.py" >"$place/ready" 3>&- 4>&- &
    pid=$!
    wait_until 30 test -s "$place/ready"
    expect_equal "its owner" "$(stat -c %U "/proc/$pid/environ")" root
    ln -sf "/proc/$pid/environ" "$place/here/.env"
    default_is "root's link" "/proc/$pid belongs to the user nobody"
    chown -h nobody "$place/here" "$place/here/.env"
    default_is "his link" '[^ ]*/here belongs to the user nobody'
    kill "$pid"
    new_place
    ln -sf /proc/self/environ "$place/here/.env"
    taken_in "$place/here" "$BIN"
    expect_match "of root's own process" "$code $said" '^2 .*: it leads to /proc/[0-9]+/environ, whose text comes from a process'
}

@test "settings: what is neither file nor pipe is no default, nor is a pipe into which every user may write" {
    local place
    new_place
    ln -sf /dev/null "$place/here/.env"
    taken_in "$place/here" "$BIN"
    expect_match "a device" "$code $said" '^2 .*not taken by default: it is neither a file nor a pipe'
    rm "$place/here/.env"
    mkfifo "$place/here/.env"
    chmod 622 "$place/here/.env"
    taken_in "$place/here" "$BIN"
    expect_match "a pipe" "$code $said" '^2 .*not taken by default: every user may write into this pipe'
    ((EUID == 0)) || return 0
    chmod 620 "$place/here/.env"
    chgrp nogroup "$place/here/.env"
    taken_in "$place/here" "$BIN"
    expect_match "a pipe of a group" "$code $said" '^2 .*not taken by default: the group nogroup may write into this pipe'
}

@test "settings: below a path that is too long to be known, no default settings file is taken" {
    local code=0 said
    said=$("${CLEAN[@]}" "$PYTHON" -c 'import os, sys
for _ in range(20):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
open(".env", "w").write("LOGIN_RATE=7\n")
os.execv(sys.argv[1], sys.argv[1:])' "$BIN" -g LOGIN_RATE 2>&1) || code=$?
    expect_match "what it says" "$code $said" '^2 .*not taken by default: the path of the working directory cannot be told'
}

@test "settings: somebody else's settings file is taken only when it is named" {
    ((EUID == 0)) || skip "only root can make a file of somebody else"
    local directory=$BATS_TEST_TMPDIR/elsewhere code=0
    mkdir "$directory"
    echo LOGIN_RATE=7 >"$directory/.env"
    chown nobody "$directory/.env"
    (cd "$directory" && "${CLEAN[@]}" "$BIN" -g LOGIN_RATE >out 2>err) || code=$?
    expect_equal "exit status" "$code" 2
    expect_match error "$(<"$directory/err")" 'belongs to the user nobody.*name it with -f'
    expect_equal "named" "$(cd "$directory" && "${CLEAN[@]}" "$BIN" -f .env -g LOGIN_RATE)" 7
    chown root "$directory/.env"
    expect_equal "root's own" "$(cd "$directory" && "${CLEAN[@]}" "$BIN" -g LOGIN_RATE)" 7
}

@test "settings: somebody else's pipe by the name of the settings file is refused, and not waited for" {
    ((EUID == 0)) || skip "only root can make a file of somebody else"
    local directory=$BATS_TEST_TMPDIR/pipe code=0
    mkdir "$directory"
    mkfifo "$directory/.env"
    chown nobody "$directory/.env"
    (cd "$directory" && "${CLEAN[@]}" timeout 30 "$BIN" -n >out 2>err) || code=$?
    expect_equal "exit status" "$code" 2
    expect_match error "$(<"$directory/err")" 'belongs to the user nobody'
    chown root "$directory/.env"
    echo LOGIN_RATE=7 >"$directory/.env" 3>&- 4>&- &
    expect_equal "root's own" "$(cd "$directory" && "${CLEAN[@]}" timeout 60 "$BIN" -g LOGIN_RATE)" 7
}

# is_shut PID PROGRAM: whether the process runs the program, and no other process of its user may read its memory and its
# environment: Linux gives what it shows of such a process to root.
is_shut() {
    [[ $(<"/proc/$1/comm") == "$2" && $(stat -c %U "/proc/$1/environ") == root ]] 2>/dev/null
}

@test "settings: whatever reads them keeps its memory and its environment from other processes of its user" {
    ! grep -qF __asan_init "$BIN" || skip "the sanitizer has to read it itself"
    local base row words as=()
    ((EUID != 0)) || as=(setpriv --reuid=sessiond --regid=sessiond --clear-groups)
    base=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$base"
    mkfifo -m 644 "$base/settings"
    install -m 755 "$BIN" "$base/sessiond"
    install -m 755 "$CTL" "$base/sessionctl"
    for row in sessiond 'sessiond -n' 'sessiond -t' 'sessiond -s' 'sessiond -w' 'sessiond -g DB_PASSWORD' 'sessiond -c' \
        'sessiond -d true' 'sessionctl check'; do
        read -r -a words <<<"$row"
        # It waits for somebody to write into the pipe.
        "${CLEAN[@]}" "${as[@]}" "$base/${words[0]}" -f "$base/settings" "${words[@]:1}" >"$base/said" 2>&1 </dev/null 3>&- 4>&- &
        pid=$!
        wait_until 20 is_shut "$pid" "${words[0]}" || fail "others can read $row: $(<"$base/said")"
        kill -KILL "$pid"
        wait "$pid" || true
    done
    rm -r "$base"
}

@test "settings: the defaults are valid and are those of the manual" {
    sessiond -n
    expect_equal "$errors" "$status $output" '0 settings are valid'
    sessiond -s
    expect_equal status "$status" 0
    local rows=(PORT=8080 RUN_DIR=.run DATABASE_URL= DB_HOST=/run/postgresql DB_PORT=5432 DB_NAME=sessiond DB_USER=sessiond
        DB_PASSWORD= CHECK_DATABASE_URL= POSTGRES_PASSWORD= ACCESS_TTL=900 REFRESH_TTL=604800 SESSION_TTL=7776000 REFRESH_GRACE=10
        MAX_SESSIONS_PER_USER=50 ARGON2_MEMORY_KIB=19456 ARGON2_TIME=2 ARGON2_PARALLELISM=1 ARGON2_ALLOW_WEAK=off
        PASSWORD_MIN_LENGTH=8 PASSWORD_BLOCKLIST=builtin CORS_ORIGINS=http://localhost:3000 COOKIE_SECURE=auto COOKIE_PREFIX= COOKIE_DOMAIN=
        LOGIN_RATE=5 ACCOUNT_FREE_FAILURES=5 ADDRESS_FREE_FAILURES=20 REAUTH_TTL=0 REQUEST_TIMEOUT=15 LOG_LEVEL=info WORKER_USER=sessiond NGINX_USER=www-data)
    local row
    for row in "${rows[@]}"; do
        grep -qxF "$row" <<<"$output" || fail "no line $row"
        sessiond -g "${row%%=*}"
        expect_equal "-g ${row%%=*}" "$output" "${row#*=}"
        sessiond -s
    done
}

# shellcheck disable=SC2016
@test "settings: a wrong value is told by name, value and what is allowed" {
    # name | value | words of what is allowed
    local rows=(
        "PORT|0|1 to 65535" "PORT|65536|1 to 65535" "PORT|http|whole number" "PORT|-1|1 to 65535" "PORT|+80|whole number"
        "PORT|80 |whole number" "PORT|8e3|whole number" "PORT|0x50|whole number" "PORT|99999999999999999999|65535"
        "DB_PORT|0|1 to 65535" "DB_NAME|$(printf 'x%.0s' {1..64})|1 to 63"
        "CHECK_WORKERS|-1|from 0" "WRITE_WORKERS|many|whole number" "PASSWORD_WORKERS|100000|from 0"
        "ACCESS_TTL|0|from 1" "REFRESH_TTL|0|from 1" "SESSION_TTL|-1|from 0" "REFRESH_GRACE|-1|from 0"
        "REFRESH_GRACE|x|whole number" "MAX_SESSIONS_PER_USER|-1|from 0"
        "ARGON2_MEMORY_KIB|x|whole number" "ARGON2_TIME|0|from 1" "ARGON2_PARALLELISM|0|from 1"
        "ARGON2_ALLOW_WEAK|yes|on off" "ARGON2_ALLOW_WEAK|1|on off" "PASSWORD_MIN_LENGTH|0|from 1"
        "CORS_ORIGINS|*|origin" "CORS_ORIGINS|null|origin" "CORS_ORIGINS|localhost:3000|origin"
        "CORS_ORIGINS|http://localhost:3000/|origin" "CORS_ORIGINS|http://a.test,http://b.test/x|origin"
        "CORS_ORIGINS|HTTP://a.test|origin" "CORS_ORIGINS|http://a.test:0|origin" "CORS_ORIGINS|http://a b.test|origin"
        "CORS_ORIGINS|ftp://a.test|origin" 'CORS_ORIGINS|http://a"b.test|origin' 'CORS_ORIGINS|http://$x.test|origin'
        "COOKIE_SECURE|yes|auto on off" "COOKIE_PREFIX|a b|letters" "COOKIE_PREFIX|a;b|letters" "COOKIE_PREFIX|a=|letters"
        "COOKIE_DOMAIN|a b|host name" "COOKIE_DOMAIN|a;b|host name"
        "LOGIN_RATE|-1|from 0" "LOGIN_RATE|1.5|whole number" "REQUEST_TIMEOUT|9|from 10" "LOG_LEVEL|loud|debug info"
    )
    local row setting value allowed
    for row in "${rows[@]}"; do
        IFS='|' read -r setting value allowed <<<"$row"
        sessiond "$setting=$value" -- -n
        expect_refused "$setting" "$value" "$allowed" || fail "row $row"
        expect_equal "output for $row" "$output" ''
        # The service does not start with it either.
        sessiond "$setting=$value" --
        expect_refused "$setting" || fail "start, row $row"
    done
}

@test "settings: all wrong ones are told at once" {
    sessiond PORT=0 LOGIN_RATE=x LOG_LEVEL=loud -- -n
    expect_refused PORT LOGIN_RATE LOG_LEVEL
    expect_equal lines "$(wc -l <<<"$errors")" 3
}

@test "settings: combinations that cannot be" {
    local rows=(
        "ARGON2_MEMORY_KIB=1024|ARGON2_MEMORY_KIB ARGON2_ALLOW_WEAK"
        "ARGON2_TIME=1|ARGON2_TIME ARGON2_ALLOW_WEAK"
        "REFRESH_TTL=60 ACCESS_TTL=120|REFRESH_TTL ACCESS_TTL"
        "SESSION_TTL=60|SESSION_TTL REFRESH_TTL"
        "COOKIE_PREFIX=__Host-|COOKIE_SECURE COOKIE_PREFIX"
        "COOKIE_PREFIX=__Host- COOKIE_SECURE=off|COOKIE_SECURE"
        "COOKIE_PREFIX=__Secure-|COOKIE_SECURE"
        "COOKIE_PREFIX=__Host- COOKIE_SECURE=on COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test|COOKIE_DOMAIN __Host-"
        "COOKIE_PREFIX=__HOST- COOKIE_SECURE=on COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test|COOKIE_DOMAIN __Host-"
        "COOKIE_DOMAIN=a.test|COOKIE_DOMAIN=a.test PUBLIC_URL=http://localhost:8080 https://auth.a.test"
        "COOKIE_DOMAIN=a.test PUBLIC_URL=https://b.test|COOKIE_DOMAIN=a.test PUBLIC_URL=https://b.test"
        "COOKIE_DOMAIN=localhost|COOKIE_DOMAIN=localhost dot empty"
        "COOKIE_DOMAIN=127.0.0.1 PUBLIC_URL=http://127.0.0.1|COOKIE_DOMAIN=127.0.0.1 address empty"
        "COOKIE_DOMAIN=co.uk PUBLIC_URL=https://me.co.uk|COOKIE_DOMAIN=co.uk public suffix"
        "COOKIE_DOMAIN=.github.io PUBLIC_URL=https://me.github.io|COOKIE_DOMAIN=github.io public suffix"
        "COOKIE_DOMAIN=co.uk. PUBLIC_URL=https://me.co.uk.|COOKIE_DOMAIN=co.uk. public suffix"
        "COOKIE_DOMAIN=xn--55qx5d.cn PUBLIC_URL=https://me.xn--55qx5d.cn|COOKIE_DOMAIN=xn--55qx5d.cn public suffix"
        "REDIRECT_HOSTS=.xn--gmqw5a.xn--j6w193g|.xn--gmqw5a.xn--j6w193g REDIRECT_HOSTS public suffix each host"
        "COOKIE_DOMAIN=uk. PUBLIC_URL=https://me.uk.|COOKIE_DOMAIN=uk. dot empty"
        "REDIRECT_HOSTS=app.example.org,.com|.com REDIRECT_HOSTS top-level domain each host"
        "REDIRECT_HOSTS=.com:8443|.com:8443 REDIRECT_HOSTS top-level domain each host"
        "REDIRECT_HOSTS=.co.uk|.co.uk REDIRECT_HOSTS public suffix each host"
        "REDIRECT_HOSTS=.co.uk.:8443|.co.uk.:8443 REDIRECT_HOSTS public suffix each host"
        "REDIRECT_HOSTS=.|REDIRECT_HOSTS no domain each host"
        "REDIRECT_HOSTS=.0.1|.0.1 REDIRECT_HOSTS no domain each host"
        "SERVED_HOSTS=.com|.com SERVED_HOSTS top-level domain each host"
        "SERVED_HOSTS=auth.example.org,.github.io|.github.io SERVED_HOSTS public suffix each host"
        "SERVED_HOSTS=.|SERVED_HOSTS no domain each host"
        "COOKIE_SECURE=on PUBLIC_URL=http://a.test|COOKIE_SECURE PUBLIC_URL https COOKIE_SECURE=auto"
        "COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test REDIRECT_HOSTS=x.a.test,b.test:81|REDIRECT_HOSTS b.test:81 COOKIE_DOMAIN=a.test"
        "COOKIE_DOMAIN=b.a.test PUBLIC_URL=https://b.a.test REDIRECT_HOSTS=.a.test|REDIRECT_HOSTS .a.test COOKIE_DOMAIN=b.a.test"
    )
    local row settings words
    for row in "${rows[@]}"; do
        read -r -a settings <<<"${row%%|*}"
        read -r -a words <<<"${row#*|}"
        sessiond "${settings[@]}" -- -n
        expect_refused "${words[@]}" || fail "row $row"
    done
    local valid=(
        "ARGON2_MEMORY_KIB=1024 ARGON2_TIME=1 ARGON2_ALLOW_WEAK=on"
        "COOKIE_PREFIX=__Host- COOKIE_SECURE=on"
        "COOKIE_PREFIX=__Secure- COOKIE_SECURE=on COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test"
        "COOKIE_SECURE=on PUBLIC_URL=http://127.0.0.1:81"
        "COOKIE_DOMAIN=.me.co.uk PUBLIC_URL=https://auth.me.co.uk:8443 REDIRECT_HOSTS=me.co.uk:1,.me.co.uk,.x.me.co.uk"
        "REDIRECT_HOSTS=.me.co.uk,co.uk,.localhost:81,com:82 SERVED_HOSTS=.example.org,github.io,.localhost"
        "SESSION_TTL=0"
        "CORS_ORIGINS=https://a.test,http://localhost:3000"
        "PASSWORD_MIN_LENGTH=15"
    )
    for row in "${valid[@]}"; do
        read -r -a settings <<<"$row"
        sessiond "${settings[@]}" -- -n
        expect_equal "$row: $errors" "$status" 0
    done
}

@test "settings: where the list of public suffixes cannot be read, a warning says so" {
    cat >hide.c <<'EOF_'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_but_for_list(const char* path, int flags, mode_t mode) {
  if (strstr(path, "public_suffix_list") != NULL) {
    errno = ENOENT;
    return -1;
  }
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_but_for_list(path, flags, mode);
}
EOF_
    "${CC:-cc}" -shared -fPIC -o hide.so hide.c
    # The sanitizer's own library would have to come before ours.
    local hidden=("LD_PRELOAD=$PWD/hide.so" ASAN_OPTIONS=verify_asan_link_order=0) row settings
    local warning='cannot read /usr/share/publicsuffix/public_suffix_list.dat: No such file or directory'
    for row in "COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test" REDIRECT_HOSTS=.a.test SERVED_HOSTS=a.test,.b.test; do
        read -r -a settings <<<"$row"
        sessiond "${hidden[@]}" "${settings[@]}" -- -n
        expect_equal "$row: $errors" "$status $output" '0 settings are valid' || return
        expect_match "$row" "$errors" "^sessiond: warning: $warning.*install the package publicsuffix"
        # The start logs it, once, and goes on: to the place for its sockets, which is missing here.
        sessiond "${hidden[@]}" "${settings[@]}" SOCKET_DIR="$PWD/none" --
        expect_refused SOCKET_DIR
        expect_equal "$row: $errors" "$(grep -cF "\"level\":\"warning\",\"event\":\"public_suffixes_unknown\",\"reason\":\"$warning" <<<"$errors")" 1
        # The scripts ask for single values, to which it does not belong; and where the list is there, nothing is said.
        sessiond "${hidden[@]}" "${settings[@]}" -- -g PORT
        expect_equal "$row" "$status $output $errors" '0 8080 '
        sessiond "${settings[@]}" -- -n
        expect_equal "$row" "$status $(grep -v 'REDIRECT_HOSTS has .a.test, but without COOKIE_DOMAIN' <<<"$errors")" '0 '
    done
    sessiond "${hidden[@]}" REDIRECT_HOSTS=a.test SERVED_HOSTS=a.test,b.test -- -n
    expect_equal "without such a setting" "$status $errors" '0 '
    sessiond "${hidden[@]}" REDIRECT_HOSTS=.com -- -n
    expect_refused .com REDIRECT_HOSTS
}

@test "settings: hosts and origins that the cookies do not reach are warned of, by -n and at the start" {
    # settings | words of the warning, nothing where there is none
    local rows=(
        "COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test SERVED_HOSTS=x.a.test,b.test|SERVED_HOSTS.has.b.test,.*COOKIE_DOMAIN=a.test"
        "COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test SERVED_HOSTS=.b.test|SERVED_HOSTS.has..b.test,"
        "PUBLIC_URL=https://x.a.test CORS_ORIGINS=https://y.a.test,https://b.test|CORS_ORIGINS.has.https://b.test,"
        "CORS_ORIGINS=http://192.0.2.1:81|CORS_ORIGINS.has.http://192.0.2.1:81,"
        "COOKIE_DOMAIN=a.test PUBLIC_URL=https://a.test SERVED_HOSTS=a.test,.a.test|" "SERVED_HOSTS=b.test|"
        "PUBLIC_URL=https://a.test|" "PUBLIC_URL=https://a.test CORS_ORIGINS=https://x.a.test:81,http://localhost:5173|"
        "SERVED_HOSTS=.b.test CORS_ORIGINS=https://x.b.test|" "LISTEN=192.0.2.1 CORS_ORIGINS=http://192.0.2.1:81|"
    )
    local row settings words
    for row in "${rows[@]}"; do
        read -r -a settings <<<"${row%%|*}"
        words=${row#*|}
        sessiond "${settings[@]}" -- -n
        expect_equal "$row: $errors" "$status $output" '0 settings are valid' || return
        expect_match "$row" "$errors" "^${words:+sessiond: warning: $words.*}\$" || return
        sessiond "${settings[@]}" SOCKET_DIR="$PWD/none" --
        expect_equal "start, $row: $errors" "$(grep -c '"event":"cookies_unreached"' <<<"$errors")" "$([[ -z $words ]] && echo 0 || echo 1)" || return
    done
}

@test "settings: as root, -n warns of a user of the workers that runs other programs too" {
    ((EUID == 0)) || skip "needs root"
    local user
    for user in nobody www-data daemon; do
        sessiond "WORKER_USER=$user" -- -n
        expect_equal "$user: $errors" "$status $output" '0 settings are valid'
        expect_match "$user" "$errors" "^sessiond: warning: other programs run as the user $user, too.*set WORKER_USER to"
    done
    sessiond -- -n
    expect_equal "the default" "$status $errors" '0 '
}

@test "settings: the file, and the environment above it" {
    local row
    install -m 600 /dev/null settings
    cat >settings <<'EOF_'
# a comment
  # another

PORT=1111
LOG_LEVEL = "warning"
DB_NAME='quoted name'
DB_PASSWORD=with = signs # and more
COOKIE_DOMAIN=
EOF_
    sessiond -- -f settings -g PORT
    expect_equal PORT "$output" 1111
    sessiond PORT=2222 -- -f settings -g PORT
    expect_equal PORT "$output" 2222
    sessiond -- -f settings -g LOG_LEVEL
    expect_equal LOG_LEVEL "$output" warning
    sessiond -- -f settings -g DB_NAME
    expect_equal DB_NAME "$output" 'quoted name'
    sessiond -- -f settings -g DB_PASSWORD
    expect_equal DB_PASSWORD "$output" 'with = signs # and more'
    sessiond -- -f settings -s
    grep -qxF 'DB_PASSWORD=***' <<<"$output"
    # An empty variable, such as a compose file makes of one that is not set, changes nothing of what the file says.
    sessiond PORT= LOG_LEVEL= DB_PASSWORD= -- -f settings -s
    for row in PORT=1111 LOG_LEVEL=warning 'DB_PASSWORD=***' COOKIE_DOMAIN=; do
        grep -qxF "$row" <<<"$output" || fail "no line $row with empty variables: $output"
    done
    sessiond DB_PASSWORD= -- -f settings -g DB_PASSWORD
    expect_equal DB_PASSWORD "$output" 'with = signs # and more'
    # The default file is .env in the current directory; it need not be there.
    sessiond -- -g PORT
    expect_equal PORT "$output" 8080
    cp -p settings .env
    sessiond -- -g PORT
    expect_equal PORT "$output" 1111
}

@test "settings: faults of the file are told with their line" {
    local rows=(
        "NO_SUCH=1|NO_SUCH :1:"
        "PORT|NAME=value :1:"
        "PORT=1\nPORT=2|PORT :2:"
        "\n\nPORT=x|PORT :3: whole number"
        "export PORT=80|export"
        "port=80|port"
        "DB_NAME=\"a\" # b|DB_NAME :1: after"
        "#\nDB_NAME=\"a|DB_NAME :2: closed"
    )
    local row words
    for row in "${rows[@]}"; do
        printf '%b\n' "${row%%|*}" >settings
        read -r -a words <<<"${row#*|}"
        sessiond -- -f settings -n
        expect_refused settings "${words[@]}" || fail "row $row"
    done
}

@test "settings: a file that cannot be read is an error with its reason, and never counts as empty" {
    local row word
    mkdir directory
    ln -s nowhere dangling
    ln -s loop loop
    truncate -s 2M large
    # file | the reason
    local rows=("directory|Is a directory" "dangling|No such file" "no-such-file|No such file" "loop|symbolic links"
        "large|File too large" "/proc/self/mem|Input/output error" "settings/file|Not a directory")
    touch settings
    for row in "${rows[@]}"; do
        for word in -n -s ''; do
            sessiond -- -f "${row%%|*}" ${word:+"$word"}
            expect_refused "cannot read the settings file ${row%%|*}: " "${row#*|}" || fail "row $row $word"
            expect_equal "output for $row" "$output" '' || return
        done
        # So too as the default file, which may only be absent.
        [[ ${row%%|*} != @(directory|dangling|loop|large) ]] || {
            ln -sfn "${row%%|*}" .env
            sessiond -- -n
            expect_refused "cannot read the settings file .env: " "${row#*|}" || fail "row $row as .env"
        }
    done
    # A pipe is read like a file.
    sessiond -- -f <(echo PORT=81) -g PORT
    expect_equal "from a pipe" "$status $output" '0 81'
}

# shellcheck disable=SC2016 # the inner shell expands its arguments
@test "settings: a file in UTF-8 with a byte order mark and carriage returns is read alike by service and scripts" {
    printf '\xEF\xBB\xBFDB_HOST=db.test\r\nDB_NAME="x"\r\nDB_USER=\r\n' >settings
    sessiond -- -f settings -g DB_HOST
    expect_equal "$errors" "$status $output" '0 db.test'
    sessiond -- -f settings -g DB_NAME
    expect_equal "$errors" "$status $output" '0 x'
    local name told=
    for name in DB_HOST DB_NAME DB_USER DB_PORT; do
        told+=" $(ENV_FILE=settings "${CLEAN[@]}" SESSIOND="$BIN" \
            bash -c 'source "$1/scripts/lib.sh"; load_settings; is_set "$2" && echo yes || echo no' _ "$ROOT" "$name")"
    done
    expect_equal "what is set" "$told" ' yes yes no no'
    iconv -f UTF-8 -t UTF-16 settings >wide
    sessiond -- -f wide -n
    expect_refused wide:1: 'NUL byte' UTF-8
}

@test "settings: -n finds fault with a list of passwords, as the start does" {
    printf 'alpha\r\nbeta\r\n' >list
    sessiond PASSWORD_BLOCKLIST=list -- -n
    expect_refused PASSWORD_BLOCKLIST list:1: 'carriage return'
    printf '\xEF\xBB\xBFalpha\nbeta\n' >list
    sessiond PASSWORD_BLOCKLIST=list -- -n
    expect_equal "$errors" "$status $output" '0 settings are valid'
    sessiond PASSWORD_BLOCKLIST=. -- -n
    expect_refused PASSWORD_BLOCKLIST 'not a regular file'
}

@test "settings: -n warns of a database over TCP whose server nobody verifies, on this host too" {
    local row url='DATABASE_URL=postgres://ann:hush@'
    # a setting | is it warned of?
    local rows=('DB_NAME=d|no' 'DB_HOST=localhost|yes' 'DB_HOST=127.0.0.1|yes' 'DB_HOST=/run/postgresql|no' "${url}localhost/d|yes" "${url}%2Frun/d|no"
        "${url}h/d?sslmode=require|yes" "${url}h/d?sslmode=verify-full&sslrootcert=/dev/null|no" 'DATABASE_URL=host=h user=ann|yes' 'DATABASE_URL=host=h gssencmode=require|no'
        'DATABASE_URL=host=h channel_binding=require|no' 'DATABASE_URL=host=h channel_binding=prefer|yes'
        'DATABASE_URL=host=/run,h user=ann password=hush|yes')
    for row in "${rows[@]}"; do
        sessiond "${row%|*}" -- -n
        expect_equal "$row: $errors" "$status" 0
        expect_equal "$row: $errors" "$(grep -c 'warning: the database is reached over TCP, .*/run/postgresql.*channel_binding=require' <<<"$errors" || true)" \
            "$([[ $row == *yes ]] && echo 1 || echo 0)"
        [[ $errors != *hush* ]] || fail "$row: $errors"
    done
    sessiond DB_HOST=h PGSSLMODE=verify-ca -- -n
    [[ $errors != *'over TCP'* ]] || fail "$errors"
}

# risk_is EXPECTED WORDS SETTING...: whether -n warns of the socket of the database.
risk_is() {
    local expected=$1 words=$2
    shift 2
    sessiond "$@" -- -n
    expect_equal "$*: $errors" "$status" 0 || return
    expect_equal "$*: $errors" "$(grep -c 'warning: the database is reached by a socket .*/run/postgresql.*requirepeer' <<<"$errors" || true)" "$expected" || return
    [[ $errors == *"$words"* ]] || fail "$*: $errors"
}

@test "settings: -n warns of a socket of the database that others could put in the place of PostgreSQL's" {
    local place
    place=$(mktemp -d /tmp/sd.XXXXXX)
    mkdir -p "$place"/{own,open,sticky,group}/below
    chmod 755 "$place"
    chmod 777 "$place/open"
    chmod 1777 "$place/sticky"
    chmod 2775 "$place/own"
    ln -s "$place/open/below" "$place/link"
    ln -s "$place/own" "$place/safe-link"
    risk_is 1 'every user may write to /tmp:' DB_HOST=/tmp
    risk_is 1 "every user may write to $place/open:" DB_HOST="$place/open"
    risk_is 1 "every user may write to $place/open:" DB_HOST="$place/open/below"
    risk_is 1 "every user may write to $place/open:" DB_HOST="$place/link"
    risk_is 1 "every user may write to $place/sticky:" DB_HOST="$place/sticky"
    risk_is 1 'every user may take the name @name:' DB_HOST=@name
    risk_is 1 "every user may write to $place/sticky:" "DATABASE_URL=host=$place/own,$place/sticky user=ann"
    risk_is 0 '' "DATABASE_URL=host=$place/sticky user=ann requirepeer=postgres"
    risk_is 0 '' 'DATABASE_URL=host=@name user=ann requirepeer=postgres'
    risk_is 0 '' DB_HOST="$place/own"
    risk_is 0 '' DB_HOST="$place/safe-link"
    risk_is 0 '' DB_HOST="$place/sticky/below"
    risk_is 0 '' DB_HOST="$place/none"
    ln -s "$place/sticky/none" "$place/own/dangling"
    risk_is 1 "every user may write to $place/sticky:" DB_HOST="$place/sticky/none"
    risk_is 1 "every user may write to $place/sticky:" DB_HOST="$place/sticky/none/below/"
    risk_is 1 "every user may write to $place/sticky:" DB_HOST="$place/own/dangling"
    risk_is 1 "every user may write to $place/open:" DB_HOST="$place/open/below/none"
    risk_is 0 '' DB_HOST="$place/sticky/below/none"
    if ((EUID == 0)); then
        chmod 775 "$place/group"
        chown postgres:postgres "$place/own"
        chown postgres:nogroup "$place/group"
        risk_is 0 '' DB_HOST="$place/own"
        risk_is 1 "the group nogroup may write to $place/group:" DB_HOST="$place/group"
    fi
    ln -s loop "$place/own/loop"
    risk_is 0 '' DB_HOST="$place/own/loop"
    risk_is 1 "every user may write to $place/sticky:" DB_HOST="$place/sticky/none/../other"
    # Whoever may replace the program, too, needs no socket.
    mkdir "$place/app"
    cp "$BIN" "$place/app/sessiond"
    BIN=$place/app/sessiond
    chmod 777 "$place/app"
    risk_is 0 '' DB_HOST="$place/app/none"
    risk_is 1 "every user may write to $place/app:" DB_HOST="$place/app"
    chmod 1777 "$place/app"
    risk_is 1 "every user may write to $place/app:" DB_HOST="$place/app/none"
    rm -rf "$place"
}

@test "settings: a file with secrets that every user may read is refused, and any that every user may change" {
    local row mode line allowed
    # mode | line | is it accepted?
    local rows=(
        '600|DB_PASSWORD=hush|yes' '640|DB_PASSWORD=hush|yes' '660|DB_PASSWORD=hush|yes' '400|DB_PASSWORD=hush|yes'
        '604|DB_PASSWORD=hush|no' '644|DB_PASSWORD=hush|no' '644|POSTGRES_PASSWORD="hush"|no' '644|DATABASE_URL=host=hush|no'
        '644|DB_HOST=hush|yes' '644|DB_PASSWORD=|yes' '602|DB_HOST=hush|no' '666|#|no' '602|DB_PASSWORD=hush|no'
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r mode line allowed <<<"$row"
        install -m "$mode" /dev/null settings
        echo "$line" >settings 2>/dev/null || { chmod u+w settings && echo "$line" >settings && chmod "$mode" settings; }
        sessiond -- -f settings -n
        if [[ $allowed == yes ]]; then
            expect_equal "$row: $errors" "$status" 0
        else
            expect_refused settings 'every user may' 'chmod o= settings'
            [[ $errors != *hush* ]] || fail "$row: $errors"
        fi
    done
    # What is no regular file is for whoever names it.
    sessiond -- -f /dev/null -n
    expect_equal "/dev/null: $errors" "$status" 0
    sessiond -- -f / -n
    expect_refused 'cannot read the settings file /'
}

# given NAME: what libpq is told of this parameter, by the program that was started instead of psql.
given() {
    sed -nE "s/^$1=//p" <<<"$output"
}

@test "command line: -d gives a program the connection, whatever form it has, and no secret in its arguments" {
    local row url user password sslpassword
    # shellcheck disable=SC2016
    local show=(bash -c 'cat "$PGSERVICEFILE"; echo "password=$PGPASSWORD"; echo "arguments=$*"' show one 'two  three')
    # DATABASE_URL | user | password | sslpassword
    local rows=(
        'postgres://ann:hush@h:1/d|ann|hush|' 'postgresql://ann:pa?ss@h:1/d|ann|pa?ss|' 'postgres://ann:a%20b%40%2f%25%20@h:1/d|ann|a b@/% |'
        'postgres://ann@h:1/d?password=x%26y|ann|x&y|' 'postgres://ann@h:1/d?pass%77ord=hush|ann|hush|'
        'postgres://ann:first@h:1/d?password=second|ann|second|' 'postgres://ann:a:b@h:1/d|ann|a:b|'
        "host=h port=1 dbname=d user=ann password=first password='a \\' b'|ann|a ' b|"
        "user = ann host=h port=1 dbname=d password = hu\\ sh|ann|hu sh|"
        'host=h port=1 dbname=d user=ann sslpassword=key password=hush|ann|hush|key'
        'postgres://ann@h:1/d?sslpassword=k%65y|ann||key' 'postgres:///d?host=h&port=1&user=ann|ann||'
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r url user password sslpassword <<<"${row//\\\\/\\}"
        sessiond "DATABASE_URL=$url" -- -d "${show[@]}"
        expect_equal "$row: $errors" "$status" 0
        expect_equal "$row" "$(given host) $(given port) $(given dbname) $(given user)|$(given password)|$(given sslpassword)" \
            "h 1 d $user|$password|$sslpassword"
        expect_equal arguments "$(given arguments)" 'one two  three'
    done
    sessiond DB_HOST=h DB_PORT=1 DB_NAME='d e' DB_USER=ann DB_PASSWORD=" hu'sh " -- -d "${show[@]}"
    expect_equal parts "$(given host) $(given port) $(given dbname) $(given user)|$(given password)" "h 1 d e ann| hu'sh "
}

@test "command line: -d follows a service that DATABASE_URL names, and refuses what it cannot pass on" {
    local show=(sh -c "cat \$PGSERVICEFILE; echo password=\$PGPASSWORD")
    printf '[mine]\nhost=there\nuser=bob\nsslpassword=key\npassword=hush\n' >services
    sessiond PGSERVICEFILE=services 'DATABASE_URL=service=mine user=ann' -- -d "${show[@]}"
    expect_equal "$errors" "$(given host) $(given user) $(given sslpassword) $(given password)" 'there ann key hush'
    sessiond PGSERVICEFILE=services 'DATABASE_URL=service=other user=ann' -- -d "${show[@]}"
    expect_refused 'service "other" not found'
    expect_equal output "$output" ''
    sessiond 'DATABASE_URL=postgres://h/d?sslpassword=hush%20' -- -d "${show[@]}"
    expect_refused sslpassword 'must be shorter'
    sessiond -- -d
    expect_refused '-d needs the command'
    sessiond -- -d /no/such/program
    expect_refused /no/such/program
}

@test "settings: secrets are never printed with the others" {
    sessiond DB_PASSWORD=hush-1 POSTGRES_PASSWORD=hush-2 DATABASE_URL=postgres://u:hush-3@h/d -- -s
    expect_equal status "$status" 0
    [[ $output != *hush* ]] || fail "$output"
    expect_equal hidden "$(grep -cF '=***' <<<"$output")" 3
}

@test "settings: env.sample lists all, in order, with their defaults" {
    local defaults sample
    sessiond -s
    defaults=$output
    sample=$(sed -nE 's/^#?[[:space:]]*([A-Z][A-Z0-9_]*=)/\1/p' "$ROOT/env.sample")
    diff <(sed 's/=.*//' <<<"$defaults") <(sed 's/=.*//' <<<"$sample")
    # It is a valid file as it stands. With every line switched on it changes nothing.
    sessiond -- -f "$ROOT/env.sample" -n
    expect_equal "$errors" "$status" 0
    echo "$sample" >all
    sessiond -- -f all -s
    expect_equal "$errors" "$status" 0
    diff <(echo "$defaults") <(echo "$output")
}

@test "settings: what is left to the machine or to another setting is printed as what it is in the end" {
    local cores
    cores=$(nproc)
    # setting | given | what -s and -g print
    local rows=(
        "CHECK_WORKERS||$(((cores + 1) / 2))" "WRITE_WORKERS||$((2 * cores))" "PASSWORD_WORKERS||$cores"
        "PASSWORD_WORKERS|PASSWORD_WORKERS=7|7" "CHECK_WORKERS|CHECK_WORKERS=0|$(((cores + 1) / 2))"
        "SOCKET_DIR||.run/sockets" "SOCKET_DIR|RUN_DIR=/a|/a/sockets" "SOCKET_DIR|SOCKET_DIR=/b|/b"
        "PUBLIC_URL||http://localhost:8080" "PUBLIC_URL|PORT=81|http://localhost:81"
        "PUBLIC_URL|PORT=80|http://localhost" "PUBLIC_URL|PUBLIC_URL=https://a.test:443|https://a.test"
        "CORS_ORIGINS|CORS_ORIGINS=http://a, http://b|http://a,http://b"
        "CORS_ORIGINS|CORS_ORIGINS=https://a:443,http://b:80,http://c:443|https://a,http://b,http://c:443"
    )
    local row name given printed
    for row in "${rows[@]}"; do
        IFS='|' read -r name given printed <<<"$row"
        sessiond ${given:+"$given"} -- -g "$name"
        expect_equal "$row" "$status $output" "0 $printed"
        sessiond ${given:+"$given"} -- -s
        grep -qxF "$name=$printed" <<<"$output" || fail "$row: $output"
    done
}

# shellcheck disable=SC2016 # the inner shell expands its arguments
@test "settings: -w prints where each comes from, and the scripts know it" {
    printf '%s\n' '# mine' DB_HOST=db.test 'DB_NAME=""' DB_USER=ann "DB_PASSWORD='hush'" PORT=81 >settings
    chmod 600 settings
    local row given=(DB_USER=bob PORT= DB_PORT=5433 LOG_LEVEL=)
    local rows=(DB_HOST=settings:2 DB_NAME=default DB_USER=environment DB_PASSWORD=settings:5 PORT=settings:6
        DB_PORT=environment LOG_LEVEL=default RUN_DIR=default)
    sessiond "${given[@]}" -- -f settings -w
    expect_equal "$errors" "$status" 0
    for row in "${rows[@]}"; do
        grep -qxF "$row" <<<"$output" || fail "$row: $output"
    done
    [[ $output != *hush* ]] || fail "a secret is printed"
    expect_equal names "$(sed 's/=.*//' <<<"$output")" "$(sessiond -s && sed 's/=.*//' <<<"$output")"
    expect_equal "what a script says" "$(env -i PATH="$PATH" SESSIOND="$BIN" ENV_FILE=settings "${given[@]}" \
        bash -c 'source "$1/scripts/lib.sh"; load_settings; with_origins DB_HOST DB_USER PORT' _ "$ROOT")" \
        "DB_HOST from $PWD/settings:2, DB_USER from the environment, PORT from $PWD/settings:6"
    sessiond PORT=x -- -w
    expect_refused "environment: PORT='x' is not allowed"
}

@test "command line: version, usage, routes, and what is unknown" {
    sessiond -V
    expect_equal version "$status $output" "0 sessiond $(sed -nE 's/.* kVersion = "([0-9.]+)";/\1/p' "$ROOT/src/base/version.h")"
    sessiond -h
    expect_match usage "$status $output" '^0 usage: sessiond'
    sessiond -r
    expect_equal status "$status" 0
    local routes=$output row
    while IFS= read -r row; do
        grep -qxF "$row" <<<"$routes" || fail "no route '$row'"
    done <<'EOF_'
GET /health check -
GET /ready check -
GET /content check -
POST /register password limited
POST /login password limited
POST /logout write -
POST /refresh write -
POST /change-password password limited
DELETE /delete password limited
EOF_
    expect_equal "rows of another form" "$(grep -vcE '^(GET|POST|PATCH|PUT|DELETE) /[a-z/{}-]+ (check|write|password) (limited|-)$' <<<"$routes")" 0
    expect_equal "doubled rows" "$(cut -d ' ' -f 1,2 <<<"$routes" | sort | uniq -d)" ''
    local arguments
    for arguments in -x --help 'extra' '-n extra' '-g' '-n -s' '-f'; do
        # shellcheck disable=SC2086
        sessiond $arguments
        expect_equal "exit status of '$arguments'" "$status" 2
        [[ -n $errors ]]
    done
    sessiond -- -g NO_SUCH
    expect_refused NO_SUCH
}

# expect_unwritten WHAT REASON ARGUMENT...: the program cannot write to its standard output, which is that of this
# function.
expect_unwritten() {
    local failed=0
    "${CLEAN[@]}" "$BIN" "${@:3}" 2>errors || failed=$?
    expect_equal "$1" "$failed $(<errors)" "2 sessiond: cannot write to standard output: $2" >&2
}

@test "command line: output that cannot be written is an error with its reason" {
    local arguments
    for arguments in '-g PORT' -s -n -r -V -h; do
        # shellcheck disable=SC2086
        sessiond -- $arguments
        expect_equal "$arguments" "$status" 0
        # shellcheck disable=SC2086
        expect_unwritten "$arguments, on a full device" 'No space left on device' $arguments >/dev/full
        # shellcheck disable=SC2086
        expect_unwritten "$arguments, on a closed descriptor" 'Bad file descriptor' $arguments >&-
    done
}

@test "command line: it cannot start without a place for its sockets, and says so" {
    sessiond SOCKET_DIR="$BATS_TEST_TMPDIR/none" --
    expect_refused SOCKET_DIR
    touch file
    sessiond SOCKET_DIR="$BATS_TEST_TMPDIR/file" --
    expect_refused SOCKET_DIR
    sessiond SOCKET_DIR="/tmp/$(printf 'x%.0s' {1..100})" --
    expect_refused SOCKET_DIR
    if ((EUID == 0)); then
        mkdir sockets
        sessiond SOCKET_DIR="$PWD/sockets" WORKER_USER=no-such-user --
        expect_refused no-such-user WORKER_USER
        local user
        for user in root postgres; do
            sessiond SOCKET_DIR="$PWD/sockets" WORKER_USER=$user --
            expect_refused "WORKER_USER must not be $user"
        done
    fi
}

@test "settings: -n tells what the service would not find at its start" {
    sessiond PASSWORD_BLOCKLIST="$PWD/none" -- -n
    expect_refused PASSWORD_BLOCKLIST "$PWD/none"
    sessiond SOCKET_DIR="$PWD/none" -- -n
    expect_refused SOCKET_DIR "$PWD/none" "No such file" "must be a directory"
    touch file
    sessiond SOCKET_DIR="$PWD/file" -- -n
    expect_refused SOCKET_DIR "$PWD/file" "must be a directory"
    sessiond SOCKET_DIR="/tmp/$(printf 'x%.0s' {1..100})" -- -n
    expect_refused "longer than 107 bytes" SOCKET_DIR
    if ((EUID == 0)); then
        local setting
        for setting in WORKER_USER NGINX_USER; do
            sessiond "$setting=no-such-user" -- -n
            expect_refused no-such-user "$setting"
        done
    fi
    mkdir sockets
    sessiond SOCKET_DIR="$PWD/sockets" -- -n
    expect_equal "$errors" "$status" 0
    if ((EUID != 0)); then
        chmod 500 sockets
        sessiond SOCKET_DIR="$PWD/sockets" -- -n
        expect_refused SOCKET_DIR "may write"
    fi
    # scripts/run makes the directory, so the scripts do not ask for it.
    sessiond SOCKET_DIR="$PWD/none" -- -s
    expect_equal "$errors" "$status" 0
}

# refused_at PLACE REASON CURE: the start, -n and -t refuse the directory, and say which command mends it.
refused_at() {
    local action
    for action in -n -t ''; do
        # shellcheck disable=SC2086 # the start has no option
        sessiond SOCKET_DIR="$1" -- $action
        expect_refused "SOCKET_DIR=$1 is not safe" "$2" "; run: $3" || return
    done
}

@test "settings: a directory of sockets in which others could replace them is refused" {
    local place=$BATS_TEST_TMPDIR/place group
    mkdir -m 755 "$place" "$place/sockets"
    group=$(stat -c %G "$place")
    chmod 775 "$place/sockets"
    refused_at "$place/sockets" "the group $group may put files into $place/sockets" "chmod g-w $place/sockets"
    chmod 757 "$place/sockets"
    refused_at "$place/sockets" "every user may put files into $place/sockets" "chmod o-w $place/sockets"
    chmod 777 "$place/sockets"
    refused_at "$place/sockets" "every user may put files into $place/sockets" "chmod go-w $place/sockets"
    ln -s sockets "$place/link"
    refused_at "$place/link" "every user may put files into $place/sockets" "chmod go-w $place/sockets"
    chmod 1777 "$place/sockets"
    refused_at "$place/sockets" "every user may put files" "mkdir -m 755 $place/sockets/sessiond, and set SOCKET_DIR=$place/sockets/sessiond"
    mkdir -m 755 "$place/sockets/sessiond"
    sessiond SOCKET_DIR="$place/sockets/sessiond" -- -n
    expect_equal "below a sticky one: $errors" "$status" 0
    chmod 777 "$place/sockets"
    refused_at "$place/sockets/sessiond" "every user may write to $place/sockets" "chmod o-w $place/sockets"
    refused_at "$place/sockets/sessiond/../../sockets/./sessiond" "every user may write to $place/sockets" "chmod o-w $place/sockets"
    chmod 755 "$place/sockets"
    sessiond SOCKET_DIR="$place/link/sessiond" -- -n
    expect_equal "by a link of one's own: $errors" "$status" 0
}

# let_write USER DIRECTORY: by an access list (acl(5)), as setfacl does it.
let_write() {
    "$PYTHON" - "$@" <<'EOF_'
import os, pwd, struct, sys
entries = [(1, 7, -1), (2, 7, pwd.getpwnam(sys.argv[1]).pw_uid), (4, 5, -1), (16, 7, -1), (32, 5, -1)]
text = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, rights, who % 2**32) for tag, rights, who in entries)
os.setxattr(sys.argv[2], "system.posix_acl_access", text)
EOF_
}

@test "settings: a directory of sockets below one in which an access list lets others write is refused" {
    local place=$BATS_TEST_TMPDIR/place
    mkdir -m 755 "$place" "$place/sockets" "$place/sockets/below"
    let_write nobody "$place/sockets" || skip "the file system has no access lists"
    refused_at "$place/sockets" "may put files into $place/sockets" "chmod g-w $place/sockets"
    refused_at "$place/sockets/below" "may write to $place/sockets" "chmod g-w $place/sockets"
    ((EUID == 0)) || return 0 # the scripts look at groups for root alone
    run "${CLEAN[@]}" "SOCKET_DIR=$place/sockets/below" "$ROOT/scripts/render-nginx" "$place/nginx"
    expect_match "what render-nginx says" "$output" "may write to $place/sockets"
}

@test "settings: as root, a directory of sockets of another user, or below one of his, is refused" {
    ((EUID == 0)) || skip "needs root"
    local place=$BATS_TEST_TMPDIR/place
    mkdir -m 755 "$place" "$place/sockets" "$place/sockets/below"
    chown sessiond "$place/sockets"
    refused_at "$place/sockets" "$place/sockets belongs to the user sessiond" "chown root $place/sockets"
    refused_at "$place/sockets/below" "$place/sockets belongs to the user sessiond" "chown root $place/sockets"
    chown root:www-data "$place/sockets"
    chmod 2775 "$place/sockets"
    refused_at "$place/sockets/below" "the group www-data may write to $place/sockets" "chmod g-w $place/sockets"
    chmod 1777 "$place/sockets"
    ln -s "$place" "$place/sockets/link"
    chown -h nobody "$place/sockets/link"
    refused_at "$place/sockets/link" "$place/sockets/link is a link of the user nobody" "rm $place/sockets/link"
}

@test "settings: an ordinary user has a directory of sockets of his own, or one of root's with a supervisor" {
    ((EUID == 0)) || skip "needs root to become another user"
    local place program
    place=$(mktemp -d /tmp/sd.XXXXXX)
    program=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$place" "$program"
    install -m 755 "$BIN" "$program/sessiond" # he may be unable to enter the checkout
    mkdir -m 755 "$place"/{mine,roots,others}
    chown sessiond "$place/mine"
    chown nobody "$place/others"
    as_sessiond() {
        code=0
        said=$("${CLEAN[@]}" setpriv --reuid=sessiond --regid=sessiond --clear-groups env -C "$place" SOCKET_DIR="$place/$1" "$program/sessiond" -f /dev/null -n 2>&1) || code=$?
    }
    as_sessiond mine
    expect_equal "his own" "$code $said" '0 settings are valid'
    as_sessiond roots
    expect_equal "root's: $said" "$code" 0
    expect_match "root's" "$said" "warning: only root may bind sockets in SOCKET_DIR=$place/roots"
    as_sessiond others
    expect_equal "another's: $said" "$code" 2
    expect_match "another's" "$said" "belongs to the user nobody.*; run: chown sessiond $place/others"
    rm -r "$place" "$program"
}

@test "settings: those that the README gives for the guard are accepted as they stand" {
    local file=$BATS_TEST_TMPDIR/env
    sed -nE 's/^ +((PUBLIC_URL|COOKIE_DOMAIN|REDIRECT_HOSTS|COOKIE_PREFIX)=.*)$/\1/p' "$ROOT/README.md" >"$file"
    expect_equal lines "$(wc -l <"$file")" 4
    "$BIN" -n -f "$file"
}
