#!/usr/bin/env bash
# row_rank.sh - `rank` with auto on ten million keys: fit and score. Aim: under 60 s on 2 cores and under 4 GiB.
# RANK_KEYS and RUNS make it shorter. BG/NBD alone is beside it, to tell where time goes; so are seconds of CPU, which
# other work on the machine does not stretch.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${RANK_KEYS:-10000000} runs=${RUNS:-1}
history=$BENCH/keys-$keys

begin_row rank
tool make_keys
if [ ! -d "$history" ]; then
    rm -rf "$history.part"
    "$BENCH/make_keys" "$keys" log |
        "$BIN/rekindle-predict" ingest --quiet --history "$history.part" --format csv --columns time=ts,user=user -
    mv "$history.part" "$history"
fi
rank() {
    timed "rank, $1" "$BIN/rekindle-predict" rank --history "$history" --entity user --model "$1" --now 2026-01-01 \
        --window 2026-01-02/2026-01-09 --budget 1GiB --out "$BENCH/rank-plan.csv"
}
for ((run = 0; run < runs; run++)); do
    rank auto
    grep -E "dormant|planned" "$BENCH/rank.log" >"$BENCH/rank.said"
    rank bgnbd
done

echo
echo "rank of $keys keys ($(du -sm "$history" | cut -f1) MiB of history), on $(nproc) cores"
table
awk -F'\t' '{print "  CPU seconds, " $1 ": " $4}' "$BENCH/rank.tsv"
sed 's/^/  /' "$BENCH/rank.said"
