#!/usr/bin/env bats
# New settings (SIGHUP) and new versions of the program (SIGUSR2), which a running master takes without a gap: what it
# refuses, what it keeps, and that no request and no session is lost. Some tests use the master of the instance, behind
# nginx; the others start one of their own beside it, from a copy of the program, on the same database.

load lib/common
load lib/master
load lib/sessions
one_instance REQUEST_TIMEOUT=10 REFRESH_GRACE=0

setup() {
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    chmod 755 "$PLACE"
    LOG=$PLACE/sessiond.log
    PROGRAM=$PLACE/sessiond
    SETTINGS_FILE=$PLACE/env
    MASTER_SETTINGS=("${CHEAP[@]}" REQUEST_TIMEOUT=10)
    cp "$BIN" "$PROGRAM"
    make_fate
    settings
}

after_each() {
    [[ -z ${LOAD_PID-} ]] || kill -KILL "$LOAD_PID" 2>/dev/null || true
    [[ -z ${STOPPED-} ]] || kill -CONT "$STOPPED" 2>/dev/null || true
    [[ -z ${MASTER-} ]] || stop_master
    [[ -z ${LIMITED-} ]] || sql "alter role sessiond connection limit -1"
}

# settings [LINE...]: writes the settings file of the own master, whose sockets are in SOCKETS or else in its place.
settings() {
    local database="host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond"
    install -m 600 /dev/null "$SETTINGS_FILE"
    printf '%s\n' "DATABASE_URL=$database" "SOCKET_DIR=${SOCKETS:-$PLACE}" "$@" >"$SETTINGS_FILE"
}

# own_master: starts one, and waits until it serves.
own_master() {
    start_master
    wait_until 30 all_answer check write password
}

# count EVENT: how often it stands in the log.
count() {
    grep -cF "\"event\":\"$1\"" "$LOG" || true
}

has_more() {
    (($(count "$1") > $2))
}

# send SIGNAL EVENT: to the master, and waits until that has had it log the event.
send() {
    local before
    before=$(count "$2")
    kill "-$1" "$MASTER"
    wait_until 60 has_more "$2" "$before"
}

# last EVENT FIELD: of the last such event.
last() {
    jq -rR --arg event "$1" "fromjson? | select(.event == \$event) | .$2" "$LOG" | tail -n 1
}

# workers: the processes of the master's workers.
workers() {
    pids_below "$MASTER" | grep -vx "$MASTER" | sort -n | xargs
}

# of_instance: from now on, LOG and MASTER are those of the instance behind nginx.
of_instance() {
    LOG=$(service_log)
    instance=$(master_pid)
}

renew_instance() {
    MASTER=$instance send "$1" service_renewed
}

replace_program() {
    cp "$BIN" "$PROGRAM.new"
    mv "$PROGRAM.new" "$PROGRAM"
}

@test "SIGHUP takes the settings of the file as they are now: same process, same sockets, new workers" {
    local before sockets instance
    of_instance
    before=$(worker_pids)
    sockets=$(stat -c %i "$RUN_DIR"/sockets/*.sock)
    new_user
    echo PASSWORD_MIN_LENGTH=40 >>"$ENV_FILE"
    renew_instance HUP
    # shellcheck disable=SC2086 # a list
    wait_until 30 all_dead $before
    api POST /register '{"name":"Ada","username":"ada-short","password":"'"$OTHER_PASSWORD"'"}'
    expect_problem 400 invalid_request
    content_is 200 "$access"
    expect_equal "master" "$(master_pid)" "$instance"
    expect_equal "its name" "$(cat "/proc/$instance/comm")" sessiond
    expect_equal "sockets" "$(stat -c %i "$RUN_DIR"/sockets/*.sock)" "$sockets"
    before=$(worker_pids)
    sed -i '/^PASSWORD_MIN_LENGTH/d' "$ENV_FILE"
    renew_instance HUP
    # shellcheck disable=SC2086 # a list
    wait_until 30 all_dead $before
    api POST /register '{"name":"Ada","username":"ada-short","password":"'"$OTHER_PASSWORD"'"}'
    expect_success 201
}

# counts OUTCOME NUMBER: so many renewals of the instance, by its metrics.
counts() {
    call GET /metrics
    grep -qxF "sessiond_renewals_total{outcome=\"$1\"} $2" <<<"$body"
}

@test "renewals are counted, those that were refused as well" {
    local instance
    of_instance
    echo NO_SUCH=1 >>"$ENV_FILE"
    MASTER=$instance send HUP renewal_refused
    wait_until 30 counts refused 1
    sed -i '/^NO_SUCH/d' "$ENV_FILE"
    renew_instance HUP
    # A worker of before may still answer, with the counters of before.
    wait_until 30 counts success 1
    wait_until 30 counts refused 0
}

# has_workers COUNT: whether the own master has so many, with those that are about to go.
has_workers() {
    [[ $(workers | wc -w) == "$1" ]]
}

# found_in_memory WORD...: those that stand in the memory of the own master or of a worker, each once.
found_in_memory() {
    # shellcheck disable=SC2046 # a list
    "$PYTHON" "$LIB/search_memory.py" "$@" -- "$MASTER" $(workers) >"$PLACE/found"
    cut -d ' ' -f 1 "$PLACE/found" | sort -u | xargs
}

@test "no process of the service keeps the password of the database's superuser, from wherever it came" {
    local round found words=(of-the-file-9q4 of-the-environment-7w2)
    settings "POSTGRES_PASSWORD=${words[0]}"
    sed -i "s/^DATABASE_URL=.*/& password=of-the-role-5k8/" "$SETTINGS_FILE"
    MASTER_SETTINGS+=("POSTGRES_PASSWORD=${words[1]}")
    own_master
    for round in start reload upgrade; do
        case $round in
            reload) send HUP service_renewed ;;
            upgrade) send USR2 service_renewed ;;
        esac
        wait_until 30 has_workers 3
        if ((EUID == 0)); then
            expect_equal "what the service needs, after a $round" "$(found_in_memory of-the-role-5k8)" of-the-role-5k8
            found=$(found_in_memory "${words[@]}")
            expect_equal "after a $round, $(<"$PLACE/found")" "$found" ''
        else
            refute found_in_memory "${words[@]}"
        fi
    done
}

@test "settings and databases that could not serve are refused with the reason, and the workers go on" {
    local before row
    # a line of the settings file | what the reason says
    local rows=(
        "ACCESS_TTL=soon|ACCESS_TTL"
        "NO_SUCH=1|NO_SUCH"
        "PASSWORD_BLOCKLIST=$PLACE/none|$PLACE/none"
        "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=nowhere user=sessiond|nowhere"
        "DATABASE_URL=host='$PLACE' dbname=sessiond user=sessiond|No such file or directory"
    )
    own_master
    before=$(workers)
    for row in "${rows[@]}"; do
        settings
        sed -i "/^${row%%=*}=/d" "$SETTINGS_FILE"
        echo "${row%|*}" >>"$SETTINGS_FILE"
        send HUP renewal_refused
        expect_match "$row" "$(last renewal_refused reason)" "${row##*|}"
        expect_equal "signal" "$(last renewal_refused signal)" SIGHUP
    done
    chmod 666 "$SETTINGS_FILE"
    send HUP renewal_refused
    expect_match "a file that all may change" "$(last renewal_refused reason)" 'chmod o='
    expect_equal "workers" "$(workers)" "$before"
    all_answer check write password
    settings
    send HUP service_renewed
}

@test "a database with older tables is refused" {
    own_master
    sql "update schema_versions set version = -version where version = (select max(version) from schema_versions)"
    send HUP renewal_refused
    sql "update schema_versions set version = abs(version)"
    expect_match "reason" "$(last renewal_refused reason)" 'schema_outdated.*scripts/migrate'
    send HUP service_renewed
}

@test "SIGUSR2 becomes the program that is now in the file, SIGHUP stays with the one that runs" {
    own_master
    replace_program
    send HUP service_renewed
    expect_match "program" "$(readlink "/proc/$MASTER/exe")" ' \(deleted\)$'
    send USR2 service_renewed
    expect_equal "program" "$(readlink "/proc/$MASTER/exe")" "$PROGRAM"
    all_answer check write password
}

@test "a program that cannot start leaves the old one serving" {
    local before row
    # what stands in the file | what the reason says
    local rows=(
        "#!/bin/sh"$'\n'"echo no such luck; exit 1|no such luck"
        "#!/no/such/interpreter|cannot be run: No such file or directory"
        "no program at all|cannot be run: Exec format error"
        "#!/bin/sh"$'\n'"kill -SEGV \$\$|said nothing"
    )
    own_master
    before=$(workers)
    for row in "${rows[@]}"; do
        rm -f "$PROGRAM"
        printf '%s\n' "${row%|*}" >"$PROGRAM"
        chmod 755 "$PROGRAM"
        send USR2 renewal_refused
        expect_match "$row" "$(last renewal_refused reason)" "${row##*|}"
    done
    rm -f "$PROGRAM"
    send USR2 renewal_refused
    expect_match "no file" "$(last renewal_refused reason)" 'cannot be run: No such file or directory'
    head -c 20000 "$BIN" >"$PROGRAM"
    chmod 755 "$PROGRAM"
    send USR2 renewal_refused
    expect_equal "workers" "$(workers)" "$before"
    all_answer check write password
    replace_program
    send USR2 service_renewed
}

@test "while no new worker can start, the former ones serve; they go when the reason is gone" {
    local before
    own_master
    before=$(workers)
    fate 2
    send HUP service_start
    wait_until 30 has_starts check 4
    # shellcheck disable=SC2086 # a list
    for worker in $before; do
        alive "$worker"
    done
    all_answer check write password
    wait_until 60 has_more renewal_unfinished 0
    expect_equal "renewals" "$(count service_renewed)" 0
    fate
    wait_until 60 has_more service_renewed 0
    # shellcheck disable=SC2086 # a list
    wait_until 30 all_dead $before
    all_answer check write password
}

@test "a former worker that does not end is killed" {
    own_master
    STOPPED=$(last_worker write)
    kill -STOP "$STOPPED"
    send HUP service_renewed
    wait_until 60 dead "$STOPPED"
    expect_equal "workers that were killed" "$(last former_workers_killed workers)" 1
    STOPPED=
    all_answer check write password
}

@test "a former worker that does not end keeps no stop from its end" {
    own_master
    STOPPED=$(last_worker write)
    kill -STOP "$STOPPED"
    send HUP service_renewed
    kill -TERM "$MASTER"
    wait_until 60 dead "$MASTER"
    STOPPED= MASTER=
}

# hold_trial SIGNAL [LINE...]: a trial stands still, having begun to read the settings as they were; the file has these
# lines more when it goes on.
hold_trial() {
    mkfifo "$PLACE/pipe"
    exec {PIPE}<>"$PLACE/pipe"
    echo '# It has read this line.' >&"$PIPE"
    mv "$SETTINGS_FILE" "$PLACE/before"
    ln "$PLACE/pipe" "$SETTINGS_FILE"
    kill "-$1" "$MASTER"
    wait_until 30 pipe_is_empty
    rm "$SETTINGS_FILE"
    settings "${@:2}"
}

pipe_is_empty() {
    ! read -r -t 0 -u "$PIPE"
}

release_trial() {
    cat "$PLACE/before" >&"$PIPE"
    exec {PIPE}>&-
}

@test "settings that change while a trial runs count, too" {
    own_master
    hold_trial HUP NO_SUCH=1
    kill -HUP "$MASTER"
    release_trial
    wait_until 60 has_more renewal_refused 0
    expect_match "reason" "$(last renewal_refused reason)" NO_SUCH
    expect_equal "trials that led to something" "$(count service_renewing)" 0
    all_answer check write password
}

@test "settings that become bad behind their trial leave the workers of before in their places, until they are good again" {
    local before
    own_master
    before=$(workers)
    hold_trial HUP NO_SUCH=1
    release_trial
    wait_until 60 has_more renewal_unfinished 0
    grep -qF NO_SUCH "$LOG"
    expect_equal "workers that serve" "$(workers)" "$before"
    all_answer check write password
    send HUP renewal_refused
    expect_match "reason" "$(last renewal_refused reason)" NO_SUCH
    settings LOG_LEVEL=info
    wait_until 60 has_more service_renewed 0 # without a signal
    [[ $(workers) != *"${before%% *}"* ]]
    all_answer check write password
}

@test "a stop is obeyed while the settings are bad behind their trial" {
    own_master
    hold_trial HUP NO_SUCH=1
    release_trial
    wait_until 60 has_more renewal_unfinished 0
    kill -TERM "$MASTER"
    expect_end_of_master 0
    expect_no_sockets
    expect_equal "said of the stop" "$(count service_draining) $(count service_stop)" '1 1'
}

# take_care_with_hanging_worker: the settings are bad behind their trial, and a worker of before does not go on.
take_care_with_hanging_worker() {
    own_master
    STOPPED=$(last_worker write)
    kill -STOP "$STOPPED"
    hold_trial HUP NO_SUCH=1
    release_trial
    wait_until 60 has_more renewal_unfinished 0
    kill -TERM "$MASTER"
    wait_until 30 has_no_sockets
}

has_no_sockets() {
    [[ -z $(find "$PLACE" -name '*.sock') ]]
}

@test "a worker of before that hangs keeps no stop from its end while the settings are bad" {
    take_care_with_hanging_worker
    wait_until 60 dead "$MASTER"
    STOPPED= MASTER=
}

@test "a second stop while the settings are bad leaves what a successor has put in the place of the sockets" {
    take_care_with_hanging_worker
    touch "$PLACE/write.sock"
    kill -TERM "$MASTER"
    wait_until 60 dead "$MASTER"
    STOPPED= MASTER=
    [[ -e $PLACE/write.sock ]]
}

@test "a program that is none of ours is refused, though it says nothing against it" {
    own_master
    rm "$PROGRAM"
    printf '#!/bin/sh\nexit 0\n' >"$PROGRAM"
    chmod 755 "$PROGRAM"
    send USR2 renewal_refused
    all_answer check write password
}

connections_of_service() {
    sql "select count(*) from pg_stat_activity where usename = 'sessiond'"
}

@test "the workers of before go when the new ones have connections to the database" {
    own_master
    wait_until 30 has_more database_connected 2
    LIMITED=1
    sql "alter role sessiond connection limit $(($(connections_of_service) + 1))"
    kill -HUP "$MASTER"
    wait_until 60 has_more database_unavailable 0
    sql "alter role sessiond connection limit -1"
    wait_until 60 has_more service_renewed 0
    expect_equal "new workers that were connected before" \
        "$(sed '1,/"service_renewing"/d; /"service_renewed"/q' "$LOG" | grep -c '"database_connected"')" 3
}

trial_has_ended() {
    ps -o stat= --ppid "$MASTER" | grep -q '^Z'
}

@test "a new program that was asked for stays so when new settings are asked for while it is tried" {
    own_master
    replace_program
    hold_trial USR2
    kill -HUP "$MASTER"
    wait_until 30 took_signals
    release_trial
    wait_until 60 has_more service_renewed 0
    expect_equal "program" "$(readlink "/proc/$MASTER/exe")" "$PROGRAM"
}

# The master has taken every signal from the kernel.
took_signals() {
    grep -qE '^ShdPnd:\s*0+$' "/proc/$MASTER/status"
}

@test "a signal that comes during the start waits until it is over" {
    touch "$PLACE/slow"
    start_master
    wait_until 30 test -S "$PLACE/check.sock"
    kill -HUP "$MASTER"
    rm "$PLACE/slow"
    wait_until 60 has_more service_renewed 0
    all_answer check write password
}

@test "a stop that comes when a trial ends is obeyed" {
    own_master
    hold_trial HUP
    touch "$PLACE/slow"
    kill -TERM "$MASTER"
    wait_until 30 took_signals
    release_trial
    wait_until 30 trial_has_ended
    rm "$PLACE/slow"
    expect_end_of_master 0
}

@test "a program that was found by PATH is found again after a reload with its file replaced" {
    mkdir "$PLACE/bin"
    mv "$PROGRAM" "$PLACE/bin/sessiond"
    MASTER_SETTINGS+=("PATH=$PLACE/bin:$PATH")
    PROGRAM=sessiond own_master
    PROGRAM=$PLACE/bin/sessiond replace_program
    send HUP service_renewed
    send USR2 service_renewed
    expect_equal "program" "$(readlink "/proc/$MASTER/exe")" "$PLACE/bin/sessiond"
}

@test "a stop during a renewal ends everything, and removes the sockets" {
    own_master
    kill -HUP "$MASTER"
    kill -TERM "$MASTER"
    expect_end_of_master 0
    own_master
    fate 2
    send HUP service_start
    kill -TERM "$MASTER"
    expect_end_of_master 0
    expect_no_sockets
}

@test "the sockets stay where they are until a restart, whatever SOCKET_DIR says now" {
    own_master
    mkdir "$PLACE/other"
    SOCKETS=$PLACE/other settings
    send HUP service_renewed
    expect_equal "setting" "$(last setting_kept setting)" SOCKET_DIR
    all_answer check write password
    stop_master
    expect_no_sockets
    MASTER=
}

@test "who may connect follows the settings" {
    ((EUID == 0)) || skip "only root gives files away"
    own_master
    settings NGINX_USER=nobody
    send HUP service_renewed
    expect_equal "group" "$(stat -c %G "$PLACE/check.sock")" "$(id -gn nobody)"
}

# expect_rights NAME "OWNER:GROUP MODE": of the file in the place of the master.
expect_rights() {
    expect_equal "rights of $1" "$(stat -c '%U:%G %a' "$PLACE/$1")" "$2"
}

@test "a renewal changes the rights of no file that somebody has put in the place of a socket" {
    ((EUID == 0)) || skip "only root gives files away"
    own_master
    install -m 600 /dev/null "$PLACE/victim"
    mv "$PLACE/check.sock" "$PLACE/kept.sock"
    ln -s victim "$PLACE/check.sock"
    rm "$PLACE/write.sock"
    "$PYTHON" -c 'import os, socket, sys; os.umask(0o77); socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$PLACE/write.sock"
    settings NGINX_USER=nobody
    send HUP service_renewed
    expect_rights victim 'root:root 600'
    expect_rights write.sock 'root:root 700'
    expect_rights password.sock "sessiond:$(id -gn nobody) 660"
    expect_equal "what the log names" "$(of_log '' 'select(.event == "socket_rights_kept") | .socket | split("/") | last' | xargs)" \
        'check.sock write.sock'
    mv "$PLACE/kept.sock" "$PLACE/check.sock"
    send HUP service_renewed
    expect_rights check.sock "sessiond:$(id -gn nobody) 660"
}

# Whoever may write to the directory is quick: when the service has bound a socket, a link to another file is there.
make_switch() {
    cat >"$PLACE/switch.c" <<EOF_
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
int bind(int descriptor, const struct sockaddr* address, socklen_t size) {
  const int result = (int)syscall(SYS_bind, descriptor, address, size);
  const char* path = ((const struct sockaddr_un*)address)->sun_path;
  if (strstr(path, "write.sock") == NULL) return result;
  unlink(path);
  return symlink("victim", path);
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$PLACE/fate.so" "$PLACE/switch.c"
}

@test "a start changes the rights of no file that somebody puts in the place of a socket that was just bound" {
    make_switch
    install -m 600 /dev/null "$PLACE/victim"
    start_master
    expect_end_of_master 2
    grep -qF "$PLACE/write.sock is not the socket that the service has made" "$LOG"
    expect_equal mode "$(stat -c %a "$PLACE/victim")" 600
}

@test "50 reloads and 20 upgrades under load lose no request and no session" {
    local instance i
    of_instance
    load_start 4
    for ((i = 0; i < 50; i++)); do
        renew_instance HUP
    done
    for ((i = 0; i < 20; i++)); do
        renew_instance USR2
    done
    load_stop
    expect_equal "answers 503" "$(jq '.statuses["503"] // 0' <<<"$RESULT")" 0
    expect_acknowledged
}

# registration_answers STATUS
registration_answers() {
    api POST /register '{"name":"Ada","username":"'"ada$RANDOM$RANDOM"'","password":"'"$PASSWORD"'"}'
    [[ $status == "$1" ]]
}

@test "SIGHUP to scripts/run has sessiond and nginx take the settings, and refuses those that do not fit" {
    local instance masters
    of_instance
    echo REGISTRATION=closed >>"$ENV_FILE"
    kill -HUP "$(run_pid)"
    wait_until 30 registration_answers 403
    grep -qF 'sessiond and nginx take the settings' "$STACK/run.log"
    masters=$(count service_start)
    echo NO_SUCH=1 >>"$ENV_FILE"
    kill -HUP "$(run_pid)"
    wait_until 30 grep -qF 'the instance goes on as it was' "$STACK/run.log"
    grep -qF NO_SUCH "$STACK/run.log"
    sed -i '/^NO_SUCH/d; /^REGISTRATION/d' "$ENV_FILE"
    expect_equal "starts" "$(count service_start)" "$masters"
    api GET /ready
    expect_equal "ready" "$status" 200
    kill -USR2 "$(run_pid)"
    wait_until 30 has_more service_start "$masters"
    wait_until 30 registration_answers 201
}

@test "a terminal that is closed ends what scripts/run has started in it" {
    local port
    free_port
    RUN_DIR=$PLACE/run PORT=$port SESSIOND=$BIN "$PYTHON" "$LIB/close_terminal.py" "http://127.0.0.1:$port/ready" \
        "$ROOT/scripts/run" >"$PLACE/run.log" 2>&1 3>&- 4>&-
    port_is_free "$port"
    expect_equal "processes that are left" "$(pgrep -f "$PLACE/run" || true)" ''
}
