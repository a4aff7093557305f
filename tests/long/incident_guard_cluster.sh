#!/usr/bin/env bash
# incident_guard_cluster.sh - a Redis Cluster loses a part of its keys; guard warms that part again, and no more.
# Goal: a failover that loses nothing, and slots that move, trigger nothing; a shard that comes back empty is noticed
# within 5 s; the other shards see no key written; the run after the next loss is the right one.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
cd "$SCRATCH"
COUNT=3000
AS_OF=$(date -u -d '-5 days' +%Y-%m-%dT00:00:00Z) # reviewed for long: guard asks for no age
start_cluster 3 1 --save ''
make_table users.sqlite $COUNT
make_plan plan.csv $COUNT
make_plan active.csv 300
make_config shop.conf "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/address = 127.0.0.1:${CLUSTER_PORTS[1]}\ncluster = yes/" shop.conf
"$L" run --config shop.conf --plan plan.csv --max-plan-age 30d --quiet
(exec "$L" guard --config shop.conf --active-plan active.csv) >guard.out 2>&1 &
GUARD=$!
SERVER_PIDS+=("$GUARD")
quiet() { ! grep -v '^watching ' guard.out; }
# master_of NUMBER: which of the shard's two nodes is its master now.
is_master() { node "$1" role 2>/dev/null | head -n 1 | grep -q master; }
warm_keys() { cluster_keys | grep -c '^user:'; }
markers() { cluster_keys | grep -c '^rekindle:marker:'; }
has_markers() { [ "$(markers)" = 256 ]; }
says_so() { [ "$(grep -c "$1" guard.out)" = "$2" ]; }

check "guard lays its markers" wait_for 10 has_markers
spare=$(replica_of 0)
node "$spare" cluster failover >/dev/null
check "a failover" wait_for 10 is_master "$spare"
wait_for 20 cluster_is_whole 6 3
redis-cli --cluster reshard "127.0.0.1:${CLUSTER_PORTS[1]}" --cluster-from "$(node_id 1)" --cluster-to "$(node_id 2)" \
    --cluster-slots 500 --cluster-yes >reshard.log
sleep 3 # some looks
check "and slots that move trigger nothing" quiet

# Both nodes of a shard die, and come back empty before anybody takes over.
start_monitor node2 others.log
mine=$(node 1 --scan | grep -c '^user:')
pair=$(replica_of 1)
kill -9 "${CLUSTER_PIDS[1]}" "${CLUSTER_PIDS[pair]}"
wait "${CLUSTER_PIDS[1]}" "${CLUSTER_PIDS[pair]}" 2>/dev/null || true
start_node 1 --save ''
start_node "$pair" --save ''
check "a lost part is noticed" wait_for 15 grep -qE "[0-9]+% of the cluster's slots were lost; $mine keys of sale-.* are warmed again" guard.out
check "and made good" wait_for 20 says_so "warm again after" 1
check "with every key" is_equal "$(warm_keys)" $COUNT
check "and every marker" wait_for 5 has_markers
kill "$MONITOR_PID"
check "another shard saw none of its keys written" bash -c "! grep -E '\"SET\" \"user:' others.log"

# All is lost: the plan of the run, not that of the part or of the active keys.
for number in 0 1 2 3 4 5; do node $number flushall >/dev/null 2>&1 || true; done
check "the loss of all is noticed" wait_for 15 grep -q "the cache was lost; $COUNT keys" guard.out
check "and made good as well" wait_for 20 says_so "warm again after" 2
check "again with every key" is_equal "$(warm_keys)" $COUNT
cat guard.out
kill -TERM "$GUARD"
STATUS=0
wait "$GUARD" || STATUS=$?
check "stopped with 6" is_equal $STATUS 6
check "by cron: nothing lost, nothing done" exits_with 0 "$L" guard --config shop.conf --once
check "and nothing said" [ ! -s "$SCRATCH/stderr" ]
finish
