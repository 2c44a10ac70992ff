#!/usr/bin/env bats
# The workers are confined to the system calls that they need, by trying: a function of the system that only workers
# call is replaced by one that makes an attempt, as whoever has taken over a worker could. The master is started
# directly, one worker in each pool, without a database. tests/unit/confinement_test.cc tries each single call.

load lib/common
load lib/master

setup() {
    STACK=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$STACK"
    PLACE=$STACK
    LOG=$STACK/sessiond.log
    MASTER_SETTINGS=("DATABASE_URL=host='$STACK'" "SOCKET_DIR=$STACK")
    # Where everybody may write, so that nothing but the confinement is in the way.
    mkdir -m 777 "$PLACE/open"
    make_attempts
}

after_each() {
    [[ -z ${MASTER-} ]] || stop_master
    rm -rf "$STACK"
}

# Each time that a worker has looked for connections, it makes the attempt that stands in $PLACE/attempt, if that is
# there. And so does whoever connects to something, such as `sessiond -t` to a database.
make_attempts() {
    cat >"$PLACE/fate.c" <<EOF_
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static int is_listening(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}
static void attempt(void) {
  char what[16] = "";
  char* none[] = {NULL};
  int file = open("$PLACE/attempt", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  if (read(file, what, sizeof what - 1) < 0) what[0] = 0;
  close(file);
  if (strcmp(what, "run") == 0) execve("/bin/true", none, none);
  if (strcmp(what, "fork") == 0 && fork() == 0) _exit(0);
  if (strcmp(what, "trace") == 0) ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
  if (strcmp(what, "write") == 0) close(open("$PLACE/open/written", O_WRONLY | O_CREAT, 0666));
  if (strcmp(what, "kill") == 0) kill(getppid(), SIGTERM);
  if (strcmp(what, "rewrite") == 0) {
    fcntl(2, F_SETFL, O_NONBLOCK);
    if (lseek(2, 0, SEEK_SET) == 0) (void)!write(2, "forged\\n", 7);
  }
  if (strcmp(what, "deafen") == 0)
    for (int descriptor = 0; descriptor < 64; ++descriptor)
      if (is_listening(descriptor)) shutdown(descriptor, SHUT_RDWR);
}
int sigpending(sigset_t* set) {
  attempt();
  return (int)syscall(SYS_rt_sigpending, set, 8);
}
int connect(int descriptor, const struct sockaddr* address, socklen_t size) {
  attempt();
  return (int)syscall(SYS_connect, descriptor, address, size);
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$PLACE/fate.so" "$PLACE/fate.c"
}

# try WHAT: all workers make this attempt from now on; empty: they make none.
try() {
    rm -f "$PLACE/attempt"
    [[ -n $1 ]] || return 0
    printf %s "$1" >"$PLACE/attempt.new"
    chmod 644 "$PLACE/attempt.new"
    mv "$PLACE/attempt.new" "$PLACE/attempt"
}

mode_of() {
    sed -n 's/^Seccomp:\s*//p' "/proc/$1/status"
}

# Where the tests run in a container that cannot confine, nothing of this can be shown.
require_confinement() {
    [[ $(of_log '' 'select(.event == "workers_unconfined")') == '' ]] || skip "this system cannot confine processes"
}

start_and_serve() {
    start_master
    wait_until 30 all_answer check write password
    require_confinement
}

overstepped() {
    of_log '' 'select(.event == "worker_overstepped") | .pid'
}

# end_of PID: of which pool that worker was, the signal by which it ended, and the level of that line.
end_of() {
    of_log '' "select(.event == \"worker_exit\" and .pid == $1)" | jq -r '"\(.pool) \(.signal) \(.level)"'
}

has_overstepped() {
    overstepped | grep -qxF "$1"
}

@test "workers are confined, and the master is not" {
    local pool
    start_and_serve
    for pool in check write password; do
        expect_equal "$pool" "$(mode_of "$(last_worker "$pool")")" 2
    done
    expect_equal "the master" "$(mode_of "$MASTER")" "$(mode_of $$)"
}

@test "a worker that was taken over and runs a program, forks or traces is killed, told in the log, and replaced" {
    local what pool pids
    ! grep -qF __asan_init "$BIN" || skip "the sanitizer itself forks and traces"
    start_and_serve
    for what in run fork trace; do
        mapfile -t pids < <(for pool in check write password; do last_worker "$pool"; done)
        try "$what"
        wait_until 30 has_overstepped "${pids[0]}"
        wait_until 30 has_overstepped "${pids[1]}"
        wait_until 30 has_overstepped "${pids[2]}"
        try ''
        wait_until 60 all_answer check write password
        expect_equal "how it has ended ($what)" "$(end_of "${pids[0]}")" 'check 31 error'
    done
    alive "$MASTER" || fail "the master has ended"
}

@test "a worker that was taken over writes no file, sends no signal, leaves log and socket as they are, and goes on" {
    local what first
    start_and_serve
    first=$(head -n 1 "$LOG")
    for what in write kill rewrite deafen; do
        try "$what"
        # Each request is a turn of the worker, with an attempt in it.
        all_answer check write password
        all_answer check write password
    done
    all_answer check write password
    expect_equal "files" "$(ls "$PLACE/open")" ''
    expect_equal "the first line of the log" "$(head -n 1 "$LOG")" "$first"
    refute grep -E '"event":"(worker_exit|worker_overstepped|service_draining)"' "$LOG"
}

@test "sessiond -t tries the database as a worker is confined" {
    start_and_serve
    try write
    "${CLEAN[@]}" LD_PRELOAD="$PLACE/fate.so" ASAN_OPTIONS=verify_asan_link_order=0 "${MASTER_SETTINGS[@]}" \
        "$BIN" -f /dev/null -t >"$PLACE/out" 2>&1 || true
    expect_match "what it says" "$(<"$PLACE/out")" 'cannot connect'
    expect_equal "files" "$(ls "$PLACE/open")" ''
}

# make_outside HOW: $PLACE/program is the service in a container in which seccomp(2) is refused: `wholly`, or `partly`,
# only to add a filter. $PLACE/outside makes it.
make_outside() {
    cat >"$PLACE/outside.c" <<'EOF_'
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char** words) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  int whole = strcmp(words[1], "wholly") == 0;
  (void)count;
  if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), whole ? 0 : 1, SCMP_A0(SCMP_CMP_EQ, 1)) != 0)
    return 1;
  if (seccomp_load(filter) != 0) return 1;
  execv(words[2], words + 2);
  return 1;
}
EOF_
    "${CC:-cc}" -o "$PLACE/outside" "$PLACE/outside.c" -lseccomp
    printf '#!/bin/sh\nexec %s/outside %s %s "$@"\n' "$PLACE" "$1" "$BIN" >"$PLACE/program"
    chmod 755 "$PLACE/program"
    "$PLACE/outside" "$1" /bin/true || skip "this system cannot confine processes"
}

@test "where the system has no such filter, the service serves, and the log says what that means, once" {
    make_outside wholly
    PROGRAM=$PLACE/program start_master
    wait_until 30 all_answer check write password
    expect_match "the log" "$(of_log '' 'select(.event == "workers_unconfined") | .level + ": " + .reason')" \
        '^warning: this system has no filter of system calls .seccomp: Operation not permitted., so a worker that is'
    expect_equal "times" "$(of_log '' 'select(.event == "workers_unconfined") | .event' | wc -l)" 1
    "${CLEAN[@]}" "${MASTER_SETTINGS[@]}" "$PLACE/program" -f /dev/null -n >"$PLACE/out" 2>&1
    expect_match "sessiond -n" "$(<"$PLACE/out")" 'warning: this system has no filter of system calls'
}

@test "where the system refuses the filter that it has, no worker starts" {
    make_outside partly
    PROGRAM=$PLACE/program start_master
    expect_end_of_master 2
    expect_equal "reasons" "$(of_log '' 'select(.event == "worker_failed") | .reason' | sort -u)" \
        'cannot confine the worker to the system calls that it needs: Operation not permitted'
}

is_lost() {
    [[ $(of_log "$1" 'select(.event == "socket_lost" and .pool == $pool) | .event') == *socket_lost* ]]
}

all_are_lost() {
    is_lost check && is_lost write && is_lost password
}

@test "a socket that a worker has ended, where none is confined, is bound anew, and its pool serves again" {
    make_outside wholly
    PROGRAM=$PLACE/program start_master
    wait_until 30 all_answer check write password
    try deafen
    wait_until 60 all_are_lost
    try ''
    wait_until 60 all_answer check write password
    expect_equal "mode" "$(stat -c %a "$PLACE/check.sock")" 660
    expect_match "advice" "$(of_log check 'select(.event == "socket_lost" and .pool == $pool) | .advice')" '^it is bound anew; '
    alive "$MASTER" || fail "the master has ended"
}

@test "a socket that was passed to the service, and that a worker has ended, is told of once, with what helps" {
    make_outside wholly
    printf '#!/bin/sh\nexec %q %q --listen %q %q "$@"\n' "$PYTHON" "$LIB/bind_and_exec.py" \
        "check=$PLACE/check.sock,write=$PLACE/write.sock,password=$PLACE/password.sock" "$PLACE/program" >"$PLACE/passing"
    chmod 755 "$PLACE/passing"
    PROGRAM=$PLACE/passing start_master
    wait_until 30 all_answer check write password
    try deafen
    wait_until 60 all_are_lost
    try ''
    expect_match "advice" "$(of_log check 'select(.event == "socket_lost" and .pool == $pool) | .advice')" \
        '^stop the service and whoever passes it the socket, such as sessiond.socket, and start both$'
    alive "$MASTER" || fail "the master has ended"
}
