#!/usr/bin/env bash
# usage: tests/package.sh [SUITE]
# Builds the package for Debian, and has a fresh machine of SUITE (bookworm) with a systemd of its own follow
# docs/install.md word for word, up to the guarded page; then it boots again, upgrades the package under load and with
# tables that are too old, reads the log with fail2ban, removes and purges, and installs it where nginx comes later, or
# has parts of somebody else. Needs root. Takes some minutes; in the environment, PACKAGE names a package that is built
# already, and MIRROR another mirror of Debian.
# shellcheck disable=SC2016 # the shells of the machine expand what stands in quotes here
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")/../scripts/lib.sh"
# shellcheck source=tests/machine.bash
source "$ROOT/tests/machine.bash"
# shellcheck source=tests/package-life.bash
source "$ROOT/tests/package-life.bash"

shopt -s extglob
SITE=http://localhost:8080
PASSED=0

fail() {
    printf 'not ok: %s\n' "$*" >&2
    [[ -z $FIRST ]] || inside journalctl -b --no-pager -n 15 -u sessiond -u nginx >&2 || true
    exit 1
}

# step WHAT: the step that ends here has gone well.
step() {
    PASSED=$((PASSED + 1))
    say "ok $PASSED $*"
}

# expect WHAT VALUE WANTED, where WANTED is a pattern
expect() {
    # shellcheck disable=SC2053 # a pattern
    [[ $2 == $3 ]] || fail "$1 is '$2', not '$3'"
}

# shell SCRIPT [ARGUMENT...]: in the machine, in the directory of the packages.
shell() {
    inside bash -c 'cd /root/packages && '"$1" bash "${@:2}"
}

# wait_for WHAT COMMAND...
wait_for() {
    local i
    for ((i = 0; i < 300; i++)); do
        ! "${@:2}" >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    fail "$1 does not happen: $("${@:2}" 2>&1 || true)"
}

build() {
    if [[ -z ${PACKAGE-} ]]; then
        "$ROOT/scripts/debian/build" >"$WORK/build.log" 2>&1 || fail "$(<"$WORK/build.log")"
        PACKAGE=$ROOT/$(sed -n 's/^built //p' "$WORK/build.log")
    fi
    [[ -s $PACKAGE ]] || fail "there is no $PACKAGE"
    step "it builds: $(stat -c %s "$PACKAGE") bytes, installed $(dpkg-deb -f "$PACKAGE" Installed-Size) KiB"
}

lint() {
    local found
    found=$(lintian --allow-root --fail-on error,warning "$PACKAGE" 2>&1) || fail "lintian: $found"
    step "lintian has neither errors nor warnings"
}

# Fetches what the first command installs, as the machine has no network when it runs.
make_ready() {
    make_machine "$SUITE" || fail "no machine of $SUITE could be made"
    mkdir -p "$MACHINE/root/packages"
    cp "$PACKAGE" "$MACHINE/root/packages/"
    cat >"$MACHINE/etc/apt/apt.conf.d/90test" <<'CONF'
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "true";
CONF
    with_network bash -c 'update-ca-certificates && apt-get update && cd /root/packages &&
        apt-get install -y --download-only ./sessiond_*.deb postgresql nginx fail2ban python3-systemd' \
        >"$WORK/fetch.log" 2>&1 || fail "$(tail -n 20 "$WORK/fetch.log")"
    boot || fail "the machine does not boot"
    step "a machine of $SUITE is up"
}

# Prints the commands of the paper, one a line.
paper_commands() {
    sed -nE '/^## To a guarded page/,/^The third/s/^    //p' "$ROOT/docs/install.md"
}

follow_paper() {
    local command
    local -i number=0
    while IFS= read -r command <&3; do
        number+=1
        [[ $command != "apt install "* ]] || command="apt install -y ${command#apt install }"
        printf '%s\n' "$PASSWORD" | shell "$command" >"$WORK/command.log" 2>&1 ||
            fail "'$command': $(tail -n 30 "$WORK/command.log")"
        [[ $number != 1 ]] || expect "what the package says" "$(<"$WORK/command.log")" '*sessionctl create-database*'
        [[ $(<"$WORK/command.log") != *"Permission denied"* ]] || fail "'$command': $(<"$WORK/command.log")"
        [[ $number != 1 ]] || expect "databases" "$(databases)" '*template1*'
        [[ $number != 1 ]] || [[ $(databases) != *sessiond* ]] || fail "the package has made a database"
    done 3< <(paper_commands)
    ((number >= 4 && number <= 6)) || fail "the paper has $number commands"
    step "the $number commands of docs/install.md"
}

databases() {
    inside runuser -u postgres -- psql -At -c 'SELECT datname FROM pg_database' 2>/dev/null | xargs
}

# ask [ARGUMENT...]: the guarded page; prints the status, where it leads, and whether the page was there.
ask() {
    inside curl -s -o /tmp/page -w '%{http_code} %{redirect_url}' "$@" "$SITE/demo/"
}

# ask_path PATH: the status of a file beside the guarded page, for the user.
ask_path() {
    inside curl -s -o /dev/null -w '%{http_code}' -b /root/cookies "$SITE/demo/$1"
}

# login PASSWORD: prints the status.
login() {
    inside curl -s -o /dev/null -w '%{http_code}' -c /root/cookies -H 'Content-Type: application/json' \
        -d "{\"username\":\"ada\",\"password\":\"$1\"}" "$SITE/login"
}

sees_page() {
    [[ $(ask -b /root/cookies) == '200 ' ]]
}

check_page() {
    wait_for "readiness" inside curl -sf -o /dev/null "$SITE/ready"
    expect "a stranger's answer" "$(ask -H 'Accept: text/html')" "302 $SITE/login?rd=*"
    expect "the login" "$(login "$PASSWORD")" 200
    expect "the page" "$(ask -b /root/cookies)" '200 '
    inside grep -q guard /tmp/page || fail "the page is not that of the demonstration"
    expect "where the page leads" "$(inside grep -oE 'href="/(demo|account)[^"]*' /tmp/page | cut -d '"' -f 2 | xargs)" \
        '/demo/staff /account'
    expect "the page for another group" "$(ask_path staff) $(ask_path staff.html)" '403 403'
    expect "files beside the page" "$(ask_path demo.conf.in)" 404
}

sql() {
    inside runuser -u postgres -- psql -qAt -d sessiond -c "$1"
}

check_installed() {
    expect "the settings" "$(inside stat -c '%a %U:%G' /etc/sessiond/sessiond.conf)" '640 root:sessiond'
    expect "the user of the master" "$(inside ps -o user= -C sessiond | sort -u | xargs)" sessiond
    expect "the password of the role" "$(sql "SELECT rolpassword FROM pg_authid WHERE rolname = 'sessiond'")" ''
    expect "roles of that name" "$(sql "SELECT count(*) FROM pg_roles WHERE rolname = 'sessiond'")" 1
    expect "sessionctl status" "$(inside sessionctl status)" '*database*'
    inside ls /usr/share/man/man8/{sessiond,sessionctl}.8.gz >/dev/null || fail "no manual pages"
    inside bash -c 'nginx -T 2>/dev/null | sessionctl check-nginx -' >"$WORK/check" ||
        fail "check-nginx: $(<"$WORK/check")"
    step "settings, user, role, manual pages and nginx are as the papers say"
}

main() {
    check_arguments 1 "$@"
    SUITE=${1:-bookworm}
    PASSWORD='seven purple kites'
    is_root || die "only root can make the machine"
    WORK=$(mktemp -d /var/tmp/sessiond-package.XXXXXX)
    MACHINE=$WORK/machine
    trap 'remove_machine; rm -rf -- "$WORK"' EXIT
    build
    cp "$PACKAGE" "$WORK/"
    make_ready
    follow_paper
    check_page
    step "strangers are led to the login, and the user sees the page"
    check_installed
    check_boot
    NEXT=$(next_version "$WORK/${PACKAGE##*/}")
    check_upgrade
    check_refused_upgrade
    check_fail2ban
    check_removal
    check_nginx_later
    check_foreign_parts
    lint
    say "$PASSED passed, 0 failed"
}

main "$@"
