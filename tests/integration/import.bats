#!/usr/bin/env bats
# Users from files of other programs: all of a file or none, and each with the password of before.

# shellcheck disable=SC2034  # read by login
KITES='purple kites'
SHA='{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs=' # of these

load lib/common
one_instance

setup() {
    load lib/common
    load lib/ctl
    load lib/sessions
    FILE=$BATS_TEST_TMPDIR/users
    users_before=$(sql 'select count(*) from users')
}

# file LINE...: the lines are the file; escapes as printf has them.
file() {
    printf '%b\n' "$@" >"$FILE"
}

# refused REGEX ARGUMENT...: the import is refused, and nobody is stored.
refused() {
    ctl_refused 1 "$1" import "${@:2}" "$FILE"
    sql_is 'select count(*) from users' "$users_before"
}

# added COUNT ARGUMENT...
added() {
    ctl_done import "${@:2}" "$FILE" --json
    expect_equal "what was added" "$(jq .added <<<"$output")" "$1"
}

# stored USERNAME EXPRESSION EXPECTED
stored() {
    sql_is "select $2 from users u where username = '$1'" "$3"
}

# history USERNAME: the events of the account and who did it.
history() {
    sql "select string_agg(event || ' ' || actor, ', ' order by event_id) from events join users using (user_id)
        where username = '$1'"
}

# on_terminal ARGUMENT...: sessionctl with standard output and standard error on a terminal.
on_terminal() {
    code=0
    # shellcheck disable=SC2016
    "${CLEAN[@]}" "${CHEAP[@]}" "$PYTHON" -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$ROOT/scripts/sessionctl" "$@" \
        </dev/null >"$BATS_TEST_TMPDIR/terminal" 2>&1 || code=$?
    terminal=$(<"$BATS_TEST_TMPDIR/terminal")
}

@test "a file that htpasswd makes logs in, with the groups that were given" {
    local kind
    : >"$FILE"
    for kind in B m s 5; do
        htpasswd -b"$kind" "$FILE" "Kind.$kind" "$KITES"
    done
    chmod 600 "$FILE"
    added 4 htpasswd --groups wheel,staff
    for kind in B m s 5; do
        login "kind.$kind" "$KITES"
        stored "Kind.$kind" "name || ' ' || array_to_string(groups, ' ')" "Kind.$kind staff wheel"
    done
    expect_match history "$(history Kind.B)" '^user_created operator:[^ ]+'
}

# made KIND: the hash of $KITES as this program makes it, at a cost that suits a busy machine.
# shellcheck disable=SC2016  # variables of PHP
made() {
    case $1 in
        openssl.*) openssl passwd "-${1#*.}" "$KITES" ;;
        mkpasswd.bcrypt*) mkpasswd -m "${1#*.}" -R 5 "$KITES" ;;
        mkpasswd.*) mkpasswd -m "${1#*.}" "$KITES" ;;
        php.bcrypt) php -n -r 'echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost" => 5]);' "$KITES" ;;
        php.argon2id) php -n -r 'echo password_hash($argv[1], PASSWORD_ARGON2ID, ["memory_cost" => 512]);' "$KITES" ;;
        django.pbkdf2) "$PYTHON" -c 'import sys
from django.conf import settings
settings.configure()
from django.contrib.auth.hashers import PBKDF2PasswordHasher
hasher = PBKDF2PasswordHasher()
print(hasher.encode(sys.argv[1], hasher.salt(), 10000))' "$KITES" ;;
    esac
}

@test "what openssl, mkpasswd, PHP and Django of this machine make logs in, and becomes argon2id" {
    local kind hash hashes=() kinds=(openssl.{1,5,6,apr1} mkpasswd.{bcrypt,bcrypt-a,yescrypt,sha512crypt,sha256crypt,md5crypt}
        php.{bcrypt,argon2id} django.pbkdf2)
    echo username,password_hash >"$FILE"
    for kind in "${kinds[@]}"; do
        hash=$(made "$kind")
        hashes+=("$hash")
        echo "real.$kind,\"$hash\"" >>"$FILE"
    done
    added "${#kinds[@]}" csv
    for kind in "${!kinds[@]}"; do
        name=real.${kinds[kind]}
        stored "$name" password_hash "${hashes[kind]}"
        api POST /login "$(credentials "$name" "$KITES!")"
        expect_problem 401 invalid_credentials || fail "$name"
        login "$name" "$KITES" || fail "$name"
        stored "$name" "password_hash like '\$argon2id\$v=19\$%' and password_hash <> '${hashes[kind]}'" t
        login "$name" "$KITES" || fail "$name, the second time"
    done
}

@test "an import is one line in the log, with the count and who made it, and no hash" {
    file "logged.one:$SHA" "logged.two:$SHA"
    ctl import htpasswd "$FILE" --verbose
    expect_equal "lines" "$(grep -c '"event":"users_imported"' <<<"$errors")" 1
    expect_match "the log" "$errors" '"event":"users_imported","actor":"operator:[^"]+","detail":"2 added, 0 updated"'
    refute grep -qF "${SHA#\{SHA\}}" <<<"$errors$output"
}

@test "standard input is a file as well, and so is a spreadsheet's CSV" {
    ctl_done import csv - < <(printf '\xEF\xBB\xBFname,username,password_hash,groups,email,disabled\r\n'
        printf '"Ada ""the\xC3\xA9"" L., Countess",csv.ada,%s,"wheel, staff,staff",ada@example.org,\r\n\r\n,csv.bob,%s,,,true\r\n' "$SHA" "$SHA")
    stored csv.ada "concat_ws('|', name, groups, email, disabled_at)" 'Ada "theé" L., Countess|{staff,wheel}|ada@example.org'
    stored csv.bob "concat_ws('|', name, groups, email, disabled_at is not null)" 'csv.bob|{}|t'
    login csv.ada "$KITES"
    api POST /login "$(credentials csv.bob "$KITES")"
    expect_problem 401 invalid_credentials
}

@test "whatever cannot be stored is refused with its line, and nobody of the file is stored" {
    local good="good.one:$SHA" line
    file "$good" '' 'ab:x'
    refused "users:3: username: .*3 to 64.*users:3: password_hash: " htpasswd
    file "$good" "GOOD.One:$SHA"
    refused 'users:2: username: Line 1 has the same one, but perhaps for its case' htpasswd
    for line in "nul\\\\x00name:$SHA" "uni\\\\xff\\\\xfe:$SHA" "'; drop table users; --:$SHA" "<b>bold</b>:$SHA" ":$SHA" 'nocolon' \
        'des.user:wV4cnn6t7kffk' 'locked:!' 'locked:*' 'empty:' "hash.bytes:pbkdf2_sha256\$1000\$\\\\xff\$tybUiJIHpbT46Lo43EdQKVKIIaDMg+s23EHK+8K809g=" \
        "$(printf 'a%.0s' {1..70000}):$SHA"; do
        file "$good" "${line//\\\\/\\}"
        refused 'users:2: ' htpasswd
        expect_equal "what the terminal is told beside text" "$(tr -d '\n\40-\176' <"$BATS_TEST_TMPDIR/errors" | wc -c)" 0
    done
    file 'username,password_hash,name' "good.one,$SHA,Good" "\"bad.one\",$SHA,\"Bad\nOne\"" "good.two,$SHA"
    refused 'users:3: name: .*users:5: There are 2 fields' csv
    file 'user,hash' "good.one,$SHA"
    refused 'users:1: Column 1 of the head line is not one of' csv
    file "{\"username\":\"good.one\",\"password_hash\":\"$SHA\"}" '{"username":"bad.one"}' '[[[[[[[[' \
        "{\"username\":\"bad.two\",\"password_hash\":\"$SHA\",\"groups\":[\"a b\"],\"email\":\"x\"}"
    refused "users:2: password_hash: The field is required.*users:3: This is not one JSON object.*users:4: groups: 'a b'.*users:4: email" jsonl
    ctl_refused 1 'cannot read .*No such file' import csv "$BATS_TEST_TMPDIR/nowhere"
    ctl_refused 1 'cannot read .*Is a directory' import csv "$BATS_TEST_TMPDIR"
    ctl_refused 1 'is no group' import htpasswd "$FILE" --groups 'a b'
}

@test "of many faults twenty are shown, and how many more there are" {
    seq 1 25 | sed 's/.*/bad name &:x/' >"$FILE"
    refused 'users:10: ' htpasswd
    expect_equal "lines with faults" "$(grep -c '^users:\|/users:' <<<"$errors")" 20
    expect_match "the end" "$errors" $'\nand 30 more$'
}

@test "without --update an existing user is refused, in any case" {
    new_user
    file "newcomer.one:$SHA" "${name^^}:$SHA"
    users_before=$((users_before + 1))
    refused 'users:2: username: There is such a user' htpasswd
    content_is 200 "$access"
}

@test "with --update, hash, name and groups are set, and what the user had ends" {
    new_user
    sql "insert into tickets (ticket_hash, purpose, user_id, expires_at) values (sha256('$name'), 'password_reset', $user_id, now() + interval '1 hour')"
    file 'username,password_hash,name,groups' "${name^^},$SHA,Ada,staff" "up.new,$SHA,New,"
    ctl_done import csv "$FILE" --update --json
    expect_equal "what was done" "$(jq -c . <<<"$output")" '{"added":1,"updated":1,"sessions_ended":1}'
    content_is 401 "$access"
    stored "$name" "name || groups::text" 'Ada{staff}'
    sql_is "select count(*) from tickets where user_id = $user_id" 0
    sql_is "select count(*) from devices where user_id = $user_id" 0
    expect_match history "$(history "$name")" 'authn_password_change operator:[^ ]+$'
    login "$name" "$KITES"
}

@test "with --update, the sessions of those whose hash is the same go on, and what the file does not say stays" {
    local before
    new_user
    sql "update users set groups = '{staff}', email = 'a@b', email_verified_at = now() where user_id = $user_id"
    before=$(sql "select u from users u where user_id = $user_id")
    file "$name:$(sql "select password_hash from users where user_id = $user_id")"
    ctl_done import htpasswd "$FILE" --update --json
    expect_equal "what was done" "$(jq -c . <<<"$output")" '{"added":0,"updated":1,"sessions_ended":0}'
    content_is 200 "$access"
    expect_equal "the row" "$(sql "select u from users u where user_id = $user_id")" "$before"
}

@test "with --update, a user whom the file disables is signed out" {
    new_user
    sql "select json_build_object('username', username, 'password_hash', password_hash, 'disabled', true) from users where user_id = $user_id" >"$FILE"
    ctl_done import jsonl "$FILE" --update
    content_is 401 "$access"
    expect_match history "$(history "$name")" 'user_disabled operator:[^ ]+$'
}

# import_waits: the import waits for another transaction.
import_waits() {
    sql_is "select count(*) > 0 from pg_stat_activity where usename = 'sessiond' and wait_event_type = 'Lock'" t
}

@test "a user of the file who is registered meanwhile makes the whole import fail" {
    local import
    {
        seq -f 'race.%04.0f' 1 1500
        echo race.taken
    } | sed "s|\$|:$SHA|" >"$FILE"
    hold "insert into users (name, username, password_hash) values ('T', 'RACE.Taken', '*')"
    ctl import htpasswd "$FILE" 3>&- 4>&- &
    import=$!
    # The other one is committed as soon as the import waits for it, in less than the server lets it wait.
    echo "do \$\$ begin for i in 1..3000 loop perform pg_stat_clear_snapshot(); exit when exists (select from
        pg_stat_activity where usename = 'sessiond' and wait_event_type = 'Lock'); perform pg_sleep(0.01);
        end loop; end \$\$;" >&"${HOLD[1]}"
    release
    wait "$import"
    errors=$(<"$BATS_TEST_TMPDIR/errors")
    expect_match errors "$errors" 'users:1501: username: Somebody has made such a user'
    sql_is "select string_agg(username, ' ') from users where username ilike 'race.%'" 'RACE.Taken'
}

@test "two imports are not under way at once" {
    hold 'select pg_advisory_xact_lock(5247302)'
    file "second.one:$SHA"
    refused 'another import is under way' htpasswd
    release
}

@test "an export goes into no file that every user may read, unless that was agreed to" {
    local mode file=$BATS_TEST_TMPDIR/output
    for mode in 644 604; do
        : >"$file"
        chmod "$mode" "$file"
        ctl_refused 1 'every user of the system, who may read this file.*umask 077' export jsonl
    done
    ctl_done export jsonl --yes
    for mode in 600 640; do
        chmod "$mode" "$file"
        ctl_done export jsonl
    done
    "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/sessionctl" export jsonl | cat >"$FILE"
}

@test "an import of what was exported is the same users" {
    local before=$BATS_TEST_TMPDIR/before after=$BATS_TEST_TMPDIR/after
    umask 077
    sql "insert into users (name, username, password_hash, groups, email, disabled_at) values
        ('Zo\"e \\ \$é', 'same.zoe', '$SHA', '{b,staff}', 'zoe@example.org', now()), ('x', 'same.x', '', '{}', null, null)"
    sql "update users set password_hash = '$SHA' where password_hash in ('', '*')"
    ctl_done export jsonl
    cp "$BATS_TEST_TMPDIR/output" "$before"
    expect_match "a line" "$(grep same.zoe "$before")" \
        '^\{"username":"same.zoe","name":"Zo\\"e \\\\ \$é","password_hash":"\{SHA\}[^"]+","groups":\["b","staff"\],"email":"zoe@example.org","disabled":true\}$'
    ctl_done import jsonl "$before" --update
    ctl_done export jsonl
    diff "$before" "$BATS_TEST_TMPDIR/output"
    sql 'delete from users'
    ctl_done import jsonl "$before"
    ctl_done export jsonl
    cp "$BATS_TEST_TMPDIR/output" "$after"
    diff "$before" "$after"
    expect_equal "users" "$(wc -l <"$after")" "$((users_before + 2))"
}

@test "on a terminal an import shows how far it is, and an export shows no hash unasked" {
    seq -f "many.%04.0f:$SHA" 1 2500 >"$FILE"
    on_terminal import htpasswd "$FILE"
    expect_equal "exit status" "$code" 0
    expect_match "the terminal" "$terminal" '1000 of 2500 users.*2000 of 2500 users.*2500 of 2500 users'
    sql_is "select count(*) from users where username like 'many.%'" 2500
    on_terminal export jsonl
    expect_equal "exit status" "$code" 1
    expect_match "the terminal" "$terminal" 'this would show the hashes'
    refute grep -q '{SHA}' <<<"$terminal"
    on_terminal export jsonl --yes
    expect_equal "exit status" "$code" 0
    expect_match "the terminal" "$terminal" 'many.2500'
}
