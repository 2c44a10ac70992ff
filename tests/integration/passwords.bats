#!/usr/bin/env bats
# Passwords: the list of common ones, its file and its faults; the time that a login takes for unknown users; that a
# registration of a taken name is not hashed; when the current password is demanded again.

setup_file() {
    load lib/common
    stack_new
    # Enough memory to hash that a missing hash would show in the time of an answer.
    stack_up ARGON2_MEMORY_KIB=19456 ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0 REAUTH_TTL=600
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
    LIST=$ROOT/src/auth/common-passwords.txt
}

after_each() {
    expect_session_invariants
}

# start_with NAME=value...: sets status and text of a service that is started in an empty directory and is not to live.
start_with() {
    local directory=$BATS_TEST_TMPDIR
    mkdir -p "$directory/sockets"
    status=0
    text=$(cd "$directory" && "${CLEAN[@]}" "${CHEAP[@]}" "SOCKET_DIR=$directory/sockets" "$@" timeout 20 "$BIN" -f "$ENV_FILE" 2>&1 </dev/null) ||
        status=$?
}

# --- The list of common passwords ------------------------------------------------------------------------------------

@test "the list has at least 3,000 passwords that satisfy the length rule, sorted, in small letters" {
    local long
    long=$(awk 'length($0) >= 8' "$LIST" | wc -l)
    ((long >= 3000)) || fail "only $long"
    LC_ALL=C sort -u "$LIST" | cmp - "$LIST"
    refute grep -q '[A-Z]' "$LIST"
}

@test "a common password is refused, in any case, first and last of the list included" {
    local password
    unique_name
    for password in password1 Password1 PASSWORD1 iloveyou "$(awk 'length($0) >= 8' "$LIST" | head -n 1)" "$(tail -n 1 "$LIST")"; do
        grep -qxF -- "${password,,}" "$LIST" || fail "$password is not on the list"
        api POST /register "$(registration "$name" "$password")"
        expect_field password common || fail "$password"
    done
    sql_is "select count(*) from users where username = '$name'" 0
}

@test "what only contains a common password, or is longer or shorter, is fine" {
    local password
    for password in 'my password1 is not' 'password1 password1' 'iloveyou,kangaroo'; do
        unique_name
        api POST /register "$(registration "$name" "$password")"
        expect_success 201
    done
}

@test "change-password refuses a common one too, and changes nothing" {
    local before
    new_user
    before=$(sql "select password_hash from users where user_id = $user_id")
    api POST /change-password "{\"new_password\":\"Password1\",\"current_password\":\"$PASSWORD\"}" "${both[@]}"
    expect_field new_password common
    sql_is "select password_hash from users where user_id = $user_id" "$before"
}

@test "the program holds the list byte for byte, and needs no file" {
    python3 - "$BIN" "$LIST" <<'EOF_' || fail "$BIN does not hold $LIST"
import sys
program, words = (open(path, "rb").read() for path in sys.argv[1:])
sys.exit(words not in program)
EOF_
    start_with "SOCKET_DIR=$BATS_TEST_TMPDIR/none"
    expect_equal "the exit status" "$status" 2
    expect_match "the error" "$text" SOCKET_DIR
    refute grep -q PASSWORD_BLOCKLIST <<<"$text"
    start_with PASSWORD_BLOCKLIST=src/auth/common-passwords.txt
    expect_equal "the exit status" "$status" 2
    expect_match "the error" "$text" "PASSWORD_BLOCKLIST: cannot read src/auth/common-passwords.txt: No such file"
}

@test "a list with a fault: no start, and an error that names file, line and cure" {
    local list=$BATS_TEST_TMPDIR/list row rows=(
        'alpha 123\ngamma 123\nbeta 123\n|3|LC_ALL=C sort -u'
        'alpha 123\nBeta 123\n|2|small letters'
        'alpha 123\r\nbeta 123\r\n|1|carriage return'
        "alpha 123\n$(printf 'x%.0s' {1..129})\n|2|128 bytes"
    )
    for row in "${rows[@]}"; do
        # shellcheck disable=SC2059
        printf "${row%%|*}" >"$list"
        start_with "PASSWORD_BLOCKLIST=$list"
        expect_equal "the exit status" "$status" 2 || fail "$row"
        row=${row#*|}
        expect_match "the error" "$text" "PASSWORD_BLOCKLIST: $list:${row%|*}: .*${row#*|}"
    done
}

@test "a list that is missing or a directory: no start, and an error that names it" {
    start_with "PASSWORD_BLOCKLIST=$BATS_TEST_TMPDIR/none"
    expect_equal "the exit status" "$status" 2
    expect_match "the error" "$text" "PASSWORD_BLOCKLIST: cannot read $BATS_TEST_TMPDIR/none: No such file"
    start_with "PASSWORD_BLOCKLIST=$BATS_TEST_TMPDIR"
    expect_equal "the exit status" "$status" 2
    expect_match "the error" "$text" "PASSWORD_BLOCKLIST: cannot read $BATS_TEST_TMPDIR: it is not a regular file"
}

# --- Unknown users ---------------------------------------------------------------------------------------------------

# takes_the_same_time COUNT [PASSWORD]: a wrong password for $name takes as long as one for a user that does not exist,
# or as this one, which is refused too.
takes_the_same_time() {
    local result try
    # Another program's load may disturb one series; a difference of the service would show in each.
    for try in 1 2 3; do
        result=$(python3 "$LIB/compare_times.py" "$PORT" "$1" "$name" "${@:2}")
        echo "$try: $result"
        if [[ $(jq .same <<<"$result") == true ]]; then
            return 0
        fi
    done
    fail "the times differ"
}

@test "an unknown user and a wrong password take the same time" {
    new_user
    takes_the_same_time 60
}

@test "so does a user whose stored hash is unusable, or was made with less memory" {
    local hash
    new_user
    # shellcheck disable=SC2016
    for hash in 'nonsense' '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$FqGkmHNGCd0BRW2kBt6fPZ2pPmyGwwChL8FGUhTOSSI'; do
        sql "update users set password_hash = '$hash' where user_id = $user_id"
        takes_the_same_time 30
    done
    api POST /login "$(credentials "$name" password)" # the weaker one is good all the same
    expect_success 200
}

# The first was made by printf password | argon2 somesalt -i -t 2 -k 19456 -p 1 -l 32 -e; the second by PHP, of 80 times
# an x.
@test "the right password of a disabled user takes the time of a wrong one, whatever the stored hash" {
    local refused condition row rows
    # shellcheck disable=SC2016
    rows=(
        '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$ZQtVoIvv4LCxG3PDoH8q01Z7lZKnNcPd0LDCITjwEmQ password'
        "\$2y\$04\$4GSoFqR2idLUNyz65wqzJ.B4dc/335L8ooReKmzQK1MvYG9EC8K1G $(printf 'x%.0s' {1..80})"
    )
    new_user
    condition=".user_id == \"$user_id\" and .detail == \"the user is disabled\""
    for row in "${rows[@]}"; do
        sql "update users set disabled_at = null, password_hash = '${row% *}' where user_id = $user_id"
        sql "update users set disabled_at = now() where user_id = $user_id"
        refused=$(events authn_login_fail "$condition")
        takes_the_same_time 30 "${row#* }"
        (($(events authn_login_fail "$condition") >= refused + 30)) || fail "the password was not the right one: ${row% *}"
    done
}

@test "a worker gives back the memory that a dear hash of the database needed" {
    local most hash
    new_user
    # shellcheck disable=SC2016
    hash='$argon2id$v=19$m=131072,t=1,p=1$c29tZXNhbHQ$FqGkmHNGCd0BRW2kBt6fPZ2pPmyGwwChL8FGUhTOSSI'
    sql "update users set password_hash = '$hash' where user_id = $user_id"
    guess "$name"
    expect_problem 401 invalid_credentials
    expect_events password_hash_unusable 0 ".user_id == \"$user_id\""
    most=$(largest_worker)
    ((most < 65536)) || fail "a worker has $most KiB"
}

# largest_worker: the KiB of the worker that has most in memory.
largest_worker() {
    local pid
    for pid in $(worker_pids); do
        sed -nE 's/^VmRSS:[^0-9]*([0-9]+) kB/\1/p' "/proc/$pid/status"
    done | sort -n | tail -n 1
}

# --- Taken names -----------------------------------------------------------------------------------------------------

# password_ticks: the processor time that the workers for passwords have used, in clock ticks.
password_ticks() {
    local pid fields ticks=0
    for pid in $(pool_pids password); do
        read -r -a fields < <(sed 's/.*) //' "/proc/$pid/stat")
        ticks=$((ticks + fields[11] + fields[12])) # utime and stime of proc(5)
    done
    echo "$ticks"
}

# Processor time, because that of the clock depends on what else the machine does.
@test "a registration of a taken name is not hashed" {
    local start logins registrations
    new_user
    start=$(password_ticks)
    for _ in {1..20}; do
        guess "$name"
        expect_problem 401 invalid_credentials
    done
    logins=$(($(password_ticks) - start))
    start=$(password_ticks)
    for _ in {1..20}; do
        api POST /register "$(registration "${name^^}")"
        expect_problem 409 username_taken
    done
    registrations=$(($(password_ticks) - start))
    echo "20 logins took $logins ticks, 20 registrations $registrations"
    ((logins >= 10)) || fail "logins take too little to compare with: $logins ticks"
    ((2 * registrations < logins)) || fail "registrations took $registrations ticks, logins $logins"
}

# --- REAUTH_TTL ------------------------------------------------------------------------------------------------------

@test "a session that proved its password lately need not do so again" {
    new_user
    api POST /change-password '{"new_password":"another fine password"}' "${both[@]}"
    expect_success 200
    update_session "$session_id" "authenticated_at = now() - interval '590 seconds'"
    api DELETE /delete '' "${both[@]}"
    expect_success 200
    sql_is "select count(*) from users where user_id = $user_id" 0
}

@test "an older one is told to: change-password and delete, with nothing changed" {
    local before
    new_user
    update_session "$session_id" "authenticated_at = now() - interval '601 seconds'"
    before=$(sql "select password_hash from users where user_id = $user_id")
    api POST /change-password '{"new_password":"another fine password"}' "${both[@]}"
    expect_problem 403 current_password_required
    api DELETE /delete '' "${both[@]}"
    expect_problem 403 current_password_required
    api POST /change-password '{"new_password":"another fine password","current_password":"wrong one"}' "${both[@]}"
    expect_problem 403 wrong_current_password
    sql_is "select password_hash from users where user_id = $user_id" "$before"
    row_is "$session_id" "authenticated_at < now() - interval '600 seconds'" t
    content_is 200 "$access"
    api POST /change-password "{\"new_password\":\"another fine password\",\"current_password\":\"$PASSWORD\"}" "${both[@]}"
    expect_success 200
}

@test "a proof from a time when the clock was ahead counts for nothing" {
    new_user
    update_session "$session_id" "authenticated_at = now() + interval '1 day'"
    api DELETE /delete '' "${both[@]}"
    expect_problem 403 current_password_required
}

@test "a refresh is no proof; the current password is, for the next time too" {
    new_user
    update_session "$session_id" "authenticated_at = now() - interval '1 day'"
    refreshed "$refresh"
    api DELETE /delete '' "${both[@]}"
    expect_problem 403 current_password_required
    api POST /change-password "{\"new_password\":\"another fine password\",\"current_password\":\"$PASSWORD\"}" -b "access_token=$access"
    expect_success 200
    row_is "$session_id" "authenticated_at > now() - interval '60 seconds'" t
    api DELETE /delete '' -b "access_token=$access"
    expect_success 200
}

@test "the other routes never ask for it" {
    new_user
    update_session "$session_id" "authenticated_at = now() - interval '1 day'"
    content_is 200 "$access"
    api PATCH /me '{"name":"New Name"}' "${both[@]}"
    expect_success 200
    api DELETE /sessions '' "${both[@]}"
    expect_success 200
    api POST /logout '' "${both[@]}"
    expect_success 200
}

# --- Other settings: these restart the instance, so they stand last -----------------------------------------------------

@test "an own list replaces the other" {
    printf 'correct horse battery\nzebra crossing\n' >"$STACK/list"
    stack_stop
    stack_up "PASSWORD_BLOCKLIST=$STACK/list"
    unique_name
    api POST /register "$(registration "$name" 'Zebra Crossing')"
    expect_field password common
    api POST /register "$(registration "$name" 'CORRECT horse battery')"
    expect_field password common
    api POST /register "$(registration "$name" password1)"
    expect_success 201
}

@test "off: no list; without REAUTH_TTL nobody is asked again" {
    stack_stop
    stack_up PASSWORD_BLOCKLIST=off
    new_user
    update_session "$session_id" "authenticated_at = now() - interval '80 days'"
    api POST /change-password '{"new_password":"password1"}' "${both[@]}"
    expect_success 200
    api DELETE /delete '' "${both[@]}"
    expect_success 200
}
