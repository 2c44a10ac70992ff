# shellcheck shell=bash
# Three nodes of PostgreSQL under Patroni and one etcd, on this machine and on ports of their own, all below $CLUSTER.
# A change is acknowledged only when a standby has it, always (synchronous_mode_strict). Needs lib/common.

NODES=(node1 node2 node3)
CLUSTER_TTL=20
CLUSTER_LOOP_WAIT=5
CLUSTER_RETRY_TIMEOUT=5

# cluster_new: makes the cluster, with the database of the service, which the settings name by all three hosts.
cluster_new() {
    command -v patroni etcd >/dev/null || fail "Patroni or etcd is missing: run scripts/install-packages cluster"
    CLUSTER=$(mktemp -d /tmp/sd-cluster.XXXXXX)
    export CLUSTER
    chmod 755 "$CLUSTER"
    choose_ports
    etcd_start
    local node
    for node in "${NODES[@]}"; do
        mkdir -m 755 "$CLUSTER/$node"
        (umask 077 && node_configuration "$node" >"$CLUSTER/$node/patroni.yml")
    done
    ((EUID != 0)) || chown -R postgres "$CLUSTER"
    for node in "${NODES[@]}"; do
        node_start "$node"
    done
    wait_until 180 cluster_is_whole
    look_at_leader
    printf '%s\n' DB_HOST=127.0.0.1 "DB_PORT=$SERVER_PORT" DB_PASSWORD=for-sessiond POSTGRES_PASSWORD=for-postgres >"$ENV_FILE"
    "${CLEAN[@]}" "$ROOT/scripts/create-database" >"$STACK/create.log" 2>&1
    database_url >"$ENV_FILE"
}

database_url() {
    echo "DATABASE_URL=host=127.0.0.1,127.0.0.1,127.0.0.1 port=$(port_of node1),$(port_of node2),$(port_of node3)" \
        "dbname=sessiond user=sessiond password=for-sessiond target_session_attrs=read-write"
}

# Ends all of the cluster, and removes it.
cluster_remove() {
    local pid
    [[ -n ${CLUSTER-} ]] || return 0
    for pid in $(STACK=$CLUSTER stack_pids); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$CLUSTER" "$(etcd_directory)"
}

# One port each for PostgreSQL and Patroni of every node, and two for etcd: $CLUSTER/ports has a line "NAME PORT" for each.
choose_ports() {
    local name port
    for name in "${NODES[@]}" "${NODES[@]/%/.patroni}" etcd etcd.peer; do
        until free_port && ! grep -qs " $port$" "$CLUSTER/ports"; do :; done
        echo "$name $port" >>"$CLUSTER/ports"
    done
}

# port_of NAME
port_of() {
    awk -v name="$1" '$1 == name { print $2 }' "$CLUSTER/ports"
}

# cluster_run NAME COMMAND...: in the background as the user of PostgreSQL, with its words in $STACK/NAME.log.
cluster_run() {
    local name=$1
    shift
    as_postgres "$@" >>"$STACK/$name.log" 2>&1 </dev/null 3>&- 4>&- &
}

# Where etcd keeps its data, which it writes through to the disk again and again: in memory, if that can be.
etcd_directory() {
    local directory=$CLUSTER/etcd
    [[ ! -w /dev/shm ]] || directory=/dev/shm/${CLUSTER##*/}
    echo "$directory"
}

# The section of patroni.yml for etcd, by the interface of etcd that this Patroni can be trusted with (docs/scale.md).
etcd_section() {
    local version
    version=$(patroni --version)
    if printf '%s\n' 3.0.3 "${version##* }" | sort -V -C; then
        echo etcd3
    else
        echo etcd
    fi
}

etcd_start() {
    local client peer old=()
    [[ $(etcd_section) == etcd3 ]] || old=(--enable-v2)
    client=http://127.0.0.1:$(port_of etcd)
    peer=http://127.0.0.1:$(port_of etcd.peer)
    mkdir -m 700 "$(etcd_directory)"
    ((EUID != 0)) || chown postgres "$CLUSTER" "$(etcd_directory)"
    cluster_run etcd etcd --name "$CLUSTER/" --data-dir "$(etcd_directory)/data" --listen-client-urls "$client" \
        --advertise-client-urls "$client" --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster "$CLUSTER/=$peer" "${old[@]}"
    wait_until 60 etcd_answers "$client"
}

etcd_answers() {
    [[ $(curl -s "$1/health" | jq -r .health) == true ]]
}

# node_configuration NODE: its patroni.yml. docs/scale.md has the lines that matter.
node_configuration() {
    cat <<TEXT
scope: sessiond
name: $1
$(etcd_section):
  host: 127.0.0.1:$(port_of etcd)
restapi:
  listen: 127.0.0.1:$(port_of "$1.patroni")
  connect_address: 127.0.0.1:$(port_of "$1.patroni")
bootstrap:
  dcs:
    ttl: $CLUSTER_TTL
    loop_wait: $CLUSTER_LOOP_WAIT
    retry_timeout: $CLUSTER_RETRY_TIMEOUT
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}]
postgresql:
  listen: 127.0.0.1:$(port_of "$1")
  connect_address: 127.0.0.1:$(port_of "$1")
  data_dir: $CLUSTER/$1/data
  bin_dir: $(dirname "$(pg_tool initdb)")
  pgpass: $CLUSTER/$1/pgpass
  parameters:
    unix_socket_directories: $CLUSTER/$1
    fsync: off
  pg_hba:
    - local all postgres trust
    - host replication replicator 127.0.0.1/32 scram-sha-256
    - host all all 127.0.0.1/32 scram-sha-256
  authentication:
    superuser: {username: postgres, password: for-postgres}
    replication: {username: replicator, password: for-replicator}
TEXT
}

node_start() {
    cluster_run "$1" patroni "$CLUSTER/$1/patroni.yml"
}

# node_pids NODE: Patroni, and PostgreSQL with all its processes.
node_pids() {
    STACK=$CLUSTER/$1 stack_pids
}

# node_signal SIGNAL NODE
node_signal() {
    local pids
    mapfile -t pids < <(node_pids "$2")
    kill "-$1" "${pids[@]}"
}

# cluster_state FILTER: what jq finds in the list of members that Patroni has.
cluster_state() {
    as_cluster list -f json 2>/dev/null | jq -r "$1"
}

# as_cluster COMMAND...: patronictl.
as_cluster() {
    as_postgres patronictl -c "$CLUSTER/node1/patroni.yml" "$@"
}

leader() {
    cluster_state '.[] | select(.Role == "Leader" and .State == "running") | .Member'
}

# A leader, and two standbys that follow it, of which the leader waits for one.
cluster_is_whole() {
    [[ $(cluster_state '[.[] | select(.State == "running" or .State == "streaming") | .Role] | sort | join(" ")') == \
        'Leader Replica Sync Standby' ]]
}

# leader_is_new OLD
leader_is_new() {
    local now
    now=$(leader)
    [[ -n $now && $now != "$1" ]]
}

# From now on `admin`, `sql` and what uses them ask the leader.
look_at_leader() {
    local node
    node=$(leader)
    SERVER=$CLUSTER/$node
    SERVER_PORT=$(port_of "$node")
}
