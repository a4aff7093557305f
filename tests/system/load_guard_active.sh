#!/usr/bin/env bash
# load_guard_active.sh - after a loss the active keys come first, hottest first, and then those of the last run.
# Goal: `rank --scope all` makes a plan that `guard --active-plan` takes; the order of the keys is read from Redis itself.
set -euo pipefail
export LC_ALL=C TZ=UTC
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
P=$BIN/rekindle-predict
cd "$SCRATCH"
"$P" simulate --seed 1 --users 1500 --products 50 --days 90 --end "$(date -u +%F)" --out . --quiet
"$P" ingest --config rekindle.conf --log access access.log --quiet
event=$(tail -n 1 events.csv | cut -d, -f1)
rank() { "$P" rank --config rekindle.conf --event "$event" --entity user --quiet "$@"; }
sqlite3 shop.db <shop.sql
start_redis cache
printf '\n[redis]\naddress = unix:%s/cache.sock\n\n[pace]\nredis_latency = 0s\n\n[run]\nimage = images\n' "$SCRATCH" >>rekindle.conf
# keys PLAN: those to warm, in rank order.
keys() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR > 1 && $at["action"] == "warm" { print $at["rank"] "," $at["key"] }' "$1" |
    sort -t, -n | cut -d, -f2; }

check "the plan of the event" rank --out plan.csv
check "the plan of the active keys" rank --scope all --top 200 --out active.csv
keys plan.csv >plan.keys
keys active.csv >active.keys
check "is another one" [ "$(grep -cvxFf plan.keys active.keys)" -gt 100 ]
# Truth: who visits the event how often, whatever the forecast says.
check "with the hottest users first" awk -F, 'NR == FNR { if ($1 == "user") visits["user:" $2 ":profile"] = $5; next }
    { sum += visits[$1]; if (FNR <= 50) first += visits[$1] } END { print first / 50, sum / FNR; exit !(first / 50 > 1.2 * sum / FNR) }' truth.csv active.keys
"$BIN/rekindle-load" run --config rekindle.conf --plan plan.csv --quiet >/dev/null
# With an image and all that guard hands on to the runs it starts.
guard() {
    "$BIN/rekindle-load" guard --config rekindle.conf --once --active-plan active.csv --redis "unix:$SCRATCH/cache.sock" --rows 100k
}
check "guard lays its marker" exits_with 0 guard
redis cache flushall >/dev/null
start_monitor cache seen.log
check "a loss is made good" says 0 "warm again after" guard
kill "$MONITOR_PID"
grep -oE '"SET" "user:[^"]*"' seen.log | cut -d'"' -f4 >written.keys
wanted=$(wc -l <active.keys)
check "the active keys first, in the order of their plan" cmp <(head -n "$wanted" written.keys) active.keys
# NX: those of both plans are sent again, and stay what they are.
check "then those of the last run, in the order of its" cmp <(tail -n +$((wanted + 1)) written.keys) plan.keys
check "and each key once is there" is_equal "$(redis cache --scan --pattern 'user:*' | wc -l)" "$(sort -u active.keys plan.keys | wc -l)"
finish
