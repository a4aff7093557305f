#!/usr/bin/env bash
# load_terminal.sh - what people see: both programs on a terminal of 80 columns, with paths longer than that.
# Goal: no line runs over the edge, where a line is one that a program ended; in a pipe each message stays one line.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
P=$BIN/rekindle-predict
cd "$SCRATCH"
mkdir -p "a-folder-with-a-name-that-is-long-enough-to-fill/most-of-a-line-of-eighty-columns"
cd a-folder*/*
start_redis cache
make_table shop.db 300
make_plan plan.csv 300
make_config shop.conf "$PWD/shop.db" "$SCRATCH/cache.sock"

# on_terminal COMMAND...: what it shows, each state of a line that is rewritten by itself.
on_terminal() {
    script -qec "stty cols 80; $(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r' | sed 's/\x1b\[K/\n/g' >"$SCRATCH/shown" || true
    cat "$SCRATCH/shown" >>"$SCRATCH/all"
}
# fits COMMAND...: it shows something, and no line has more than 80 columns, but of a single word.
fits() {
    on_terminal "$@"
    test -s "$SCRATCH/shown" || { echo "nothing is shown"; return 1; }
    ! awk 'length > 80 && NF > 1' "$SCRATCH/shown" | grep .
}
loader() { fits "$L" "$@"; }

check "check" loader check --config shop.conf --plan plan.csv
check "run" loader run --config shop.conf --plan plan.csv --rows 200
check "its line of progress was among it" grep -q '^warm: .*left; benefit' "$SCRATCH/all"
check "status" loader status --config shop.conf
check "verify" loader verify --config shop.conf --plan plan.csv
check "ready" loader ready --config shop.conf --plan plan.csv
check "rollback" loader rollback --config shop.conf --run "$(ls "$SCRATCH/runs")"
check "status of what was rolled back" loader status --config shop.conf
check "an error" loader run --config shop.conf --plan plan.csv
check "which is folded" bash -c "grep -q '^rekindle-load: .*' '$SCRATCH/shown' && grep -q '^  ' '$SCRATCH/shown'"
check "in a pipe it is one line" bash -c "'$L' run --config shop.conf --plan plan.csv 2>&1 >/dev/null | grep -c . | grep -qx 1"

redis cache flushall >/dev/null
"$L" run --config shop.conf --plan plan.csv --run "$SCRATCH/runs/again" >/dev/null 2>&1
check "guard, with nothing to tell" exits_with 0 "$L" guard --once --config shop.conf
redis cache flushall >/dev/null
check "guard after a loss" loader guard --once --config shop.conf
check "which it tells of" grep -q 'the cache was lost' "$SCRATCH/shown"
for _ in $(seq 300); do redis cache get user:1:profile; done >/dev/null &
check "ramp" loader ramp --config shop.conf --event sale --tick 1s --steps 100 --soak 0s --min-reads 0 --min-hit-ratio 0
wait $!
check "in lines for people" grep -qE '^[0-9:]{8}Z +100% .* end: all users are in' "$SCRATCH/shown"

{ echo ts,user; seq 1 3000 | awk '{print 1767225600 + $1 * 600 ",user-" $1 % 300}'; } >log.csv
check "ingest" fits "$P" ingest --history h --format csv --columns time=ts,user=user --now 2026-02-01 log.csv
check "rank" fits "$P" rank --history h --window 2026-02-01/2026-02-04 --now 2026-01-31 --max-history-age 30d --dormant-after 1d --verbose --out p.csv
check "backtest" fits "$P" backtest --history h --length 2d --origins 2 --dormant-after 1d --out b.csv
check "an unknown log" fits "$P" ingest --history h --config shop.conf --log "a-name-that-nobody-has-ever-heard-of" log.csv
finish
