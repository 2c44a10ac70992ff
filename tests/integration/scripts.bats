#!/usr/bin/env bats
# What a user runs: scripts/run and its companions. Starts, stops, second starts, two at once, faults at the start, the
# configuration of nginx, and a database of somebody else over TCP.

setup_file() {
    load lib/common
    stack_new
    stack_up
    export FIRST_STACK=$STACK
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    FIRST=("STACK=$STACK" "PORT=$PORT" "RUN_DIR=$RUN_DIR" "ENV_FILE=$ENV_FILE")
}

# Whatever a test started beside the first instance.
after_each() {
    if [[ $STACK != "$FIRST_STACK" ]]; then
        [[ ! -L $RUN_DIR/state ]] || rm -rf "/var/lib/sessiond-run/$(basename "$(readlink "$RUN_DIR/state")")"
        stack_down
    fi
    [[ -z ${HOLDER-} ]] || kill "$HOLDER" 2>/dev/null || true
    server_remove
}

back_to_first() {
    export "${FIRST[@]}"
}

# --- starting and stopping ------------------------------------------------------------------------------------------

@test "run: says where it listens and how to try it" {
    wait_until 10 grep -q 'curl ' "$STACK/run.log"
    grep -qF "http://localhost:$PORT" "$STACK/run.log"
    local line
    line=$(grep -m 1 -o 'curl .*' "$STACK/run.log")
    (cd "$BATS_TEST_TMPDIR" && bash -c "$line" >tour 2>&1)
    grep -q '^HTTP/1.1 201' "$BATS_TEST_TMPDIR/tour"
}

@test "run: ends by SIGTERM and by SIGINT without a trace, and finds its data again" {
    stack_new
    stack_up
    new_user
    local signal
    for signal in TERM INT; do
        local before
        mapfile -t before < <(stack_pids)
        ((${#before[@]} > 8)) || fail "only ${#before[@]} processes were found"
        kill "-$signal" "$(run_pid)"
        wait_until 30 dead "$(run_pid)"
        wait_until 5 all_dead "${before[@]}"
        expect_equal "processes left" "$(stack_pids | wc -l)" 0
        wait_until 5 port_is_free "$PORT"
        expect_equal "sockets left" "$(find "$RUN_DIR" -type s | wc -l)" 0
        stack_up
        content_is 200 "$access"
        login "$name"
    done
    stack_stop
}

# The way is tried with the one version that is there, to a new cluster of it.
@test "run: a cluster of another version of PostgreSQL is told, and the way of the docs moves it to a new one" {
    local state version owner=
    stack_new
    stack_up
    new_user
    stack_stop
    state=$RUN_DIR
    [[ ! -L $RUN_DIR/state ]] || state=$(readlink "$RUN_DIR/state")
    version=$(<"$state/cluster/PG_VERSION")
    echo 9 >"$state/cluster/PG_VERSION"
    stack_start
    refused "made by PostgreSQL 9, which is not installed: install postgresql-9; docs/operations.md, 'A new major version of PostgreSQL'"
    echo "$version" >"$state/cluster/PG_VERSION"
    ((EUID != 0)) || owner='runuser -u postgres --'
    sed -nE '/^cd RUN_DIR/,/^```$/p' "$ROOT/docs/operations.md" | sed "/^\`\`\`/d; s|^cd RUN_DIR/.*|cd $state|; s|^old=.*|old=$version new=$version owner='$owner'|" >"$STACK/way"
    bash -e "$STACK/way" >"$STACK/way.log" 2>&1 || fail "$(<"$STACK/way.log")"
    [[ -d $state/cluster.$version && ! -e $state/upgrade ]]
    stack_up
    content_is 200 "$access"
    login "$name"
    stack_stop
}

all_gone() {
    local pid
    for pid in "$@"; do
        [[ ! -d /proc/$pid ]] || return 1
    done
}

@test "run: after a crash of everything it starts again with its data" {
    stack_new
    stack_up
    new_user
    local all
    mapfile -t all < <(stack_pids)
    kill -KILL "${all[@]}"
    # A dead process whose parent has not looked yet still has its number, which PostgreSQL takes for another server.
    wait_until 20 all_gone "${all[@]}"
    stack_up
    content_is 200 "$access"
    stack_stop
}

@test "run: when the service dies for good, everything ends and the exit status tells" {
    stack_new
    stack_up
    local before
    mapfile -t before < <(stack_pids)
    kill -KILL "$(master_pid)"
    wait_until 30 dead "$(run_pid)"
    wait_until 10 all_dead "${before[@]}"
    wait_until 5 port_is_free "$PORT"
}

@test "run: two instances live side by side" {
    new_user
    local first_access=$access first_name=$name
    stack_new
    stack_up
    content_is 401 "$first_access"
    new_user "$first_name"
    content_is 200 "$access"
    sql_is 'select count(*) from users' 1
    stack_stop
    back_to_first
    content_is 200 "$first_access"
}

@test "run: a port that is taken is a clear error, and nothing is left" {
    local taken=$PORT
    stack_new
    PORT=$taken
    stack_start
    wait_until 60 dead "$(run_pid)"
    grep -qiE "port .*$taken|$taken.*(in use|taken)" "$STACK/run.log" || fail "$(cat "$STACK/run.log")"
    expect_equal "processes left" "$(stack_pids | wc -l)" 0
    back_to_first
    api GET /health
    expect_status 200
}

# holders_of_lock ARGUMENT OF find...: the descriptors by which processes have the lock of the instance open.
holders_of_lock() {
    find /proc/[0-9]*/fd -lname "$RUN_DIR/lock" "$@" 2>/dev/null || true
}

@test "run: every process of an instance holds its lock, and none can write into it" {
    wait_until 10 grep -q 'is ready' "$STACK/run.log"
    local name holders
    holders=$(for name in $(holders_of_lock | cut -d / -f 3); do cat "/proc/$name/comm" 2>/dev/null || true; done | sort -u | tr '\n' ' ')
    for name in nginx postgres sed sessiond; do
        [[ " $holders" == *" $name "* ]] || fail "no process $name holds the lock, but: $holders"
    done
    expect_equal "open for writing" "$(holders_of_lock -perm /222)" ''
}

@test "run: a lock that does not say who holds it ends a second start, and no process of the first" {
    local before words
    before=$(<"$RUN_DIR/lock")
    for words in "${before}x" . '' '1/..'; do
        printf '%s' "$words" >"$RUN_DIR/lock"
        run timeout 10 "$ROOT/scripts/run"
        printf '%s\n' "$before" >"$RUN_DIR/lock"
        expect_equal "status with '$words'" "$status" 1
        expect_match "what it says with '$words'" "$output" "$RUN_DIR/lock is held by a process that it does not name"
        alive "$before" || fail "the first instance has ended"
    done
}

@test "run: what a killed instance has left holds its place, until it has ended" {
    local left
    stack_new
    stack_up
    left=$(pgrep -P "$(postmaster_pid)" -f walwriter)
    kill -STOP "$left" # PostgreSQL does not end before it
    kill -KILL "$(run_pid)"
    wait_until 20 dead "$(run_pid)"
    stack_start
    wait_until 60 grep -qx 'waiting for the processes of a killed instance to end' "$STACK/run.log"
    alive "$left"
    alive "$(run_pid)"
    kill -CONT "$left"
    wait_until 120 stack_is_ready
    alive "$(run_pid)" || fail "$(<"$STACK/run.log")"
    dead "$left"
    stack_stop
}

@test "run: a RUN_DIR on a file system that does not lock is told" {
    local stub=$BATS_TEST_TMPDIR/bin
    mkdir "$stub"
    # shellcheck disable=SC2016 # the stub expands it
    printf '%s\n' '#!/bin/bash' '[[ $(readlink "/proc/self/fd/${*: -1}") == "$RUN_DIR/lock" ]] || exec /usr/bin/flock "$@"' \
        'echo "flock: Bad file descriptor" >&2; exit 65' >"$stub/flock"
    chmod +x "$stub/flock"
    run timeout 60 env "PATH=$stub:$PATH" "$ROOT/scripts/run"
    expect_equal "status" "$status" 1
    expect_match "what it says" "$output" "$RUN_DIR/lock cannot be locked .*: choose a RUN_DIR on a file system of this host"
}

@test "run: the same RUN_DIR twice is a clear error, and the first goes on" {
    local port
    free_port
    STACK_BEFORE=$STACK
    mkdir "$STACK/second"
    (
        STACK=$STACK_BEFORE/second
        PORT=$port
        stack_start
        wait_until 60 dead "$(run_pid)"
    )
    grep -qF "$RUN_DIR" "$STACK/second/run.log" || fail "$(cat "$STACK/second/run.log")"
    api GET /ready
    expect_status 200
}

@test "run: wrong settings are told before anything starts" {
    stack_new
    stack_start LOGIN_RATE=many
    wait_until 60 dead "$(run_pid)"
    grep -qF LOGIN_RATE "$STACK/run.log"
    grep -qF many "$STACK/run.log"
    expect_equal "processes left" "$(stack_pids | wc -l)" 0
    [[ ! -d $RUN_DIR/cluster ]]
}

@test "run: as root, no worker, nginx worker or PostgreSQL process is root" {
    ((EUID == 0)) || skip "needs root"
    local pid
    for pid in $(worker_pids) $(pids_below "$(postmaster_pid)"); do
        [[ $(stat -c %u "/proc/$pid") != 0 ]] || fail "process $pid ($(cat "/proc/$pid/comm")) is root"
    done
    for pid in $(worker_pids); do
        expect_equal "user of $pid" "$(stat -c %U "/proc/$pid")" sessiond
        expect_equal "capabilities of $pid" "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" 0000000000000000
        expect_equal "NoNewPrivs of $pid" "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status")" 1
        expect_equal "groups of $pid" "$(awk '/^Groups/ { print NF - 1 }' "/proc/$pid/status")" 0
    done
    for pid in $(pids_below "$(pgrep -f "nginx: master.*$RUN_DIR" | head -n 1)"); do
        if grep -qF 'worker process' "/proc/$pid/cmdline"; then
            [[ $(stat -c %u "/proc/$pid") != 0 ]] || fail "nginx worker $pid is root"
        fi
    done
}

@test "run: as root, a user of the workers that runs other programs too is warned of" {
    ((EUID == 0)) || skip "needs root"
    refute grep -q worker_user_shared "$(service_log)"
    refute grep -q 'warning: ' "$STACK/run.log"
    local user
    for user in nobody www-data daemon; do
        stack_new
        stack_up "WORKER_USER=$user"
        grep -q "\"event\":\"worker_user_shared\",\"user\":\"$user\"" "$(service_log)"
        expect_equal "warnings of $user" "$(grep -c "warning: .*the user $user, too" "$STACK/run.log")" 1
        stack_stop
    done
}

@test "install-packages: as root makes the user of the workers, who can do nothing else" {
    ((EUID == 0)) || skip "needs root"
    expect_equal "its entry" "$(getent passwd sessiond | cut -d : -f 6,7)" '/nonexistent:/usr/sbin/nologin'
    expect_equal "its groups" "$(id -Gn sessiond)" sessiond
    (($(id -u sessiond) < 1000))
    expect_equal "said when it is there" "$("$ROOT/scripts/install-packages" run)" ''
}

# new_system: another root for install-packages with nothing in it, in $SYSTEM, where the real apt-get installs nothing
# from nowhere; and programs in $SYSTEM/bin that stand before those of the machine. dpkg-query finds no package there.
new_system() {
    SYSTEM=$BATS_TEST_TMPDIR/system
    mkdir -p "$SYSTEM"/{bin,dpkg,etc/systemd/system,apt/{lists,archives}/partial,log}
    cp /var/lib/dpkg/status "$SYSTEM/dpkg/status"
    cat >"$SYSTEM/apt.conf" <<EOF_
Dir::State "$SYSTEM/apt"; Dir::State::status "$SYSTEM/dpkg/status"; Dir::Cache "$SYSTEM/apt"; Dir::Log "$SYSTEM/log";
Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "/dev/null";
EOF_
    printf '#!/bin/sh\nexit 1\n' >"$SYSTEM/bin/dpkg-query"
    chmod 755 "$SYSTEM/bin/dpkg-query"
}

# install_there GROUP...: its output is in $SYSTEM/output.
install_there() {
    env DPKG_ROOT="$SYSTEM" APT_CONFIG="$SYSTEM/apt.conf" PATH="$SYSTEM/bin:$PATH" "$ROOT/scripts/install-packages" "$@" \
        >"$SYSTEM/output" 2>&1 </dev/null 3>&- 4>&-
}

@test "install-packages: waits, with a word, for a program that holds a lock of apt" {
    ((EUID == 0)) || skip "needs root"
    local lock installer
    new_system
    for lock in dpkg/lock-frontend apt/lists/lock; do
        rm -f "$SYSTEM/output"
        "$PYTHON" "$LIB/hold_lock.py" "$SYSTEM/$lock" >"$SYSTEM/holder" 3>&- 4>&- &
        HOLDER=$!
        wait_until 30 grep -qx held "$SYSTEM/holder"
        install_there build &
        installer=$!
        wait_until 60 grep -q "^waiting, .*$SYSTEM/$lock.* held by process $HOLDER" "$SYSTEM/output" || fail "$lock: $(<"$SYSTEM/output")"
        kill "$HOLDER"
        wait "$installer" || fail "$lock: $(<"$SYSTEM/output")"
        expect_equal "words of waiting" "$(grep -c '^waiting' "$SYSTEM/output")" 1
    done
}

@test "install-packages: as root, what it installs is not started by the next boot, and it says so" {
    ((EUID == 0)) || skip "needs root"
    local name
    new_system
    mkdir -p "$SYSTEM/usr/lib/systemd/system"
    ln -s usr/lib "$SYSTEM/lib"
    for name in before new admins; do
        printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >"$SYSTEM/usr/lib/systemd/system/$name.service"
    done
    printf '[Socket]\nListenStream=/run/new\n[Install]\nWantedBy=sockets.target\n' >"$SYSTEM/usr/lib/systemd/system/new.socket"
    # In place of apt-get, what the scripts of a package do; and before that, another program that installs has the
    # lock, enables a service and takes its policy away.
    cat >"$SYSTEM/bin/apt-get" <<'EOF_'
#!/bin/sh
enable() { DPKG_MAINTSCRIPT_PACKAGE=$1 deb-systemd-helper enable "$2"; }
if [ ! -L "$DPKG_ROOT/etc/systemd/system/multi-user.target.wants/admins.service" ]; then
    enable admins admins.service
    rm -f "$DPKG_ROOT/usr/sbin/policy-rc.d"
    echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (other)'
    exit 100
fi
[ -e "$DPKG_ROOT/usr/sbin/policy-rc.d" ] || { echo 'a service can start'; exit 1; }
case " $* " in *" install "*) enable new new.service && enable new new.socket ;; esac
EOF_
    chmod 755 "$SYSTEM"/bin/*
    DPKG_ROOT=$SYSTEM DPKG_MAINTSCRIPT_PACKAGE=before deb-systemd-helper enable before.service
    install_there build || fail "$(<"$SYSTEM/output")"
    expect_equal "services of the next boot" "$(ls "$SYSTEM/etc/systemd/system/multi-user.target.wants")" $'admins.service\nbefore.service'
    expect_equal "sockets of the next boot" "$(ls "$SYSTEM/etc/systemd/system/sockets.target.wants" 2>/dev/null)" ''
    grep -q "^the next boot does not start .*: new new.socket$" "$SYSTEM/output" || fail "$(<"$SYSTEM/output")"
    [[ ! -e $SYSTEM/usr/sbin/policy-rc.d ]]
}

@test "run: as an ordinary user" {
    ((EUID == 0)) || skip "needs root to become another user"
    runuser -u nobody -- test -x "$ROOT/scripts/run" || skip "other users cannot enter this checkout"
    stack_new
    chown nobody "$STACK" "$STACK/env"
    "${CLEAN[@]}" "${CHEAP[@]}" "STACK_MARK=$STACK" HOME="$STACK" setsid setpriv --reuid nobody --regid nogroup --clear-groups \
        "$ROOT/scripts/run" >"$STACK/run.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/run.pid"
    wait_until 120 stack_is_ready
    alive "$(run_pid)" || fail "$(cat "$STACK/run.log")"
    new_user
    content_is 200 "$access"
    local pid
    for pid in $(stack_pids); do
        expect_equal "user of $pid" "$(stat -c %U "/proc/$pid")" nobody
    done
    stack_stop
}

# --- other users of the machine -------------------------------------------------------------------------------------------

# refused WORDS: scripts/run ends before it starts anything, and says these words.
refused() {
    wait_until 60 dead "$(run_pid)"
    grep -qF -- "$1" "$STACK/run.log" || fail "instead of '$1' it says: $(<"$STACK/run.log")"
    expect_equal "processes left" "$(stack_pids | wc -l)" 0
}

@test "run: a link in RUN_DIR that it has not made is told, and nothing is lost where it leads" {
    local name
    for name in sockets cluster-sockets; do
        stack_new
        mkdir -p "$RUN_DIR" "$STACK/mine/$name"
        echo mine >"$STACK/mine/treasure"
        ln -s "$STACK/mine/$name" "$RUN_DIR/$name"
        stack_start
        refused "$RUN_DIR/$name is a link that this script has not made"
        expect_equal "what was there" "$(<"$STACK/mine/treasure") $(stat -c %F "$STACK/mine/$name")" 'mine directory'
        stack_down
    done
}

@test "run: its own short directory for sockets is removed, another of such a name is not" {
    stack_new
    local short long=$STACK/$(printf 'x%.0s' {1..80})
    mkdir "$long"
    RUN_DIR=$long/run
    stack_up
    short=$(dirname "$(readlink "$RUN_DIR/sockets")")
    [[ -d $short ]]
    stack_stop
    [[ ! -e $short && ! -L $RUN_DIR/sockets ]] || fail "$short is left"
    if ((EUID == 0)); then
        # After a restart of the machine, somebody else may have a directory of that name.
        short=$(setpriv --reuid=nobody --clear-groups mktemp -d /tmp/sessiond.XXXXXX)
        ln -s "$short/sockets" "$short/cluster-sockets" "$RUN_DIR/"
        stack_up
        stack_stop
        [[ -d $short ]] || fail "the directory of nobody is gone"
        rmdir "$short"
    fi
}

@test "run: a RUN_DIR that others own or may change is refused, and nothing of it is followed" {
    # what is done to the place, what is told (@R is RUN_DIR, @S the directory above it)
    local row rows=(
        'mkdir -m 777 @R|others may write to @R' 'mkdir -m 775 @R|others may write to @R' 'chmod 777 @S|every user may write to @S'
        'mkdir @R; ln -s @S/victim @R/lock|@R/lock is not a file' 'mkdir @R; mkfifo @R/lock|@R/lock is not a file'
        'mkdir @R; ln @S/victim @R/lock|@R/lock is not a file'
    )
    ((EUID != 0)) || rows+=(
        'mkdir @R; chown nobody @R|@R is not a directory of the user root' 'chown nobody @S|@S belongs to the user nobody'
        'chgrp nogroup @S; chmod 2775 @S|the group nogroup, or whom an access list names, may write to @S'
        'mkdir @R; ln -s @S/elsewhere @R/log; chown -h nobody @R/log|@R/log belongs to the user nobody'
        'mkdir @R; ln -s @S/elsewhere @R/state; chown -h nobody @R/state|@R/state belongs to the user nobody'
        'mkdir @R; mkdir @R/sockets; chown nobody @R/sockets|@R/sockets belongs to the user nobody'
    )
    for row in "${rows[@]}"; do
        stack_new
        mkdir "$STACK/place"
        RUN_DIR=$STACK/place/run
        echo precious >"$STACK/place/victim"
        row=${row//@R/"$RUN_DIR"}
        row=${row//@S/"$STACK/place"}
        bash -c "${row%%|*}"
        stack_start
        refused "${row#*|}"
        expect_equal "the victim after ${row%%|*}" "$(<"$STACK/place/victim")" precious
        [[ ! -e $STACK/place/elsewhere ]]
        stack_down
    done
}

@test "run: a directory that holds the scripts themselves is as trustworthy as they are" {
    local place=$BATS_TEST_TMPDIR/place
    mkdir -p "$place/checkout/scripts" "$place/other"
    cp "$ROOT/scripts/lib.sh" "$place/checkout/scripts"
    chmod 777 "$place"
    bash -c 'source "$1/checkout/scripts/lib.sh" && require_own RUN_DIR "$1/checkout/.run" && require_own RUN_DIR "$1/run"' test "$place"
    if ((EUID == 0)); then
        # Such is /usr/local where Debian's group staff may write to it.
        chgrp nogroup "$place"
        chmod 2775 "$place"
        bash -c 'source "$1/checkout/scripts/lib.sh" && require_own RUN_DIR "$1/checkout/.run"' test "$place"
    fi
    chmod 777 "$place/checkout/scripts" "$place/other"
    local below
    for below in checkout/scripts other; do
        refute bash -c 'source "$1/checkout/scripts/lib.sh" && require_own RUN_DIR "$2/run"' test "$place" "$place/$below" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "every user may write to $place/$below" "$BATS_TEST_TMPDIR/errors"
    done
}

@test "run and render-nginx: as root, other directories of other users are refused too" {
    ((EUID == 0)) || skip "needs root"
    stack_new
    mkdir -m 755 "$STACK/place"
    chown nobody "$STACK/place"
    stack_start "SOCKET_DIR=$STACK/place"
    refused "SOCKET_DIR: $STACK/place is not a directory of the user root"
    expect_equal owner "$(stat -c %U "$STACK/place")" nobody
    local directory
    for directory in "$STACK/place" "$STACK/place/below"; do
        refute "$ROOT/scripts/render-nginx" "$directory" 2>"$STACK/errors"
        grep -qF "$STACK/place" "$STACK/errors"
    done
    expect_equal "what was written" "$(ls -A "$STACK/place")" ''
}

@test "render-nginx: a directory of sockets in which others could replace them is refused" {
    local place=$BATS_TEST_TMPDIR/sockets directory=$BATS_TEST_TMPDIR/nginx mode
    mkdir -m 755 "$place" "$directory"
    for mode in 777 1777 775; do
        chmod "$mode" "$place"
        SOCKET_DIR=$place refute "$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "SOCKET_DIR: others may write to $place: run 'chmod go-w $place'" "$BATS_TEST_TMPDIR/errors"
    done
    chmod 755 "$place"
    if ((EUID == 0)); then
        chown nobody "$place"
        SOCKET_DIR=$place refute "$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "SOCKET_DIR: $place is not a directory of the user" "$BATS_TEST_TMPDIR/errors"
        chown sessiond "$place" # as RuntimeDirectory= of systemd does for a service that starts as this user
    fi
    expect_equal "what was written" "$(ls -A "$directory")" ''
    SOCKET_DIR=$place "$ROOT/scripts/render-nginx" "$directory" 2>/dev/null
}

@test "run and render-nginx: as root, no link of another user is followed, wherever it stands on the way" {
    ((EUID == 0)) || skip "needs root to become another user"
    stack_new
    local link=$STACK/open/link place told
    told="$link is a link of the user nobody"
    mkdir -p "$STACK/elsewhere/nginx" "$STACK/own/nginx"
    mkdir -m 1777 "$STACK/open"
    echo precious >"$STACK/elsewhere/nginx/nginx.conf"
    runuser -u nobody -- ln -s "$STACK/elsewhere" "$link"
    ln -s open/link "$STACK/mine"
    for place in "$link" "$link/below" "$STACK/mine"; do
        refute "$ROOT/scripts/render-nginx" "$place" 2>"$STACK/errors"
        grep -qF "the directory to write to: $told" "$STACK/errors"
        RUN_DIR=$place refute "$ROOT/scripts/render-nginx" 2>"$STACK/errors"
        grep -qF "RUN_DIR: $told" "$STACK/errors"
    done
    RUN_DIR=$link stack_start
    refused "RUN_DIR: $told"
    stack_start "SOCKET_DIR=$link"
    refused "SOCKET_DIR: $told"
    expect_equal "what lies there" "$(cd "$STACK/elsewhere" && find . -type f -exec grep -H . {} +)" ./nginx/nginx.conf:precious
    chown nobody "$STACK/own"
    RUN_DIR=$STACK/own refute "$ROOT/scripts/render-nginx" 2>"$STACK/errors"
    grep -qF "RUN_DIR: $STACK/own is not a directory of the user root" "$STACK/errors"
    expect_equal "what was written" "$(find "$STACK/own" -type f)" ''
}

@test "render-nginx: removes the includes of earlier versions, by name, and nothing of others" {
    local directory=$BATS_TEST_TMPDIR/etc name
    mkdir -p "$directory/sessiond"
    for name in guard-proxy guard-fastcgi guard-static mine; do
        echo 'auth_request /_sessiond/verify;' >"$directory/sessiond/$name.conf"
    done
    "$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors"
    for name in guard-proxy guard-fastcgi guard-static; do
        [[ ! -e $directory/sessiond/$name.conf ]] || fail "$name.conf is still there"
        grep -q "removed .*/sessiond/$name.conf .*guard.conf in its place" "$BATS_TEST_TMPDIR/errors" || fail "$name is not named"
    done
    [[ -e $directory/sessiond/mine.conf ]]
    "$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors"
    refute grep removed "$BATS_TEST_TMPDIR/errors"
}

@test "run and render-nginx: links of one's own and of root are followed" {
    local place=$BATS_TEST_TMPDIR/place path paths
    mkdir -p "$place/target/deep" "$place/aside"
    ln -s "$place/target" "$place/absolute"
    ln -s ../place/absolute/deep "$place/relative"
    ln -s circle "$place/circle"
    paths=(/ // /var/run/x "$place/absolute" "$place//absolute/./new/" "$place/relative/../x" "$place/relative/../../aside" "$place/none/../absolute"
        absolute/deep ./relative ../place/absolute .)
    resolve() {
        (cd "$place" && bash -c 'source "$1/scripts/lib.sh" && resolve_own WHAT "$2"' test "$ROOT" "$1")
    }
    for path in "${paths[@]}"; do
        expect_equal "$path" "$(resolve "$path")" "$(cd "$place" && realpath -m -- "$path")"
    done
    refute resolve "$place/circle/x" 2>"$BATS_TEST_TMPDIR/errors"
    grep -qF "WHAT: the links of $place/circle/x lead in a circle" "$BATS_TEST_TMPDIR/errors"
    "$ROOT/scripts/render-nginx" "$place/absolute"
    [[ -f $place/target/sessiond/http.conf && -L $place/absolute ]]
}

@test "build and run: no other user can hold a lock that they wait for" {
    ((EUID == 0)) || skip "needs root to become another user"
    local file holder locks=0
    for file in "$ROOT/Makefile" "$ROOT/build/lock" "$RUN_DIR/lock"; do
        : >"$BATS_TEST_TMPDIR/held"
        if runuser -u nobody -- test -r "$file"; then
            runuser -u nobody -- flock "$file" sh -c 'echo held; exec sleep 60' >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- 4>&- &
            holder=$!
            wait_until 10 grep -q held "$BATS_TEST_TMPDIR/held"
            timeout 50 "$ROOT/scripts/build" build/sessiond || fail "with $file held by nobody, the build does not end"
            kill "$holder"
            wait "$holder" || true
        fi
    done
    for file in "$ROOT/build/lock" "$RUN_DIR/lock"; do
        expect_equal "mode of $file" "$(stat -c %a "$file")" 600
        locks=$((locks + 1))
    done
    ((locks == 2))
}

@test "build: many find at the same time that all is built, and none of them beside a build" {
    local place=$BATS_TEST_TMPDIR/checkout lock pid
    mkdir -p "$place/scripts"
    cp "$ROOT/scripts/build" "$ROOT/scripts/lib.sh" "$place/scripts"
    printf 'build/x: source\n\tcp source $@\n' >"$place/Makefile"
    echo first >"$place/source"
    "$place/scripts/build" build/x
    exec {lock}<>"$place/build/lock"
    flock -s "$lock" # as one who looks
    timeout 50 "$place/scripts/build" build/x >"$BATS_TEST_TMPDIR/said" 2>&1 || fail "it waits for one who only looks"
    expect_equal "what it says" "$(<"$BATS_TEST_TMPDIR/said")" ''
    echo second >"$place/source"
    "$place/scripts/build" build/x >"$BATS_TEST_TMPDIR/said" 2>&1 {lock}>&- 3>&- 4>&- &
    pid=$!
    wait_until 60 grep -qF "waiting for another build of $place to end" "$BATS_TEST_TMPDIR/said"
    expect_equal "before the lock is free" "$(<"$place/build/x")" first
    exec {lock}>&-
    wait "$pid"
    expect_equal "after that" "$(<"$place/build/x")" second
    exec {lock}<>"$place/build/lock"
    flock "$lock" # as a build
    "$place/scripts/build" build/x >"$BATS_TEST_TMPDIR/said" 2>&1 {lock}>&- 3>&- 4>&- &
    pid=$!
    wait_until 60 grep -qF "waiting for another build of $place to end" "$BATS_TEST_TMPDIR/said"
    exec {lock}>&-
    wait "$pid"
}

@test "run: as root, a database that lies elsewhere is never taken for a first start, nor for that of another RUN_DIR" {
    ((EUID == 0)) || skip "needs root"
    local place
    stack_new
    mkdir -m 700 "$STACK/closed"
    RUN_DIR=$STACK/closed/run
    stack_up
    new_user
    place=$(readlink "$RUN_DIR/state")
    grep -qF "cluster and sockets are in $place" "$STACK/run.log"
    stack_stop
    # The pointer goes, the database stays.
    mv "$RUN_DIR/state" "$STACK/closed/pointer"
    stack_start
    refused "$place has the database of an earlier $RUN_DIR"
    ln -s "$place" "$RUN_DIR/state"
    stack_up
    content_is 200 "$access"
    stack_stop
    # The database goes, the pointer stays.
    mv "$place/cluster" "$STACK/closed/cluster"
    stack_start
    refused "$RUN_DIR/state leads to $place, and the database that was there is gone"
    [[ ! -e $place/cluster ]]
    rm -rf "$place"
    stack_start
    refused "$RUN_DIR/state leads to $place, and the database that was there is gone"
    [[ ! -e $place ]]
}

@test "run: as root, that it cannot become its users is told, and is no reason for another place" {
    ((EUID == 0)) || skip "needs root"
    local most=-setuid,-setgid
    setpriv --bounding-set="$most" --inh-caps="$most" true || skip "needs the right to give up rights"
    stack_new
    "${CLEAN[@]}" "${CHEAP[@]}" "STACK_MARK=$STACK" setsid setpriv --bounding-set="$most" --inh-caps="$most" \
        "$ROOT/scripts/run" >"$STACK/run.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/run.pid"
    refused "root cannot become the user postgres here"
    [[ ! -L $RUN_DIR/state ]]
}

# --- how they are called -----------------------------------------------------------------------------------------------

# call_script ARGUMENT...: in an empty directory, with nothing built, so that what is wrong is told before anything is
# done.
call_script() {
    local script=$1
    shift
    status=0
    output=$(cd "$EMPTY" && SESSIOND=/none "$ROOT/scripts/$script" "$@" 2>"$BATS_TEST_TMPDIR/errors" </dev/null) || status=$?
    errors=$(<"$BATS_TEST_TMPDIR/errors")
}

commands() {
    find "$ROOT/scripts" -type f -perm -u+x -printf '%P\n' | sort
}

@test "every script: --help says how it is called, and does nothing" {
    local script seen=0 EMPTY=$BATS_TEST_TMPDIR/empty
    mkdir "$EMPTY"
    for script in $(commands); do
        call_script "$script" --help
        expect_equal "exit status of $script --help" "$status" 0
        expect_match "$script --help" "$output" "^usage: scripts/$script( |\$|"$'\n'")"
        expect_equal "errors of $script --help" "$errors" ''
        [[ $(wc -l <<<"$output") -gt 1 ]] || fail "$script --help only says: $output"
        seen=$((seen + 1))
    done
    ((seen >= 9))
    expect_equal "what it has made" "$(ls -A "$EMPTY")" ''
}

@test "every script: an argument that it does not know is told, with the exit status 2" {
    local row script arguments EMPTY=$BATS_TEST_TMPDIR/empty
    mkdir "$EMPTY"
    for script in $(commands); do
        # psql has options of its own.
        [[ $script != psql ]] || continue
        call_script "$script" --no-such-option
        expect_equal "exit status of $script" "$status $output" '2 '
        expect_match "errors of $script" "$errors" "--no-such-option.*usage: scripts/$script"
    done
    local rows=(
        'create-database x' 'migrate x' 'run x' 'bench x' 'bench curves' 'bench curves x y' 'render-nginx x y' 'install-packages' 'install-packages run x'
        'test x' 'test unit x' 'test integration x.bats'
    )
    for row in "${rows[@]}"; do
        read -r -a arguments <<<"$row"
        call_script "${arguments[@]}"
        expect_equal "exit status of $row" "$status $output" '2 '
        expect_match "errors of $row" "$errors" "^${arguments[0]}: .*usage: scripts/${arguments[0]}"
        [[ ${#arguments[@]} == 1 || $errors == *"'${arguments[-1]}'"* ]] || fail "$row: $errors"
    done
    expect_equal "what they have made" "$(ls -A "$EMPTY")" ''
}

@test "every script: of what it complains of a terminal obeys nothing, and it is not long" {
    local script word EMPTY=$BATS_TEST_TMPDIR/empty
    mkdir "$EMPTY"
    for script in $(commands); do
        [[ $script != psql ]] || continue
        for word in $'--a\x1b[31m\n\x07\xc2\x9b2J\xff' "--$(printf 'a%.0s' {1..100000})"; do
            call_script "$script" "$word"
            expect_equal "exit status of $script" "$status $output" '2 '
            expect_equal "hidden characters" "$(LC_ALL=C tr -d ' -~\n' <"$BATS_TEST_TMPDIR/errors" | wc -c)" 0
            expect_equal "lines of $script" "$(wc -l <"$BATS_TEST_TMPDIR/errors")" 2
            ((${#errors} < 700)) || fail "$script: ${#errors} bytes"
        done
    done
}

@test "every script: of the name of a settings file a terminal obeys nothing" {
    local file=$'/none/a\x1b[31m\tö\xc2\x9b2J\x07'
    "${CLEAN[@]}" "ENV_FILE=$file" "$ROOT/scripts/psql" 2>"$BATS_TEST_TMPDIR/errors" || true
    grep -qF 'the settings in /none/a?[31m?ö?2J? or' "$BATS_TEST_TMPDIR/errors" || fail "$(<"$BATS_TEST_TMPDIR/errors")"
    expect_equal "hidden characters" "$(LC_ALL=C tr -d ' -~\nö' <"$BATS_TEST_TMPDIR/errors" | wc -c)" 0
}

# --- companions -----------------------------------------------------------------------------------------------------

@test "psql: goes to the database of the instance, with all arguments" {
    expect_equal one "$("$ROOT/scripts/psql" -Atc 'select 1')" 1
    expect_equal variable "$("$ROOT/scripts/psql" -At -v 'x=two words' <<<"select :'x'")" 'two words'
    expect_equal database "$(sql 'select current_database()')" sessiond
    (cd / && expect_equal elsewhere "$("$ROOT/scripts/psql" -Atc 'select 2')" 2)
    refute "$ROOT/scripts/psql" -Atc 'select nonsense'
}

@test "migrate: applied again it changes nothing, and its versions are listed" {
    local before
    before=$(sql 'select version, name, applied_at from schema_versions order by 1')
    [[ -n $before ]]
    "$ROOT/scripts/migrate"
    expect_equal versions "$(sql 'select version, name, applied_at from schema_versions order by 1')" "$before"
    local files
    files=$(find "$ROOT/sql" -name '[0-9]*.sql' | wc -l)
    sql_is 'select count(*) from schema_versions' "$files"
}

@test "migrate: many at once apply each file once" {
    local i pids=()
    for i in 1 2 3 4; do
        "$ROOT/scripts/migrate" >"$BATS_TEST_TMPDIR/migrate.$i" 2>&1 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i"
    done
    sql_is 'select count(*) - count(distinct version) from schema_versions' 0
}

@test "database: the role of the service owns nothing and may change rows only" {
    sql_is "select count(*) from pg_class where relowner = 'sessiond'::regrole" 0
    sql_is "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls from pg_roles where rolname = 'sessiond'" f
    sql_is "select has_schema_privilege('sessiond', 'public', 'create')" f
    sql_is "select bool_or(has_table_privilege('sessiond', c.oid, 'truncate') or has_table_privilege('sessiond', c.oid, 'references')
              or has_table_privilege('sessiond', c.oid, 'trigger'))
            from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r'" f
    sql_is "select has_table_privilege('sessiond', 'schema_versions', 'insert, update, delete')" f
    sql_is "select count(*) from pg_stat_activity where application_name = 'sessiond' and usename <> 'sessiond'" 0
}

# --- nginx ----------------------------------------------------------------------------------------------------------

# expect_pool WHAT POOL: notes what nginx's access log has to say of the last request.   check_pools: looks it up.
expect_pool() {
    POOLS+="$(header X-Request-Id) $2 $1"$'\n'
}

check_pools() {
    local log=$RUN_DIR/log/nginx-access.log id pool what wrong=0
    declare -A logged=()
    # The last request is logged when all are.
    wait_until 10 grep -qF "$(header X-Request-Id)" "$log"
    while read -r id pool; do
        logged[$id]=$pool
    done < <(jq -rR 'fromjson? | "\(.request_id) \(.pool)"' "$log")
    while read -r id pool what; do
        if [[ -n $id && ${logged[$id]-none} != "$pool" ]]; then
            printf '%s went to %s instead of %s\n' "$what" "${logged[$id]-none}" "$pool"
            wrong=1
        fi
    done <<<"$POOLS"
    ((wrong == 0))
}

@test "nginx: every route goes to the pool that the table of sessiond names" {
    local method path pool seen=0 POOLS=''
    while read -r method path pool _; do
        path=${path//\{id\}/1}
        api "$method" "$path"
        expect_pool "$method $path" "$pool"
        if [[ $method == GET ]]; then
            api HEAD "$path"
            expect_pool "HEAD $path" "$pool"
        fi
        api "$method" "$path" '{}'
        expect_pool "$method $path with a body" "$pool"
        api "$method" "$path?x=1" '{}' -H 'Transfer-Encoding: chunked'
        expect_pool "$method $path with a chunked body" "$pool"
        seen=$((seen + 1))
    done < <("$BIN" -f "$ENV_FILE" -r)
    ((seen >= 9))
    for path in /none /login/x /register/; do
        api POST "$path" '{}'
        expect_pool "POST $path" check
    done
    for path in /refresh /delete /change-password; do
        api GET "$path"
        expect_pool "GET $path" check
    done
    check_pools
}

# methods_of PATH: what nginx and the workers together serve there, in the order of the header Allow.
methods_of() {
    local page=${1#/}
    {
        [[ ! -f $ROOT/nginx/pages/$page.html ]] || printf 'GET\nHEAD\n'
        "$BIN" -r | awk -v path="$1" '$2 == path { print $1; if ($1 == "GET") print "HEAD" }'
        echo OPTIONS
    } | awk '!seen[$0]++' | paste -sd , | sed 's/,/, /g'
}

@test "nginx: a method that a path has not is told those that it has" {
    local path paths seen=0
    mapfile -t paths < <({ "$BIN" -r | awk '{ print $2 }'; echo /account; } | sort -u)
    for path in "${paths[@]}"; do
        api PUT "${path//\{id\}/1}"
        expect_equal "PUT $path" "$status $(header Allow)" "405 $(methods_of "$path")"
        seen=$((seen + 1))
    done
    ((seen >= 13))
}

@test "nginx: the rate of those routes is limited that the table marks, unless LOGIN_RATE is 0" {
    local row limited directory=$BATS_TEST_TMPDIR/nginx
    for row in "5|$("$BIN" -r | awk '$4 == "limited" { print $1, $2 }')" "0|"; do
        LOGIN_RATE=${row%%|*} "$ROOT/scripts/render-nginx" "$directory"
        limited=$(sed -nE '/sessiond_limit_key/,/^}/s/^ +"([A-Z]+ [^"]+)" .*/\1/p' "$directory/sessiond/routes.conf")
        expect_equal "LOGIN_RATE=${row%%|*}" "$limited" "${row#*|}"
    done
    "$BIN" -r | grep -q '^POST /login password limited$'
}

@test "nginx: nothing is written for a sessiond that does not print its routes in the form of this version" {
    local directory=$BATS_TEST_TMPDIR/nginx other=$BATS_TEST_TMPDIR/other action
    for action in 'exit 3' 'exit 0' "echo 'POST /login password password'; exit 0"; do
        printf '#!/bin/sh\ncase "$*" in *-r) %s ;; esac\nexec %q "$@"\n' "$action" "$BIN" >"$other"
        chmod +x "$other"
        SESSIOND=$other refute "$ROOT/scripts/render-nginx" "$directory"
        [[ ! -e $directory ]] || fail "written after: $action"
    done
}

@test "nginx: has an upstream and a location for each pool" {
    local pools rendered=$RUN_DIR/nginx/sessiond
    pools=$("$BIN" -r | awk '{ print $3 }' | sort -u)
    expect_equal upstreams "$(sed -nE 's,^ *server "unix:.*/([a-z]+)\.sock".*,\1,p' "$rendered/http.conf" | sort -u)" "$pools"
    expect_equal locations "$(sed -nE 's/^ *fastcgi_pass sessiond_([a-z]+);/\1/p' "$rendered/server.conf" | sort -u)" "$pools"
}

@test "nginx: only the very path of a page is a page" {
    local path
    for path in /x%20/login /login%0a /x%20/account /account/ /Login; do
        api GET "$path"
        expect_problem 404 not_found || fail "$path"
    done
}

@test "nginx: its parts can be rendered for another nginx, which loses nothing" {
    local directory=$BATS_TEST_TMPDIR/nginx header
    mkdir "$directory"
    echo 'my own' >"$directory/nginx.conf"
    "$ROOT/scripts/render-nginx" "$directory"
    expect_equal files "$(ls "$directory")" $'nginx.conf\nsessiond'
    expect_equal configuration "$(<"$directory/nginx.conf")" 'my own'
    refute grep -rnE '@[A-Z_]+@' "$directory"
    for header in X_FORWARDED_FOR X_REAL_IP X_REQUEST_ID FORWARDED PROXY \
        $(sed -nE 's/^([A-Za-z][^ ]*).*/\U\1/p' "$ROOT/nginx/guard-headers.txt" | tr - _); do
        # What the worker reads of the client's headers.
        [[ $header != @(COOKIE|AUTHORIZATION|X_ORIGINAL_URL|X_ORIGINAL_METHOD) ]] || continue
        grep -qE "fastcgi_param HTTP_$header \"\"" "$directory/sessiond/fastcgi.conf" || fail "HTTP_$header is not hidden"
    done
    refute grep -rnE 'include .*fastcgi_params|include .*/etc/nginx' "$directory" --include='*.conf'
    printf 'error_log stderr; events {} http { access_log off; include sessiond/http.conf; server { listen 127.0.0.1:%s; include sessiond/server.conf;
        include sessiond/guard-location.conf; location /x/ { include sessiond/guard.conf; proxy_pass http://127.0.0.1:1; } } }' \
        "$PORT" >"$directory/nginx.conf"
    nginx -t -q -p "$directory" -e stderr -c "$directory/nginx.conf" -g "pid $directory/pid;"
    refute "$ROOT/scripts/render-nginx" a b
}

# same_parts EXPECTED DIRECTORY: whether parts and pages are the same, whatever an unfinished rendering has left beside
# them.
same_parts() {
    diff -r -x .new -x .lock -x 'pages.*' "$1" "$2" >"$BATS_TEST_TMPDIR/differences"
}

# differences: what same_parts has found, for the reason of a failure.
differences() {
    head -n 5 "$BATS_TEST_TMPDIR/differences"
}

# rendering_in NAME=value...: renders to $RENDERED with these variables.
rendering_in() {
    env "$@" "$ROOT/scripts/render-nginx" "$RENDERED"
}

# new_renderings: two renderings whose parts and pages differ: kept in $OLD, and in $NEW, which NEW_SETTINGS makes.
new_renderings() {
    RENDERED=$BATS_TEST_TMPDIR/nginx PARTS=$BATS_TEST_TMPDIR/nginx/sessiond
    OLD=$BATS_TEST_TMPDIR/old NEW=$BATS_TEST_TMPDIR/new
    NEW_SETTINGS=(GUARD_GROUPS=staff PASSWORD_MIN_LENGTH=9)
    rendering_in "${NEW_SETTINGS[@]}"
    cp -r "$PARTS" "$NEW"
    rendering_in GUARD_GROUPS=crew
    cp -r "$PARTS" "$OLD"
    refute diff -r "$OLD/pages" "$NEW/pages" >"$BATS_TEST_TMPDIR/differences"
}

# step_commands COMMAND...: a directory of these commands, to be found first. Each counts the steps, and before step
# $STEP does what $AT_STEP says.
step_commands() {
    local name
    STEPS=$BATS_TEST_TMPDIR/steps COMMANDS=$BATS_TEST_TMPDIR/commands
    mkdir "$COMMANDS"
    for name in "$@"; do
        printf '#!/bin/sh\necho >>%q\nif [ "$(wc -l <%q)" = "$STEP" ]; then eval "$AT_STEP"; fi\nexec %q "$@"\n' \
            "$STEPS" "$STEPS" "$(command -v "$name")" >"$COMMANDS/$name"
        chmod +x "$COMMANDS/$name"
    done
}

# at_step STEP WHAT [NAME=value...]: the rendering of $NEW_SETTINGS, with WHAT done before that step; its status is in
# $status.
at_step() {
    rm -f "$STEPS"
    status=0
    rendering_in "${NEW_SETTINGS[@]}" STEP="$1" AT_STEP="$2" PATH="$COMMANDS:$PATH" "${@:3}" \
        >"$BATS_TEST_TMPDIR/words" 2>"$BATS_TEST_TMPDIR/errors" || status=$?
}

# from_parts DIRECTORY: has these parts lie where the next rendering is written.
from_parts() {
    rm -rf "$PARTS"
    cp -r "$1" "$PARTS"
}

unfinished() {
    find "$PARTS" -name '*.new' -o -name .new
}

@test "nginx: a disk that is full leaves the parts of before, and nothing else" {
    new_renderings
    # As if it had no room for one more file of this size (in KiB), such as open.conf.
    (trap '' XFSZ && ulimit -f 30 && refute rendering_in "${NEW_SETTINGS[@]}" 2>"$BATS_TEST_TMPDIR/errors")
    grep -q 'File too large' "$BATS_TEST_TMPDIR/errors"
    grep -q "render-nginx: cannot write $PARTS/.*open\.conf" "$BATS_TEST_TMPDIR/errors"
    grep -qF "render-nginx: nothing has changed in $PARTS" "$BATS_TEST_TMPDIR/errors"
    same_parts "$OLD" "$PARTS" || fail "$(differences)"
    expect_equal 'what is left over' "$(unfinished)" ''
}

# Whatever changes a file is a step.
@test "nginx: a rendering that is killed leaves its pages whole, and the parts of before, or such as nginx does not accept" {
    local step status=137
    new_renderings
    step_commands cp install ln mkdir mv rm
    for ((step = 1; status == 137; step++)); do
        from_parts "$OLD"
        # shellcheck disable=SC2016  # the step expands it
        at_step "$step" 'kill -s KILL "$PPID"; exit 1'
        [[ ! -e $PARTS/http.conf ]] || same_parts "$OLD" "$PARTS" || same_parts "$NEW" "$PARTS" ||
            fail "killed before step $step: $(differences)"
        same_parts "$OLD/pages" "$PARTS/pages" || same_parts "$NEW/pages" "$PARTS/pages" ||
            fail "killed before step $step, pages: $(differences)"
        ((status == 0)) || rendering_in "${NEW_SETTINGS[@]}"
        same_parts "$NEW" "$PARTS" || fail "after one that was killed before step $step: $(differences)"
        expect_equal "what is left over after step $step" "$(unfinished)" ''
    done
    expect_equal 'status of the rendering that was not killed' "$status" 0
    ((step > 10))
}

@test "nginx: a rendering that fails says what it leaves: the parts of before, or such as nginx does not accept" {
    local step status=1 said=
    new_renderings
    step_commands cp install ln mkdir mv
    for ((step = 1; status != 0; step++)); do
        from_parts "$OLD"
        at_step "$step" 'echo "no room at all" >&2; exit 1'
        same_parts "$OLD/pages" "$PARTS/pages" || same_parts "$NEW/pages" "$PARTS/pages" ||
            fail "failed in step $step, pages: $(differences)"
        expect_equal "what is left over after step $step" "$(unfinished)" ''
        ((status != 0)) || break
        grep -q 'no room at all' "$BATS_TEST_TMPDIR/errors"
        if same_parts "$OLD" "$PARTS"; then
            ((step == 1)) || grep -qF "render-nginx: nothing has changed in $PARTS" "$BATS_TEST_TMPDIR/errors" || fail "step $step"
        else
            [[ ! -e $PARTS/http.conf ]] || fail "failed in step $step: $(differences)"
            grep -qF "render-nginx: $PARTS is not complete, and nginx does not start with it" "$BATS_TEST_TMPDIR/errors" || fail "step $step"
        fi
    done
    same_parts "$NEW" "$PARTS" || fail "$(differences)"
    ((step > 6))
}

@test "nginx: the pages of an earlier version, which are no link, are replaced too, also after one that was killed there" {
    local earlier=$BATS_TEST_TMPDIR/earlier step status=137
    new_renderings
    cp -rL "$OLD" "$earlier"
    rm -rf "$earlier"/pages.?
    step_commands ln mv
    for ((step = 1; status == 137; step++)); do
        from_parts "$earlier"
        # shellcheck disable=SC2016  # the step expands it
        at_step "$step" 'kill -s KILL "$PPID"; exit 1'
        ((status == 0)) || rendering_in "${NEW_SETTINGS[@]}"
        same_parts "$NEW" "$PARTS" || fail "after one that was killed before step $step: $(differences)"
        expect_match "pages after step $step" "$(cd "$PARTS" && echo pages*)" '^pages pages\.[12]$'
    done
    expect_equal 'status of the rendering that was not killed' "$status" 0
}

@test "nginx: of two renderings at once one waits, with a word, for the other" {
    new_renderings
    from_parts "$OLD"
    step_commands cp
    mkfifo "$BATS_TEST_TMPDIR/go"
    at_step 1 "echo there; cat '$BATS_TEST_TMPDIR/go'" 3>&- 4>&- &
    HOLDER=$!
    wait_until 60 grep -q there "$BATS_TEST_TMPDIR/words"
    rendering_in GUARD_GROUPS=crew >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- 4>&- &
    wait_until 60 grep -qF "waiting for another rendering to $PARTS to end" "$BATS_TEST_TMPDIR/second"
    echo go >"$BATS_TEST_TMPDIR/go"
    wait "$HOLDER" || fail "the first: $(<"$BATS_TEST_TMPDIR/errors")"
    grep -q '^wrote' "$BATS_TEST_TMPDIR/words"
    wait $! || fail "the second: $(<"$BATS_TEST_TMPDIR/second")"
    same_parts "$OLD" "$PARTS" || fail "$(differences)"
    expect_equal 'mode of the lock' "$(stat -c %a "$PARTS/.lock")" 600
}

@test "nginx: a path that nginx would read as something else is refused" {
    local name directory=$BATS_TEST_TMPDIR/nginx
    mkdir "$directory"
    for name in 'a"b' 'a$b' 'a;b' "a'b" 'a{b' 'a\b'; do
        refute "$ROOT/scripts/render-nginx" "$BATS_TEST_TMPDIR/$name" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "the directory to write to must consist of letters" "$BATS_TEST_TMPDIR/errors" || fail "$name"
        [[ ! -e $BATS_TEST_TMPDIR/$name ]] || fail "made: $name"
        mkdir "$BATS_TEST_TMPDIR/$name"
        SOCKET_DIR=$BATS_TEST_TMPDIR/$name refute "$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "SOCKET_DIR must consist of letters" "$BATS_TEST_TMPDIR/errors" || fail "SOCKET_DIR $name"
    done
    mkdir "$BATS_TEST_TMPDIR/a b+c=1"
    SOCKET_DIR="$BATS_TEST_TMPDIR/a b+c=1" "$ROOT/scripts/render-nginx" "$directory"
}

@test "nginx: what is rendered can be read by the user of nginx, whatever the modes of the checkout" {
    local checkout=$BATS_TEST_TMPDIR/checkout directory=$BATS_TEST_TMPDIR/nginx mode
    mkdir "$checkout" "$directory"
    cp -r "$ROOT/scripts" "$ROOT/nginx" "$checkout"
    for mode in go= g=rX,o= go=rX; do
        chmod -R "$mode" "$checkout"
        (umask 077 && SESSIOND=$BIN "$checkout/scripts/render-nginx" "$directory")
        expect_equal "not readable with $mode" "$(find "$directory/sessiond" ! -name .lock \( ! -perm -a=r -o -type d ! -perm -a=rx \))" ''
        expect_equal "writable with $mode" "$(find "$directory/sessiond" ! -type l -perm /go=w)" ''
    done
}

@test "nginx: ready means that the pages are there, too" {
    local pages=$RUN_DIR/sites/pages
    [[ ! -d $RUN_DIR/state/sites ]] || pages=$RUN_DIR/state/sites/pages
    api GET /ready
    expect_success 200
    mv "$pages" "$pages.away"
    api GET /ready
    mv "$pages.away" "$pages"
    expect_problem 503 service_unavailable
    expect_header Retry-After 1
    api GET /ready
    expect_success 200
    api HEAD /ready
    expect_status 200
    api POST /ready
    expect_problem 405 method_not_allowed
}

@test "nginx: what was rendered is told, and what is missing for it" {
    local directory=$BATS_TEST_TMPDIR/nginx place
    expect_equal words "$("$ROOT/scripts/render-nginx" "$directory" 2>"$BATS_TEST_TMPDIR/errors")" \
        "wrote $directory/sessiond, which asks for the sockets in $(dirname "$(socket_of check)")"
    refute grep -q 'no service listens' "$BATS_TEST_TMPDIR/errors"
    # A RUN_DIR that only scripts/run was given: these are other sockets.
    RUN_DIR=$STACK/other "$ROOT/scripts/render-nginx" "$directory" >"$BATS_TEST_TMPDIR/words" 2>"$BATS_TEST_TMPDIR/errors"
    grep -qF "$STACK/other/sockets" "$BATS_TEST_TMPDIR/words"
    grep -q 'warning: no service listens' "$BATS_TEST_TMPDIR/errors"
    grep -q '^wrote .*which nginx accepts$' "$STACK/run.log"
    if ((EUID == 0)); then
        place=$STACK/closed
        mkdir -m 700 "$place"
        "$ROOT/scripts/render-nginx" "$place" 2>&1 | grep -q "warning: the user www-data cannot read the pages in $place"
    fi
}

@test "nginx: parts without http.conf are an error that names it" {
    local directory=$BATS_TEST_TMPDIR/nginx part
    "$ROOT/scripts/render-nginx" "$directory"
    for part in server guard-location; do
        printf 'error_log stderr; events {} http { access_log off; server { listen 127.0.0.1:%s; include sessiond/%s.conf; } }' \
            "$PORT" "$part" >"$directory/nginx.conf"
        refute nginx -t -q -p "$directory" -e stderr -c "$directory/nginx.conf" -g "pid $directory/pid;" 2>"$BATS_TEST_TMPDIR/errors"
        grep -qF "include sessiond/http.conf in the block http" "$BATS_TEST_TMPDIR/errors" || fail "$(<"$BATS_TEST_TMPDIR/errors")"
    done
    api GET /_sessiond/http
    expect_problem 404 not_found
}

@test "nginx: the address in the database is that of the peer, whatever the client says" {
    unique_name
    api POST /register "$(registration "$name")" -H 'X-Forwarded-For: 10.9.8.7' -H 'X-Real-IP: 10.9.8.7' \
        -H 'Forwarded: for=10.9.8.7' -A 'Agent/1.0 (test)'
    expect_status 201
    keep_session
    sql_is "select host(ip) || ' ' || user_agent from sessions where session_id = $session_id" '127.0.0.1 Agent/1.0 (test)'
    login "$name" "$PASSWORD" -A "$(printf 'x%.0s' {1..1000})"
    sql_is "select length(user_agent) from sessions where session_id = $session_id" 200
}

# --- a database of somebody else ------------------------------------------------------------------------------------

@test "a database over TCP: create-database, run, psql, by the settings file alone" {
    stack_new
    server_new
    SQL_BY_SCRIPT=1
    cat >"$ENV_FILE" <<EOF_
DB_HOST=127.0.0.1
DB_PORT=$SERVER_PORT
DB_NAME=my_database
DB_USER=my_user
DB_PASSWORD="pass'word \\ 7"
POSTGRES_PASSWORD=super-secret
EOF_
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    # Done again it mends, and changes nothing.
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    stack_up
    [[ ! -d $RUN_DIR/cluster ]]
    new_user
    content_is 200 "$access"
    sql_is 'select current_database()' my_database
    sql_is "select count(*) from users" 1
    sql_is "select count(*) > 0 from pg_stat_activity where usename = 'my_user' and application_name = 'sessiond'" t
    local pid
    for pid in $(stack_pids); do
        ! grep -qaF "pass'word" "/proc/$pid/cmdline" || fail "process $pid shows the password"
    done
    refute grep -rqF -e "pass'word" -e super-secret "$STACK" --include='*.log' --include='*.conf'
    stack_stop
}

@test "a database of this host that knows the users of the system: root names its socket, and needs no password" {
    ((EUID == 0)) || skip "only root becomes postgres"
    stack_new
    server_new
    echo 'local all all peer' | as_postgres tee "$SERVER/data/pg_hba.conf" >/dev/null
    server reload
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    stack_up
    [[ ! -d $RUN_DIR/cluster ]]
    new_user
    content_is 200 "$access"
    expect_equal "owner" "$("${CLEAN[@]}" "$ROOT/scripts/psql" -XAt -c 'select current_user')" postgres
    expect_equal "service" "$("${CLEAN[@]}" "$ROOT/scripts/psql" -XAt \
        -c "select distinct usename from pg_stat_activity where application_name = 'sessiond'")" sessiond
    stack_stop
}

# holders FILE WORD: the programs of the instance in whose /proc/PID/FILE the word stands.
holders() {
    local pid
    for pid in $(stack_pids); do
        ! grep -qaF -- "$2" "/proc/$pid/$1" 2>/dev/null || cat "/proc/$pid/comm"
    done | sort -u | xargs
}

@test "passwords of the environment stand in no argument, and only in the environment of who needs them" {
    stack_new
    server_new
    local given=(DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_PASSWORD=needle-of-service POSTGRES_PASSWORD=super-secret)
    "${CLEAN[@]}" "${given[@]}" "$ROOT/scripts/create-database"
    stack_up "${given[@]}"
    new_user
    expect_equal "arguments with the service's" "$(holders cmdline needle-of-service)" ''
    expect_equal "arguments with the administrator's" "$(holders cmdline super-secret)" ''
    # scripts/run was given both; it is called run or bash.
    expect_match "environments with the service's" "$(holders environ needle-of-service)" '^(bash|run) sessiond$'
    expect_match "environments with the administrator's" "$(holders environ super-secret)" '^(bash|run)$'
    stack_stop
}

@test "what tries the database as the workers do is of their user, and has no password of the superuser" {
    local tried
    ((EUID == 0)) || skip "an ordinary user's workers are of that user"
    # shellcheck disable=SC2016  # the shell that is started expands it
    tried=$("${CLEAN[@]}" DB_HOST=/nonexistent DB_PASSWORD=hush POSTGRES_PASSWORD=super-secret ENV_FILE=/dev/null bash -c '
        source "$0/scripts/lib.sh"; source "$0/scripts/lib-database.sh"; load_settings; connect_worker
        "${CONNECT[@]}" sh -c "id -un; env"' "$ROOT")
    expect_match user "$tried" '^sessiond'
    expect_match "the way" "$tried" 'PGPASSWORD=hush'
    [[ $tried != *super-secret* ]] || fail "$tried"
}

@test "a database over TCP: by DATABASE_URL, which wins over the other settings" {
    stack_new
    server_new
    SQL_BY_SCRIPT=1
    printf 'DB_HOST=127.0.0.1\nDB_PORT=%s\nDB_PASSWORD=pw1\nPOSTGRES_PASSWORD=super-secret\n' "$SERVER_PORT" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    "${CLEAN[@]}" "$ROOT/scripts/migrate"
    printf 'DATABASE_URL=postgres://sessiond:pw1@127.0.0.1:%s/sessiond\nDB_HOST=no-such-host.invalid\n' "$SERVER_PORT" >"$ENV_FILE"
    stack_up
    new_user
    content_is 200 "$access"
    sql_is "select current_user" sessiond
    stack_stop
}

@test "a database with a single role, which owns the tables: it keeps its rights, and the service runs" {
    stack_new
    server_new
    local i
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -c "CREATE ROLE app LOGIN PASSWORD 'pw'" -c 'CREATE DATABASE sessiond OWNER app'
    echo "DATABASE_URL=postgres://app:pw@127.0.0.1:$SERVER_PORT/sessiond" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/first"
    grep -q '^app owns the tables' "$STACK/first" || fail "$(<"$STACK/first")"
    for i in 1 2; do
        expect_equal "done again" "$("${CLEAN[@]}" "$ROOT/scripts/migrate")" 'schema is current'
    done
    sql_is "select count(*) from pg_class where relname in ('users', 'sessions') and relacl is not null" 0
    stack_up
    new_user
    content_is 200 "$access"
    stack_stop
}

# as_admin DATABASE QUERY: on the server that is not the instance's own.
as_admin() {
    as_postgres psql -X -q -At -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U postgres -d "$1" -c "$2"
}

# tables_of DATABASE
tables_of() {
    as_admin "$1" "select string_agg(relname, ',' order by relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
}

# scripts_say FUNCTION: what a function of the scripts prints, with the settings read.
# shellcheck disable=SC2016 # the inner shell expands its arguments
scripts_say() {
    "${CLEAN[@]}" bash -c 'source "$1/lib.sh"; source "$1/lib-database.sh"; load_settings; $2' _ "$ROOT/scripts" "$1"
}

@test "migrate: says which database it is, on which host, and where the setting came from" {
    stack_new
    server_new
    local url="host=$SERVER port=$SERVER_PORT dbname=elsewhere user=postgres"
    as_admin postgres 'create database elsewhere'
    as_admin postgres 'create role sessiond'
    expect_equal environment "$("${CLEAN[@]}" "DATABASE_URL=$url" "$ROOT/scripts/migrate" 2>&1 >"$STACK/out")" \
        "migrate: the database elsewhere on $SERVER port $SERVER_PORT (DATABASE_URL from the environment)"
    echo "DATABASE_URL=$url" >"$ENV_FILE"
    expect_equal file "$("${CLEAN[@]}" "$ROOT/scripts/migrate" 2>&1 >"$STACK/out")" \
        "migrate: the database elsewhere on $SERVER port $SERVER_PORT (DATABASE_URL from $ENV_FILE:1)"
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" POSTGRES_PASSWORD=unused >"$ENV_FILE"
    expect_equal parts "$("${CLEAN[@]}" DB_NAME=elsewhere "$ROOT/scripts/migrate" 2>&1 >"$STACK/out")" \
        "migrate: the database elsewhere on $SERVER port $SERVER_PORT (DB_HOST from $ENV_FILE:1, DB_PORT from $ENV_FILE:2, DB_NAME from the environment, DB_USER by default, DB_PASSWORD by default)"
    # A password alone leads to DB_HOST, whatever that is by default, and not to the private cluster.
    printf '%s\n' DB_PASSWORD=unused >"$ENV_FILE"
    expect_equal password "$(scripts_say name_settings)" \
        "DB_HOST by default, DB_PORT by default, DB_NAME by default, DB_USER by default, DB_PASSWORD from $ENV_FILE:1"
    : >"$ENV_FILE"
    expect_equal none "$(scripts_say name_settings)" 'the private cluster of RUN_DIR'
}

@test "migrate and create-database: a database that something else uses is refused and left alone, unless that is asked" {
    stack_new
    server_new
    local script out words row before
    as_admin postgres 'create database orders'
    as_admin orders 'create table orders (id int); create schema more; create table more.items (id int)'
    as_admin postgres 'create database forum'
    as_admin forum 'create table users (id int); create table sessions (id int); create table posts (id int)'
    # Others note the versions of their schema under that name too.
    as_admin postgres 'create database shop'
    as_admin shop 'create table schema_versions (id int); create table goods (id int)'
    as_admin postgres 'create database likewise'
    as_admin likewise "create table schema_versions (version int, name text, applied_at timestamptz);
        create table users (id int); create table sessions (id int);
        insert into schema_versions values (1, 'theirs', now())"
    as_admin postgres 'create database extended'
    as_admin extended 'create extension pg_stat_statements'
    printf '%s\n' "DB_HOST=$SERVER" "DB_PORT=$SERVER_PORT" DB_PASSWORD=unused POSTGRES_PASSWORD=unused >"$ENV_FILE"
    # database, option | what is said
    local rows=(
        'orders|has tables of something else (more.items, orders) and none of the service'
        'orders|once with --beside-other-tables'
        'orders|DB_NAME from the environment'
        'forum|has tables that are not those of the service, but have their names (sessions, users)'
        'forum --beside-other-tables|scripts/create-database makes one'
        'shop|not those of the service, but have their names (schema_versions), so nothing was changed. Name'
        'shop --beside-other-tables|in DATABASE_URL or DB_NAME; scripts/create-database makes one'
        'likewise|have their names (schema_versions, sessions, users)'
    )
    for script in migrate create-database; do
        for row in "${rows[@]}"; do
            IFS='|' read -r words out <<<"$row"
            words=($words)
            before=$(tables_of "${words[0]}")
            refute "${CLEAN[@]}" "DB_NAME=${words[0]}" "$ROOT/scripts/$script" "${words[@]:1}" >"$STACK/out" 2>&1 ||
                fail "$script, $row: $(<"$STACK/out")"
            grep -qF -- "$out" "$STACK/out" || fail "$script, $row: $(<"$STACK/out")"
            expect_equal "tables after $script, $row" "$(tables_of "${words[0]}")" "$before"
            expect_equal "rights after $script, $row" "$(as_admin "${words[0]}" \
                "select datacl is null from pg_database where datname = current_database()")" t
        done
    done
    "${CLEAN[@]}" DB_NAME=extended "$ROOT/scripts/create-database" >"$STACK/out" 2>&1 || fail "$(<"$STACK/out")"
    "${CLEAN[@]}" DB_NAME=orders "$ROOT/scripts/create-database" --beside-other-tables >"$STACK/out" 2>&1 || fail "$(<"$STACK/out")"
    # From then on the tables of the service are there.
    expect_equal again "$("${CLEAN[@]}" DB_NAME=orders "$ROOT/scripts/migrate" 2>/dev/null)" 'schema is current'
    expect_equal tables "$(tables_of orders)" attempts,devices,events,orders,schema_versions,sessions,tickets,users
}

# record_psql: what psql is called with from now on, and then done, is noted in $RECORD.
record_psql() {
    local real
    real=$(command -v psql)
    export RECORD=$BATS_TEST_TMPDIR/record
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>"$RECORD"\nexec %s "$@"\n' "$real" >"$BATS_TEST_TMPDIR/bin/psql"
    chmod 755 "$BATS_TEST_TMPDIR/bin/psql"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "a database over TCP: whatever its password is and however it is written, psql gets it and nobody sees it" {
    stack_new
    server_new
    local odd=$'?p s@/:%41\'"\\ü#&=+' encoded url place=127.0.0.1:$SERVER_PORT/sessiond
    encoded=$(jq -rn --arg text "$odd" '$text | @uri')
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -v "odd=$odd" -f - <<'SQL'
CREATE ROLE odd LOGIN PASSWORD :'odd';
CREATE ROLE plain LOGIN PASSWORD 'hush?hush';
CREATE DATABASE sessiond OWNER odd;
CREATE DATABASE plain OWNER plain;
SQL
    record_psql
    local urls=(
        "postgres://odd:$encoded@$place" "postgres://odd@$place?password=$encoded" "postgres://odd:wrong-hush@$place?pass%77ord=$encoded"
        "postgres://plain:hush?hush@${place%/*}/plain" "postgres://plain@${place%/*}/plain?password=hush?hush&sslpassword=hush"
        "host=127.0.0.1 port=$SERVER_PORT dbname=plain user=plain password=wrong-hush  password = 'hush?hush'"
    )
    for url in "${urls[@]}"; do
        echo "DATABASE_URL=$url" >"$ENV_FILE"
        : >"$RECORD"
        "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$url: $(<"$STACK/migrate.log")"
        expect_match "$url" "$("${CLEAN[@]}" "$ROOT/scripts/psql" -XAtc 'select current_user')" '^(odd|plain)$'
        (($(wc -l <"$RECORD") >= 3)) || fail "$url: psql was called $(wc -l <"$RECORD") times"
        refute grep -qF -e hush -e "$encoded" -e "$odd" "$RECORD" || fail "$url: $(<"$RECORD")"
    done
}

@test "migrate: a database whose list of versions cannot be read is told as such, and nothing is tried" {
    stack_new
    server_up
    admin 'revoke select on schema_versions from sessiond'
    printf '%s\n' "DATABASE_URL=host=127.0.0.1 port=$SERVER_PORT dbname=sessiond user=sessiond password=unused" >"$ENV_FILE"
    refute "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1
    expect_match "migrate" "$(<"$STACK/migrate.log")" 'permission denied for table schema_versions.*cannot be read'
    refute grep -qF 'could not be brought up to date' "$STACK/migrate.log"
}

# as_service STATEMENT...: in the database of $SERVER, as the role of the service.
as_service() {
    local statement
    for statement in "$@"; do
        "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U sessiond -d sessiond -c "$statement"
    done
}

# plant: a function of the service's role that makes it a superuser, in the place of one of PostgreSQL's own.
plant() {
    as_service "create function public.pg_has_role(r text, o oid, p text) returns boolean language plpgsql volatile as \$f\$ begin
        if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then execute 'alter role sessiond superuser'; end if;
        return pg_catalog.pg_has_role(r::name, o, p); end \$f\$"
}

# expect_makers_refused REASON: by each script that becomes a superuser, and nothing of the role's own was run.
expect_makers_refused() {
    local script message
    for script in migrate create-database; do
        if message=$("${CLEAN[@]}" "$ROOT/scripts/$script" 2>&1); then
            fail "$script has run: $message"
        fi
        expect_match "$script" "$message" "$1.*nothing was changed"
        expect_equal "superusers, after $script" \
            "$(admin "select string_agg(rolname, ' ') from pg_roles where rolsuper")" postgres
    done
}

@test "no role with more rights runs what the service's role could have made" {
    stack_new
    server_up
    # As PostgreSQL 14 has it, and an upgrade keeps it.
    admin 'grant create on schema public to public'
    plant
    expect_makers_refused 'may make functions and tables in the schema public'
    admin 'revoke create on schema public from public'
    expect_makers_refused 'owns the function public.pg_has_role'
    as_service 'drop function public.pg_has_role(text, oid, text)'
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    admin 'grant create on database sessiond to sessiond'
    expect_makers_refused 'may make schemas in the database'
    admin 'revoke create on database sessiond from sessiond'
    admin 'alter table users owner to sessiond'
    expect_makers_refused 'owns public.users'
    admin 'alter table users owner to postgres'
    admin 'alter database sessiond owner to sessiond'
    as_service "alter database sessiond set search_path = public, pg_catalog"
    expect_makers_refused 'owns the database'
    admin 'alter database sessiond owner to postgres; alter database sessiond reset search_path'
    admin 'create role other login; grant create on schema public to other'
    expect_makers_refused 'the role other may make functions and tables in the schema public'
    admin 'revoke create on schema public from other; alter role sessiond noinherit; grant other to sessiond'
    admin 'grant create on database sessiond to other'
    expect_makers_refused 'the role other may make schemas in the database'
    printf '%s\n' "DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sessiond user=postgres" >"$ENV_FILE"
    refute "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1
    expect_match "a superuser without DB_USER" "$(<"$STACK/migrate.log")" 'the role other may make schemas in the database'
    admin 'revoke create on database sessiond from other; alter database sessiond owner to sessiond'
    # The role itself has nothing to lose.
    printf '%s\n' "DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
}

@test "create-database runs nothing that others have made in the database postgres" {
    local kind
    stack_new
    server_up
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -d postgres -c 'grant create on schema public to public'
    for kind in 'text, text' 'text, text, text'; do
        "${CLEAN[@]}" psql -X -q -v ON_ERROR_STOP=1 -h "$SERVER" -p "$SERVER_PORT" -U sessiond -d postgres -c "
            create function public.format($kind) returns text language plpgsql volatile as \$f\$ begin
            if (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
            then execute 'alter role sessiond superuser'; end if;
            return pg_catalog.format(\$1, variadic array[\$2]); end \$f\$"
    done
    "${CLEAN[@]}" DB_NAME=second "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1 || true
    expect_equal superusers "$(admin "select string_agg(rolname, ' ') from pg_roles where rolsuper")" postgres
    grep -qF 'are ready on' "$STACK/create.log"
}

@test "what the database answers is no command to migrate" {
    local trace=$BATS_TEST_TMPDIR/trace
    stack_new
    server_new
    as_postgres psql -X -q -h "$SERVER" -p "$SERVER_PORT" -U postgres -c 'CREATE ROLE sessiond LOGIN' \
        -c 'CREATE DATABASE sessiond OWNER sessiond'
    printf '%s\n' "DATABASE_URL=host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    as_service 'create schema evil' \
        "create function evil.keep(text) returns text language sql as 'select \$1'" \
        "create aggregate evil.count(*) (sfunc = evil.keep, stype = text, initcond = 'BASH_VERSINFO[0\$(touch $trace)]')" \
        "create function evil.eq(text, int) returns bool language sql as 'select true'" \
        'create operator evil.= (leftarg = text, rightarg = int, function = evil.eq)' \
        'alter role sessiond in database sessiond set search_path = public, evil, pg_catalog'
    # Nothing of it is called: the count of indexes is PostgreSQL's own.
    "${CLEAN[@]}" "$ROOT/scripts/migrate" >"$STACK/migrate.log" 2>&1 || fail "$(<"$STACK/migrate.log")"
    grep -q 'schema is current' "$STACK/migrate.log"
    [[ ! -e $trace ]] || fail "migrate has run what the database said"
}

@test "run: takes PostgreSQL's programs from no place that the owner of the cluster names" {
    local version
    stack_new
    stack_up
    stack_stop
    mkdir -p "$STACK/programs/bin"
    printf '#!/bin/sh\nid >%s\n' "$STACK/proof" | tee "$STACK/programs/bin/postgres" "$STACK/programs/bin/pg_isready" >/dev/null
    chmod -R a+rx "$STACK/programs"
    version=$(<"$RUN_DIR/cluster/PG_VERSION")
    for place in "$version/../../../..$STACK/programs" "../../..$STACK/programs" '' $'15\e[2J' '15 16'; do
        echo "$place" >"$RUN_DIR/cluster/PG_VERSION"
        stack_start
        wait_until 60 dead "$(run_pid)"
        expect_match "run with '$place'" "$(<"$STACK/run.log")" 'holds no version of PostgreSQL such as 15'
        [[ ! -e $STACK/proof ]] || fail "a program of $place was run"
    done
    [[ $(<"$STACK/run.log") != *$'\e'* ]] || fail "a control character in the message"
    echo "$version" >"$RUN_DIR/cluster/PG_VERSION"
    stack_up
}

@test "a database that cannot be reached or refuses is a clear error" {
    stack_new
    local port
    free_port
    printf 'DB_HOST=127.0.0.1\nDB_PORT=%s\nDB_PASSWORD=pw1\nPOSTGRES_PASSWORD=super-secret\n' "$port" >"$ENV_FILE"
    local message
    if message=$("${CLEAN[@]}" "$ROOT/scripts/create-database" 2>&1); then
        fail "it says: $message"
    fi
    [[ $message == *127.0.0.1* && $message == *"$port"* ]] || fail "$message"
    expect_match "the way" "$message" 'warning: the database is reached over TCP, and nobody verifies .*/run/postgresql'
    [[ $message != *super-secret* ]]
    message=$("${CLEAN[@]}" DB_HOST=@sd-nobody-listens "$ROOT/scripts/create-database" 2>&1) && fail "it says: $message"
    expect_match "the way" "$message" 'warning: the database is reached by a socket .*every user may take the name @sd-nobody.*/run/postgresql'
    [[ $message != *super-secret* ]]
}

run_says() {
    grep -qF -- "$1" "$STACK/run.log"
}

@test "run: waits for a database that is down, with a word, until it answers" {
    stack_new
    server_new
    printf '%s\n' DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_PASSWORD=pw1 POSTGRES_PASSWORD=super-secret >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    server -m fast stop
    stack_start
    wait_until 60 run_says 'waiting for the database, which does not answer'
    run_says "$SERVER_PORT"
    kill -TERM "$(run_pid)"
    wait_until 30 dead "$(run_pid)"
    expect_equal "processes left" "$(stack_pids | wc -l)" 0
    stack_start
    wait_until 60 run_says 'waiting for the database, which does not answer'
    server start
    wait_until 60 stack_is_ready
    new_user
    content_is 200 "$access"
    stack_stop
}

@test "run: a database that refuses is an error at once, with what it says and which settings to correct" {
    stack_new
    server_new
    local row said named good=(DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_NAME=sessiond DB_USER=sessiond DB_PASSWORD=pw1 POSTGRES_PASSWORD=super-secret)
    printf '%s\n' "${good[@]}" >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database"
    # setting | what the database says | which setting is named
    local rows=(
        'DB_PASSWORD=wrong-hush|password authentication failed for user "sessiond"|DB_PASSWORD from the environment'
        'POSTGRES_PASSWORD=wrong-hush|password authentication failed for user "postgres"|DB_HOST from '"$ENV_FILE"':1,'
        'DB_USER=nobody_there|role "nobody_there" does not exist|DB_USER'
        'DB_NAME=nothing_there|database "nothing_there" does not exist|DB_NAME'
        "DATABASE_URL=postgres://sessiond:wrong-hush@127.0.0.1:$SERVER_PORT/sessiond|password authentication failed|DATABASE_URL"
        "DATABASE_URL=postgres://sessiond:pw1@127.0.0.1:$SERVER_PORT/nothing_there|database \"nothing_there\" does not exist|DATABASE_URL"
        'DATABASE_URL=service=nothing_there|service "nothing_there" not found|DATABASE_URL'
        'DATABASE_URL=host=127.0.0.1 sslmode=nonsense|sslmode must be one of|DATABASE_URL'
        'DATABASE_URL=postgres://127.0.0.1:nonsense/db|port must be a whole number|DATABASE_URL'
        'DATABASE_URL=host=127.0.0.1,127.0.0.2 port=1,2,3|one port, or one for each host|DATABASE_URL'
    )
    for row in "${rows[@]}"; do
        stack_start "${row%%|*}"
        wait_until 60 dead "$(run_pid)"
        IFS='|' read -r _ said named <<<"$row"
        run_says "$said" || fail "$row: $(<"$STACK/run.log")"
        run_says "$named" || fail "$row does not name $named: $(<"$STACK/run.log")"
        refute run_says wrong-hush
        refute run_says 'waiting for the database'
        [[ ! -e $(service_log) ]] || fail "$row: the service was started"
    done
}

# --- where the checkout lies, and how a script is called --------------------------------------------------------------

# use_scripts COMMAND...: calls each script by `COMMAND NAME`, and three of them for what they do.
use_scripts() {
    local name place=$BATS_TEST_TMPDIR/rendered
    for name in "$ROOT"/scripts/*; do
        name=${name##*/}
        [[ -f $ROOT/scripts/$name && $name != lib*.sh && $name != build ]] || continue
        "$@" "$name" --help >"$BATS_TEST_TMPDIR/help" || fail "$name --help: status $?"
        grep -q "^usage: scripts/$name" "$BATS_TEST_TMPDIR/help" || fail "$name --help says $(<"$BATS_TEST_TMPDIR/help")"
    done
    expect_equal "migrate says" "$("$@" migrate 2>&1 | tail -n +2)" "schema is current"
    expect_equal "psql says" "$("$@" psql -X -A -t -c 'SELECT 6 * 7' 2>&1)" 42
    mkdir -p "$place"
    "$@" render-nginx "$place"
    [[ -s $place/sessiond/guard.conf ]] || fail "render-nginx made no guard.conf"
    rm -r "$place"
}

by_path() {
    SESSIOND=$BIN "$COPY/scripts/$1" "${@:2}"
}
by_relative_path() {
    (cd "$COPY" && CDPATH=$BATS_TEST_TMPDIR/decoy POSIXLY_CORRECT=1 SESSIOND=$BIN "scripts/$1" "${@:2}")
}
by_link() {
    SESSIOND=$BIN "$BATS_TEST_TMPDIR/links/$1" "${@:2}"
}

@test "scripts: work in a path with spaces, beside a CDPATH, and through links" {
    back_to_first
    COPY="$BATS_TEST_TMPDIR/a  checkout of mine"
    mkdir -p "$COPY" "$BATS_TEST_TMPDIR/decoy/scripts" "$BATS_TEST_TMPDIR/links"
    cp -R "$ROOT"/{scripts,sql,nginx} "$COPY/"
    # A link to a link, one of them relative.
    local script
    for script in "$COPY"/scripts/*; do
        [[ $script == *.sh || -d $script ]] || ln -s "$script" "$BATS_TEST_TMPDIR/links/first-${script##*/}"
        [[ $script == *.sh || -d $script ]] || ln -s "first-${script##*/}" "$BATS_TEST_TMPDIR/links/${script##*/}"
    done
    local way
    for way in by_path by_relative_path by_link; do
        use_scripts "$way"
    done
}
