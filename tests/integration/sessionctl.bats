#!/usr/bin/env bats
# The operator's program: what its commands do to a running service, and what they do without one.

load lib/common
one_instance

setup() {
    load lib/common
    load lib/ctl
    load lib/sessions
}

@test "a user whom the operator adds can log in, with the groups that were given" {
    ctl_done user add Ada.L --name 'Ada L.' --groups wheel,staff <<<"$PASSWORD"
    expect_equal output "$output" ''
    ctl_done user show Ada.L --json
    expect_equal "what there is of it" "$(jq -c '[.sessions, [.history[].event]]' <<<"$output")" '[[],["user_created"]]'
    ctl_done user show Ada.L
    refute grep -q '^sessions' <<<"$output"
    login Ada.L
    ctl_done user show ada.l --json
    expect_equal user "$(jq -c '[.username, .name, .groups, .disabled, (.sessions | length)]' <<<"$output")" \
        '["Ada.L","Ada L.",["staff","wheel"],null,1]'
    expect_match "the stored hash" "$(jq -r .password_hash <<<"$output")" '^argon2id\$v=19\$m='
    refute grep -q "$(sql "select password_hash from users where username = 'Ada.L'" | cut -d'$' -f5)" <<<"$output"
}

@test "a password that is made is printed once, and works" {
    ctl_done user add made --generate --json
    PASSWORD=$(jq -r .password <<<"$output")
    login made
}

@test "what cannot be a user is refused, and nothing is stored" {
    local users
    users=$(sql 'select count(*) from users')
    ctl_refused 1 "username '?.*taken" user add ADA.l --generate
    ctl_refused 1 'username: ' user add "a b" --generate
    ctl_refused 1 'username: ' user add "a'; drop table users; --" --generate
    ctl_refused 1 'username: ' user add $'a\xff\xfeb' --generate
    ctl_refused 1 'username: ' user add "$(printf 'a%.0s' {1..5000})" --generate
    ctl_refused 1 'name: ' user add newcomer --name $'a\nb' --generate
    ctl_refused 1 'no group' user add newcomer --groups 'a b' --generate
    ctl_refused 1 'no password on standard input' user add newcomer
    ctl_refused 2 'there is no option' user add newcomer --password x
    ctl user add newcomer <<<'short'
    expect_equal "exit status" "$code" 1
    expect_match errors "$errors" 'password: .*at least 8'
    ctl user add newcomer <<<'password1'
    expect_match errors "$errors" 'most common'
    sql_is 'select count(*) from users' "$users"
}

@test "groups count at the next request" {
    new_user
    ctl_done user groups "$name" +wheel +staff
    expect_match output "$output" 'staff,wheel'
    sql_is "select groups from users where username = '$name'" '{staff,wheel}'
    ctl_done user groups "$name" -wheel
    sql_is "select groups from users where username = '$name'" '{staff}'
    ctl_refused 2 "'ops' has no sign: write \+GROUP" user groups "$name" ops
    ctl_refused 1 'there is no user' user groups nobody-there +ops
}

@test "a new password ends the sessions of the user, and the old password" {
    new_user
    content_is 200 "$access"
    ctl_done user passwd "$name" <<<"$OTHER_PASSWORD"
    content_is 401 "$access"
    api POST /login "$(credentials "$name")"
    expect_equal status "$status" 401
    PASSWORD=$OTHER_PASSWORD login "$name"
    sql_is "select count(*) from devices join users using (user_id) where username = '$name'" 1
}

@test "a disabled user is signed out at once" {
    new_user
    ctl_done user disable "$name"
    content_is 401 "$access"
    ctl_done user list --where "username=$name" --where disabled=yes --id-only
    expect_equal output "$output" "$name"
    api POST /login "$(credentials "$name")"
    expect_equal status "$status" 401
    expect_json .code invalid_credentials
    ctl_done user disable "$name"
    expect_match output "$output" 'was disabled already'
    ctl_done user enable "$name"
    ctl_done user list --where "username=$name" --where disabled=yes --id-only
    expect_equal output "$output" ''
    login "$name"
}

@test "a user gets another name, and an address for mail" {
    new_user
    ctl_done user rename "$name" --name 'Ada Lovelace' --email ada@example.org
    sql_is "select name || ' ' || email from users where username = '$name'" 'Ada Lovelace ada@example.org'
    ctl_done user rename "$name" --email ''
    sql_is "select email is null from users where username = '$name'" t
    ctl_refused 2 'it needs --name NAME or --email' user rename "$name"
    ctl_refused 1 'address for mail is one such as' user rename "$name" --email '-f/etc/passwd'
}

@test "an account is deleted only when that was agreed to" {
    new_user
    ctl_refused 2 'Add --yes' user delete "$name"
    content_is 200 "$access"
    ctl_done user delete "$name" --yes
    content_is 401 "$access"
    sql_is "select count(*) from users where username = '$name'" 0
}

@test "every change is logged with who made it, and no password" {
    ctl user add logged --generate --verbose
    expect_match "the log" "$errors" '"event":"user_created","actor":"operator:[a-z]+","user_id":"[0-9]+"'
    refute grep -q "$(awk '$1 == "password" { print $2 }' <<<"$output")" <<<"$errors"
}

# remains USER-ID: what is left of a user: live sessions, known browsers, links to reset the password.
remains() {
    sql "select count(*) filter (where revoked_at is null), (select count(*) from devices where user_id = $1),
        (select count(*) from tickets where user_id = $1) from sessions where user_id = $1"
}

# operators_entries USER-ID: what operators have done to the user, by the history.
operators_entries() {
    sql "select event, coalesce(session_id::text, '-'), actor from events where user_id = $1 and actor <> ''"
}

# The commands that change a user, who has two sessions, two browsers and a link: what then remains of these, and the
# event with its session. @ stands for the user, and # for one of the sessions.
CHANGES=(
    '2|2|1 user_updated|-                  user rename @ --name Ada'
    '2|2|1 privilege_permissions_changed|- user groups @ +staff'
    '2|2|1 reset_link_created|-            user reset-link @'
    '1|2|1 authn_token_revoked|#           session revoke #'
    '0|2|1 authn_token_revoked|-           session revoke --user @'
    '0|0|0 authn_password_change|-         user passwd @ --generate'
    '0|0|0 user_disabled|-                 user disable @'
    '0|0|0 user_deleted|-                  user delete @ --yes'
)

# user_with_all: a new user with two sessions, two browsers and a link.
user_with_all() {
    new_user
    login "$name"
    sql "insert into tickets (ticket_hash, purpose, user_id, expires_at)
        values (sha256('link of $name'), 'password_reset', $user_id, now() + interval '1 hour')"
    expect_equal "what $name has" "$(remains "$user_id")" '2|2|1'
}

# logged_once EVENT ACTOR USER-ID: the command has written this line of what an operator did, and no other.
logged_once() {
    expect_equal "lines of the log" "$(grep -c '"actor":' <<<"$errors")" 1
    expect_match "the log" "$errors" "\"event\":\"$1\",\"actor\":\"$2\",\"user_id\":\"$3\""
}

@test "each change of a user ends what it has to, nothing of others, and says who made it, once" {
    local change left event command other actor
    actor=operator:$(id -un)
    unset SUDO_USER
    user_with_all
    other=$user_id
    for change in "${CHANGES[@]}"; do
        user_with_all
        read -r left event command <<<"${change//\#/$session_id}"
        # shellcheck disable=SC2086  # several words
        ctl ${command/@/$name} --verbose
        expect_equal "exit status of $command" "$code" 0
        expect_equal "what remains after $command" "$(remains "$user_id")" "$left"
        logged_once "${event%|*}" "$actor" "$user_id"
        [[ $event != user_deleted* ]] || continue
        expect_equal "the history after $command" "$(operators_entries "$user_id")" "$event|$actor"
    done
    sql_is "select (select count(*) from users where user_id = $user_id), (select count(*) from events where user_id = $user_id)" '0|0'
    expect_equal "what the other one has" "$(remains "$other")" '2|2|1'
    expect_equal "the history of the other one" "$(operators_entries "$other")" ''
}

@test "a user who may log in again is told of in history and log, and who used sudo is the operator" {
    local actor
    actor=operator:$( ((EUID == 0)) && echo daemon || id -un)
    new_user
    sql "update users set disabled_at = now() where user_id = $user_id"
    SUDO_USER=daemon ctl user enable "$name" --verbose
    logged_once user_enabled "$actor" "$user_id"
    expect_equal "the history" "$(operators_entries "$user_id")" "user_enabled|-|$actor"
    SUDO_USER=nobody-there ctl user enable "$name" --verbose
    refute grep '"actor":' <<<"$errors"
    expect_equal "the history" "$(operators_entries "$user_id")" "user_enabled|-|$actor"
}

@test "an invitation that is taken back is gone alone, and in the log" {
    local ids=() entries number
    entries=$(sql 'select count(*) from events')
    for number in 1 2; do
        ctl invite new --json --verbose
        ids+=("$(jq -r .id <<<"$output")")
        expect_match "the log" "$errors" "\"event\":\"invitation_created\",\"actor\":\"operator:[^\"]+\",\"detail\":\"invitation ${ids[-1]}\""
    done
    ctl invite revoke "${ids[0]}" --verbose
    expect_equal "exit status" "$code" 0
    expect_match "the log" "$errors" "\"event\":\"invitation_revoked\",\"actor\":\"operator:[^\"]+\",\"detail\":\"invitation ${ids[0]}\""
    expect_equal "lines of the log" "$(grep -c '"actor":' <<<"$errors")" 1
    sql_is "select ticket_id from tickets where ticket_id in (${ids[0]}, ${ids[1]})" "${ids[1]}"
    sql_is 'select count(*) from events' "$entries"
}

@test "the program says how it is called" {
    local name names
    ctl_done --help
    mapfile -t names < <(sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +[A-Z].*/\1/p' <<<"$output")
    expect_match "the commands" "${names[*]}" '^user add user list .*completion$'
    for name in "${names[@]}"; do
        # shellcheck disable=SC2086  # two words
        expect_match "help of $name" "$("$CTL" $name --help)" "example:"$'\n'"  sessionctl $name"
    done
    ctl_refused 2 'no command' frobnicate
    ctl_refused 2 'needs a command'
    ctl_refused 2 "no command 'invite'; after 'invite' comes one of: new, list, revoke; see: sessionctl invite --help" invite
}

# ctl_with NAME=value ARGUMENT...: the same with a setting in the environment.
ctl_with() {
    local CLEAN=("${CLEAN[@]}" "$1")
    ctl "${@:2}"
}

@test "without a database, the program says so, in one line that leads on" {
    ctl_with "DATABASE_URL=host=$STACK/nowhere user=sessiond" user list
    expect_equal "exit status" "$code" 3
    expect_match errors "$errors" "^sessionctl: cannot connect: .*$STACK/nowhere.*; see: sessionctl check\$"
    expect_equal lines "$(wc -l <<<"$errors")" 1
    ctl_with "DATABASE_URL=host=$STACK/nowhere user=sessiond" migrate
    expect_equal "exit status of migrate" "$code" 3
    expect_match "errors of migrate" "$errors" 'migrate: the database of the settings cannot be reached'
}

@test "wrong settings are told as a wrong command line is" {
    ctl_with PORT=abc user list
    expect_equal "exit status" "$code" 2
    expect_match errors "$errors" "PORT='abc' is not allowed.*are not valid: correct what is named above"
}

@test "the options before a command: the version, and where the settings of a checkout come from" {
    ctl_done -V
    expect_match version "$output" '^sessionctl [0-9.]+$'
    ctl_refused 2 "no option '-f' here: ENV_FILE" -f "$STACK/file" user list
    ctl_refused 2 "no option '-x'" -x
}
