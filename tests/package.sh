#!/usr/bin/env bash
# usage: tests/package.sh [SUITE]
# Builds the package for Debian, and has a fresh machine of SUITE (bookworm) with a systemd of its own follow
# docs/install.md word for word, up to the guarded page; then it boots again, upgrades the package under load and with
# tables that are too old, reads the log with fail2ban, removes and purges. Needs root. Takes some minutes; in the environment, PACKAGE names
# a package that is built already, and MIRROR another mirror of Debian.
# shellcheck disable=SC2016 # the shells of the machine expand what stands in quotes here
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")/../scripts/lib.sh"
# shellcheck source=tests/machine.bash
source "$ROOT/tests/machine.bash"

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

# next_version PACKAGE: prints the path of the same package with a higher version, made beside it.
next_version() {
    local place=$WORK/next made
    rm -rf "$place"
    dpkg-deb -R "$1" "$place"
    sed -i 's/^Version: .*/&+next/' "$place/DEBIAN/control"
    made=${1%_*.deb}+next_$(dpkg --print-architecture).deb
    dpkg-deb --root-owner-group -b "$place" "$made" >/dev/null
    say "$made"
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
        apt-get install -y --download-only ./sessiond_*.deb postgresql nginx fail2ban python3-systemd' >"$WORK/fetch.log" 2>&1 ||
        fail "$(tail -n 20 "$WORK/fetch.log")"
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
}

check_installed() {
    expect "the settings" "$(inside stat -c '%a %U:%G' /etc/sessiond/sessiond.conf)" '640 root:sessiond'
    expect "the user of the master" "$(inside ps -o user= -C sessiond | sort -u | xargs)" sessiond
    expect "the role" "$(inside runuser -u postgres -- psql -At -c "SELECT rolname, rolpassword IS NULL FROM pg_authid WHERE rolname = 'sessiond'")" 'sessiond|t'
    expect "sessionctl status" "$(inside sessionctl status)" '*database*'
    inside ls /usr/share/man/man8/sessiond.8.gz /usr/share/man/man8/sessionctl.8.gz >/dev/null || fail "no manual pages"
    inside bash -c 'nginx -T 2>/dev/null | sessionctl check-nginx -' >"$WORK/check" || fail "check-nginx: $(<"$WORK/check")"
    step "settings, user, role, manual pages and nginx are as the papers say"
}

check_boot() {
    halt
    boot || fail "the machine does not boot again"
    wait_for "the page after a boot" sees_page
    step "after a boot the service is there, and the session too"
}

# The page, asked for again and again in the machine until the file /tmp/stop is there; prints what was not 200.
load() {
    shell 'until [ -e /tmp/stop ]; do
        curl -s -o /dev/null -w "%{http_code}\n" -b /root/cookies '"$SITE"'/demo/; done | sort | uniq -c' >"$WORK/load"
}

master() {
    inside systemctl show -p MainPID --value sessiond
}

# program: the file that the master runs; `(deleted)` when it was replaced.
program() {
    inside bash -c 'readlink "/proc/$(systemctl show -p MainPID --value sessiond)/exe"'
}

runs_new() {
    program
    [[ $(program) == */usr/sbin/sessiond ]]
}

# upgrade PACKAGE: what it says is in $WORK/upgrade.
upgrade() {
    cp "$1" "$MACHINE/root/packages/"
    shell 'apt install -y --allow-downgrades --reinstall "./$1"' "${1##*/}" >"$WORK/upgrade" 2>&1 || fail "upgrade: $(<"$WORK/upgrade")"
}

check_upgrade() {
    local before loader
    inside rm -f /tmp/stop
    inside bash -c 'echo "EVENTS_KEEP=30" >>/etc/sessiond/sessiond.conf && echo "# mine" >>/etc/nginx/sites-available/sessiond'
    before=$(master)
    load &
    loader=$!
    upgrade "$NEXT"
    wait_for "the new program" runs_new
    wait_for "the end of the renewal" inside bash -c 'journalctl -b -u sessiond | grep -q service_renewed'
    inside touch /tmp/stop
    wait "$loader"
    expect "the process of the master" "$(master)" "$before"
    expect "answers under load" "$(xargs <"$WORK/load")" '+([0-9]) 200'
    inside grep -qx EVENTS_KEEP=30 /etc/sessiond/sessiond.conf || fail "the settings are gone"
    inside grep -qx '# mine' /etc/nginx/sites-available/sessiond || fail "the site is overwritten"
    step "an upgrade keeps settings, and of the $(xargs <"$WORK/load" | cut -d ' ' -f 1) requests meanwhile none is lost"
}

sql() {
    inside runuser -u postgres -- psql -qAt -d sessiond -c "$1"
}

check_refused_upgrade() {
    sql 'UPDATE schema_versions SET version = -version WHERE version = (SELECT max(version) FROM schema_versions)'
    inside bash -c 'echo "# mine" >>/etc/nginx/sessiond/guard.conf'
    upgrade "$PACKAGE"
    expect "what the upgrade says" "$(<"$WORK/upgrade")" '*could not serve*sessionctl migrate*dpkg-reconfigure sessiond*'
    expect "the program" "$(program)" '*/usr/sbin/* (deleted)'
    wait_for "the page of the old program" sees_page
    sql 'UPDATE schema_versions SET version = abs(version)'
    shell 'dpkg-reconfigure sessiond' >"$WORK/upgrade" 2>&1 || fail "dpkg-reconfigure: $(<"$WORK/upgrade")"
    wait_for "the new program" runs_new
    expect "what is said of changed parts" "$(<"$WORK/upgrade")" '*changed by hand: guard.conf.*'
    inside grep -qx '# mine' /etc/nginx/sessiond/guard.conf || fail "a changed part is overwritten"
    step "what could not serve is refused, with a word, and so is what would overwrite a change"
}

# Attackers write what looks like a log line wherever they can; only their own address may ever be found.
check_fail2ban() {
    local forged='\",\"ip\":\"203.0.113.9\",\"event\":\"authn_login_fail\"'
    inside apt install -y fail2ban python3-systemd >"$WORK/fail2ban" 2>&1 || fail "$(<"$WORK/fail2ban")"
    expect "a wrong password" "$(login wrong-password)" 401
    inside curl -s -o /dev/null -A "{\"event\":\"authn_login_fail\",\"ip\":\"203.0.113.9\"}" -H 'Content-Type: application/json' \
        -d "{\"username\":\"ada$forged\",\"password\":\"wrong password $forged\"}" "$SITE/login"
    inside curl -s -o /dev/null "$SITE/x%22,%22ip%22:%22203.0.113.9%22?authn_login_fail"
    inside fail2ban-regex -o ip systemd-journal /etc/fail2ban/filter.d/sessiond.conf >"$WORK/found" 2>&1 || fail "$(<"$WORK/found")"
    expect "the addresses in the journal" "$(sort -u "$WORK/found" | xargs)" 127.0.0.1
    expect "failures" "$(wc -l <"$WORK/found")" 2
    inside bash -c 'journalctl -u sessiond -o cat --no-pager >/tmp/log'
    inside fail2ban-regex -o ip /tmp/log /etc/fail2ban/filter.d/sessiond.conf >"$WORK/found" 2>&1 || fail "$(<"$WORK/found")"
    expect "the addresses in a file" "$(sort "$WORK/found" | xargs)" '127.0.0.1 127.0.0.1'
    inside fail2ban-client -d >"$WORK/found" 2>&1 || fail "fail2ban does not take the jail: $(<"$WORK/found")"
    [[ $(<"$WORK/found") != *"'sessiond'"* ]] || fail "the jail is on"
    step "fail2ban finds failed logins, and no address that a client makes up"
}

# named_after_it: files of the machine with its name, but for the packages and the log of nginx.
named_after_it() {
    inside find / -xdev -name '*sessiond*' ! -path '/root/packages/*' ! -path '/var/cache/apt/*' ! -path '/proc/*' \
        ! -path '/sys/*' ! -path '/tmp/*' ! -path '/var/log/*' ! -path '/dev/*'
}

check_removal() {
    shell 'apt remove -y sessiond' >"$WORK/remove" 2>&1 || fail "$(<"$WORK/remove")"
    expect "processes" "$(inside pgrep -c sessiond || true)" 0
    expect "a guarded page without the service" "$(ask -b /root/cookies)" '50[0-9] *'
    inside grep -qx EVENTS_KEEP=30 /etc/sessiond/sessiond.conf || fail "remove takes the settings away"
    shell 'apt purge -y sessiond' >"$WORK/remove" 2>&1 || fail "$(<"$WORK/remove")"
    expect "what is left" "$(named_after_it | xargs)" ''
    inside nginx -q -t || fail "nginx is left with a configuration that it does not take"
    expect "databases" "$(databases)" '*sessiond*'
    step "remove leaves the settings and closed doors, purge nothing but the database and the user"
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
    lint
    say "$PASSED passed, 0 failed"
}

main "$@"
