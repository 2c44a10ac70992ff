#!/usr/bin/env bats
# sessionctl on its own: every command where the service does not run, for root and for an ordinary user; and what it asks
# at a terminal.

setup_file() {
    load lib/common
    stack_new
    server_up
}

teardown_file() {
    load lib/common
    server_remove
    stack_down
}

setup() {
    load lib/common
    load lib/ctl
    DATABASE="host=$SERVER port=$SERVER_PORT dbname=sessiond user=sessiond"
}

# Every command, in an order in which each has something to do, after the exit status that it has, as a pattern: check
# finds that nothing serves, and calibrate may find that a busy machine is slower than wished. @ stands for an invitation,
# # for a session, FILE for a file with one new user, and DIRECTORY for a place for what is made.
EVERY=(
    '0 user add ada --generate'
    '0 user list'
    '0 user show ada'
    '0 user passwd ada --generate'
    '0 user rename ada --name Ada'
    '0 user groups ada +staff'
    '0 explain ada staff'
    '0 user reset-link ada'
    '0 invite new --groups staff'
    '0 invite list'
    '0 invite revoke @'
    '0 session list'
    '0 session list ada'
    '0 session revoke #'
    '0 session revoke --user ada'
    '0 session revoke --all --yes'
    '0 user disable ada'
    '0 user enable ada'
    '0 user delete ada --yes'
    '0 import htpasswd FILE'
    '0 import csv FILE'
    '0 import jsonl FILE'
    '0 export jsonl --yes'
    '0 status'
    '0 cleanup'
    '0 create-database'
    '0 migrate'
    '0 render-nginx DIRECTORY'
    '2 check'
    '0 check-nginx -'
    '[01] calibrate --milliseconds 100 --memory 64M --workers 1'
    '0 completion'
)

# new_file COMMAND: a file with one new user, of the format that the command reads.
new_file() {
    local hash='{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs='
    case $1 in
        *htpasswd*) echo "of.htpasswd:$hash" ;;
        *csv*) printf 'username,password_hash\nof.csv,%s\n' "$hash" ;;
        *jsonl*) echo "{\"username\":\"of.jsonl\",\"password_hash\":\"$hash\"}" ;;
    esac >"$BATS_TEST_TMPDIR/users"
    chmod 644 "$BATS_TEST_TMPDIR/users"
}

# new_session: of ada, in $session_id.
new_session() {
    session_id=$(admin "insert into sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash,
            access_expires_at, refresh_expires_at)
        select user_id, sha256('a'), sha256('r'), sha256('f'), now() + interval '1 hour', now() + interval '1 hour'
        from users where username = 'ada' returning session_id")
}

# everything COMMAND...: each of EVERY by this command, with the option $FORM.
everything() {
    local row status words invitation session_id
    admin 'delete from users'
    for row in "${EVERY[@]}"; do
        read -r status words <<<"$row"
        [[ $words != *'#'* ]] || new_session
        [[ $words != *FILE* ]] || new_file "$words"
        invitation=$(admin "select max(ticket_id) from tickets where purpose = 'invitation'")
        words=${words/%@/$invitation}
        words=${words/%#/$session_id}
        words=${words/%FILE/$BATS_TEST_TMPDIR/users}
        words=${words/%DIRECTORY/$BATS_TEST_TMPDIR/nginx}
        code=0
        # shellcheck disable=SC2086  # several words
        "$@" $words ${FORM-} <<<$'# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {}' >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/errors" || code=$?
        expect_match "exit status of $words: $(head -c 500 "$BATS_TEST_TMPDIR/errors")" "$code" "^$status\$"
        [[ $status == "$code" || $code == 0 ]] || expect_match "why $words" "$(<"$BATS_TEST_TMPDIR/errors")" 'takes longer than wished'
        [[ -z ${FORM-} || $words == completion ]] || jq . "$BATS_TEST_TMPDIR/output" || fail "no JSON of $words"
    done
    expect_equal "users" "$(admin "select string_agg(username, ' ' order by username) from users")" 'of.csv of.htpasswd of.jsonl'
}

@test "every command does its work where the service does not run" {
    local listed command
    listed=$("$CTL" --help | sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +[A-Z].*/\1/p')
    expect_match "the commands" "$listed" '^user add.*completion$'
    while read -r command; do
        printf '%s\n' "${EVERY[@]}" | grep -qE "^[^ ]+ $command( |\$)" || fail "$command is not tried"
    done <<<"$listed"
    ctl status --json
    expect_match "what listens" "$(jq -r '.check + .write + .password' <<<"$output")" '(No such file.*){3}'
    everything "${CLEAN[@]}" "${CHEAP[@]}" REGISTRATION=invite "$ROOT/scripts/sessionctl"
}

@test "every command but those that become a script does its work for an ordinary user who may read the settings, and answers in JSON" {
    ((EUID == 0)) || skip "needs root; an ordinary user runs the test above"
    local EVERY=("${EVERY[@]/#*create-database/0 status}") FORM=--json
    EVERY=("${EVERY[@]/#*migrate/0 status}")
    EVERY=("${EVERY[@]/#*render-nginx*/0 status}")
    install -m 755 "$CTL" "$STACK/sessionctl"
    install -m 644 /dev/null "$STACK/settings"
    chmod 755 "$STACK"
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
    everything "${CLEAN[@]}" "${CHEAP[@]}" REGISTRATION=invite "DATABASE_URL=$DATABASE" \
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$STACK/sessionctl" -f "$STACK/settings"
    expect_equal "who did it" "$(admin "select distinct actor from events")" operator:nobody
}

# typed STATUS ANSWERS ARGUMENT...: sessionctl at a terminal, with these lines as answers; $terminal is what it shows.
typed() {
    local status=$1 answers=$2
    code=0
    terminal=$("${CLEAN[@]}" "${CHEAP[@]}" "$PYTHON" "$LIB/typed.py" "$ROOT/scripts/sessionctl" "${@:3}" <<<"$answers" 2>&1) || code=$?
    expect_equal "exit status of ${*:3}, on $terminal" "$code" "$status"
    expect_match "the terminal afterwards" "$terminal" $'\nshown$'
}

@test "at a terminal a password is asked for twice, and not shown" {
    typed 0 "hidden $PASSWORD"$'\n'"hidden $PASSWORD" user add typed
    expect_match "the terminal" "$terminal" $'password of typed: \npassword of typed, once more: \n'
    refute grep -qF "$PASSWORD" <<<"$terminal"
    typed 1 "hidden $PASSWORD"$'\n'"hidden $OTHER_PASSWORD" user add differing
    expect_match "the terminal" "$terminal" 'the two passwords differ; nothing was changed'
    typed 130 'hidden ^C' user add interrupted
    expect_equal "users" "$(admin "select string_agg(username, ' ') from users where username in ('typed', 'differing', 'interrupted')")" typed
}

@test "at a terminal what cannot be undone is asked for" {
    typed 0 "hidden $PASSWORD"$'\n'"hidden $PASSWORD" user add asked
    typed 1 'shown y' user delete asked
    expect_match "the terminal" "$terminal" "The account 'asked' and all .* for good. Type yes to do it: y"
    expect_match "the terminal" "$terminal" 'nothing was changed'
    typed 1 'shown ' session revoke --all
    typed 0 'shown yes' user delete asked
    expect_equal "users" "$(admin "select count(*) from users where username = 'asked'")" 0
}
