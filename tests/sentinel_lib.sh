# sentinel_lib.sh - sourced after cluster_lib.sh: servers by name on ports of their own, and a Sentinel that knows the one
# called `first` by the name `shop`.

declare -A PORT PID

start_server() {
    free_port
    PORT[$1]=$FREE_PORT
    start_redis "$1" --port "$FREE_PORT" --bind 127.0.0.1 --repl-diskless-sync-delay 0 "${@:2}" || exit 1
    PID[$1]=$REDIS_PID
}

# The Sentinel writes into its config, so that is a file.
start_sentinel() {
    free_port
    PORT[sentinel]=$FREE_PORT
    mkdir -p "$SCRATCH/sentinel"
    ln -sf "$(command -v redis-server || command -v redis-check-rdb)" "$SCRATCH/sentinel/redis-server"
    cat >"$SCRATCH/sentinel/sentinel.conf" <<C
port $FREE_PORT
bind 127.0.0.1
dir $SCRATCH/sentinel
sentinel monitor shop 127.0.0.1 ${PORT[first]} 1
sentinel down-after-milliseconds shop 1000
sentinel failover-timeout shop 4000
C
    "$SCRATCH/sentinel/redis-server" "$SCRATCH/sentinel/sentinel.conf" --sentinel >"$SCRATCH/sentinel/log" 2>&1 &
    SERVER_PIDS+=($!)
    wait_for 10 sentinel_knows 1
}
sentinel() { redis-cli -p "${PORT[sentinel]}" "$@"; }
sentinel_knows() { [ "$(sentinel sentinel replicas shop | grep -c '^name$')" = "$1" ]; }
master_port() { sentinel sentinel get-master-addr-by-name shop | tail -n 1; }
is_master_port() { [ "$(master_port)" = "$1" ]; }
has_role() { redis "$1" role | head -n 1 | grep -q "$2"; }
is_following() { redis "$1" info replication | grep -q master_link_status:up; }
