#!/usr/bin/env bats
# Secrets that a service manager passes in files of their own (LoadCredential= of systemd). What each file may have is
# in tests/unit/credentials_test.cc.

load lib/common
load lib/master
one_instance

setup() {
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    chmod 755 "$PLACE"
    LOG=$PLACE/sessiond.log
    mkdir -m 700 "$PLACE/credentials"
    MASTER_SETTINGS=("SOCKET_DIR=$PLACE" "CREDENTIALS_DIRECTORY=$PLACE/credentials")
    SETTINGS_FILE=$PLACE/settings
    install -m 640 /dev/null "$SETTINGS_FILE"
    make_fate
}

after_each() {
    [[ -z ${MASTER-} ]] || stop_master
}

# credential NAME TEXT
credential() {
    rm -f "$PLACE/credentials/$1"
    (umask 277 && printf '%s\n' "$2" >"$PLACE/credentials/$1")
}

database() {
    credential DATABASE_URL "host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond password=hush"
}

# run_with PROGRAM ARGUMENT...: sets status, output and errors.
run_with() {
    status=0
    output=$("${CLEAN[@]}" "${MASTER_SETTINGS[@]}" "$1" -f "$SETTINGS_FILE" "${@:2}" 2>"$PLACE/errors") || status=$?
    errors=$(<"$PLACE/errors")
}

logged() {
    grep -qF "\"event\":\"$1\"" "$LOG"
}

all_ready() {
    local pool
    for pool in check write password; do
        [[ -S $PLACE/$pool.sock && $("$PYTHON" "$LIB/fcgi_client.py" --get "$PLACE/$pool.sock" /ready) == 200 ]] || return 1
    done
}

@test "credentials: the service connects with one, and goes on so when it is reloaded" {
    database
    start_master
    wait_until 30 all_ready
    kill -HUP "$MASTER"
    wait_until 60 logged service_renewed
    all_ready
    credential DATABASE_URL ''
    kill -HUP "$MASTER"
    wait_until 60 logged renewal_refused
    expect_match "reason" "$(of_log '' 'select(.event == "renewal_refused") | .reason')" \
        "the credential $PLACE/credentials/DATABASE_URL is empty; put the value into its file"
    all_ready
    refute grep -F hush "$LOG"
}

@test "credentials: sessionctl and the scripts connect with one" {
    database
    run_with "$CTL" user list
    expect_equal "$errors" "$status" 0
    expect_equal "of a script" "$("${CLEAN[@]}" "${MASTER_SETTINGS[@]}" SESSIOND="$BIN" ENV_FILE="$SETTINGS_FILE" \
        bash -c 'source "$1/scripts/lib.sh"; load_settings; with_origins DATABASE_URL; secret DATABASE_URL' _ "$ROOT" | grep -c "hush$\|credentials/DATABASE_URL$")" 2
    credential DATABASE_URL "host='$PLACE' dbname=sessiond user=sessiond password=hush"
    run_with "$CTL" user list
    expect_match "where it goes" "$status $errors" "^[1-9] .*$PLACE"
    [[ $errors != *hush* ]] || fail "a secret is told"
}

@test "credentials: the options tell where one is from, and its value only to who asks for that" {
    credential DB_PASSWORD hush
    run_with "$BIN" -w
    grep -qxF "DB_PASSWORD=$PLACE/credentials/DB_PASSWORD" <<<"$output" || fail "$output"
    run_with "$BIN" -s
    grep -qxF 'DB_PASSWORD=***' <<<"$output" || fail "$output"
    run_with "$BIN" -g DB_PASSWORD
    expect_equal "-g" "$output" hush
}

@test "credentials: what is in two places, or of no effect, or wrong, is refused with the reason" {
    local row text reason name program
    # what the settings file says|the credential|what is told of it
    local rows=(
        "DB_PASSWORD=wheels|DB_PASSWORD|is set by the credential .*/DB_PASSWORD and a second time in $SETTINGS_FILE:1; keep one"
        "DB_PASSWORD=hush|DB_PASSWORD|a second time in $SETTINGS_FILE:1"
        "DATABASE_URL=host=db.test|DB_PASSWORD|has no effect, because DATABASE_URL .$SETTINGS_FILE:1. counts instead"
        "DB_HOST=db.test|PORT|credential .*/PORT is for a setting that is no secret"
    )
    for row in "${rows[@]}"; do
        IFS='|' read -r text name reason <<<"$row"
        echo "$text" >"$SETTINGS_FILE"
        credential "$name" hush
        for program in "$BIN -n" "$CTL user list"; do
            # shellcheck disable=SC2086 # a program and its arguments
            run_with $program
            expect_match "$row" "$errors" "$reason"
            ((status != 0)) || fail "$row: accepted"
            [[ $errors != *hush* && $errors != *wheels* ]] || fail "$row: $errors"
        done
        rm -f "$PLACE/credentials/$name"
    done
}
