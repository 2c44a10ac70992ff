# shellcheck shell=bash
# The shared library of the integration tests: bounded waiting, failing with a reason, and the logs of a failed test.
# It loads the rest: stack.bash (a private instance), http.bash (requests and what they answer), database.bash (rows),
# load.bash (many clients at once).
# A test file says `load lib/common` at its head, and `one_instance` when one serves all its tests; else it starts its
# instances in setup_file and stops them in teardown_file.

unset CDPATH
ROOT=$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)
LIB=$ROOT/tests/integration/lib
BIN=$(cd "$ROOT" && realpath -m -- "${SESSIOND:-build/sessiond}")
CTL=$(cd "$ROOT" && realpath -m -- "${SESSIONCTL:-build/sessionctl}")
# Not a wrapper of some version manager: those take longer to start than a test.
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || PYTHON=python3

# The password of every account that a test makes: the log tests look for it in the logs.
PASSWORD='Tr0ub4dor-zebra-parade'
OTHER_PASSWORD='velvet-Kangaroo-17-umbrella'

# shellcheck source=stack.bash
source "$LIB/stack.bash"
# shellcheck source=http.bash
source "$LIB/http.bash"
# shellcheck source=database.bash
source "$LIB/database.bash"
# shellcheck source=load.bash
source "$LIB/load.bash"

# Ends the test with a reason on its output.
fail() {
    printf 'FAILED: %s\n' "$*"
    return 1
}

# wait_until SECONDS COMMAND...: runs the command until it succeeds; fails after the time.
wait_until() {
    local seconds=$1 deadline
    shift
    deadline=$((SECONDS + seconds))
    until "$@"; do
        if ((SECONDS > deadline)); then
            fail "gave up after ${seconds} s waiting for: $*"
            return 1
        fi
        sleep 0.05
    done
}

# expect_equal WHAT ACTUAL EXPECTED
expect_equal() {
    [[ $2 == "$3" ]] || fail "$1: got '$2', expected '$3'"
}

# expect_match WHAT ACTUAL REGEX
expect_match() {
    [[ $2 =~ $3 ]] || fail "$1: got '$2', expected it to match '$3'"
}

# True while the process runs (a zombie does not).
alive() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    [[ ${stat%% *} != [ZX] ]]
}

dead() {
    ! alive "$1"
}

# refute COMMAND...: fails when the command succeeds. (A bare `!` fails no test unless it is the last command.)
refute() {
    ! "$@" || fail "this should have failed: $*"
}

# A file that has to clean up after each of its tests defines after_each.
teardown() {
    if [[ -z ${BATS_TEST_COMPLETED-} && -z ${BATS_TEST_SKIPPED-} ]]; then
        show_logs
    fi
    if declare -F after_each >/dev/null; then
        after_each
    fi
}
