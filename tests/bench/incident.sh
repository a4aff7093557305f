#!/usr/bin/env bash
# incident.sh - the launch, three times: cold at once, with the predicted keys warmed, and cold under the ramp.
# `make bench-incident` builds and runs it; the table and the plots stay in build/incident.
# A simulated shop with a known truth gives the users that come back, and how often. Who was active lately is in the
# cache in all three; who was dormant is not, unless a plan made from logs before the event has warmed him. The plan has
# room for half of the dormant users. The shop's source computes 500 ms a value with 40 workers: 80 a second.
set -euo pipefail
export LC_ALL=C TZ=UTC
. "$(dirname "$0")/../lib.sh"
OUT=$ROOT/build/incident
USERS=${USERS:-20k} SECONDS_EACH=${SECONDS_EACH:-90} RATE=${RATE:-400}
SOURCE_MS=500 WORKERS=40 LIMIT=80
P=$BIN/rekindle-predict
APP=$ROOT/build/tools/cache_aside
rm -rf "$OUT"
mkdir -p "$OUT"
cd "$SCRATCH"

# ---- the shop, its forecast, and who comes
"$P" simulate --seed 1 --users "$USERS" --products 200 --days 120 --end "$(date -u +%F)" --out . --quiet
"$P" ingest --config rekindle.conf --log access access.log --quiet
event=$(tail -n 1 events.csv | cut -d, -f1)
"$P" rank --config rekindle.conf --event "$event" --entity user --out all.csv --quiet
"$P" rank --config rekindle.conf --event "$event" --entity user --top $((($(wc -l <all.csv) - 1) / 2)) --out plan.csv --quiet
sqlite3 shop.db <shop.sql
awk -F, '$1 == "user" && $4 == 1 { for (i = 0; i < $5; i++) print $2 }' truth.csv |
    shuf --random-source=<(yes) >visits
awk -F, 'NR == FNR { if (FNR > 1) dormant[$3]; next } FNR > 1 && $1 == "user" && !($2 in dormant) { print "SET user:" $2 ":profile x" }' \
    all.csv truth.csv >active
awk -F, 'NR == FNR { if (FNR > 1) dormant[$3]; next } { n++; if ($1 in dormant) { d++; if (!($1 in seen)) { seen[$1]; users++ } } }
    END { printf "%d visits in the event, %d of them by %d users who were dormant\n", n, d, users }' all.csv visits

# launch NAME [NAME=VALUE...]: the application, for SECONDS_EACH.
launch() {
    local name=$1
    shift
    "$APP" visits "$OUT/$name.csv" redis="$SCRATCH/$name.sock" rate="$RATE" seconds="$SECONDS_EACH" \
        source_ms=$SOURCE_MS workers=$WORKERS "$@" >"$name.total"
}

for name in cold warm ramp; do
    start_redis "$name"
    redis-cli -s "$SCRATCH/$name.sock" <active >/dev/null
done
printf '\n[redis]\naddress = unix:%s/warm.sock\n\n[pace]\nredis_latency = 0s\n' "$SCRATCH" >>rekindle.conf
"$BIN/rekindle-load" run --config rekindle.conf --plan plan.csv 2>&1 | grep -E 'settled|benefit'

# ---- all three at the same time: each has its own Redis and source
launch cold &
PIDS=($!)
launch warm &
PIDS+=($!)
echo $SOURCE_MS >state
launch ramp ramp="$event" degrade=user-profile state="$SCRATCH/state" &
PIDS+=($!)
SERVER_PIDS+=("${PIDS[@]}")
status=0
"$BIN/rekindle-load" ramp --config rekindle.conf --redis "unix:$SCRATCH/ramp.sock" --event "$event" --steps 5,20,50,100 \
    --tick 1s --soak 2s --min-reads 20 --min-hit-ratio 60% --max-misses $((LIMIT * 3 / 4)) --probe "cat $SCRATCH/state" \
    --max-source-ms $((2 * SOURCE_MS)) --log "$OUT/ramp-decisions.csv" --quiet || status=$?
echo "the ramp ended with exit code $status after $(($(wc -l <"$OUT/ramp-decisions.csv") - 1)) s"
wait "${PIDS[@]}"

# ---- the table
of() { tr ' ' '\n' <"$1.total" | sed -n "s/^$2=//p"; }
{
    echo launch,served,p50_ms,p99_ms,peak_source_per_second,seconds_over_limit,errors,errors_peak_per_second
    for name in cold warm ramp; do
        over=$(awk -F, -v limit=$LIMIT 'NR > 1 && $8 > limit { n++ } END { print n + 0 }' "$OUT/$name.csv")
        worst=$(awk -F, 'NR > 1 && $7 > most { most = $7 } END { print most + 0 }' "$OUT/$name.csv")
        echo "$name,$(($(of $name asked) - $(of $name errors))),$(of $name p50_ms),$(of $name p99_ms),$(of $name source_peak),$over,$(of $name errors),$worst"
    done
} >"$OUT/table.csv"
echo "the source bears $LIMIT questions a second"
column -s, -t "$OUT/table.csv"

# ---- the plots: the same twice, as SVG and PNG
plot() {
    gnuplot <<G
set datafile separator ","
set terminal $1
set output "$OUT/incident.$2"
set multiplot layout 5,1 title "A launch: cold, warmed with a forecast, cold under the ramp"
set key outside right top
set xrange [0:$SECONDS_EACH]
set grid
set lmargin 10
files = "cold warm ramp"
set ylabel "p50, ms"
set logscale y
set yrange [0.1:5000]
plot for [f in files] "$OUT/".f.".csv" using 1:9 skip 1 with lines lw 2 title f
set ylabel "p99, ms"
plot for [f in files] "$OUT/".f.".csv" using 1:10 skip 1 with lines lw 2 title f
unset logscale y
set yrange [0:*]
set ylabel "source, 1/s"
plot for [f in files] "$OUT/".f.".csv" using 1:8 skip 1 with lines lw 2 title f, $LIMIT with lines dt 2 lc rgb "black" title "limit"
set ylabel "errors, 1/s"
plot for [f in files] "$OUT/".f.".csv" using 1:7 skip 1 with lines lw 2 title f
set ylabel "users in, %"
set yrange [0:105]
set xlabel "seconds since the launch"
plot for [f in files] "$OUT/".f.".csv" using 1:11 skip 1 with lines lw 2 title f
unset multiplot
G
}
plot 'svg size 900,1200' svg
plot 'pngcairo size 900,1200' png
echo "table and plots: $OUT"

# ---- what must hold
check "warm beats cold on p99" awk -F, '$1 == "cold" { cold = $4 } $1 == "warm" { warm = $4 } END { exit !(2 * warm < cold) }' "$OUT/table.csv"
check "and on the peak load of the source" awk -F, '$1 == "cold" { cold = $5 } $1 == "warm" { warm = $5 } END { exit !(2 * warm < cold) }' "$OUT/table.csv"
check "the ramp never exceeds the source's limit" awk -F, -v limit=$LIMIT '$1 == "ramp" { exit !($5 <= limit) }' "$OUT/table.csv"
finish
