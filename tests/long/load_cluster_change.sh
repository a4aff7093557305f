#!/usr/bin/env bash
# load_cluster_change.sh - a Redis Cluster changes under a load: slots move, a master dies, a replica that lacks keys
# takes over. Whatever happens, what results.csv calls warm is there, and the same command ends with everything warm.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"

COUNT=60000
ROWS=15000

start_cluster 3 1 --cluster-replica-validity-factor 0 || exit 1
make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
expected_values "$SCRATCH/users.sqlite" | sort >"$SCRATCH/wanted"
make_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/address = 127.0.0.1:${CLUSTER_PORTS[0]}, 127.0.0.1:${CLUSTER_PORTS[1]}, 127.0.0.1:${CLUSTER_PORTS[2]}\ncluster = yes/" "$SCRATCH/load.ini"

load() { "$L" run --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv" --window-ranks 5000 --rows $ROWS "$@"; }

# start_load FOLDER: in the background; its messages in FOLDER.log.
start_load() {
    load --run "$SCRATCH/$1" >"$SCRATCH/$1.out" 2>"$SCRATCH/$1.log" &
    LOAD_PID=$!
}
has_keys() { [ "$(cluster_keys | wc -l)" -ge "$1" ]; }

# end_load FOLDER: waits; its exit code goes to $CODE.
end_load() {
    wait $LOAD_PID
    CODE=$?
    [ $CODE = 0 ] || tail -n 2 "$SCRATCH/$1.log"
}

# what_is_warm_is_there FOLDER: no key that results.csv calls warmed is absent.
what_is_warm_is_there() {
    awk -F, '$3 == "warmed" {print $2}' "$SCRATCH/$1/results.csv" | sort >"$SCRATCH/warmed"
    cluster_keys >"$SCRATCH/there"
    [ -z "$(comm -23 "$SCRATCH/warmed" "$SCRATCH/there" | head -n 3 | tee /dev/stderr)" ]
}

# ends_whole FOLDER: the same command, as often as it says so, leads to every key; and that is true.
ends_whole() {
    local tries=0
    until [ "$CODE" = 0 ]; do
        [ "$CODE" = 4 ] && [ $tries -lt 5 ] || { echo "exit code $CODE"; cat "$SCRATCH/$1.log"; return 1; }
        tries=$((tries + 1))
        start_load "$1"
        end_load "$1"
    done
    cluster_values >"$SCRATCH/found"
    cmp "$SCRATCH/wanted" "$SCRATCH/found" &&
        exits_with 0 "$L" verify --quiet --sample all --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv" \
            --run "$SCRATCH/$1"
}

flush() {
    local number
    for ((number = 0; number < ${#CLUSTER_PORTS[@]}; number++)); do
        node $number flushall >/dev/null 2>&1
    done
}

# ---- slots move, with their keys, while others are written to them
start_load moved
wait_for 30 has_keys 10000
redis-cli --cluster reshard "127.0.0.1:${CLUSTER_PORTS[0]}" --cluster-from "$(node_id 0)" --cluster-to "$(node_id 1)" \
    --cluster-slots 800 --cluster-yes >"$SCRATCH/reshard.log" 2>&1
RESHARDED=$?
check "slots moved while the load went on" is_equal "$RESHARDED $(kill -0 $LOAD_PID && echo running)" "0 running"
end_load moved
check "a load goes on while slots move" is_equal $CODE 0
check "what is called warm is there" what_is_warm_is_there moved
check "with every key and value" ends_whole moved

# ---- a master dies whose replica has all: the first node that the config names
flush
REPLICA=$(replica_of 0)
start_load failed
wait_for 30 has_keys 10000
kill -9 "${CLUSTER_PIDS[0]}"
end_load failed
check "a load survives the death of a master" test $CODE = 0 -o $CODE = 4
check "what is called warm is there" what_is_warm_is_there failed
check "with every key and value" ends_whole failed
check "on the replica that took over" grep -q '^role:master' <(node "$REPLICA" info replication)

# ---- a replica takes over that has stopped to follow: what it lacks is noticed
flush
REPLICA=$(replica_of 1)
start_load lossy
wait_for 30 has_keys 5000
node 1 acl setuser default -psync -sync >/dev/null
node 1 client kill type replica >/dev/null
wait_for 30 has_keys 30000
kill -9 "${CLUSTER_PIDS[1]}"
end_load lossy
check "a replica that lacks keys ends the load with 4" is_equal $CODE 4
check "in a sentence" grep -q 'keys that were warm [0-9]* are gone; none counts as warm now' "$SCRATCH/lossy.log"
check "nothing is called warm" what_is_warm_is_there lossy
check "the same command warms every key" ends_whole lossy
finish
