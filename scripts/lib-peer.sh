# shellcheck shell=bash disable=SC2034  # variables are for those who source it
# A PostgreSQL on this host that knows the service by its user of the system, without a password (`peer`, as Debian
# sets it up). Root becomes the user postgres there, whom it knows as its superuser. Needs lib.sh and lib-database.sh.

# What the settings say of the database, as libpq understands it, by libpq's names; of a password only that there is one.
declare -A PEER=()
# Whether the caller has connected so.
BY_PEER=

read_peer() {
    local line text
    # shellcheck disable=SC2016  # the shell that is started expands it
    text=$(sessiond -d sh -c 'cat "$PGSERVICEFILE"; [ -z "${PGPASSWORD-}" ] || echo password=set') || return 1
    while IFS= read -r line; do
        [[ $line != *=* ]] || PEER[${line%%=*}]=${line#*=}
    done <<<"$text"
}

# Whether root calls, and the settings lead to one socket of this host: as WORKER_USER without a password, or as a role
# with a DB_PASSWORD that create-database gives it. By its parts, a POSTGRES_PASSWORD says that the server asks for one.
is_peer() {
    is_root && ! uses_private_cluster && read_peer || return 1
    [[ ${PEER[host]-} == /* && ${PEER[host]} != *,* && -n ${PEER[dbname]-} ]] || return 1
    if is_set DATABASE_URL || ! is_set DB_PASSWORD; then
        [[ -z ${PEER[password]-} && ${PEER[user]-} == "${SETTING[WORKER_USER]}" ]] || return 1
    fi
    is_set DATABASE_URL || ! is_set POSTGRES_PASSWORD || return 1
    getent passwd postgres >/dev/null
}

# connect_peer DATABASE: as postgres, who may not be able to enter where root is. Needs is_peer.
connect_peer() {
    reset_libpq_environment
    export HOME=/nonexistent PGHOST=${PEER[host]} PGPORT=${PEER[port]:-5432} PGUSER=postgres PGDATABASE=$1
    BY_PEER=1
    CONNECT=(env -C / setpriv --reuid=postgres --regid="$(id -g postgres)" --init-groups)
}

# knows_peer: whether the server lets postgres in, and the database belongs to a superuser, as create-database makes it.
# In one of somebody else postgres must not run what that role could have made. Needs is_peer.
knows_peer() {
    local is_own
    is_own=$(connect_peer postgres && run_psql -At -v "database=${PEER[dbname]}" -f - 2>/dev/null <<<"
        SET search_path = pg_catalog;
        SELECT rolsuper FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = :'database';") || return 1
    [[ $is_own == t ]]
}
