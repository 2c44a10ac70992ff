#!/usr/bin/env bats
# Counts what a request costs, and prints it: the instructions of nginx, by callgrind, and the system calls of a worker, by
# strace. Counts, unlike times, are the same on a busy machine (docs/performance.md). Run it by
# `scripts/test integration tests/bench/counts.bats`; it is none of the tests that a change has to pass.

load ../integration/lib/common
load ../integration/lib/counted
one_instance

REQUESTS=100

after_each() {
    counted_down
}

# What is counted, in this order.
PATHS=(/health /content /guarded/page.js)

say() {
    printf '# %s\n' "$*" >&3
}

# dump_nginx: ends a count of nginx, which opens its logs anew for that.
dump_nginx() {
    local before
    before=$(find "$PLACE/counts" -name 'of.*' | wc -l)
    kill -USR1 "$(<"$PLACE/nginx.pid")"
    wait_until 20 has_counts $((before + 1))
}

has_counts() {
    [[ $(find "$PLACE/counts" -name 'of.*' -size +0 | wc -l) == "$1" ]]
}

# instructions_of FILE: the sum of a count, for one request.
instructions_of() {
    awk -v "requests=$REQUESTS" '/^summary:/ { sum = $2 } END { printf "%d\n", sum / requests }' "$1"
}

# calls_from LINE: how many there are of each after this line, for one request; what is not done for each is left out.
calls_from() {
    tail -n "+$(($1 + 1))" "$PLACE/counts/calls" | sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' | sort | uniq -c |
        awk -v "requests=$REQUESTS" '
            $1 >= requests / 10 { all += $1; text = text sprintf(", %.1f %s", $1 / requests, $2) }
            END { printf "%.1f: %s\n", all / requests, substr(text, 3) }'
}

@test "instructions of nginx" {
    local path last=1
    worker_up
    nginx_up valgrind --tool=callgrind --dump-before=ngx_reopen_files --callgrind-out-file="$STACK/counted/counts/of"
    new_user
    for path in "${PATHS[@]}"; do many 3 "$path" "${both[@]}"; done # what is done once is done here
    dump_nginx
    for path in "${PATHS[@]}"; do
        many "$REQUESTS" "$path" "${both[@]}"
        dump_nginx
        last=$((last + 1)) # of.1 was before them
        say "$path $(instructions_of "$PLACE/counts/of.$last")"
    done
}

@test "system calls of a worker" {
    local path from
    command -v strace >/dev/null || skip "there is no strace"
    # -D: the process that was started is the worker, and not strace, whose end the worker would outlive.
    worker_up strace -D -f -o "$STACK/counted/counts/calls"
    nginx_up
    new_user
    for path in "${PATHS[@]}"; do many 3 "$path" "${both[@]}"; done
    for path in "${PATHS[@]}"; do
        from=$(wc -l <"$PLACE/counts/calls")
        many "$REQUESTS" "$path" "${both[@]}"
        say "$path $(calls_from "$from")"
    done
}
