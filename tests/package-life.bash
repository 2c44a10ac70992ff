# shellcheck shell=bash
# shellcheck disable=SC2016 # the shells of the machine expand what stands in quotes here
# What becomes of the package in a machine where it is installed: a boot, upgrades, removal. Needs tests/package.sh,
# which has its words and its machine.

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
    shell 'apt install -y --allow-downgrades --reinstall "./$1"' "${1##*/}" >"$WORK/upgrade" 2>&1 ||
        fail "upgrade: $(<"$WORK/upgrade")"
}

check_upgrade() {
    local before loader
    inside rm -f /tmp/stop
    inside bash -c 'echo EVENTS_KEEP=30 >>/etc/sessiond/sessiond.conf'
    inside bash -c 'echo "# mine" >>/etc/nginx/sites-available/sessiond'
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
    step "an upgrade keeps settings, and loses none of the $(awk '{print $1}' "$WORK/load") requests meanwhile"
}

check_refused_upgrade() {
    sql 'UPDATE schema_versions SET version = -version
        WHERE version = (SELECT max(version) FROM schema_versions)'
    inside bash -c 'echo "# mine" >>/etc/nginx/sessiond/guard.conf'
    upgrade "$PACKAGE"
    expect "what the upgrade says" "$(<"$WORK/upgrade")" '*could not serve*sessionctl migrate*dpkg-reconfigure *'
    expect "the program" "$(program)" '*/usr/sbin/* (deleted)'
    wait_for "the page of the old program" sees_page
    sql 'UPDATE schema_versions SET version = abs(version)'
    shell 'dpkg-reconfigure sessiond' >"$WORK/upgrade" 2>&1 || fail "dpkg-reconfigure: $(<"$WORK/upgrade")"
    wait_for "the new program" runs_new
    expect "what is said of changed parts" "$(<"$WORK/upgrade")" '*changed by hand: guard.conf.*'
    inside grep -qx '# mine' /etc/nginx/sessiond/guard.conf || fail "a changed part is overwritten"
    step "what could not serve is refused, with a word, and so is what would overwrite a change"
}

# found_by_filter LOG: has fail2ban write the addresses that it finds there to $WORK/found.
found_by_filter() {
    inside fail2ban-regex -o ip "$1" /etc/fail2ban/filter.d/sessiond.conf >"$WORK/found" 2>&1 ||
        fail "$(<"$WORK/found")"
}

# Attackers write what looks like a log line wherever they can; only their own address may ever be found.
check_fail2ban() {
    local forged='\",\"ip\":\"203.0.113.9\",\"event\":\"authn_login_fail\"'
    inside apt install -y fail2ban python3-systemd >"$WORK/fail2ban" 2>&1 || fail "$(<"$WORK/fail2ban")"
    expect "a wrong password" "$(login wrong-password)" 401
    inside curl -s -o /dev/null -H 'Content-Type: application/json' \
        -A "{\"event\":\"authn_login_fail\",\"ip\":\"203.0.113.9\"}" \
        -d "{\"username\":\"ada$forged\",\"password\":\"wrong password $forged\"}" "$SITE/login"
    inside curl -s -o /dev/null "$SITE/x%22,%22ip%22:%22203.0.113.9%22?authn_login_fail"
    found_by_filter systemd-journal
    expect "the addresses in the journal" "$(sort -u "$WORK/found" | xargs)" 127.0.0.1
    expect "failures" "$(wc -l <"$WORK/found")" 2
    inside bash -c 'journalctl -u sessiond -o cat --no-pager >/tmp/log'
    found_by_filter /tmp/log
    expect "the addresses in a file" "$(sort "$WORK/found" | xargs)" '127.0.0.1 127.0.0.1'
    inside fail2ban-client -d >"$WORK/found" 2>&1 || fail "fail2ban does not take the jail: $(<"$WORK/found")"
    [[ $(<"$WORK/found") != *"'sessiond'"* ]] || fail "the jail is on"
    step "fail2ban finds failed logins, and no address that a client makes up"
}

# named_after_it: files of the machine with its name, but for the packages.
named_after_it() {
    inside find / -xdev -name '*sessiond*' ! -path '/root/packages/*' ! -path '/var/cache/apt/*' ! -path '/proc/*' \
        ! -path '/sys/*' ! -path '/tmp/*' ! -path '/var/log/journal/*' ! -path '/dev/*'
}

# remove_by VERB, which is `remove` or `purge`, WHAT...: what it says is in $WORK/remove.
remove_by() {
    shell 'apt "$@"' "$1" -y "${@:2}" >"$WORK/remove" 2>&1 || fail "$(<"$WORK/remove")"
}

# install_packages WHAT...: what it says is in $WORK/install.
install_packages() {
    shell 'apt install -y "$@"' "$@" >"$WORK/install" 2>&1 || fail "$(<"$WORK/install")"
}

# A site of somebody else that is guarded needs the parts that a purge takes away.
check_removal() {
    remove_by remove sessiond
    expect "processes" "$(inside pgrep -c sessiond || true)" 0
    expect "a guarded page without the service" "$(ask -b /root/cookies)" '50[0-9] *'
    inside grep -qx EVENTS_KEEP=30 /etc/sessiond/sessiond.conf || fail "remove takes the settings away"
    inside bash -c 'echo "include /etc/nginx/sessiond/http.conf;" >/etc/nginx/conf.d/theirs.conf'
    remove_by purge sessiond
    expect "what a purge says" "$(<"$WORK/remove")" '*/etc/nginx/conf.d/theirs.conf*files above*dropdb*deluser*'
    inside rm /etc/nginx/conf.d/theirs.conf
    expect "what is left" "$(named_after_it | xargs)" ''
    inside nginx -q -t || fail "nginx is left with a configuration that it does not take"
    expect "databases" "$(databases)" '*sessiond*'
    step "remove leaves the settings and closed doors, purge nothing but the database and the user"
}

has_parts() {
    inside test -e /etc/nginx/sessiond/http.conf
}

check_nginx_later() {
    remove_by purge 'nginx*' fail2ban
    inside rm -rf /etc/nginx /etc/fail2ban
    install_packages "./${PACKAGE##*/}"
    ! has_parts || fail "there are parts without an nginx"
    expect "the service without nginx" "$(inside systemctl is-active sessiond)" active
    install_packages nginx
    has_parts || fail "nginx has come, and has no parts"
    remove_by purge sessiond 'nginx*'
    expect "what is left" "$(inside bash -c 'ls -d /etc/nginx /etc/fail2ban 2>/dev/null' | xargs)" ''
    step "parts are made as soon as there is nginx, and a purge leaves none of its directories"
}

check_foreign_parts() {
    inside mkdir -p /etc/nginx/sessiond
    inside bash -c 'echo "# theirs" >/etc/nginx/sessiond/http.conf'
    install_packages nginx "./${PACKAGE##*/}"
    expect "what is said of their parts" "$(<"$WORK/install")" '*nothing tells who made the files*parts stay*'
    inside rm /etc/sessiond/sessiond.conf
    upgrade "$NEXT"
    expect "what is said without settings" "$(<"$WORK/upgrade")" '*could not serve*sessiond.conf*'
    remove_by purge sessiond
    expect "their parts" "$(inside cat /etc/nginx/sessiond/http.conf)" '# theirs'
    expect "what is said of them" "$(<"$WORK/remove")" '*/etc/nginx/sessiond stays*'
    step "parts of somebody else stay, and settings that are gone stop neither an upgrade nor a purge"
}
