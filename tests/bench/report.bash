# shellcheck shell=bash
# The tables of scripts/bench: medians of what its rounds have recorded, and their ratios.

# A row is an id, what is measured, the name of its value, what it is compared with, the name of that value, the sign and
# the target of the ratio. The ids are those of docs/performance.md.
RATE_ROWS=(
    "P1|GET /health, 16 conn.|health16|nginx return 200, 16 conn.|nginx16|>=|0.50"
    "P2|GET /content, 64 conn.|content64|GET /health, 64 conn.|health64|>=|0.60"
    "P3|GET /content, 64 conn.|content64|pgbench of the SELECT, 16 cl.|pgbench|>=|0.80"
    "P4|a guarded file, 64 conn.|guarded|GET /content, 64 conn.|content64|>=|0.75"
    "P5|POST /login, 16 conn.|login|a hash on each core|hash_rate|>=|0.90"
    "P6|GET /content beside logins|beside|GET /content, 64 conn.|content64|>=|0.70"
    "P12|GET /health, 64 conn.|health64|FastCGI echo, 64 conn.|echo64|>=|0.90"
    "P13|GET /content, 64 conn.|content64|FastCGI echo, 64 conn.|echo64|>=|0.75"
    "P14|GET /content, 64 conn.|content64|Go and pgx, 64 conn.|go64|>=|2.60"
    "P15|GET /content, 16 conn.|content16|Go and pgx, 16 conn.|go16|>=|2.00"
    "P16|GET /content, 1 conn.|content1|Go and pgx, 1 conn.|go1|>=|1.00"
)
# The same of milliseconds.
TIME_ROWS=(
    "P6|its 99th percentile|beside.p99|without logins|content64.p99|<=|2.00"
    "P16|median of GET /content, 1 conn.|content1.p50|Go and pgx, 1 conn.|go1.p50|<=|1.00"
)
# A row is an id, what is measured, the name of its values, and the most that all parts together shall take.
COST_ROWS=(
    "P17|GET /content, 64 conn.|content64|0.45"
    "P18|GET /content, 16 conn.|content16|0.60"
    "|GET /health, 64 conn.|health64|"
    "|a guarded file, 64 conn.|guarded|"
    "|POST /login, 16 conn.|login|"
)

median() {
    sort -g "$WORK/results/$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# was_recorded NAME...: references may be left out.
was_recorded() {
    local name
    for name; do
        [[ -s $WORK/results/$name ]] || return 1
    done
}

# report_ratios UNIT ROW...
report_ratios() {
    local unit=$1 row id what value against reference sign target
    shift
    printf '%-4s %-32s %12s  %-30s %12s  %6s  %-7s\n' id measure value against reference ratio target
    for row; do
        IFS='|' read -r id what value against reference sign target <<<"$row"
        was_recorded "$value" "$reference" || continue
        awk -v id="$id" -v what="$what" -v value="$(median "$value")" -v against="$against" \
            -v reference="$(median "$reference")" -v sign="$sign" -v target="$target" -v unit="$unit" '
            BEGIN {
                ratio = reference > 0 ? value / reference : 0
                verdict = (sign == ">=" ? ratio >= target : ratio <= target) ? "met" : "missed"
                printf "%-4s %-32s %9.1f %-2s  %-30s %9.1f %-2s  %6.2f  %s %.2f  %s\n",
                    id, what, value, unit, against, reference, unit, ratio, sign, target, verdict
            }'
    done
}

report_costs() {
    local row id what name target
    printf '%-4s %-32s %8s %9s %11s %8s\n' id "seconds of processors for 10,000" nginx sessiond postgresql all
    for row in "${COST_ROWS[@]}"; do
        IFS='|' read -r id what name target <<<"$row"
        awk -v id="$id" -v what="$what" -v nginx="$(median "$name.nginx")" -v sessiond="$(median "$name.sessiond")" \
            -v postgresql="$(median "$name.postgresql")" -v all="$(median "$name.all")" -v target="$target" '
            BEGIN {
                verdict = target == "" ? "" : sprintf("<= %.2f  %s", target, all <= target ? "met" : "missed")
                printf "%-4s %-32s %8.2f %9.2f %11.2f %8.2f  %s\n", id, what, nginx, sessiond, postgresql, all, verdict
            }'
    done
}

# A login against the hash that it needs: what the service itself adds.
report_login_cost() {
    awk -v login="$(median login.sessiond)" -v hash="$(median hash_cpu)" 'BEGIN {
        printf "P19  a login takes %.2f times the processor time of its hash alone (<= 1.08: %s)\n",
            login / hash, login <= 1.08 * hash ? "met" : "missed"
    }'
}

report_memory() {
    awk -v kib="$(median stack_pss)" 'BEGIN {
        printf "P20  nginx and sessiond take %.1f MiB when idle (<= 25: %s)\n", kib / 1024, kib <= 25 * 1024 ? "met" : "missed"
    }'
}

report_failures() {
    local file
    for file in "$WORK"/results/*.failed; do
        if [[ -f $file ]]; then
            file=${file##*/}
            printf 'note: %s had failed requests: %s\n' "${file%.failed}" "$(xargs <"$WORK/results/$file")"
        fi
    done
}

# The cores share caches and memory, so all together may do fewer hashes than the rate of one core times their number.
report_hash_rate() {
    awk -v together="$(median hash_rate_together)" -v login="$(median login)" -v cores="$(nproc)" 'BEGIN {
        printf "note: %d hashes at once reach %.1f/s; POST /login is %.2f of that\n", cores, together, login / together
    }'
}

report() {
    printf '%s users, %s sessions, %s cores, medians of %s rounds of %s s\n\n' \
        "$USERS" "$SESSIONS" "$(nproc)" "$ROUNDS" "$DURATION"
    report_ratios /s "${RATE_ROWS[@]}"
    echo
    report_ratios ms "${TIME_ROWS[@]}"
    echo
    report_costs
    echo
    report_login_cost
    report_memory
    report_hash_rate
    report_failures
}
