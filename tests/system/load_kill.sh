#!/usr/bin/env bash
# load_kill.sh - kill -9 at random moments of a load (fifty of them in tests/long/load_kill_many.sh); the same command again must end as if nothing had happened.
# Goal: keys, values and expiries in Redis and the outcomes in results.csv are those of an undisturbed run. A kill
# counts only if the process was alive and had written; the moments are drawn over the measured duration, and the
# phases (what was warm and journalled) are printed. SEED=N repeats a run.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
KILLS=${KILLS:-8}
COUNT=${COUNT:-100000}
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
echo "seed $SEED"
start_redis cache
make_table shop.db "$COUNT"
make_plan plan.csv "$COUNT"
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
load() { exec "$L" run --config shop.conf --plan plan.csv --window-ranks 5000 --quiet "$@"; }
# The application's own values, and ids the database lacks, so that there is more than one outcome.
prepare() {
    rm -rf runs
    redis cache flushall >/dev/null
    seq 100 100 "$COUNT" | sed 's/.*/SET user:&:profile mine/' | redis cache >/dev/null
}
sqlite3 shop.db "DELETE FROM users WHERE id % 50 = 1"
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
# Keys, values and expiries, digested inside Redis: a hundred thousand replies would take longer than the load. The
# lease, which a killed run leaves behind until it expires, is not the plan's.
state() {
    redis cache eval "local keys = redis.call('KEYS', 'user:*')
        table.sort(keys)
        local digest, part = '', {}
        for i = 1, #keys do
            part[#part + 1] = keys[i] .. ' ' .. redis.call('GET', keys[i]) .. ' ' .. redis.call('PEXPIRETIME', keys[i])
            if #part == 1000 or i == #keys then digest, part = redis.sha1hex(digest .. table.concat(part)), {} end
        end
        return #keys .. ' ' .. digest" 0
}
results() { cut -d, -f1-4 "$(results_file)" | md5sum; }

prepare
started=$(milliseconds)
(load) || true
took=$(($(milliseconds) - started))
undisturbed=$(state)
undisturbed_results=$(results)
echo "an undisturbed load takes $took ms: $(outcomes "$(results_file)" | paste -sd,)"

declare -A phases=()
counted=0 attempts=0 wrong=0
while [ $counted -lt "$KILLS" ] && [ $attempts -lt $((KILLS * 10)) ]; do
    attempts=$((attempts + 1))
    prepare
    before=$(redis cache dbsize)
    at=$((took * (RANDOM * 32768 + RANDOM) / (32768 * 32768)))
    (load) 2>log &
    pid=$!
    sleep "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
    kill -9 $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
    [ $status = 137 ] || continue
    warm=$(($(redis cache dbsize) - before))
    ls runs/*/journal* >/dev/null 2>&1 || continue
    counted=$((counted + 1))
    phase="after a done"
    [ $warm -gt 0 ] || phase="before the first key"
    [ $((warm % 10)) -eq 0 ] || phase="in the middle of a batch"
    phases[$phase]=$((${phases[$phase]:-0} + 1))
    [ ! -f "$(ls -d runs/*)/results.csv" ] || phases["writing results"]=$((${phases["writing results"]:-0} + 1))
    (load) || true
    [ "$(state)" = "$undisturbed" ] || { wrong=$((wrong + 1)); echo "killed at $at ms ($phase): Redis differs"; }
    [ "$(results)" = "$undisturbed_results" ] || { wrong=$((wrong + 1)); echo "killed at $at ms ($phase): results differ: $(outcomes "$(results_file)" | paste -sd,)"; }
done
for phase in "${!phases[@]}"; do echo "killed $phase: ${phases[$phase]}"; done
check "$KILLS kills counted in $attempts attempts" test $counted -eq "$KILLS"
check "each ended as undisturbed" is_equal $wrong 0

# A polite stop: SIGTERM ends within seconds with code 6 and the same command goes on.
prepare
held=$(redis cache dbsize)
has_begun() { [ "$(redis cache dbsize)" -gt $((held + 1000)) ]; }
(load --rows $((COUNT / 10))) &
pid=$!
wait_for 20 has_begun
kill -TERM $pid
status=0
wait $pid || status=$?
check "SIGTERM ends with exit code 6" is_equal $status 6
check "results tell what was not reached" bash -c "grep -q not_reached '$(results_file)'"
(load) || true
check "and the same command goes on to the same end" is_equal "$(state)$(results)" "$undisturbed$undisturbed_results"
finish
