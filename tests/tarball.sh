#!/usr/bin/env bash
# usage: tests/tarball.sh
# Has an ordinary user unpack build/sessiond-*.tar.gz in a minimal Debian that has nginx, but none of the libraries of
# the service, and come to a guarded page. PostgreSQL is given from outside, with psql, by which the tables are made.
# Needs root. In the environment, SYSTEM names the directory of such a Debian that is there already, and MIRROR another
# mirror of Debian.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")/../scripts/lib.sh"

PASSED=0

fail() {
    printf 'not ok: %s\n' "$*" >&2
    tail -n 5 "$HOME_DIRECTORY"/*.log >&2 2>/dev/null || true
    exit 1
}

step() {
    PASSED=$((PASSED + 1))
    say "ok $PASSED $*"
}

# wait_for WHAT COMMAND...
wait_for() {
    local i
    for ((i = 0; i < 300; i++)); do
        ! "${@:2}" >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    fail "$1 does not happen"
}

# as_user SCRIPT: the script of bash in the minimal system, as its user, in his home. It sees this system's network.
as_user() {
    # shellcheck disable=SC2016 # the shell that is started expands it
    unshare -m bash -c 'mount --bind /proc "$1/proc"; mount --bind /dev "$1/dev"
        exec chroot --userspec=4321:4321 "$1" env -i HOME=/home/ada LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            bash -c "cd && $2"' bash "$SYSTEM" "$1"
}

make_system() {
    if [[ -z ${SYSTEM-} ]]; then
        SYSTEM=$WORK/system
        debootstrap --variant=minbase --include=nginx-light bookworm "$SYSTEM" \
            "${MIRROR:-http://deb.debian.org/debian}" >"$WORK/debootstrap.log" 2>&1 ||
            die "$(tail -n 20 "$WORK/debootstrap.log")"
    fi
    chroot "$SYSTEM" id ada >/dev/null 2>&1 || chroot "$SYSTEM" useradd -m -u 4321 -s /bin/bash ada
    HOME_DIRECTORY=$SYSTEM/home/ada
    find "$HOME_DIRECTORY" -mindepth 1 -delete
    [[ -z $(find "$SYSTEM"/usr/lib "$SYSTEM"/usr/local/lib \( -name 'libpq.so*' -o -name 'libfcgi.so*' \
        -o -name 'libargon2.so*' -o -name 'libldap*.so*' \)) ]] || fail "the system has libraries of the service"
    step "a minimal system has none of the libraries"
}

unpack() {
    local foreign
    cp "$ROOT"/build/sessiond-*-linux-*.tar.gz "$HOME_DIRECTORY/"
    as_user 'mkdir apps && tar -x -C apps -f sessiond-*.tar.gz && mv apps/sessiond-* apps/s'
    as_user 'apps/s/sbin/sessiond -V && apps/s/sbin/sessionctl --version' || fail "the programs do not start"
    foreign=$(as_user 'ldd apps/s/sbin/*' | awk '$2 == "=>" { print $1, $3 }' |
        grep -vE '^(lib(c|m|resolv|dl|pthread|rt)\.so.*) |/home/ada/apps/s/') && fail "from elsewhere: $foreign"
    [[ $(find "$HOME_DIRECTORY/apps/s/lib" -name 'lib*.so*' | wc -l) -gt 5 &&
        -s $HOME_DIRECTORY/apps/s/share/doc/licences/libpq5 ]] || fail "libraries or licences are missing"
    step "the programs find their libraries beside themselves, and nothing of the system but glibc"
}

as_postgres() {
    (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$@")
}

# Sets SITE, at a port that nobody has.
choose_port() {
    local port
    while port=$((20000 + RANDOM % 12000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    SITE=http://127.0.0.1:$port
}

# A database as a host gives it, with a role that owns it.
make_database() {
    local programs
    programs=$(dirname "$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | tail -n 1)")
    PG_CTL=$programs/pg_ctl
    mkdir "$WORK/pg"
    mkdir -p "$SYSTEM/pg"
    chown postgres "$WORK/pg" "$SYSTEM/pg"
    as_postgres "$programs/initdb" -D "$WORK/pg/data" -A trust -E UTF8 --locale=C.UTF-8 -N >"$WORK/initdb.log"
    as_postgres "$PG_CTL" -w -s -l "$WORK/pg/log" -D "$WORK/pg/data" \
        -o "-c listen_addresses= -c fsync=off -k $SYSTEM/pg" start
    psql -qX -h "$SYSTEM/pg" -U postgres -c 'CREATE ROLE ada LOGIN' -c 'CREATE DATABASE ada OWNER ada'
    ENV_FILE=/dev/null DATABASE_URL="host='$SYSTEM/pg' user=ada dbname=ada" \
        "$HOME_DIRECTORY/apps/s/sbin/sessionctl" -f /dev/null migrate >"$WORK/migrate.log" 2>&1 ||
        fail "$(<"$WORK/migrate.log")"
    step "the tables are made by the scripts of the tarball"
}

start() {
    cat >"$HOME_DIRECTORY/sessiond.conf" <<CONF
DATABASE_URL=host=/pg user=ada dbname=ada
PUBLIC_URL=$SITE
RUN_DIR=/home/ada/run
SOCKET_DIR=/home/ada/run/sockets
NGINX_USER=ada
CONF
    cat >"$HOME_DIRECTORY/nginx.conf" <<CONF
daemon off;
pid /home/ada/nginx.pid;
error_log stderr;
events {}
http {
    include sessiond/http.conf;
    access_log off;
    client_body_temp_path /home/ada/temp;
    fastcgi_temp_path /home/ada/temp;
    proxy_temp_path /home/ada/temp;
    scgi_temp_path /home/ada/temp;
    uwsgi_temp_path /home/ada/temp;
    server {
        listen ${SITE#http://};
        include sessiond/guard-location.conf;
        include sessiond/server.conf;
        location = /guarded {
            include sessiond/guard.conf;
            root /home/ada/www;
            try_files /page =404;
        }
    }
}
CONF
    chown 4321:4321 "$HOME_DIRECTORY"/*.conf
    chmod 600 "$HOME_DIRECTORY/sessiond.conf"
    as_user 'mkdir -p www nginx run/sockets && echo the guarded page >www/page && mv nginx.conf nginx/ &&
        apps/s/sbin/sessionctl -f ~/sessiond.conf render-nginx ~/nginx' >"$WORK/render.log" 2>&1 ||
        fail "$(<"$WORK/render.log")"
    as_user 'echo $$ >service.pid && exec apps/s/sbin/sessiond -f ~/sessiond.conf >service.log 2>&1' &
    as_user 'exec nginx -p ~/nginx -e stderr -c ~/nginx/nginx.conf >nginx.log 2>&1' &
    wait_for "readiness" curl -sf -o /dev/null "$SITE/ready"
    step "service and nginx run as an ordinary user"
}

# ask [ARGUMENT...]: the guarded page; prints its status.
ask() {
    curl -s -o "$WORK/page" -w '%{http_code}' -b "$WORK/cookies" -c "$WORK/cookies" "$@"
}

check_page() {
    [[ $(ask "$SITE/guarded" -H 'Sec-Fetch-Mode: navigate') == 302 ]] || fail "a stranger is not led to the login"
    as_user "printf '%s\n' 'seven purple kites' | apps/s/sbin/sessionctl -f ~/sessiond.conf user add ada" \
        >"$WORK/add.log" 2>&1 || fail "$(<"$WORK/add.log")"
    [[ $(ask "$SITE/login" -H 'Content-Type: application/json' \
        -d '{"username":"ada","password":"seven purple kites"}') == 200 ]] || fail "the login: $(<"$WORK/page")"
    [[ $(ask "$SITE/guarded") == 200 && $(<"$WORK/page") == 'the guarded page' ]] || fail "the page: $(<"$WORK/page")"
    step "a stranger is led to the login, and the user sees the page"
}

finish() {
    local file
    for file in "$HOME_DIRECTORY"/{service,nginx}.pid; do
        [[ ! -s $file ]] || kill "$(<"$file")" 2>/dev/null || true
    done
    wait
    [[ -z $PG_CTL ]] || as_postgres "$PG_CTL" -m immediate -s -D "$WORK/pg/data" stop || true
    rm -rf --one-file-system -- "$WORK"
}

main() {
    check_arguments 0 "$@"
    is_root || die "only root can make the system"
    PG_CTL='' HOME_DIRECTORY=/nonexistent
    WORK=$(mktemp -d /var/tmp/sessiond-tarball.XXXXXX)
    chmod 755 "$WORK"
    trap finish EXIT
    choose_port
    make_system
    unpack
    make_database
    start
    check_page
    say "$PASSED passed, 0 failed"
}

main "$@"
