# shellcheck shell=bash
# shellcheck disable=SC2154  # $ROOT, $CLEAN and $CHEAP are those of lib/common
# Runs sessionctl as an operator does, and says what it has to answer. Load it after lib/common.

# ctl ARGUMENT...: sessionctl with the settings of the instance; $output, $errors and $code are what it answers.
ctl() {
    code=0
    "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/sessionctl" "$@" >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/errors" || code=$?
    output=$(<"$BATS_TEST_TMPDIR/output")
    errors=$(<"$BATS_TEST_TMPDIR/errors")
}

# ctl_done ARGUMENT...: the command succeeds and has nothing to complain about.
ctl_done() {
    ctl "$@"
    expect_equal "errors of $*" "$errors" ''
    expect_equal "exit status of $*" "$code" 0
}

# ctl_refused STATUS REGEX ARGUMENT...
ctl_refused() {
    local status=$1 regex=$2
    shift 2
    ctl "$@" </dev/null
    expect_equal "exit status of $*" "$code" "$status"
    expect_match "errors of $*" "$errors" "$regex"
    expect_equal "output of $*" "$output" ''
}
