#!/usr/bin/env bats
# `make install` into a directory of its own, and the installed program far from the checkout, with nothing but the
# defaults and the address of a database.

load lib/common
one_instance

setup() {
    local variant=
    [[ $BIN != "$ROOT/build/asan/"* ]] || variant=asan
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    chmod 755 "$PLACE"
    INSTALLED=$PLACE/root/usr/local
    CONFIGURED=$PLACE/root/etc/sessiond/sessiond.conf
    BUILT=$ROOT/build/${variant:+$variant/}sessiond
    "$ROOT/scripts/build" VARIANT=$variant "${BUILT#"$ROOT/"}"
    # Modes must not depend on the umask of who installs.
    (umask 077 && make -s -C "$ROOT" VARIANT=$variant install DESTDIR="$PLACE/root" PREFIX=/usr/local)
    chmod 755 "$PLACE/root"
}

after_each() {
    [[ -z ${PID-} ]] || kill -KILL "$PID" 2>/dev/null || true
    rm -rf "$PLACE"
}

# expect_installed FILE SOURCE MODE
expect_installed() {
    cmp "$INSTALLED/$1" "$2"
    expect_equal "mode of $1" "$(stat -c %a "$INSTALLED/$1")" "$3"
}

@test "make install puts every file where it belongs, readable by all, and nothing elsewhere" {
    local file
    expect_installed sbin/sessiond "$BUILT" 755
    expect_installed share/man/man8/sessiond.8 "$ROOT/docs/sessiond.8" 644
    expect_installed share/man/man8/sessionctl.8 "$ROOT/docs/sessionctl.8" 644
    for file in create-database migrate render-nginx; do
        expect_installed "share/sessiond/scripts/$file" "$ROOT/scripts/$file" 755
    done
    for file in lib.sh lib-database.sh lib-parts.sh lib-peer.sh; do
        expect_installed "share/sessiond/scripts/$file" "$ROOT/scripts/$file" 644
    done
    expect_equal "completion" "$(<"$INSTALLED/share/bash-completion/completions/sessionctl")" "$("$INSTALLED/sbin/sessionctl" completion)"
    expect_installed share/sessiond/env.sample "$ROOT/env.sample" 644
    for file in "$ROOT"/sql/*.sql; do
        expect_installed "share/sessiond/sql/${file##*/}" "$file" 644
    done
    while IFS= read -r file; do
        expect_installed "share/sessiond/nginx/$file" "$ROOT/nginx/$file" 644
    done < <(find "$ROOT/nginx" -type f -printf '%P\n')
    expect_installed lib/systemd/system/sessiond.socket "$ROOT/scripts/systemd/sessiond.socket" 644
    expect_equal "mode of the unit" "$(stat -c %a "$INSTALLED/lib/systemd/system/sessiond.service")" 644
    grep -qxF 'ExecStart=/usr/local/sbin/sessiond -f /etc/sessiond/sessiond.conf' "$INSTALLED/lib/systemd/system/sessiond.service"
    cmp "$CONFIGURED" "$ROOT/scripts/systemd/sessiond.conf"
    expect_equal "mode of the settings" "$(stat -c %a "$CONFIGURED")" 640
    expect_equal "directories that not all can enter" "$(find "$INSTALLED" -type d ! -perm 755)" ''
    expect_equal "files that only some can read, or that all can run" "$(find "$INSTALLED" -type f ! -perm 644 ! -path '*/sbin/*' ! -path '*/scripts/*')" ''
    expect_equal "files elsewhere" "$(find "$PLACE/root" -type f ! -path "$INSTALLED/*")" "$CONFIGURED"
}

@test "make install keeps the settings that are there" {
    echo PASSWORD_MIN_LENGTH=12 >>"$CONFIGURED"
    cp "$CONFIGURED" "$PLACE/before"
    make -s -C "$ROOT" install DESTDIR="$PLACE/root" PREFIX=/usr/local >"$PLACE/out" 2>&1
    cmp "$CONFIGURED" "$PLACE/before"
}

@test "the units are what systemd understands, and leave a process that is taken over little to do" {
    local units=$PLACE/units exposure
    mkdir "$units"
    cp "$INSTALLED/lib/systemd/system/sessiond.socket" "$units/"
    sed "s|=/usr/local/sbin/|=$INSTALLED/sbin/|" "$INSTALLED/lib/systemd/system/sessiond.service" >"$units/sessiond.service"
    SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$units"/* >"$PLACE/verified" 2>&1 || fail "$(<"$PLACE/verified")"
    expect_equal "what systemd says of them" "$(grep -F "$units" "$PLACE/verified" || true)" ''
    exposure=$(systemd-analyze security --no-pager --offline=true "$units/sessiond.service" |
        sed -nE 's/.*Overall exposure level for [^:]*: ([0-9.]+) .*/\1/p')
    jq -en --argjson exposure "$exposure" '$exposure < 2' || fail "the exposure is $exposure"
}

# in_a_machine COMMAND...: with a directory /etc of its own, in which the settings are those that were installed.
in_a_machine() {
    cp -a /etc "$PLACE/etc"
    cp -a "$PLACE/root/etc/sessiond" "$PLACE/etc/"
    # shellcheck disable=SC2016 # the shell that is started expands it
    unshare -m bash -c 'mount --bind "$1" /etc && shift && exec "$@"' bash "$PLACE/etc" "$@"
}

@test "without a settings file of the working directory, that of the machine counts" {
    ((EUID == 0)) || skip "only root mounts"
    unshare -m true || skip "nothing can be mounted here"
    mkdir "$PLACE/work"
    expect_equal "without one" "$(in_a_machine env -i -C "$PLACE/work" "$INSTALLED/sbin/sessiond" -w | grep ^SOCKET_DIR)" \
        "SOCKET_DIR=/etc/sessiond/sessiond.conf:$(grep -n ^SOCKET_DIR= "$CONFIGURED" | cut -d : -f 1)"
    echo SOCKET_DIR=elsewhere >"$PLACE/work/.env"
    expect_equal "with one" "$(in_a_machine env -i -C "$PLACE/work" "$INSTALLED/sbin/sessiond" -w | grep ^SOCKET_DIR)" \
        "SOCKET_DIR=.env:1"
    mkdir "$PLACE/checkout"
    cp -r "$ROOT/Makefile" "$ROOT/scripts" "$PLACE/checkout/"
    # shellcheck disable=SC2016 # the shell that is started expands it
    expect_equal "in a checkout" "$(rm "$PLACE/work/.env" && in_a_machine env -i "PATH=$PATH" "SESSIOND=$INSTALLED/sbin/sessiond" \
        bash -c 'source "$1/scripts/lib.sh" && load_settings && echo "${ORIGIN[SOCKET_DIR]}"' bash "$PLACE/checkout")" default
}

@test "the installed sessionctl brings the tables of a database up to date, far from the checkout" {
    local installed=(env -i -C "$PLACE" "PATH=$PATH" "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond")
    "${installed[@]}" "$INSTALLED/sbin/sessionctl" migrate >"$PLACE/out" 2>"$PLACE/err"
    expect_equal "what it says" "$(<"$PLACE/out")" 'schema is current'
    expect_match "which database" "$(<"$PLACE/err")" 'DATABASE_URL from the environment'
    # A settings file of the caller counts as for other commands.
    printf '%s\n' "DATABASE_URL=host='$PLACE/nowhere' dbname=sessiond user=sessiond" >"$PLACE/.env"
    chmod 600 "$PLACE/.env"
    refute env -i -C "$PLACE" "PATH=$PATH" "$INSTALLED/sbin/sessionctl" migrate >"$PLACE/out" 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" "$PLACE/nowhere"
    rm "$INSTALLED/share/sessiond/scripts/migrate"
    refute "${installed[@]}" "$INSTALLED/sbin/sessionctl" migrate 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" 'scripts/migrate is missing: it should be at '
}

# reload FILE: what systemd does for a reload with this settings file: the commands of the unit, up to the first that
# fails. Of what they say, $PLACE/said has all.
reload() {
    local command
    while IFS= read -r command; do
        command=${command//\/usr\/local\/sbin/$INSTALLED\/sbin}
        command=${command//\/etc\/sessiond\/sessiond.conf/$1}
        env -i "PATH=$PATH" "MAINPID=$PID" bash -c "$command" >>"$PLACE/said" 2>&1 </dev/null || return
    done < <(sed -n 's/^ExecReload=//p' "$INSTALLED/lib/systemd/system/sessiond.service")
}

logged() {
    grep -qF "\"event\":\"$1\"" "$PLACE/sessiond.log"
}

@test "a reload of the unit with settings that could not serve fails with the reason, before it has asked the service" {
    local file=$PLACE/work/sessiond.conf
    mkdir -p "$PLACE/work/.run/sockets"
    install -m 640 /dev/null "$file"
    printf '%s\n' "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "SOCKET_DIR=$PLACE/work/.run/sockets" >"$file"
    env -i "PATH=$PATH" "$INSTALLED/sbin/sessiond" -f "$file" >"$PLACE/sessiond.log" 2>&1 </dev/null 3>&- 4>&- &
    PID=$!
    wait_until 30 served
    echo NO_SUCH=1 >>"$file"
    refute reload "$file"
    expect_match "what is said" "$(<"$PLACE/said")" "$file:3: there is no setting named 'NO_SUCH'"
    sed -i '/NO_SUCH/d' "$file"
    reload "$file"
    wait_until 60 logged service_renewed
    # The service was told nothing of the first.
    refute logged renewal_refused
    served
}

@test "root makes role, database and tables where PostgreSQL knows the users of the system, without a password" {
    local where="host='$RUN_DIR/cluster-sockets' dbname=peers" ctl=(env -i -C "$PLACE/closed" "PATH=$PATH")
    mkdir -m 700 "$PLACE/closed"
    ((EUID == 0)) || skip "only root becomes postgres"
    refute "${ctl[@]}" "DATABASE_URL=$where user=sessiond password=x" "$INSTALLED/sbin/sessionctl" create-database 2>"$PLACE/err"
    expect_match "with a password" "$(<"$PLACE/err")" 'overrides the DB_\* settings.*needs no password, such as'
    refute "${ctl[@]}" "DATABASE_URL=$where user=postgres" "$INSTALLED/sbin/sessionctl" create-database 2>"$PLACE/err"
    ctl+=("DATABASE_URL=$where user=sessiond" "$INSTALLED/sbin/sessionctl")
    "${ctl[@]}" create-database >"$PLACE/out" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    expect_match "what it says" "$(<"$PLACE/out")" 'role sessiond and database peers are ready.*applied 001'
    expect_match "the one line beside it" "$(<"$PLACE/err")" '^migrate: the database peers on [^
]*$'
    expect_equal "whose tables" "$(runuser -u postgres -- psql -XAt -h "$RUN_DIR/cluster-sockets" -d peers -c "SELECT tableowner FROM pg_tables WHERE tablename = 'users'")" postgres
    expect_equal "once more" "$("${ctl[@]}" migrate 2>/dev/null)" 'schema is current'
    "${ctl[@]}" user list || fail "the role may not read the tables"
}

@test "root does so by the parts, too, and gives the role the password that they name" {
    local parts=("DB_HOST=$RUN_DIR/cluster-sockets" DB_NAME=parts) ctl=(env -i -C "$PLACE" "PATH=$PATH")
    local role="SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname ="
    ((EUID == 0)) || skip "only root becomes postgres"
    chmod 700 "$PLACE" # postgres need not be able to read the migrations
    refute "${ctl[@]}" "${parts[@]}" DB_USER=ann "$INSTALLED/sbin/sessionctl" create-database 2>"$PLACE/err"
    expect_match "another role" "$(<"$PLACE/err")" 'these settings are empty: DB_PASSWORD POSTGRES_PASSWORD.*for DB_USER=sessiond$'
    "${ctl[@]}" "${parts[@]}" "$INSTALLED/sbin/sessionctl" create-database >"$PLACE/out" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    expect_match "what it says" "$(<"$PLACE/out")" 'role sessiond and database parts are ready.*applied 001'
    "${ctl[@]}" "${parts[@]}" "$INSTALLED/sbin/sessionctl" user list || fail "the role may not read the tables"
    parts=("DB_HOST=$RUN_DIR/cluster-sockets" DB_NAME=bens DB_USER=ben DB_PASSWORD=hush)
    "${ctl[@]}" "${parts[@]}" "$INSTALLED/sbin/sessionctl" create-database >"$PLACE/out" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    expect_match "what it says" "$(<"$PLACE/out")" 'role ben and database bens are ready.*applied 001'
    expect_equal "with passwords" "$(runuser -u postgres -- psql -XAt -h "$RUN_DIR/cluster-sockets" -c "$role 'ben'" -c "$role 'sessiond'")" $'t\nf'
    "${ctl[@]}" "${parts[@]}" "$INSTALLED/sbin/sessionctl" migrate >/dev/null || fail "the schema could not be looked at"
}

@test "sessionctl render-nginx names and keeps what was changed by hand, and writes nothing then with --unless-changed" {
    local ctl=(env -i -C "$PLACE" "PATH=$PATH" "SOCKET_DIR=$PLACE" "$INSTALLED/sbin/sessionctl" render-nginx)
    local parts=$PLACE/nginx/sessiond
    mkdir "$PLACE/nginx"
    "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    cp "$parts/guard.conf" "$PLACE/original"
    echo '# mine' >>"$parts/guard.conf"
    echo '<!-- mine -->' >>"$parts/pages/login.html"
    refute "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" 'changed by hand: (guard.conf pages/login.html|pages/login.html guard.conf)\.'
    expect_equal "the last line" "$(tail -n 1 "$parts/guard.conf")" '# mine'
    "${ctl[@]}" "$PLACE/nginx" 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" "kept them in $parts/changed: "
    cmp "$parts/guard.conf" "$PLACE/original"
    expect_equal "what is kept" "$(tail -qn 1 "$parts"/changed/{guard.conf,pages/login.html} | xargs)" '# mine <!-- mine -->'
    "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err" || fail "$(<"$PLACE/err")"
    rm "$parts/.rendered"
    refute "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" 'nothing tells who made the files'
    "$ROOT/scripts/render-nginx" "$PLACE/nginx" >/dev/null 2>&1
    refute "${ctl[@]}" --unless-changed "$PLACE/nginx" 2>"$PLACE/err"
    expect_match "what it says" "$(<"$PLACE/err")" "the scripts of $ROOT made the files there"
}

served() {
    [[ -S $PLACE/work/.run/sockets/check.sock &&
        $("$PYTHON" "$LIB/fcgi_client.py" --get "$PLACE/work/.run/sockets/check.sock" /ready) == 200 ]]
}

@test "the installed program serves outside the checkout, with the defaults" {
    local code=0
    # In a directory of its own, with the environment of an init.
    local installed=(env -i -C "$PLACE/work" "PATH=$PATH"
        "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" "$INSTALLED/sbin/sessiond")
    mkdir -p "$PLACE/work/.run/sockets"
    expect_equal "check of the settings" "$("${installed[@]}" -n)" 'settings are valid'
    "${installed[@]}" >"$PLACE/sessiond.log" 2>&1 </dev/null 3>&- 4>&- &
    PID=$!
    wait_until 30 served
    # Among the rest: a common password is refused.
    "$PYTHON" "$LIB/fcgi_client.py" "$PLACE/work/.run/sockets/password.sock" life >"$PLACE/life"
    grep -qxF 'POST /register 400 invalid_request' "$PLACE/life"
    grep -qxF 'POST /register 201' "$PLACE/life"
    expect_equal "other answers" "$(grep -vE ' (200|201|400 invalid_request|401 invalid_ticket)$|^end$' "$PLACE/life")" ''
    kill -TERM "$PID"
    wait_until 30 dead "$PID"
    wait "$PID" || code=$?
    PID=
    expect_equal "exit status" "$code" 0
    expect_equal "sockets that are left" "$(find "$PLACE/work" -type s)" ''
}
