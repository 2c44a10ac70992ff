#!/usr/bin/env bats
# The watchdog kills what hangs, and nothing that only waits, has much to do, or was stopped from outside. The master is
# started directly, one worker in each pool, without a database.

load lib/common

# The least that is allowed.
TIMEOUT=10

setup() {
    STACK=$(mktemp -d /tmp/sd.XXXXXX)
    chmod 755 "$STACK"
    LOG=$STACK/sessiond.log
    make_lookup
}

after_each() {
    if [[ -n ${MASTER-} ]]; then
        kill -CONT "$MASTER" $(workers) 2>/dev/null || true
        kill -TERM "$MASTER" 2>/dev/null || true
        wait_until 30 dead "$MASTER" || kill -KILL "$MASTER"
    fi
    rm -rf "$STACK"
}

# A resolver that is silent for longer than REQUEST_TIMEOUT, and finds nothing then: the function of the system is
# replaced, so that no other name server is asked.
make_lookup() {
    cat >"$STACK/lookup.c" <<EOF_
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char* name, const char* service, const struct addrinfo* hints, struct addrinfo** found) {
  (void)name, (void)service, (void)hints;
  *found = NULL;
  sleep($((TIMEOUT + 2)));
  return EAI_AGAIN;
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$STACK/lookup.so" "$STACK/lookup.c"
}

# Connecting that never ends, as by a fault of the kernel or of a library: nothing in this program has a limit for that.
make_hanging_connect() {
    cat >"$STACK/connect.c" <<EOF_
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
int connect(int descriptor, const struct sockaddr* address, socklen_t size) {
  while (strstr(((const struct sockaddr_un*)address)->sun_path, "PGSQL") != NULL) pause();
  return (int)syscall(SYS_connect, descriptor, address, size);
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$STACK/lookup.so" "$STACK/connect.c"
}

start_master() {
    # The sanitizer's own library would have to come before ours.
    env LD_PRELOAD="$STACK/lookup.so" ASAN_OPTIONS=verify_asan_link_order=0 \
        "${CLEAN[@]}" "DATABASE_URL=$1" "SOCKET_DIR=$STACK" REQUEST_TIMEOUT="$TIMEOUT" CHECK_WORKERS=1 WRITE_WORKERS=1 \
        PASSWORD_WORKERS=1 "$BIN" -f /dev/null >"$LOG" 2>&1 </dev/null 3>&- 4>&- &
    MASTER=$!
}

workers() {
    ps -o pid= --ppid "$MASTER"
}

# count EVENT: how often it was logged.
count() {
    grep -cF "\"event\":\"$1\"" "$LOG" || true
}

counts() {
    (($(count "$1") >= $2))
}

answers() {
    [[ -S $STACK/$1.sock && $("$PYTHON" "$LIB/fcgi_client.py" --get "$STACK/$1.sock" /health) == 200 ]]
}

rounds() {
    sed -n 's/^voluntary_ctxt_switches:\s*//p' "/proc/$MASTER/status"
}

has_gone_rounds() {
    (($(rounds) >= $1))
}

@test "a lookup of the database's name that hangs costs no worker" {
    start_master 'host=database.test'
    wait_until 60 counts database_unavailable 3
    expect_equal "killed" "$(count worker_hung)" 0
    expect_equal "started" "$(count worker_start)" 3
    wait_until 10 answers check
}

@test "a worker that hangs is killed, and the log says in which step it hung" {
    make_hanging_connect
    start_master "host='$STACK'"
    wait_until 60 counts worker_hung 3
    expect_equal "steps" "$(jq -rR 'fromjson? | select(.event == "worker_hung") | .step' "$LOG" | sort -u)" \
        'connects to the database'
}

# A worker that was taken over: it has filled all memory that it shares with the master, and hangs.
make_spoiled_memory() {
    cat >"$STACK/spoil.c" <<EOF_
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int epoll_create1(int flags) {
  (void)flags;
  char line[512];
  void *from, *to;
  FILE* maps = fopen("/proc/self/maps", "re");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
    if (strstr(line, "rw-s") != NULL && sscanf(line, "%p-%p", &from, &to) == 2)
      memset(from, 0xff, (size_t)((char*)to - (char*)from));
  for (;;) pause();
}
EOF_
    "${CC:-cc}" -shared -fPIC -o "$STACK/lookup.so" "$STACK/spoil.c"
}

@test "a worker that writes nonsense for the master is killed, and takes nobody with it" {
    make_spoiled_memory
    start_master "host='$STACK'"
    wait_until 60 counts worker_hung 3
    wait_until 60 counts worker_start 6
    expect_equal "steps" "$(jq -rR 'fromjson? | select(.event == "worker_hung") | .step' "$LOG" | sort -u)" \
        'is in a step that does not exist'
    alive "$MASTER" || fail "the master has ended"
}

# pid_of POOL: its worker, by the log.
pid_of() {
    jq -rR --arg pool "$1" 'fromjson? | select(.event == "worker_start" and .pool == $pool) | .pid' "$LOG"
}

@test "peers that read no answers cost no worker, though it waits for one after the other" {
    local peers=$((TIMEOUT / 2 + 2)) outcome closed seconds # the worker gives each of them two seconds
    start_master "host='$STACK'"
    wait_until 30 answers check
    outcome=$("$PYTHON" "$LIB/fcgi_client.py" "$STACK/check.sock" deaf "$(pid_of check)" "$peers")
    read -r closed seconds <<<"$outcome"
    expect_equal "killed" "$(count worker_hung)" 0
    expect_equal "closed" "$closed" "$peers"
    ((seconds > TIMEOUT)) || fail "the worker took $seconds s, less than its time"
    wait_until 10 answers check
    expect_equal "started" "$(count worker_start)" 3
}

@test "a service that was frozen for longer than the timeout keeps its workers; the watchdog goes on after that" {
    local pids stopped
    start_master "host='$STACK'"
    wait_until 30 answers check
    wait_until 30 answers write
    wait_until 30 answers password
    mapfile -t pids < <(workers)
    kill -STOP "${pids[@]}" "$MASTER"
    # That so much time passes is what is tested.
    sleep $((TIMEOUT + 1))
    kill -CONT "$MASTER"
    # The kernel wakes processes in any order. The master has looked at the workers before they run.
    wait_until 10 has_gone_rounds $(($(rounds) + 2))
    stopped=${pids[0]}
    kill -CONT "${pids[@]:1}"
    expect_equal "killed at the thaw" "$(count worker_hung)" 0
    # One stays behind: it hangs, and was doing nothing but to wait.
    wait_until 60 counts worker_start 4
    expect_equal "step" "$(jq -rR 'fromjson? | select(.event == "worker_hung") | .step' "$LOG")" 'waits for events'
    expect_equal "killed, later" "$(jq -rR 'fromjson? | select(.event == "worker_hung") | .pid' "$LOG")" "${stopped// /}"
    wait_until 30 answers check
    wait_until 30 answers write
    wait_until 30 answers password
    expect_equal "started" "$(count worker_start)" 4
}
