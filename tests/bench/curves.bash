# shellcheck shell=bash
# How a check changes with the number of sessions, of connections and of logins beside it: tables and a plot. Needs
# instance.bash, cost.bash and report.bash.

# The sessions grow up to BENCH_SESSIONS, at which the other two curves are taken.
SESSION_STEPS=(10000 100000 1000000 10000000)
CONNECTION_STEPS=(1 4 16 64 256)
LOGIN_STEPS=(0 1 4 16)

# A curve is its name, and what its steps count.
CURVES=("sessions|sessions, 64 connections" "connections|connections" "logins|logins under way, 64 connections")

# session_steps: those that are asked for.
session_steps() {
    local step
    for step in "${SESSION_STEPS[@]}"; do
        if ((step < SESSIONS)); then
            echo "$step"
        fi
    done
    echo "$SESSIONS"
}

# check_at CURVE STEP CONNECTIONS SESSIONS
check_at() {
    load_with_wrk "$1.$2" "$3" "http://127.0.0.1:$PORT/content" content "$4"
}

# take_point CURVE STEP CONNECTIONS SESSIONS: one point, of several rounds.
take_point() {
    local i
    say "$1: $2"
    for ((i = 1; i <= ROUNDS; i++)); do
        check_at "$@"
    done
    grep -qxF "$2" "$WORK/steps.$1" 2>/dev/null || echo "$2" >>"$WORK/steps.$1"
}

# start_logins CLIENTS: so many that log in all the time, until stop_logins.
start_logins() {
    wrk -t1 "-c$1" -d1h --timeout 10s -s "$ROOT/tests/bench/wrk.lua" "http://127.0.0.1:$PORT/login" -- login "$LOGIN_USERS" \
        >"$WORK/logins.log" 2>&1 &
    LOGINS_PID=$!
    PIDS+=("$LOGINS_PID")
}

# By SIGINT, wrk says what it has done.
stop_logins() {
    kill -INT "$LOGINS_PID" || die "the logins ended early (the end of logins.log follows)"
    wait "$LOGINS_PID" || true
    grep -q '^RESULT [0-9.]* 0 ' "$WORK/logins.log" || die "logins failed (the end of logins.log follows)"
}

# take_point_beside LOGINS: the same with so many clients that log in.
take_point_beside() {
    if (($1 > 0)); then
        start_logins "$1"
    fi
    take_point logins "$1" 64 "$SESSIONS"
    if (($1 > 0)); then
        stop_logins
    fi
}

measure_curves() {
    local step steps loaded=0
    mapfile -t steps < <(session_steps)
    for step in "${steps[@]}"; do
        load_data "$step" "$loaded"
        loaded=$step
        take_point sessions "$step" 64 "$step"
    done
    for step in "${CONNECTION_STEPS[@]}"; do
        take_point connections "$step" "$step" "$SESSIONS"
    done
    for step in "${LOGIN_STEPS[@]}"; do
        take_point_beside "$step"
    done
}

# points CURVE: a line for each: the step, checks a second, their median and 99th percentile in milliseconds, seconds of
# processors for 10,000 of nginx, of sessiond, of PostgreSQL and of all three.
points() {
    local step name line
    while read -r step; do
        line=$step
        for name in '' .p50 .p99 .nginx .sessiond .postgresql .all; do
            line+=" $(median "$1.$step$name")"
        done
        echo "$line"
    done <"$WORK/steps.$1"
}

# print_curve CURVE TITLE: as a table of Markdown.
print_curve() {
    printf '| %s | checks a second | median ms | p99 ms | nginx | sessiond | PostgreSQL | s for 10,000 |\n' "$2"
    printf '|---|---|---|---|---|---|---|---|\n'
    points "$1" | awk '{ printf "| %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
    echo
}

# report_curves PICTURE
report_curves() {
    local row name
    printf '%s users, %s sessions, %s cores, medians of %s rounds of %s s\n\n' \
        "$USERS" "$SESSIONS" "$(nproc)" "$ROUNDS" "$DURATION"
    for row in "${CURVES[@]}"; do
        name=${row%%|*}
        points "$name" >"$WORK/$name.points"
        print_curve "$name" "${row#*|}"
    done
    points sessions | awk '
        { last = $2 } NR == 1 { first = $2 }
        END { printf "P8   the rate with the most sessions is %.2f of that with the fewest (>= 0.85: %s)\n",
            last / first, (last >= 0.85 * first ? "met" : "missed") }'
    gnuplot -c "$ROOT/tests/bench/curves.gnuplot" "$WORK" "$1" || die "gnuplot could not draw the plot"
    report_failures
}
