#!/usr/bin/env bash
# load_rollback.sh - what a run has written is taken back, and nothing else.
# Goal: after a load the application changes 10 % of the keys, deletes 5 %, and deletes and refills another 5 % with the
# same value; a rollback removes exactly the untouched ones. Killed at random moments and resumed, it ends the same.
# Strings and hashes; the dry run says beforehand what comes; a run that was taken back is not warmed again by cron.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=${COUNT:-8000}
KILLS=${KILLS:-10}
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
echo "seed $SEED"
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed 's/^value = json/value = hash/' shop.conf >hash.conf
load() { "$L" run --config "$1" --plan plan.csv --quiet "${@:2}" >load.out 2>&1; }
run_name() { basename runs/sale-*; }
roll_back() { "$L" rollback --config shop.conf --run "$(run_name)" "$@"; }
keys() { redis cache --scan --pattern 'user:*' | sort; }
# What the application does meanwhile, by id: changes 1 of 10, deletes 1 of 20, deletes and refills another 1 of 20; the
# refilled get a life of their own, or none.
touch_keys() {
    local kind=$1
    keys | grep ':profile$' | awk -F: -v kind="$kind" '
        $2 % 10 == 1 {print (kind == "hash" ? "HSET " $0 " points -1" : "SET " $0 " changed KEEPTTL")}
        $2 % 20 == 5 {print "DEL " $0}
        $2 % 20 == 15 {print $2 > "refilled"}' | redis cache >/dev/null
    while read -r id; do
        if [ "$kind" = hash ]; then
            echo "PERSIST user:$id:profile"
        else
            echo "SET user:$id:profile '$(awk -F'\t' -v key="user:$id:profile" '$1 == key {print $2}' values)' EX 7200"
        fi
    done <refilled | redis cache >/dev/null
}
survivors() { seq 1 "$COUNT" | awk '$1 % 10 == 1 || $1 % 20 == 15 {print "user:" $1 ":profile"}' | sort; }
state() { keys | md5sum; }
expected_values shop.db >values
survivors >expected

for kind in string hash; do
    conf=$([ $kind = hash ] && echo hash.conf || echo shop.conf)
    rm -rf runs refilled
    redis cache flushall >/dev/null
    seq 100001 100100 | sed 's/.*/SET user:&:other mine/' | redis cache >/dev/null
    check "$kind: load" load $conf
    touch_keys $kind
    before=$(state)
    check "$kind: a dry run" exits_with 0 roll_back --dry-run
    check "$kind: tells what would go" grep -qE "^ +$((COUNT * 8 / 10)) would be removed" "$SCRATCH/stdout"
    check "$kind: and removes nothing" is_equal "$(state)" "$before"
    check "$kind: rollback" exits_with 0 roll_back
    cp stdout printed
    keys | grep profile >left
    check "$kind: exactly the untouched keys are gone" cmp expected left
    check "$kind: the application's other keys stand" is_equal "$(keys | grep -c other)" 100
    check "$kind: the summary counts them" is_equal "$(awk '/removed|stay|gone/ {print $1}' printed | paste -sd,)" "$((COUNT * 8 / 10)),$((COUNT * 15 / 100)),$((COUNT / 20))"
    check "$kind: rollback.csv too" is_equal "$(cut -d, -f3 runs/*/rollback.csv | sort | uniq -c | awk '{print $2, $1}' | paste -sd,)" \
        "gone $((COUNT / 20)),outcome 1,rewritten $((COUNT * 15 / 100)),rolled_back $((COUNT * 8 / 10))"
    check "$kind: and results.csv" is_equal "$(outcomes "$(results_file)" | paste -sd,)" "rolled_back $((COUNT * 8 / 10)),warmed $((COUNT * 2 / 10))"
done
check "no lease is left" is_equal "$(redis cache exists rekindle:lease)" 0
check "status says so" bash -c "'$L' status --config shop.conf | head -n 1 | grep -q 'rolled back'"
check "and does not call warm what is gone" bash -c "'$L' status --config shop.conf | grep -q 'of the expected benefit was warm'"
check "the same command does not warm it again" says 6 "was rolled back; --again" "$L" run --config hash.conf --plan plan.csv
check "nor does ready" says 6 "was rolled back" "$L" ready --config hash.conf --plan plan.csv
check "a second rollback finds nothing more" exits_with 0 roll_back
check "and says the same" is_equal "$(cat stdout)" "$(cat printed)"
check "--again warms it anew" load hash.conf --again
check "but for what the application holds" is_equal "$(redis cache dbsize)" $((COUNT + 100))
check "and it can be taken back again" exits_with 0 roll_back
check "to the same end" is_equal "$(keys | grep profile | md5sum)" "$(md5sum <expected)"
check "without --run nothing is guessed" says 2 "--run DIR is missing" "$L" rollback --config shop.conf
sed "s/cache.sock/other.sock/" shop.conf >other.conf
start_redis other
check "another Redis than that of the run is refused" says 3 "was loaded into" "$L" rollback --config other.conf --run "$(run_name)"

# A run that has replaced values cannot be undone.
rm -rf runs
redis cache flushall >/dev/null
seq 1 20 | sed 's/.*/SET user:&:profile mine/' | redis cache >/dev/null
check "load by overwriting" load shop.conf --mode overwrite
check "it is not taken back by the way" says 3 "cannot be brought back" roll_back
check "nothing was removed" is_equal "$(redis cache dbsize)" $COUNT
check "a dry run may look" exits_with 0 roll_back --dry-run
check "but when it is said" exits_with 0 roll_back --delete-overwritten
check "all that it wrote is gone" is_equal "$(redis cache dbsize)" 0

# What ready has warmed again goes too; a switched-off run can be taken back.
rm -rf runs
redis cache flushall >/dev/null
check "load for ready" load shop.conf
awk -F, 'NR > 1 && $1 <= 500 {print "DEL " $5}' plan.csv | redis cache >/dev/null
check "ready warms again" exits_with 0 "$L" ready --config shop.conf --plan plan.csv --quiet
sqlite3 shop.db "UPDATE users SET points = points + 1, updated_at = updated_at + 1 WHERE id <= 50"
seq 1 50 | sed 's/.*/DEL user:&:profile/' | redis cache >/dev/null
check "and again, with new values" exits_with 0 "$L" ready --config shop.conf --plan plan.csv --quiet
check "stop it" exits_with 0 "$L" stop --config shop.conf --run "$(run_name)"
check "rollback of all of it" exits_with 0 roll_back
check "nothing is left" is_equal "$(redis cache dbsize)" 0

# Killed at random moments. A paced rollback takes about half a second.
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
counted=0 attempts=0 wrong=0
while [ $counted -lt "$KILLS" ] && [ $attempts -lt $((KILLS * 5)) ]; do
    attempts=$((attempts + 1))
    rm -rf runs refilled
    redis cache flushall >/dev/null
    load shop.conf
    expected_values shop.db >values
    touch_keys string
    (exec "$L" rollback --config shop.conf --run "$(run_name)" --rows $((COUNT * 2)) --quiet) >/dev/null 2>&1 &
    pid=$!
    sleep "0.$(printf %03d $((RANDOM % 500)))"
    kill -9 $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
    [ $status = 137 ] || continue
    counted=$((counted + 1))
    roll_back >printed 2>/dev/null || wrong=$((wrong + 1))
    keys >left
    cmp -s expected left || { wrong=$((wrong + 1)); echo "kill $counted: other keys are left"; }
    [ "$(awk '/removed|stay|gone/ {print $1}' printed | paste -sd,)" = "$((COUNT * 8 / 10)),$((COUNT * 15 / 100)),$((COUNT / 20))" ] ||
        { wrong=$((wrong + 1)); echo "kill $counted: counted $(paste -sd, printed)"; }
done
check "$KILLS kills counted in $attempts attempts" test $counted -eq "$KILLS"
check "each resumed rollback ended as undisturbed" is_equal $wrong 0
finish
