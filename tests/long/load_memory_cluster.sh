#!/usr/bin/env bash
# load_memory_cluster.sh - in a cluster every node has a mark of its own: one full node is enough to refuse, and a load ends
# when the first node is at its mark, with none over it.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../load_lib.sh"
source "$(dirname "$0")/../cluster_lib.sh"
cd "$SCRATCH"

rows=150000
make_table shop.db $rows
start_cluster 3 0 --maxmemory 14mb --maxmemory-policy allkeys-lru
make_config shop.conf shop.db unused
sed -i "s|^address = .*|address = 127.0.0.1:${CLUSTER_PORTS[0]}\ncluster = yes|" shop.conf
make_plan plan.csv $rows
load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }
info() { node "$1" info | tr -d '\r' | sed -n "s/^$2://p"; }
evicted() { echo $(($(info 0 evicted_keys) + $(info 1 evicted_keys) + $(info 2 evicted_keys))); }

# A key with a tag lies on one node, whichever that is.
tag=$(node 1 cluster countkeysinslot 0 >/dev/null; for t in a b c d e f g h; do node 1 set "{$t}" x >/dev/null 2>&1 && [ "$(node 1 exists "{$t}" 2>&1)" = 1 ] && echo $t && break; done)
seq 1 11000 | awk -v tag="$tag" '{printf "SET {%s}:live:%d %01000d\r\n", tag, $1, $1}' | node 1 --pipe >/dev/null
live=$(node 1 dbsize)
check "one node of three is full: exit code 5" says 5 "the Redis at 127.0.0.1:${CLUSTER_PORTS[1]} holds" load run
check "no live key is evicted" is_equal "$(node 1 dbsize) $(evicted)" "$live 0"
node 1 flushall >/dev/null
check "all have room, but not for the whole plan: exit code 5" says 5 "up to the mark of 11.2 MiB (80% of maxmemory 14.0 MiB)" load run
for number in 0 1 2; do
    used=$(info $number used_memory)
    check "node $number is not over its mark" test "$used" -gt $((8 * 1024 * 1024)) -a "$used" -lt $((12 * 1024 * 1024))
done
check "nothing is evicted" is_equal "$(evicted)" 0
check "the rest is refused_budget" is_equal "$(outcomes "$(results_file)" | awk '{sum += $2} END {print NR, sum}')" "2 $rows"
finish
