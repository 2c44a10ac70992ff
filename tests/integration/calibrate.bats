#!/usr/bin/env bats
# sessionctl calibrate: settings for the cost of password hashes, measured on this machine. What they are depends on it;
# so these tests hold them to the wish, to each other, and to what sessiond accepts.

setup() {
    load lib/common
}

# calibrated ARGUMENT...: the settings in $output, the exit status in $code.
calibrated() {
    code=0
    output=$("${CLEAN[@]}" "$CTL" -f /dev/null calibrate "$@" 2>"$BATS_TEST_TMPDIR/errors") || code=$?
}

# cost: memory times passes of what was printed.
cost() {
    awk '$1 == "ARGON2_MEMORY_KIB" { memory = $2 } $1 == "ARGON2_TIME" { print memory * $2 }' <<<"$output"
}

@test "calibrate: what it prints is accepted by the service, and is within the memory" {
    calibrated --milliseconds 500 --memory 50M --workers 2
    expect_equal "ARGON2_MEMORY_KIB" "$(awk '$1 == "ARGON2_MEMORY_KIB" { print $2 }' <<<"$output")" 19456
    awk '$1 ~ /^[A-Z]/ { print $1 "=" $2 }' <<<"$output" >"$BATS_TEST_TMPDIR/env"
    expect_equal "settings" "$(wc -l <"$BATS_TEST_TMPDIR/env")" 4
    "${CLEAN[@]}" "$BIN" -f "$BATS_TEST_TMPDIR/env" -s >/dev/null
}

@test "calibrate: who allows far more time gets no cheaper hashes" {
    local few
    calibrated --milliseconds 1 --workers 1 --memory 128M
    few=$(cost)
    calibrated --milliseconds 3000 --workers 1 --memory 20M
    (($(cost) >= few)) || fail "got $(cost), and $few for a millisecond"
}

@test "calibrate: never goes below what is safe, and says when that is slower than wished" {
    calibrated --milliseconds 1 --workers 1 --memory 128M
    expect_equal "exit status" "$code" 1
    expect_equal cost "$(cost)" 38912
    expect_match errors "$(<"$BATS_TEST_TMPDIR/errors")" 'takes longer than wished'
    calibrated --memory 10M --workers 1
    expect_equal "exit status" "$code" 1
    expect_equal output "$output" ''
    expect_match errors "$(<"$BATS_TEST_TMPDIR/errors")" '1 workers need 20 MiB.*budget is 10 MiB'
}

@test "calibrate: what is no wish is refused" {
    local argument
    for argument in --milliseconds=0 --milliseconds=x --milliseconds=5001 --memory=1 --memory=1K --memory=M --workers=0 --workers=257 \
        --logins-per-second=-1 '--milliseconds=1 --logins-per-second=1'; do
        # shellcheck disable=SC2086 # the last is two arguments
        calibrated $argument
        expect_equal "exit status of $argument" "$code" 2
        expect_equal "output of $argument" "$output" ''
    done
}
