#!/usr/bin/env bash
# incident_ramp.sh - a gray release meets a source that slows down, and a Redis that comes back empty.
# Goal: the share steps back within two ticks of the slowness being measurable and the degradation key is set; on
# recovery it climbs again; a Redis that comes back empty in mid-ramp lets no more traffic in.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
make -s -C "$ROOT" build/tools/cache_aside
cd "$SCRATCH"
start_redis cache
make_table shop.db 10
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
printf '\n[pace]\nredis_latency = 0s\n' >>shop.conf
seq 1 1500 | shuf --random-source=<(yes) >ids
echo 500 >knob
echo 500 >state
TICK=2 LIMIT=70
"$ROOT/build/tools/cache_aside" ids app.csv redis="$SCRATCH/cache.sock" rate=300 seconds=600 ramp=sale \
    degrade=user-profile knob=knob state=state >app.out &
SERVER_PIDS+=($!)
(exec "$L" ramp --config shop.conf --event sale --steps 5,20,50,100 --tick ${TICK}s --soak 2s --max-misses $LIMIT \
    --min-reads 20 --min-hit-ratio 60% --probe 'cat state' --max-source-ms 900 --log log.csv) >ramp.out 2>&1 &
RAMP=$!
SERVER_PIDS+=("$RAMP")
share() { redis cache get rekindle:ramp:sale; }
is_over() { awk -v share="$(share)" -v least="$1" 'BEGIN { exit !(share + 0 > least) }'; }
is_below() { awk -v share="$(share)" -v most="$1" 'BEGIN { exit !(share + 0 < most) }'; }
is_degraded() { [ "$(redis cache get rekindle:degrade:user-profile)" = on ]; }
not_degraded() { ! is_degraded; }
# Ticks that the log shows between the first slow reading of the source and the first step back.
ticks_until_back() {
    awk -F, 'NR > 1 && $8 > 900 && !slow { slow = NR } slow && $3 == "back" { print NR - slow; exit }' log.csv
}

check "the ramp climbs" wait_for 60 is_over 15
before=$(share)
echo 3000 >knob
check "the source slows down: the share steps back" wait_for 20 is_below "$before"
check "at the first tick that sees it" is_equal "$(ticks_until_back)" 0
check "and the application is told to degrade" wait_for 5 is_degraded
check "which it does" wait_for 10 bash -c "awk -F, '\$6 > 0 { found = 1 } END { exit !found }' app.csv"
lowest=$(share)
echo 500 >knob
check "on recovery it climbs again" wait_for 60 is_over "${lowest:-0}"
check "and nobody is degraded" wait_for 10 not_degraded
check "further than before" wait_for 60 is_over "$before"

before=$(share)
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
start_redis cache
sleep 0.5 # longer than the application waits between two looks at the share
seconds=$(wc -l <app.csv)
check "Redis comes back empty: no key, nobody is in" bash -c "[ \"\$(redis-cli -s cache.sock get rekindle:ramp:sale)\" != '$before' ]"
check "the ramp has noticed" wait_for 20 grep -q ,lost, log.csv
check "and begins again at its first step" wait_for 40 is_over 0
check "not where it was" is_below "$before"
check "meanwhile the source was not asked for more than its limit" \
    bash -c "tail -n +$((seconds + 2)) app.csv | awk -F, '\$8 > $LIMIT * 1.25 { print; failed = 1 } END { exit failed }'"
kill -TERM "$RAMP"
wait "$RAMP" || true
finish
