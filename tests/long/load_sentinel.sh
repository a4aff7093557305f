#!/usr/bin/env bash
# load_sentinel.sh - a load finds its Redis by a Sentinel, and goes on where the Sentinel sends it after a failover.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
. "$(dirname "$0")/../sentinel_lib.sh"

COUNT=20000
has_more() { [ "$(redis "$1" dbsize)" -gt 2000 ]; }

start_server first
start_server second --replicaof 127.0.0.1 "${PORT[first]}"
wait_for 10 is_following second
start_sentinel

make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
expected_values "$SCRATCH/users.sqlite" | sort >"$SCRATCH/wanted"
make_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/sentinel = 127.0.0.1:1, 127.0.0.1:${PORT[sentinel]}\nmaster = shop\ntimeout = 1s/" "$SCRATCH/load.ini"

load() { "$L" run --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv" --window-ranks 2000 "$@"; }
has_values() { all_values "$1" | grep -v rekindle >"$SCRATCH/found" && cmp "$SCRATCH/wanted" "$SCRATCH/found"; }

# ends_whole FOLDER: as often as it ends with 4, the same command again.
ends_whole() {
    local code=4 tries
    for ((tries = 0; tries < 4 && code == 4; tries++)); do
        load --run "$SCRATCH/$1" >"$SCRATCH/$1.out" 2>"$SCRATCH/$1.log"
        code=$?
    done
    is_equal $code 0 || { cat "$SCRATCH/$1.log"; return 1; }
}

check "the master is found, though the first Sentinel is away" exits_with 0 load --quiet
check "and has every key" has_values first
check "the replica has been waited for" has_values second
check "the target is the master's name" grep -rqF "redis shop of the Sentinels" "$SCRATCH/runs"
sed 's/^master = .*/master = nobody/' "$SCRATCH/load.ini" >"$SCRATCH/nobody.ini"
check "a name that nobody knows" says 4 "knows no master 'nobody' (see [redis] master)" "$L" run --quiet \
    --config "$SCRATCH/nobody.ini" --plan "$SCRATCH/plan.csv"
check "a replica is refused as a target" says 4 "is a replica: give the address of the primary" load --quiet \
    --redis "127.0.0.1:${PORT[second]}"

# ---- a planned failover: the old master lives on as a replica
redis first flushall >/dev/null
load --run "$SCRATCH/planned" --rows 8000 >"$SCRATCH/planned.out" 2>"$SCRATCH/planned.log" &
LOAD_PID=$!
wait_for 20 has_more first
sentinel sentinel failover shop >/dev/null
wait $LOAD_PID
CODE=$?
check "the master changes in mid-load" test $CODE = 0 -o $CODE = 4
check "to the other one" wait_for 20 is_master_port "${PORT[second]}"
check "the load ends with every key" ends_whole planned
check "on the new master" has_values second

# ---- the master dies
wait_for 20 is_following first
redis second flushall >/dev/null
wait_for 20 sentinel_knows 1
load --run "$SCRATCH/killed" --rows 8000 >"$SCRATCH/killed.out" 2>"$SCRATCH/killed.log" &
LOAD_PID=$!
wait_for 20 has_more second
kill -9 "${PID[second]}"
wait $LOAD_PID
CODE=$?
check "the master dies in mid-load" test $CODE = 0 -o $CODE = 4
check "and the load ends with every key" ends_whole killed
check "on the last one" has_values first
finish
