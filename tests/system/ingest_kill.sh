#!/usr/bin/env bash
# ingest_kill.sh - kill -9 at 20 random moments of an ingest; the same command again must end as if nothing had happened.
# Goal: whatever the moment, the history's content is afterwards, byte for byte, that of an undisturbed run, and before
# the repetition it is the old one. A kill counts only if the process was alive and had written something; the moments
# are drawn over the measured duration and the phases they fell into are printed. SEED=N repeats a run.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
KILLS=${KILLS:-20}
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
echo "seed $SEED"

# Two days of a made-up shop: the first is the last good state, the second is the ingest that is killed.
rows() { # FIRST_SECOND COUNT
    awk -v start="$1" -v count="$2" 'BEGIN {
        srand(7); print "ts,user,product"
        for (i = 0; i < count; i++) printf "%d,u%d,p%d\n", start + i / 30, rand() * rand() * 400000, rand() * rand() * 40000
    }'
}
rows 1767225600 50000 >day1.csv
rows 1767312000 1500000 >day2.csv

# A small --memory makes the workers spill, so that there is something on disk from early on.
ingest() { # HISTORY FILE
    exec "$P" ingest --history "$1" --format csv --columns time=ts,user=user,product=product --memory 16MiB --verbose \
        --now 2026-02-01 "$2"
}
dump_sum() { "$P" inspect --history "$1" --dump | md5sum; }
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

(ingest good day1.csv) 2>/dev/null
yesterday=$(dump_sum good)
cp -r good base
started=$(milliseconds)
(ingest good day2.csv) 2>/dev/null
took=$(($(milliseconds) - started))
undisturbed=$(dump_sum good)
check "the two days differ" test "$yesterday" != "$undisturbed"
echo "an undisturbed ingest takes $took ms"

declare -A phases=()
counted=0 attempts=0 wrong=0
while [ $counted -lt "$KILLS" ] && [ $attempts -lt $((KILLS * 10)) ]; do
    attempts=$((attempts + 1))
    rm -rf work
    cp -r base work
    at=$((took * (RANDOM * 32768 + RANDOM) / (32768 * 32768)))
    (ingest work day2.csv) 2>log &
    pid=$!
    sleep "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
    if ! kill -9 $pid 2>/dev/null; then
        wait $pid 2>/dev/null || true
        continue
    fi
    status=0
    wait $pid 2>/dev/null || status=$?
    # 137: it really died of this kill. It had written if the folder holds more than the base and its lock.
    [ $status = 137 ] || continue
    [ "$(ls work | grep -vc lock)" -gt "$(ls base | grep -vc lock)" ] || continue
    counted=$((counted + 1))
    phase=$(sed -n 's/^phase: //p' log | tail -n 1)
    phases[${phase:-opening}]=$((${phases[${phase:-opening}]:-0} + 1))
    after_kill=$(dump_sum work)
    [ "$after_kill" = "$yesterday" ] || [ "$after_kill" = "$undisturbed" ] || { wrong=$((wrong + 1)); echo "after a kill at $at ms: neither old nor new"; }
    (ingest work day2.csv) 2>/dev/null || { wrong=$((wrong + 1)); echo "after a kill at $at ms the same command fails"; }
    [ "$(dump_sum work)" = "$undisturbed" ] || { wrong=$((wrong + 1)); echo "after a kill at $at ms and the same command: another content"; }
    leftovers=$(ls work | grep -c tmp || true)
    [ "$leftovers" = 0 ] || { wrong=$((wrong + 1)); echo "left behind: $(ls work)"; }
done
for phase in "${!phases[@]}"; do echo "killed while $phase: ${phases[$phase]}"; done
check "$KILLS kills counted in $attempts attempts" test $counted -eq "$KILLS"
check "they fell into more than one phase" test ${#phases[@]} -gt 1
check "each left the last good state, and the same command ended as undisturbed" is_equal $wrong 0
finish
