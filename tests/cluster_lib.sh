# cluster_lib.sh - sourced after load_lib.sh: a private Redis Cluster on loopback, one folder a node, found by number.
# Ports are taken where nobody listens; two tests at once look in different places first, by their process id.

CLUSTER_PORTS=()
CLUSTER_PIDS=()
CLUSTER_TLS=()    # options of the nodes, which then talk TLS only
CLUSTER_CLIENT=() # and of redis-cli

# is_free PORT: nobody listens there.
is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: a port for which also PORT + 10000, the cluster's bus, is free; goes to $FREE_PORT.
NEXT_PORT=$((20000 + $$ % 1200 * 10))
free_port() {
    until is_free "$NEXT_PORT" && is_free $((NEXT_PORT + 10000)); do
        NEXT_PORT=$((NEXT_PORT + 1))
    done
    FREE_PORT=$NEXT_PORT
    NEXT_PORT=$((NEXT_PORT + 1))
}

# start_node NUMBER [OPTION...]: node NUMBER of the cluster, on ${CLUSTER_PORTS[NUMBER]}.
start_node() {
    local number=$1 port=(--port "${CLUSTER_PORTS[$1]}")
    shift
    [ ${#CLUSTER_TLS[@]} = 0 ] || port=(--tls-port "${CLUSTER_PORTS[number]}" "${CLUSTER_TLS[@]}")
    start_redis "node$number" "${port[@]}" --bind 127.0.0.1 --cluster-enabled yes \
        --cluster-node-timeout 1500 --repl-diskless-sync-delay 0 "$@"
    CLUSTER_PIDS[number]=$REDIS_PID
}

# start_cluster MASTERS REPLICAS [OPTION...]: nodes 0 .. MASTERS - 1 are masters; each has REPLICAS replicas.
start_cluster() {
    local masters=$1 replicas=$2 count=$(($1 * (1 + $2))) number addresses=()
    shift 2
    for ((number = 0; number < count; number++)); do
        free_port
        CLUSTER_PORTS[number]=$FREE_PORT
        start_node "$number" "$@" || return 1
        addresses+=("127.0.0.1:$FREE_PORT")
    done
    redis-cli "${CLUSTER_CLIENT[@]}" --cluster create "${addresses[@]}" --cluster-replicas "$replicas" --cluster-yes \
        >"$SCRATCH/cluster.log" 2>&1 || { cat "$SCRATCH/cluster.log" >&2; return 1; }
    wait_for 30 cluster_is_whole "$count" "$masters"
}

# cluster_is_whole COUNT MASTERS: every node sees all slots served and all replicas attached.
cluster_is_whole() {
    local number
    for ((number = 0; number < $1; number++)); do
        node "$number" cluster info | grep -q 'cluster_state:ok' || return 1
        node "$number" info replication | grep -q 'role:master\|master_link_status:up' || return 1
    done
    [ "$(node 0 cluster nodes | grep -c master)" = "$2" ]
}

# node NUMBER COMMAND...
node() { redis-cli -s "$SCRATCH/node$1.sock" "${@:2}"; }

# node_id NUMBER
node_id() { node "$1" cluster myid; }

# replica_of NUMBER: the number of a node that replicates that one.
replica_of() {
    local number id
    id=$(node_id "$1")
    for ((number = 0; number < ${#CLUSTER_PORTS[@]}; number++)); do
        if node "$number" cluster nodes 2>/dev/null | grep -q "myself,slave $id"; then
            echo "$number"
            return
        fi
    done
    return 1
}

# cluster_keys: every key of the masters that answer, by name.
cluster_keys() {
    local number
    for ((number = 0; number < ${#CLUSTER_PORTS[@]}; number++)); do
        if node "$number" role 2>/dev/null | head -n 1 | grep -q master; then
            node "$number" --scan
        fi
    done | sort
}

# cluster_values: key TAB value for each key, by name; each asked at a node that has it.
cluster_values() {
    local number
    for ((number = 0; number < ${#CLUSTER_PORTS[@]}; number++)); do
        if node "$number" role 2>/dev/null | head -n 1 | grep -q master; then
            all_values "node$number"
        fi
    done | sort
}
