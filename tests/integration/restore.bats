#!/usr/bin/env bats
# What docs/operations.md says of backups: a restored one has the sessions of its time, which one command ends.

setup() {
    load lib/common
    load lib/sessions
    load lib/ctl
    stack_new
    server_up
}

after_each() {
    stack_down || true
    server_remove
}

is_ready() {
    api GET /ready
    [[ $status == 200 ]]
}

# The session that was ended after the backup is live with it. The command ends it for good, and leaves the account.
expect_revival_and_its_end() {
    wait_until 60 is_ready
    wait_until 60 all_connected
    content_is 200 "$access"
    ctl_done session revoke --all --yes
    expect_pair_dead "$access" "$refresh"
    login "$name"
}

log_out() {
    api POST /logout '' "${both[@]}"
    expect_status 200
    content_is 401 "$access"
}

@test "a dump that is restored has the sessions of its time, and session revoke --all ends them" {
    stack_up
    new_user
    as_postgres "$(pg_tool pg_dump)" -Fc -h "$SERVER" -p "$SERVER_PORT" -U postgres sessiond >"$STACK/dump"
    log_out
    as_postgres "$(pg_tool pg_restore)" --clean --single-transaction -h "$SERVER" -p "$SERVER_PORT" -U postgres -d sessiond \
        <"$STACK/dump"
    expect_revival_and_its_end
}

# Keeps WAL from now on, and makes a base backup in $SERVER/backup.
back_up() {
    as_postgres mkdir "$SERVER/archive"
    as_postgres tee -a "$SERVER/data/postgresql.conf" >/dev/null <<EOC
archive_mode = on
archive_command = 'cp %p $SERVER/archive/%f'
restore_command = 'cp $SERVER/archive/%f %p'
EOC
    server restart
    as_postgres "$(pg_tool pg_basebackup)" -D "$SERVER/backup" -h "$SERVER" -p "$SERVER_PORT" -U postgres -X none -c fast \
        2>"$STACK/basebackup.log"
}

# recover_to NAME: the database of this restore point takes the place of the one that is there.
recover_to() {
    admin 'select pg_switch_wal()' >/dev/null
    server -m fast stop
    rm -rf "$SERVER/data"
    as_postgres mv "$SERVER/backup" "$SERVER/data"
    as_postgres tee -a "$SERVER/data/postgresql.conf" >/dev/null <<EOC
recovery_target_name = '$1'
recovery_target_action = promote
EOC
    as_postgres touch "$SERVER/data/recovery.signal"
    server start
}

@test "the database of an earlier moment, from a base backup and WAL, has the sessions of that moment, and the same command ends them" {
    back_up
    stack_up
    new_user
    admin "select pg_create_restore_point('before')" >/dev/null
    log_out
    recover_to before
    expect_revival_and_its_end
}
