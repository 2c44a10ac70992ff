#!/usr/bin/env bats
# What a request costs a worker, in instructions, which callgrind counts: unlike time, they are the same on a busy machine.
# They depend on the system's release, on the compiler and on how it optimizes, so the directory instructions has a file
# for each of these. Where it has none, the test is skipped, and says how to make one.

load lib/common
load lib/counted
one_instance

HOW_TO_RECORD='RECORD_INSTRUCTIONS=1 scripts/test integration tests/integration/instructions.bats'

after_each() {
    counted_down
}

# find_maker: what has made the program and its libraries, in $maker; empty when the program does not tell.
find_maker() {
    local producer pattern='GNU C\+\+[0-9]+ ([0-9.]+) .*(-O[0-9sgz]|-Ofast)'
    maker=
    producer=$(readelf --debug-dump=info --dwarf-depth=1 "$BIN" 2>/dev/null | grep -m 1 DW_AT_producer || true)
    if [[ $producer =~ $pattern && $producer != *-fsanitize* ]]; then
        maker=$(. /etc/os-release && echo "$ID-${VERSION_ID-}")-$(uname -m)-g++-${BASH_REMATCH[1]}${BASH_REMATCH[2]}
    fi
}

# The answer to GET /health ends the counts of what came before it. A loop of an instruction that the processor does in
# one step counts once for each byte; without such loops the string functions count by what they cost.
COUNTER=(env GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=1000000:glibc.cpu.x86_rep_movsb_threshold=1000000
    valgrind --tool=callgrind '--dump-before=auth::get_health(*')

# count_each REQUESTS: has so many of each kind counted.
count_each() {
    local json=(-H 'Content-Type: application/json' --data-binary "$(credentials "$name")")
    many "$1" /content "${both[@]}" && next_count
    many "$1" /verify "${both[@]}" && next_count
    many "$1" /login "${json[@]}" && next_count
}

next_count() {
    many 1 /health
}

@test "a check, a question of the guard and a login take at most 110% of the instructions that are recorded" {
    local maker record counts grown
    command -v valgrind >/dev/null || skip "there is no valgrind"
    find_maker
    [[ -n $maker ]] || skip "$BIN does not say that g++ has made it without a sanitizer"
    record=$BATS_TEST_DIRNAME/instructions/$maker
    [[ -z ${RECORD_INSTRUCTIONS-} ]] || rm -f "$record"
    [[ -e $record || -n ${RECORD_INSTRUCTIONS-} ]] ||
        skip "nothing is recorded for $maker: $HOW_TO_RECORD"
    worker_up "${COUNTER[@]}" --callgrind-out-file="$STACK/counted/counts/of"
    nginx_up
    new_user counted # of one length, as the lengths of texts decide where they are kept
    count_each 3 # what is done once is done here
    rm -f "$PLACE"/counts/of.*
    next_count
    count_each 50
    mapfile -t counts < <(find "$PLACE/counts" -name 'of.*' | sort -V)
    expect_equal counts "${#counts[@]}" 4
    grown=$("$PYTHON" "$LIB/instructions.py" "$record" "${counts[0]}" 50 /content "${counts[1]}" 50 /verify "${counts[2]}" \
        50 /login "${counts[3]}")
    [[ -z $grown ]] || fail "$grown"$'\n'"If that is meant, record it: $HOW_TO_RECORD"
}
