# shellcheck shell=bash
# A standby of the server of lib/stack.bash, in $STANDBY on $STANDBY_PORT. Load it after lib/common.

# standby_new [NAME]: makes it by pg_basebackup, with this cluster_name, and starts it.
standby_new() {
    local port
    free_port
    STANDBY=$(mktemp -d /tmp/sd-standby.XXXXXX)
    export STANDBY STANDBY_PORT=$port
    chmod 755 "$STANDBY"
    ((EUID != 0)) || chown postgres "$STANDBY"
    standby_copy "${1-}"
}

# standby_copy NAME: the same in its place, where no data are.
standby_copy() {
    as_postgres "$(pg_tool pg_basebackup)" -D "$STANDBY/data" -h "$SERVER" -p "$SERVER_PORT" -U postgres -R -X stream -c fast \
        >"$STACK/basebackup.log" 2>&1
    as_postgres tee -a "$STANDBY/data/postgresql.conf" >/dev/null <<EOC
port = $STANDBY_PORT
unix_socket_directories = '$STANDBY'
cluster_name = '$1'
EOC
    standby_configure "synchronous_standby_names = ''"
    standby start
}

# standby_configure LINE: of its postgresql.auto.conf, which counts more than postgresql.conf.
standby_configure() {
    as_postgres tee -a "$STANDBY/data/postgresql.auto.conf" >/dev/null <<<"$1"
}

# standby ACTION [OPTION...]: pg_ctl.
standby() {
    as_postgres "$(pg_tool pg_ctl)" -D "$STANDBY/data" -w -s -l "$STANDBY/standby.log" "$@" 3>&- 4>&- </dev/null >/dev/null 2>&1
}

standby_remove() {
    [[ -d ${STANDBY-} ]] || return 0
    standby -m immediate stop || true
    rm -rf "$STANDBY"
}

# at_standby COMMAND...: what asks the database asks the standby.
at_standby() {
    SERVER=$STANDBY SERVER_PORT=$STANDBY_PORT "$@"
}

# configure SETTING VALUE: of the primary; returns when new connections have it.
configure() {
    admin "alter system set $1 = '$2'" >/dev/null
    admin 'select pg_reload_conf()' >/dev/null
    wait_until 10 admin_says "show $1" "$2"
}
