# shellcheck shell=bash disable=SC2034  # variables are for those who source it
# The private PostgreSQL cluster of an instance. It listens on a unix socket only and knows the users of the operating
# system (peer), so it needs no passwords. Root's cluster belongs to the user postgres. Needs lib.sh and
# locate_instance.

# Prints the directory of PostgreSQL's programs: those of the version that made the cluster, else the newest ones. Root
# believes nothing that the owner of the cluster may have written there.
postgres_programs() {
    local version
    if [[ -e $CLUSTER/PG_VERSION ]]; then
        version=$(as_owner head -c 16 -- "$CLUSTER/PG_VERSION") || die "cannot read $CLUSTER/PG_VERSION as $(cluster_owner)"
        [[ $version =~ ^[1-9][0-9]{0,2}$ ]] ||
            die "$CLUSTER/PG_VERSION holds no version of PostgreSQL such as 15, but '${version//[![:print:]]/?}': put back" \
                "what it was, or restore the cluster from a backup"
        [[ -x /usr/lib/postgresql/$version/bin/postgres ]] ||
            die "$CLUSTER was made by PostgreSQL $version, which is not installed: install postgresql-$version;" \
                "docs/operations.md, 'A new major version of PostgreSQL', says where it is found and how to move to a newer one"
        say "/usr/lib/postgresql/$version/bin"
    else
        compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1
    fi
}

cluster_owner() {
    if is_root; then echo postgres; else id -un; fi
}

as_owner() {
    env -C "$STATE" setpriv "${OWNER_OPTIONS[@]}" "$@"
}

# Makes the cluster beside its place and moves it there when it is complete, so that an interrupted initdb leaves none.
make_cluster() {
    [[ ! -d $CLUSTER ]] || return 0
    say "making a PostgreSQL cluster in $CLUSTER"
    rm -rf -- "$CLUSTER.new"
    make_directory 0700 "$(cluster_owner)" "$(cluster_owner)" "$CLUSTER.new"
    as_owner "$PROGRAMS/initdb" -D "$CLUSTER.new" -U postgres --auth=peer -E UTF8 --locale=C.UTF-8 \
        >>"$RUN/log/postgres.log" 2>&1 || die "initdb failed: see $RUN/log/postgres.log"
    mv -- "$CLUSTER.new" "$CLUSTER"
}

# Which user of the system may log in as which role: who starts the instance as postgres, the workers as sessiond.
write_access_rules() {
    local user
    for user in "$(id -un)" "$(cluster_owner)"; do
        printf 'sessiond "%s" postgres\n' "$user"
    done | as_owner tee "$CLUSTER/pg_ident.conf" >/dev/null
    for user in "$(id -un)" "${SETTING[WORKER_USER]}"; do
        printf 'sessiond "%s" sessiond\n' "$user"
    done | as_owner tee -a "$CLUSTER/pg_ident.conf" >/dev/null
    echo 'local all all peer map=sessiond' | as_owner tee "$CLUSTER/pg_hba.conf" >/dev/null
}

# A killed PostgreSQL leaves its pid file and the lock file of its socket; another process may have that number by now.
drop_stale_pid_files() {
    local pid
    if [[ -f $CLUSTER/postmaster.pid ]]; then
        pid=$(as_owner head -n 1 -- "$CLUSTER/postmaster.pid")
        [[ $(readlink "/proc/$pid/cwd") != "$CLUSTER" ]] || die "PostgreSQL runs already in $CLUSTER (process $pid)"
    fi
    rm -f -- "$CLUSTER/postmaster.pid" "$CLUSTER_SOCKETS"/.s.PGSQL.5432{,.lock}
}

# Each worker holds one connection, and for a moment there may be two of each while workers are replaced.
most_connections() {
    echo $((2 * (SETTING[CHECK_WORKERS] + SETTING[WRITE_WORKERS] + SETTING[PASSWORD_WORKERS]) + 30))
}

# Prepares the cluster and sets the command that starts it: setpriv with OWNER_OPTIONS and then CLUSTER_COMMAND.
# POSTGRES_OPTIONS in the environment adds options to the command.
prepare_cluster() {
    local more
    OWNER_OPTIONS=()
    ! is_root || OWNER_OPTIONS=(--reuid=postgres --regid="$(id -g postgres)" --init-groups)
    PROGRAMS=$(postgres_programs)
    make_directory 0750 "$(cluster_owner)" "${SETTING[WORKER_USER]}" "$CLUSTER_SOCKETS"
    make_cluster
    write_access_rules
    drop_stale_pid_files
    read -r -a more <<<"${POSTGRES_OPTIONS-}"
    CLUSTER_COMMAND=("$PROGRAMS/postgres" -D "$CLUSTER" -p 5432 -c listen_addresses=
        -c "unix_socket_directories=\"$CLUSTER_SOCKETS\"" -c "max_connections=$(most_connections)" "${more[@]}")
}
