# shellcheck shell=bash
# shellcheck disable=SC2016 # $pool is jq's
# A master that a test starts directly, without scripts/run and nginx: its sockets, its log and whatever else it needs
# are in $PLACE, it has one worker in each pool, and a test can say how its workers end. Load it after lib/common.

# start_master: in the background; $MASTER is its process, LOG its log. MASTER_SETTINGS are its variables, which with
# the settings file must say where the sockets are; PROGRAM is its file and SETTINGS_FILE what is given to -f, both with
# a default.
start_master() {
    # The sanitizer's own library would have to come before ours.
    env LD_PRELOAD="$PLACE/fate.so" ASAN_OPTIONS=verify_asan_link_order=0 \
        "${CLEAN[@]}" CHECK_WORKERS=1 WRITE_WORKERS=1 PASSWORD_WORKERS=1 "${MASTER_SETTINGS[@]}" \
        "${PROGRAM:-$BIN}" -f "${SETTINGS_FILE:-/dev/null}" >"$LOG" 2>&1 </dev/null 3>&- 4>&- &
    MASTER=$!
}

stop_master() {
    kill -TERM "$MASTER" 2>/dev/null || true
    wait_until 30 dead "$MASTER" || kill -KILL "$MASTER"
}

# expect_end_of_master STATUS: it has ended, or does so now, with this exit status.
expect_end_of_master() {
    local code=0
    wait_until 60 dead "$MASTER" || return 1
    wait "$MASTER" || code=$?
    MASTER=
    expect_equal "exit status of the master" "$code" "$1"
}

expect_no_sockets() {
    expect_equal "sockets that are left" "$(find "$PLACE" -name '*.sock')" ''
}

# A worker that is about to be ready ends with the status that stands in $PLACE/fate instead, when that exists: the
# first function of the system that only workers call is replaced. And as long as there is a file $PLACE/slow, a master that
# has bound a socket, or has taken a signal to stop from the kernel, goes no further.
make_fate() {
    cat >"$PLACE/fate.c" <<EOF_
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int epoll_create1(int flags) {
  int status = 0;
  FILE* file = fopen("$PLACE/fate", "re");
  if (file != NULL && fscanf(file, "%d", &status) == 1) _exit(status);
  if (file != NULL) fclose(file);
  return (int)syscall(SYS_epoll_create1, flags);
}
int listen(int socket, int backlog) {
  while (access("$PLACE/slow", F_OK) == 0) usleep(10000);
  return (int)syscall(SYS_listen, socket, backlog);
}
int sigtimedwait(const sigset_t* set, siginfo_t* info, const struct timespec* limit) {
  int taken = (int)syscall(SYS_rt_sigtimedwait, set, info, limit, _NSIG / 8);
  while (taken == SIGTERM && access("$PLACE/slow", F_OK) == 0) usleep(10000);
  return taken;
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$PLACE/fate.so" "$PLACE/fate.c"
}

# all_answer POOL...: each of these pools does.
all_answer() {
    local pool
    for pool in "$@"; do
        [[ -S $PLACE/$pool.sock && $("$PYTHON" "$LIB/fcgi_client.py" --get "$PLACE/$pool.sock" /health) == 200 ]] || return 1
    done
}

# fate [STATUS]: of the workers that start from now on; none: they live. A worker sees the old one or the new one.
fate() {
    if (($# == 0)); then
        rm -f "$PLACE/fate"
    else
        echo "$1" >"$PLACE/fate.new"
        chmod 644 "$PLACE/fate.new"
        mv "$PLACE/fate.new" "$PLACE/fate"
    fi
}

# of_log POOL FILTER: jq over the events of the log; the pool is in $pool.
of_log() {
    jq -rR --arg pool "$1" "fromjson? | $2" "$LOG"
}

# starts POOL: how many workers of the pool were started.
starts() {
    of_log "$1" 'select(.event == "worker_start" and .pool == $pool) | .pid' | wc -l
}

has_starts() {
    (($(starts "$1") >= $2))
}

# has_ended POOL STATUS: the last of its workers that ended did so with this status.
has_ended() {
    [[ $(of_log "$1" 'select(.event == "worker_exit" and .pool == $pool) | .code' | tail -n 1) == "$2" ]]
}

last_worker() {
    of_log "$1" 'select(.event == "worker_start" and .pool == $pool) | .pid' | tail -n 1
}

