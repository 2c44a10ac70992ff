#!/usr/bin/env bats
# The operator's further commands: sessions, links, mail, who gets in where, and the service as a whole.

load lib/common
one_instance

setup() {
    load lib/common
    load lib/sessions
    load lib/ctl
}

# What no command may take for a name; and those and others for an id or a time.
HOSTILE=("a'; drop table users; --" $'a\x1b[2J' $'a\xff\xfe' "$(printf 'a%.0s' {1..5000})" '')
NO_NUMBERS=("${HOSTILE[@]}" -1 0 1e3 ../x 99999999999999999999)

# history NAME EVENT: how many entries of the user's history an operator has made.
history() {
    sql "select count(*) from events join users using (user_id)
        where username = '$1' and event = '$2' and actor ~ '^operator:[a-z]'"
}

# token_of LINK: what stands behind the first `=` of its fragment.
token_of() {
    local fragment=${1#*#*=}
    echo "${fragment%%&*}"
}

# --- Sessions --------------------------------------------------------------------------------------------------------

@test "the sessions of a user are listed, and ended one by one through a pipe" {
    local first id ids
    new_user
    first=$access
    login "$name"
    ctl_done session list "${name^^}" --id-only
    ids=$output
    expect_equal "sessions" "$(wc -l <<<"$ids")" 2
    ctl_done session list --json
    expect_equal "of all users" "$(jq "[.[] | select(.username == \"$name\") | .id] | length" <<<"$output")" 2
    for id in $ids; do
        jq -e ".[] | select(.id == $id) | .created != null and .user_agent != null" <<<"$output"
    done
    xargs "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/sessionctl" session revoke <<<"$ids"
    content_is 401 "$first"
    content_is 401 "$access"
    expect_equal history "$(history "$name" authn_token_revoked)" 2
    sql_is "select count(*) from events where session_id in ($(paste -sd, <<<"$ids")) and event = 'authn_token_revoked'" 2
    # Once more: they have ended, which is no error.
    # shellcheck disable=SC2086  # several words
    ctl_done session revoke $ids
    expect_equal output "$output" $'ended\t0'
}

@test "all sessions of a user are ended, and all of all users only when that was agreed to" {
    local other
    new_user
    other=$access
    new_user
    ctl_done session revoke --user "$name"
    expect_equal output "$output" $'ended\t1'
    content_is 401 "$access"
    content_is 200 "$other"
    ctl_refused 2 'Add --yes' session revoke --all
    content_is 200 "$other"
    ctl_done session revoke --all --yes
    content_is 401 "$other"
    sql_is 'select count(*) from sessions where revoked_at is null and refresh_expires_at > now()' 0
    ctl_done session list
    expect_equal output "$output" ''
}

@test "all sessions are ended in batches: one that cannot be ended now keeps the others from nothing" {
    local last
    sql "with made as (insert into users (name, username, password_hash)
            select 'x', 'batch.' || n, '' from generate_series(1, 150) n returning user_id)
        insert into sessions (user_id, access_token_hash, refresh_token_hash, refresh_family_hash, access_expires_at, refresh_expires_at)
        select user_id, sha256(('a' || user_id)::bytea), sha256(('r' || user_id)::bytea), sha256(('f' || user_id)::bytea),
            now() + interval '1 hour', now() + interval '1 hour' from made"
    last=$(sql "select max(user_id) from users where username like 'batch.%'")
    hold "select 1 from users where user_id = $last for update"
    ctl_refused 3 'lock timeout' session revoke --all --yes
    release
    sql_is "select count(*) from sessions join users using (user_id) where username like 'batch.%' and revoked_at is not null" 100
    sql_is "select count(*) from events join users using (user_id) where username like 'batch.%' and event = 'authn_token_revoked'" 100
    ctl_done session revoke --all --yes
    expect_equal output "$output" $'ended\t50'
}

@test "sessions that cannot be named end no session" {
    local hostile
    new_user
    for hostile in "${NO_NUMBERS[@]}"; do
        ctl_refused 2 'is not the id of a session' session revoke "$session_id" -- "$hostile"
    done
    for hostile in "${HOSTILE[@]}"; do
        ctl_refused 1 'username: ' session list -- "$hostile"
        ctl_refused 1 'username: ' session revoke --user "$hostile"
    done
    ctl_refused 1 'there is no session 999999999, so none was ended' session revoke "$session_id" 999999999
    ctl_refused 1 'there is no user' session list nobody-there
    ctl_refused 2 'needs either' session revoke
    ctl_refused 2 'needs either' session revoke "$session_id" --user "$name"
    ctl_refused 2 'needs either' session revoke --all --user "$name" --yes
    content_is 200 "$access"
}

# --- Links -----------------------------------------------------------------------------------------------------------

@test "a user has one live link to reset the password, and none when disabled" {
    local first
    new_user
    ctl_done user reset-link "$name" --json
    first=$(token_of "$(jq -r .link <<<"$output")")
    expect_match link "$(jq -r .link <<<"$output")" "^http://localhost:$PORT/reset#token=[A-Za-z0-9_-]{43}\$"
    sql_is "select encode(ticket_hash, 'hex') from tickets join users using (user_id) where users.username = '$name'" "$(hash_of "$first")"
    ctl_done user reset-link "$name"
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 1
    sql_is "select count(*) from tickets where ticket_hash = decode('$(hash_of "$first")', 'hex')" 0
    sql_is "select expires_at - t.created_at from tickets t join users using (user_id) where users.username = '$name'" 01:00:00
    RESET_LINK_TTL=600 ctl_done user reset-link "$name"
    sql_is "select expires_at - t.created_at from tickets t join users using (user_id) where users.username = '$name'" 00:10:00
    content_is 200 "$access"
    expect_equal history "$(history "$name" reset_link_created)" 3
    ctl_done user disable "$name"
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 0
    ctl_refused 1 'is disabled' user reset-link "$name"
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 0
    ctl_refused 1 'there is no user' user reset-link nobody-there
}

@test "a new password takes the link away, too" {
    new_user
    ctl_done user reset-link "$name"
    ctl_done user passwd "$name" <<<"$OTHER_PASSWORD"
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 0
}

# tickets_of NAME: how many links the user has.
tickets_of() {
    sql "select count(*) from tickets join users using (user_id) where users.username = '$1'"
}

@test "another address for mail takes the link away, too, and nothing else of the account does" {
    new_user
    ctl_done user rename "$name" --email ada@example.org
    ctl_done user reset-link "$name"
    ctl_done user rename "$name" --email ada@example.org --name 'Ada'
    ctl_done user groups "$name" +staff
    expect_equal "links after the same address, a name and a group" "$(tickets_of "$name")" 1
    ctl_done user rename "$name" --email ada@example.net
    expect_equal "links after another address" "$(tickets_of "$name")" 0
    ctl_done user reset-link "$name"
    ctl_done user rename "$name" --email ''
    expect_equal "links after no address" "$(tickets_of "$name")" 0
    content_is 200 "$access"
}

@test "an invitation carries groups, a username and a time" {
    local id link
    ctl_done invite new --groups wheel,staff,wheel --username Bob.B --expires 12h --json
    id=$(jq -r .id <<<"$output")
    link=$(jq -r .link <<<"$output")
    expect_match link "$link" "^http://localhost:$PORT/register#invite=[A-Za-z0-9_-]{43}&username=Bob\\.B\$"
    sql_is "select purpose, username, groups, actor ~ '^operator:', expires_at - created_at from tickets
        where ticket_hash = decode('$(hash_of "$(token_of "$link")")', 'hex')" 'invitation|Bob.B|{staff,wheel}|t|12:00:00'
    ctl_done invite new
    sql_is "select username is null, groups, expires_at - created_at from tickets where ticket_hash = decode('$(hash_of "$(token_of "${output##*$'\t'}")")', 'hex')" 't|{}|7 days'
    ctl_done invite list --where username=Bob.B --id-only
    expect_equal "the list" "$output" "$id"
    ctl_done invite revoke "$id"
    ctl_done invite list --where username=Bob.B --id-only
    expect_equal "the list" "$output" ''
    ctl_refused 1 "there is no invitation $id" invite revoke "$id"
}

@test "what cannot be an invitation is refused, and none is stored or revoked" {
    local hostile before
    new_user
    ctl_done user reset-link "$name"
    ctl_done invite new
    before=$(sql 'select count(*) from tickets')
    ctl_refused 1 'is taken' invite new --username "${name^^}"
    for hostile in "${HOSTILE[@]}"; do
        ctl_refused 1 'username: ' invite new --username "$hostile"
    done
    for hostile in "${NO_NUMBERS[@]}"; do
        ctl_refused 2 'is no time' invite new --expires "$hostile"
        ctl_refused 2 'is not the id of an invitation' invite revoke -- "$hostile"
    done
    ctl_refused 1 'no group' invite new --groups 'a b'
    for hostile in 0m 367d 7 7w 07d 9999999999999999999d; do
        ctl_refused 2 'is no time' invite new --expires "$hostile"
    done
    # All that are named, or none; and no link of a user by its number.
    ctl_refused 1 'there is no invitation 999999999, so none was revoked' \
        invite revoke "$(sql "select max(ticket_id) from tickets where purpose = 'invitation'")" 999999999
    ctl_refused 1 'there is no invitation' \
        invite revoke "$(sql "select max(ticket_id) from tickets where purpose = 'password_reset'")"
    sql_is 'select count(*) from tickets' "$before"
}

@test "no invitation is made while nobody may register, and one that is made lets its user in" {
    local before token
    before=$(sql 'select count(*) from tickets')
    REGISTRATION=closed ctl_refused 1 'set REGISTRATION to invite' invite new
    sql_is 'select count(*) from tickets' "$before"
    unique_name
    REGISTRATION=invite ctl_done invite new --groups staff --username "$name" --json
    token=$(token_of "$(jq -r .link <<<"$output")")
    api POST /register "$(registration "$name" | jq -c --arg invite "$token" '. + {invite: $invite}')"
    expect_status 201
    sql_is "select groups from users where username = '$name'" '{staff}'
    ctl_done user reset-link "$name" --json
    token=$(token_of "$(jq -r .link <<<"$output")")
    api POST /reset-password "{\"token\":\"$token\",\"new_password\":\"$OTHER_PASSWORD\"}"
    expect_status 200
    PASSWORD=$OTHER_PASSWORD
    login "$name"
}

# --- Mail ------------------------------------------------------------------------------------------------------------

# mailer STATUS: a program in place of sendmail, which keeps what it gets and ends with this status.
mailer() {
    cat >"$STACK/mailer" <<EOF
#!/bin/sh
{ cat >$STACK/mail/message; tr '\\0' '\\n' </proc/\$\$/cmdline >$STACK/mail/arguments; env >$STACK/mail/environment; }
echo 'a word of the mailer'
echo 'the queue is full' >&2
exit $1
EOF
    chmod 755 "$STACK/mailer"
    rm -rf "$STACK/mail"
    mkdir -m 777 "$STACK/mail"
}

# with_mail COMMAND ARGUMENT...: with the mailer as MAIL_COMMAND.
with_mail() {
    MAIL_COMMAND="$STACK/mailer -t" MAIL_FROM=login@example.org DB_PASSWORD='' "$@"
}

@test "a link to reset the password is mailed, and stands nowhere else" {
    local token
    mailer 0
    unique_name
    ctl_done user add "$name" --email ada@example.org --name 'Ada Ŀ.' --generate
    with_mail ctl user reset-link "$name" --send
    expect_equal "exit status" "$code" 0
    expect_match output "$output" '^a link .* was mailed to ada@example.org$'
    expect_equal "its words go to standard error" "$errors" $'a word of the mailer\nthe queue is full'
    expect_equal head "$(sed -n '1,/^$/p' "$STACK/mail/message" | grep -v '^Date: ')" "From: login@example.org
To: ada@example.org
Subject: Set a new password at http://localhost:$PORT
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
Auto-Submitted: auto-generated"
    grep -qE '^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000$' "$STACK/mail/message"
    grep -qxF 'Hello Ada Ŀ.,' "$STACK/mail/message"
    grep -qF 'within 1 hour.' "$STACK/mail/message"
    token=$(token_of "$(grep "^http://localhost:$PORT/reset#token=" "$STACK/mail/message")")
    sql_is "select encode(ticket_hash, 'hex') from tickets join users using (user_id) where users.username = '$name'" "$(hash_of "$token")"
    expect_equal arguments "$(tail -n 1 "$STACK/mail/arguments")" -t
    refute grep -qF "$token" "$STACK/mail/arguments" "$STACK/mail/environment"
    refute grep -qE '^(DATABASE_URL|DB_|MAIL_|RUN_DIR)' "$STACK/mail/environment"
}

@test "a link that could not be mailed is none" {
    new_user
    mailer 75
    with_mail ctl_refused 1 'has no address for mail' user reset-link "$name" --send
    expect_equal "what was mailed" "$(ls "$STACK/mail")" ''
    ctl_done user rename "$name" --email ada@example.org
    with_mail ctl user reset-link "$name" --send
    expect_equal "exit status" "$code" 3
    expect_match errors "$errors" "the queue is full.*the mail was not sent: $STACK/mailer ended with status 75"
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 0
    rm "$STACK/mailer"
    with_mail ctl_refused 3 "MAIL_COMMAND: cannot run $STACK/mailer: No such file" user reset-link "$name" --send
    ctl_refused 1 'set MAIL_COMMAND' user reset-link "$name" --send
    sql_is "select count(*) from tickets join users using (user_id) where users.username = '$name'" 0
}

@test "no link is mailed to an address that is another one meanwhile" {
    local sender
    mailer 0
    new_user
    ctl_done user rename "$name" --email ada@example.org
    hold "update users set email = 'ada@example.net' where username = '$name'"
    with_mail ctl_refused 1 'another address for mail meanwhile' user reset-link "$name" --send 3>&- &
    sender=$!
    wait_until 10 somebody_waits
    release
    wait "$sender"
    expect_equal "what was mailed" "$(ls "$STACK/mail")" ''
    expect_equal links "$(tickets_of "$name")" 0
}

@test "no address and no name adds a header, a recipient or an option" {
    local address
    mailer 0
    new_user
    for address in $'a@b\nBcc: c@d' 'a@b, c@d' '-t@b' 'a b@c' $'a@b\xff' '<a@b>' "$(printf 'a%.0s' {1..300})@b"; do
        ctl_refused 1 'address for mail is one such as' user rename "$name" --email "$address"
        ctl_refused 1 'address for mail is one such as' user add newcomer --email "$address" --generate
    done
    sql "update users set email = E'a@b\\nBcc: c@d', name = E'A\\nBcc: e@f\\n\\n' where username = '$name'"
    with_mail ctl_refused 1 'is no address for mail' user reset-link "$name" --send
    sql "update users set email = 'a@b' where username = '$name'"
    with_mail ctl user reset-link "$name" --send
    expect_equal "exit status" "$code" 0
    refute grep -qE '^(Bcc|bcc)' "$STACK/mail/message"
}

@test "MAIL_COMMAND must be an absolute path, and MAIL_FROM an address" {
    local setting
    for setting in 'MAIL_COMMAND=sendmail -t' $'MAIL_COMMAND=/bin/true\n' $'MAIL_FROM=a@b\nBcc: c@d'; do
        code=0
        "${CLEAN[@]}" "$setting" "$ROOT/build/sessionctl" -f /dev/null user list 2>"$BATS_TEST_TMPDIR/errors" || code=$?
        expect_equal "exit status" "$code" 2
        expect_match errors "$(<"$BATS_TEST_TMPDIR/errors")" "^sessionctl: environment: ${setting%%=*}="
    done
}

# --- Who gets in -----------------------------------------------------------------------------------------------------

# explained STATUS FIELD...: the fields of what the last command has answered, and its exit status.
explains() {
    local expected=$1 status=$2 fields=$3
    shift 3
    ctl explain "$@" --json
    expect_equal "errors of $*" "$errors" ''
    expect_equal "status of $*" "$code" "$status"
    expect_equal "answer to $*" "$(jq -c "$fields" <<<"$output")" "$expected"
}

@test "explain says who would get in where, why, and what the application is told" {
    local header
    new_user
    ctl_done user groups "$name" +Wheel
    ctl_done user rename "$name" --name 'Ada Ŀ., 100%'
    explains "[\"$name\",\"yes\"]" 0 '[.username,.admitted]' "${name^^}"
    api GET /verify '' -b "access_token=$access"
    for header in Remote-User Remote-Name Remote-Groups; do
        expect_equal "$header" "$(jq -r ".\"$header\"" <<<"$output")" "$(header "$header")"
    done
    explains '["yes",true]' 0 '[.admitted,(.reason | contains("is in a group"))]' "$name" staff Wheel
    explains '["yes",true]' 0 '[.admitted,(.reason | contains("is in a group"))]' "$name" 'staff Wheel'
    explains '["no",true,null]' 1 '[.admitted,(.reason | contains("asks for staff")),."Remote-User"]' "$name" staff
    explains '["no",true]' 1 '[.admitted,(.reason | contains("differ by case"))]' "$name" wheel
    explains '["no",true]' 1 '[.admitted,(.reason | contains("no user"))]' nobody-there
    ctl_done session revoke --user "$name"
    explains '["after a login",true]' 0 '[.admitted,(.reason | contains("no live session"))]' "$name" Wheel
    ctl_done user disable "$name"
    explains '["no",true]' 1 '[.admitted,(.reason | contains("disabled"))]' "$name" Wheel
    ctl_refused 1 'no group' explain "$name" 'a,b;c'
    for header in "${HOSTILE[@]}"; do
        ctl_refused 1 'username: ' explain -- "$header"
    done
}

# --- The service as a whole ------------------------------------------------------------------------------------------

@test "cleanup removes all that is no longer needed, and counts it" {
    sql "insert into tickets (ticket_hash, purpose, expires_at)
        select sha256(convert_to('old' || n, 'UTF8')), 'invitation', now() - interval '1 hour' from generate_series(1, 2500) as n"
    ctl_done cleanup --json
    expect_equal tickets "$(jq .tickets <<<"$output")" 2500
    ctl_done cleanup
    expect_equal "the second time" "$output" $'sessions\t0\nattempts\t0\ndevices\t0\ntickets\t0\nevents\t0'
}

@test "status counts what is there, and asks the sockets" {
    local before
    new_user
    ctl_done status --json
    before=$output
    expect_equal "what answers" "$(jq -c '[.check,.write,.password,.database]' <<<"$output")" '["answers","answers","answers","answers"]'
    expect_equal users "$(jq -c '[.users,.disabled,.sessions]' <<<"$output")" "[$(sql "select count(*) || ',' || count(disabled_at) from users"),$(sql 'select count(*) from sessions where revoked_at is null and refresh_expires_at > now()')]"
    new_user
    ctl_done user disable "$name"
    ctl_done status --json
    expect_equal "one more, who is disabled" "$(jq -c '[.users,.disabled,.sessions]' <<<"$output")" "$(jq -c '[.users + 1,.disabled + 1,.sessions]' <<<"$before")"
    expect_equal "the version" "$(jq -r .version <<<"$output")" "$(sed -nE 's/.*kVersion = "([^"]+)".*/\1/p' "$ROOT/src/base/version.h")"
}

@test "status says what does not answer" {
    SOCKET_DIR=$STACK/nowhere ctl status --json
    expect_equal "exit status" "$code" 0
    expect_match check "$(jq -r .check <<<"$output")" "^$STACK/nowhere/check.sock: No such file"
    code=0
    output=$("${CLEAN[@]}" DATABASE_URL="host=$STACK/nowhere user=sessiond" "$ROOT/scripts/sessionctl" status --json) || code=$?
    expect_equal "exit status" "$code" 3
    expect_match database "$(jq -r .database <<<"$output")" "$STACK/nowhere"
    expect_equal users "$(jq .users <<<"$output")" null
}

# strange_sockets DIRECTORY: sockets of all pools, of which one closes each connection, one says nothing, and one answers
# something else. $strangers is the process.
strange_sockets() {
    mkdir "$1"
    "$PYTHON" -c '
import socket, sys, threading
kept = []
def serve(name, act):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{sys.argv[1]}/{name}.sock")
    listener.listen()
    def loop():
        while True:
            act(listener.accept()[0])
    threading.Thread(target=loop, daemon=True).start()
def refuse(peer):
    peer.recv(4096)
    peer.sendall(b"Status: 404 Not Found\r\n\r\n")
    peer.close()
serve("check", lambda peer: peer.close())
serve("write", kept.append)
serve("password", refuse)
print("ready", flush=True)
threading.Event().wait()' "$1" >"$1.log" 2>&1 3>&- 4>&- &
    strangers=$!
    wait_until 60 grep -q ready "$1.log"
}

@test "status says what the sockets of somebody else answer" {
    local directory=$BATS_TEST_TMPDIR/sockets strangers
    strange_sockets "$directory"
    SOCKET_DIR=$directory ctl status --json
    expect_equal "exit status" "$code" 0
    expect_equal check "$(jq -r .check <<<"$output")" "$directory/check.sock: the connection is closed without an answer: this user may not use it"
    expect_equal write "$(jq -r .write <<<"$output")" "$directory/write.sock: no worker answers within 2 s"
    expect_equal password "$(jq -r .password <<<"$output")" "$directory/password.sock: the answer is 404"
    kill "$strangers"
}

@test "migrate brings the tables up to date by the script" {
    ctl migrate
    expect_equal "exit status" "$code" 0
    expect_match output "$output" 'schema is current'
    expect_match errors "$errors" 'the private cluster of RUN_DIR'
    # The index is part of what the script looks after.
    sql 'alter index users_username_key rename to elsewhere'
    ctl migrate
    sql 'alter index elsewhere rename to users_username_key'
    expect_equal "exit status" "$code" 1
    expect_match errors "$errors" 'users_username_key is missing'
}

@test "the history of an account shows what an operator has done, and who" {
    new_user
    ctl_done user groups "$name" +staff
    ctl_done user groups "$name" +staff
    ctl_done user rename "$name" --name 'Ada'
    ctl_done user disable "$name"
    ctl_done user disable "$name"
    ctl_done user enable "$name"
    ctl_done user passwd "$name" <<<"$OTHER_PASSWORD"
    ctl_done user show "$name" --json
    expect_equal history "$(jq -c '[.history[] | select(.actor // "" | startswith("operator:")) | .event]' <<<"$output")" \
        '["authn_password_change","user_enabled","user_disabled","user_updated","privilege_permissions_changed"]'
    unique_name
    ctl_done user add "$name" --generate
    expect_equal history "$(history "$name" user_created)" 1
}

@test "user show has the newest of each kind of the history, or as many as are asked for" {
    local value
    new_user
    sql "insert into events (user_id, event) select $user_id, 'authn_login_fail' from generate_series(1, 60)"
    history_counts() {
        jq -r '.history | group_by(.event) | map("\(length) \(.[0].event)") | join(",")' <<<"$output"
    }
    ctl_done user show "$name" --json
    expect_equal history "$(history_counts)" '20 authn_login_fail,1 user_created'
    ctl_done user show "$name" --json --history 50
    expect_equal history "$(history_counts)" '50 authn_login_fail,1 user_created'
    ctl_done user show "$name" --json --history 10000
    expect_equal history "$(history_counts)" '60 authn_login_fail,1 user_created'
    for value in 10001 0 -1 1e3 ' 1' '' 99999999999999999999; do
        ctl_refused 2 "--history must be a number from 1 to 10000, not '$value'" user show "$name" "--history=$value"
    done
}

@test "a list is not filtered by a value that no row can have" {
    ctl_refused 2 "--where: disabled is one of: yes, no; not 'ja'" user list --where disabled=ja
    ctl_refused 2 "--where: severity is one of: warning, unknown, error; not 'eror'" check --where severity=eror
    ctl_done user list --where disabled=yes --where username=nobody.there
    expect_equal output "$output" ''
}

@test "bash completes commands and options" {
    local completed
    ctl_done completion
    # complete WORD...: what bash offers in place of the last one.
    completed() {
        bash -c 'source /dev/stdin; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sessionctl; echo "${COMPREPLY[*]}"' - "$@" <<<"$output"
    }
    expect_equal subjects "$(completed sessionctl in)" invite
    expect_equal verbs "$(completed sessionctl invite re)" revoke
    expect_match verbs "$(completed sessionctl user '')" '^add list show .*reset-link$'
    expect_equal options "$(completed sessionctl invite new --us)" --username
    expect_equal options "$(completed sessionctl -f x invite new --exp)" --expires
    expect_equal options "$(completed sessionctl explain ada --js)" --json
    expect_equal options "$(completed sessionctl session list ada --wh)" --where
}
