#!/usr/bin/env bash
# incident_guard.sh - Redis is killed and comes back empty with traffic on; guard warms it again.
# Goal: noticed within 5 s; the hit ratio is back above 90 % of before within the time that guard predicted (and the
# seconds that noticing may take); the source is not asked for more than its limit; a failover, a restart with its file
# and an evicted marker trigger nothing.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
make -s -C "$ROOT" build/tools/cache_aside
cd "$SCRATCH"
COUNT=3000 LIMIT=80
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed -i '/^miss_cost/a on_loss = degrade' shop.conf # from the loss on, not from when guard says so
seq 1 $COUNT | shuf --random-source=<(yes) >ids
"$L" run --config shop.conf --plan plan.csv --rows 1500 --quiet
"$ROOT/build/tools/cache_aside" ids app.csv redis="$SCRATCH/cache.sock" rate=300 seconds=600 degrade=user-profile \
    on_loss=degrade >app.out &
SERVER_PIDS+=($!)
(exec "$L" guard --config shop.conf --rows 1500) >guard.out 2>&1 &
GUARD=$!
SERVER_PIDS+=("$GUARD")
has_marker() { [ "$(redis cache exists rekindle:marker)" = 1 ]; }
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
quiet() { ! grep -v '^watching ' guard.out; }
# The hit ratio of the application's last second, times 1000, above $1?
is_hitting() { tail -n 1 app.csv | awk -F, -v least="$1" '{ exit !($2 > 0 && 1000 * $4 / $2 > least) }'; }

check "guard lays its marker" wait_for 10 has_marker
wait_for 10 is_hitting 990
check "a family that degrades on loss is told not to" wait_for 5 is_equal "$(redis cache get rekindle:degrade:user-profile)" off
check "before the loss all reads hit" wait_for 10 is_hitting 990
redis cache del rekindle:marker >/dev/null
check "an evicted marker is laid again" wait_for 10 has_marker
check "and triggers nothing" quiet

redis cache config set save '3600 1' >/dev/null
redis cache shutdown save 2>/dev/null || true
wait "$REDIS_PID" 2>/dev/null || true
start_redis cache --dbfilename dump.rdb
sleep 2.5 # two looks
check "a restart that kept its keys triggers nothing" quiet

lines=$(wc -l <app.csv)
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
rm -f cache/dump.rdb
start_redis cache
back=$(milliseconds)
check "a loss is noticed within 5 s" wait_for 5 grep -q "the cache was lost" guard.out
check "with the time it will take" grep -qE "$COUNT keys of sale-.* are warmed again, in about [0-9.]+ (s|ms)" guard.out
# 3000 keys at 1500 a second are 2 s; noticing may take 5, and a second is the application's resolution.
check "the hit ratio is above 90 % of before in the predicted time" wait_for 9 is_hitting 900
echo "back above 90 % of before after $(($(milliseconds) - back)) ms"
check "guard says that it is warm again" wait_for 10 grep -q "warm again after" guard.out
check "with every key of the plan" [ "$(redis cache dbsize)" -ge $COUNT ]
check "the source was never asked for more than its limit" \
    bash -c "tail -n +$((lines + 1)) app.csv | awk -F, '\$8 > $LIMIT { print; failed = 1 } END { exit failed }'"
check "the application is no longer degraded" wait_for 5 is_equal "$(redis cache get rekindle:degrade:user-profile)" off
kill -TERM "$GUARD"
STATUS=0
wait "$GUARD" || STATUS=$?
check "stopped with 6" is_equal $STATUS 6

# By cron: one look at a time.
check "nothing lost, nothing done" exits_with 0 "$L" guard --config shop.conf --once
redis cache flushall >/dev/null
check "a flush is a loss too" says 0 "the cache was lost" "$L" guard --config shop.conf --once --active-plan plan.csv
check "it is warm again" [ "$(redis cache dbsize)" -ge $COUNT ]

# A failover without loss: the guard's address now leads to what was the replica.
start_redis spare
redis spare replicaof 127.0.0.1 1 >/dev/null
check "a replica is no master: nothing is judged" says 4 "is a replica" "$L" guard --config shop.conf --redis "unix:$SCRATCH/spare.sock" --once
redis spare replicaof no one >/dev/null
redis cache --scan | while read -r key; do echo "SET $key x"; done | redis spare >/dev/null
check "one that took over with the marker has lost nothing" exits_with 0 "$L" guard --config shop.conf --redis "unix:$SCRATCH/spare.sock" --once
check "and nothing is warmed" [ ! -s "$SCRATCH/stderr" ]
finish
