# shellcheck shell=bash
# Processor time of the parts of the instance, as /proc counts it, and their memory. Needs instance.bash.

# The first process of each part of a check; its children belong to it.
declare -A PART_PIDS=()

# find_parts: call it once the instance runs.
find_parts() {
    PART_PIDS=(
        [nginx]=$(<"$RUN_DIR/nginx/nginx.pid")
        [sessiond]=$(sed -nE 's/.*"event":"service_start","pid":([0-9]+).*/\1/p' "$RUN_DIR/log/sessiond.log" | tail -n 1)
        [postgresql]=$(head -n 1 "$RUN_DIR/cluster/postmaster.pid")
    )
}

# part_pids PART: the first process and its children.
part_pids() {
    local first=${PART_PIDS[$1]}
    echo "$first"
    ps -o pid= --ppid "$first"
}

# cpu_ticks PART: what its processes have used so far, in ticks of the clock, and those that they have waited for.
cpu_ticks() {
    local pid ticks=0 line fields
    for pid in $(part_pids "$1"); do
        line=$(<"/proc/$pid/stat") 2>/dev/null || continue
        read -ra fields <<<"${line##*) }"
        ticks=$((ticks + fields[11] + fields[12]))
        [[ $pid != "${PART_PIDS[$1]}" ]] || ticks=$((ticks + fields[13] + fields[14]))
    done
    echo "$ticks"
}

# cpu_of_parts: a line `PART TICKS` for each.
cpu_of_parts() {
    local part
    for part in nginx sessiond postgresql; do
        echo "$part $(cpu_ticks "$part")"
    done
}

# cpu_seconds BEFORE AFTER REQUESTS: a line `PART SECONDS` for each and for all, for 10,000 requests. BEFORE and AFTER
# are answers of cpu_of_parts.
cpu_seconds() {
    paste -d ' ' <(echo "$1") <(echo "$2") | awk -v "hertz=$(getconf CLK_TCK)" -v "requests=$3" '
        { seconds = ($4 - $2) / hertz / requests * 10000; all += seconds; print $1, seconds }
        END { print "all", all }'
}

# pss_kib PART: the memory of its processes, in which shared pages count in parts.
pss_kib() {
    local pid
    for pid in $(part_pids "$1"); do
        sed -n 's/^Pss: *\([0-9]*\) kB$/\1/p' "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done | awk '{ sum += $1 } END { print sum + 0 }'
}
