#!/usr/bin/env bats
# Hostile words on the command line of sessionctl, in each place of each command that takes one: they end with the exit
# status of the manual and one line that a terminal only shows, and change nothing. The same of sessiond and its settings.

load lib/common
one_instance

setup() {
    load lib/common
    load lib/sessions
    load lib/ctl
}

# shellcheck disable=SC2016  # what a shell would run
# What no place takes: neither as a name, nor as a number, a time, a file or an option.
NOTHING=(
    $'a\nb' $'a\tb' $'a\x1b[2J' $'\x1b]0;title\x07' $'a\x7f' $'a\xc2\x9b2J' $'a\xe2\x80\xaegnp'                  # for terminals
    $'a\xff\xfeb' $'a\xc0\xaf' $'a\xed\xa0\x80'                                                                   # no UTF-8
    "a'; drop table users; --" 'a" or 1=1' '$(id)' '%s%n%n' '../nowhere/etc/passwd' "$(printf 'a%.0s' {1..100000})/"   # others'
)
# What is no number of a row, no count and no time.
NO_NUMBER=(-1 0 1e3 ' 1' '1 ' +1 1.5 01 0x1 '1,5' nan $'\xd9\xa1' 9223372036854775808 99999999999999999999 '')

# The places: the exit status, then the words, with @ for the hostile one. `=` stands for a user who is there, and FILE
# for a file with one new user.
NAMES=(
    '1 user add @ --generate'
    '1 user add newcomer --generate --groups @'
    '1 user add newcomer --generate --email @'
    '1 user show -- @'
    '1 user passwd --generate -- @'
    '1 user rename --name x -- @'
    '1 user rename = --email @'
    '1 user groups -- @ +x'
    '2 user groups = -- @'
    '1 user groups = +@'
    '1 user groups = -- -@'
    '1 user disable -- @'
    '1 user enable -- @'
    '1 user delete --yes -- @'
    '1 user reset-link -- @'
    '1 invite new --groups @'
    '1 invite new --username @'
    '1 session list -- @'
    '1 session revoke --user @'
    '1 explain -- @'
    '1 explain = -- @/'
    '1 import htpasswd -- @'
    '1 import htpasswd FILE --groups @'
    '1 import csv -- @'
    '1 import jsonl -- @'
)
NUMBERS=(
    '2 invite new --expires @'
    '2 invite revoke -- @'
    '2 session revoke -- @'
    '2 session revoke -- @ @ @ @ @ @ @ @ @ @'
    '2 user show = --history @'
    '2 check --hosts @'
    '2 calibrate --milliseconds @'
    '2 calibrate --logins-per-second @'
    '2 calibrate --memory @'
    '2 calibrate --memory @M'
    '2 calibrate --workers @'
)
WORDS=(
    '2 @'
    '2 @ list'
    '2 user @'
    '2 user list --where @'
    '2 user list --where @=x'
    '2 user list --where disabled=@'
    '2 invite list --where @'
    '2 session list --where @=x'
    '2 check-nginx @'
    '2 status -- @'
    '2 cleanup -- @'
    '2 create-database -- @'
    '2 migrate -- @'
    '2 render-nginx / @'
    '2 export jsonl -- @'
    '2 check -- @'
    '2 calibrate -- @'
    '2 completion -- @'
    '2 user list -- @'
    '2 invite list -- @'
    '2 user show = @'
    '2 user show = --@'
    '2 user show = --json=@'
    '3 -f @ user list'
    '2 -@ user list'
)

# everything: of the tables that the commands could change.
everything() {
    sql "select md5(string_agg(t::text, ' ' order by t::text)) from (
        select u::text from users u union all select s::text from sessions s union all select d::text from devices d
        union all select t::text from tickets t union all select e::text from events e) t"
}

# complains STATUS WORD...: the program itself, as its script takes much longer to begin.
complains() {
    local expected=$1
    shift
    code=0
    errors=$BATS_TEST_TMPDIR/complaints/$((++calls))
    "${CTL_DIRECTLY[@]}" "$@" </dev/null >"$BATS_TEST_TMPDIR/output" 2>"$errors" || code=$?
    [[ $code == "$expected" ]] || fail "$(called "$@") ended with $code: $(head -c 300 "$errors")"
    [[ ! -s $BATS_TEST_TMPDIR/output ]] || fail "$(called "$@") printed $(head -c 300 "$BATS_TEST_TMPDIR/output")"
}

# called WORD...: for the reason of a failure.
called() {
    printf '%q ' "$@" | head -c 300
}

# every PLACE HOSTILE...: each of them in this place.
every() {
    local place=$1 hostile word words
    shift
    for hostile in "$@"; do
        words=()
        for word in $place; do
            word=${word/#=/$name}
            word=${word/#FILE/$BATS_TEST_TMPDIR/users}
            words+=("${word//@/$hostile}")
        done
        complains "${words[@]}" || return 1
    done
}

# in_each_place PLACES HOSTILE...: the name of an array, and what stands in its places; nothing changes.
in_each_place() {
    local -n places=$1
    local place before
    shift
    new_user
    calls=0
    mkdir "$BATS_TEST_TMPDIR/complaints"
    CTL_DIRECTLY=("${CLEAN[@]}" "${CHEAP[@]}" REGISTRATION=invite "SOCKET_DIR=$(dirname "$(socket_of check)")"
        "DATABASE_URL=host=$RUN_DIR/cluster-sockets dbname=sessiond user=sessiond" "$CTL")
    echo 'newcomer:{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs=' >"$BATS_TEST_TMPDIR/users"
    before=$(everything)
    for place in "${places[@]}"; do
        every "$place" "$@" || return 1
    done
    "$PYTHON" "$LIB/shown.py" sessionctl "$BATS_TEST_TMPDIR"/complaints/* || fail "complaints that are not shown as they are"
    expect_equal "what is stored" "$(everything)" "$before"
    content_is 200 "$access"
}

@test "what cannot be a name, an address, a group or a file is refused in every place of one" {
    in_each_place NAMES "${NOTHING[@]}"
}

@test "what is no number is refused in every place of one, also beyond all numbers" {
    in_each_place NUMBERS "${NOTHING[@]}" "${NO_NUMBER[@]}"
}

@test "what is no command, option, field or operand is refused wherever one may stand" {
    in_each_place WORDS "${NOTHING[@]}"
}

# Words of sessiond, with @ for the hostile one, and settings in its environment.
PROGRAM_WORDS=('-@' '@' '-s @' '-g @' '-f @ -s' '-f /dev/null@ -n' '-f @' '-f /dev/null -d @/')
PROGRAM_SETTINGS=('PORT=@' 'WORKER_USER=@' 'SOCKET_DIR=/none/@' 'PASSWORD_BLOCKLIST=/none/@' 'MAIL_COMMAND=@' 'DATABASE_URL=@'
    'COOKIE_DOMAIN=@' 'PUBLIC_URL=@' 'CORS_ORIGINS=@' 'GUARD_GROUPS=@')

# program_complains SETTING WORD...: sessiond, with one setting more; how it is called may follow what it complains of.
program_complains() {
    local setting=$1
    shift
    code=0
    "${CLEAN[@]}" "$setting" "$BIN" "$@" </dev/null >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/all" || code=$?
    ((code != 0)) || return 0 # the setting takes any text
    ((++calls))
    sed '/^usage: /,$d; /^sessiond: warning: /d' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/complaints/$calls"
}

@test "sessiond shows words, settings and names of files as a terminal obeys none of them" {
    local place hostile words calls=0
    mkdir "$BATS_TEST_TMPDIR/complaints"
    for hostile in "${NOTHING[@]}"; do
        for place in "${PROGRAM_WORDS[@]}"; do
            read -r -a words <<<"$place"
            program_complains LOG_LEVEL=info "${words[@]//@/$hostile}"
        done
        for place in "${PROGRAM_SETTINGS[@]}"; do
            program_complains "${place/@/$hostile}" -f /dev/null -n
        done
        printf '%s=1\n' "${hostile//$'\n'/}" >"$BATS_TEST_TMPDIR/settings"
        program_complains LOG_LEVEL=info -f "$BATS_TEST_TMPDIR/settings" -n
    done
    ((calls > 13 * ${#PROGRAM_WORDS[@]}))
    "$PYTHON" "$LIB/shown.py" sessiond "$BATS_TEST_TMPDIR"/complaints/* || fail "complaints that are not shown as they are"
}
