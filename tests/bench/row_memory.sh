#!/usr/bin/env bash
# row_memory.sh - a plan of 10,000,000 rows from a file into Redis: does the loader's memory stay below 64 MiB? In the
# plan's order (read along) and in the ids' order (indexed). Redis takes 1.3 GiB of memory, the files 3 GiB of disk.
# KEYS makes it shorter.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${KEYS:-10000000}

begin_row memory
start_redis
make_load_plan "$BENCH/memory-plan.csv" "$keys"
awk -F, 'BEGIN { print "id,value" } NR > 1 { print $3 ",points " $3 % 5000 }' "$BENCH/memory-plan.csv" \
    >"$BENCH/memory-values.csv"
seq 1 "$keys" | awk 'BEGIN { print "id,value" } { print $1 ",points " $1 % 5000 }' >"$BENCH/memory-sorted.csv"

load_from() {
    cat >"$BENCH/memory.conf" <<END
[family user-profile]
entity = user
key = user:{id}:profile
source = file
file = $2
value = raw:value

[pace]
rows = 0
[redis]
address = unix:$SOCKETS/redis.sock

[run]
dir = $BENCH/runs
END
    redis flushall sync >/dev/null
    rm -rf "$BENCH/runs"
    timed "$1" "$BIN/rekindle-load" run --quiet --config "$BENCH/memory.conf" --plan "$BENCH/memory-plan.csv"
    [ "$(redis dbsize)" = "$keys" ] || { echo "memory: Redis holds $(redis dbsize) keys" >&2; exit 1; }
}

load_from "file in the plan's order" "$BENCH/memory-values.csv"
load_from "file in the ids' order" "$BENCH/memory-sorted.csv"

echo
echo "Load of $keys keys from a file into Redis; the loader's peak has to stay below 64 MiB"
table
rm -rf "$BENCH"/memory-*.csv "$BENCH/runs"
