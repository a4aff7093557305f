#!/usr/bin/env bash
# load_waves.sh - a load in waves, with a look at the patients in between, and a share that is held out.
# Goal: between two waves exactly the share of the plan is warm; a run killed while it soaks goes on there; a cache that
# becomes slow holds the next wave back, stops the run, or has that wave alone taken back; the held-out ids are a random,
# repeatable share, are cold, and are told in results.csv.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=4000
start_redis cache --enable-debug-command yes
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
begin_anew() { rm -rf runs; redis cache flushall >/dev/null; }
user_keys() { redis cache --scan --pattern 'user:*' | wc -l; }
keys_of_ranks() { awk -F, -v from="$1" -v to="$2" 'NR > 1 && $1 >= from && $1 <= to {print $5}' plan.csv | sort; }
held_keys() { redis cache --scan --pattern 'user:*' | sort; }
start_waves() {
    : >err
    "$L" run --config shop.conf --plan plan.csv --waves 10%,50%,100% "$@" >out 2>err &
    LOADER=$!
    SERVER_PIDS+=("$LOADER")
}
end_of_load() {
    STATUS=0
    wait "$LOADER" || STATUS=$?
}
is_told() { grep -q "$1" err; }
# Redis answers late for as long as the loader lives.
make_redis_slow() {
    while kill -0 "$LOADER" 2>/dev/null; do
        redis cache debug sleep 0.4 >/dev/null 2>&1 || true
    done &
    SERVER_PIDS+=($!)
}

check "shares that fall are refused" says 2 "'10%' does not" "$L" run --config shop.conf --plan plan.csv --waves 50%,10%
check "a share that is none is refused" exits_with 2 "$L" run --config shop.conf --plan plan.csv --waves most
check "an unknown answer to trouble is refused" says 2 "not hold, stop or rollback" "$L" run --config shop.conf --plan plan.csv --on-unhealthy panic
begin_anew

# ---- three waves; killed while the first one soaks
start_waves --soak 3s
check "the first wave is told" wait_for 10 is_told "wave 1 of 3 is warm"
check "it is exactly a tenth of the plan" is_equal "$(held_keys | md5sum)" "$(keys_of_ranks 1 400 | md5sum)"
kill -9 "$LOADER"
wait "$LOADER" 2>/dev/null || true
start_waves --soak 1s
check "resumed, it soaks again" wait_for 10 is_told "wave 1 of 3 is warm"
check "the second wave follows" wait_for 10 is_told "wave 2 of 3 is warm"
check "it is half of the plan" is_equal "$(held_keys | md5sum)" "$(keys_of_ranks 1 2000 | md5sum)"
end_of_load
check "it ends well" is_equal "$STATUS" 0
check "with all of the plan" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
check "the time between waves is accounted for" grep -q "watching between two waves" out

# ---- one wave is taken back by hand
check "wave 4 does not exist" says 2 "has 3 waves" "$L" rollback --config shop.conf --run "$(basename runs/sale-*)" --wave 4
check "take back wave 2" exits_with 0 "$L" rollback --config shop.conf --run "$(basename runs/sale-*)" --wave 2
check "the others stand" is_equal "$(held_keys | md5sum)" "$( (keys_of_ranks 1 400; keys_of_ranks 2001 4000) | sort | md5sum)"
check "take back all" exits_with 0 "$L" rollback --config shop.conf --run "$(basename runs/sale-*)"
check "nothing is left" is_equal "$(user_keys)" 0

# ---- trouble after the second wave
for action in stop rollback; do
    begin_anew
    start_waves --soak 2s --on-unhealthy $action
    wait_for 20 is_told "wave 2 of 3 is warm" || cat err out
    make_redis_slow
    end_of_load
    check "$action: exit code 9" is_equal "$STATUS" 9
    check "$action: it says why" is_told "after wave 2 of 3, .* looks were bad: Redis"
done
check "rollback: the first wave stands alone" is_equal "$(held_keys | md5sum)" "$(keys_of_ranks 1 400 | md5sum)"
begin_anew
start_waves --soak 3s --on-unhealthy hold
wait_for 10 is_told "wave 1 of 3 is warm"
for _ in $(seq 14); do redis cache debug sleep 0.4 >/dev/null; done
check "hold: it holds" wait_for 10 is_told "wave 1 of 3 holds"
end_of_load
check "hold: and goes on when all is well" is_equal "$STATUS" 0
check "hold: to the end" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"

# ---- a deadline in the middle of a soak
begin_anew
start_waves --soak 10m --deadline 3s
end_of_load
check "the deadline ends a soak" is_equal "$STATUS" 7
check "with the first wave warm" is_equal "$(held_keys | md5sum)" "$(keys_of_ranks 1 $((COUNT / 10)) | md5sum)"

# ---- by the buckets of the users: CRC-32 of the id modulo 10,000, computed here by Python's zlib
begin_anew
check "an unknown order is refused" says 2 "not rank or bucket" "$L" run --config shop.conf --plan plan.csv --waves-by luck
check "an order without waves is refused" says 2 "needs --waves" "$L" run --config shop.conf --plan plan.csv --waves-by bucket
python3 -c 'import sys, zlib
for key in sys.stdin.read().split():
    if zlib.crc32(key.split(":")[1].encode()) % 10000 < 1000: print(key)' < <(keys_of_ranks 1 $COUNT) >first_users
start_waves --waves-by bucket --soak 2s
wait_for 10 is_told "wave 1 of 3 is warm"
check "bucket: the first tenth of the users" is_equal "$(held_keys | md5sum)" "$(sort first_users | md5sum)"
end_of_load
check "bucket: it ends well" is_equal "$STATUS" 0
check "bucket: with all of the plan" is_equal "$(held_keys | md5sum)" "$(keys_of_ranks 1 $COUNT | md5sum)"
check "bucket: in the order of the ranks inside a wave" bash -c "join -t, -1 5 -2 5 -o 1.1,2.1 <(tail -n +2 plan.csv | sort -t, -k5,5) <(head -n \$((\$(wc -l <first_users) + 1)) plan.csv.waves.csv | tail -n +2 | sort -t, -k5,5) | sort -t, -n -k2 | cut -d, -f1 | sort -nc"
check "bucket: verify takes that plan" exits_with 0 "$L" verify --config shop.conf --plan plan.csv.waves.csv

# ---- held out
begin_anew
check "load with a holdout" "$L" run --config shop.conf --plan plan.csv --holdout 5% --quiet
grep ,held_out, "$(results_file)" | cut -d, -f2 | sort >held_out
check "about the share is held out" bash -c "n=\$(wc -l <held_out); [ \$n -gt 140 ] && [ \$n -lt 260 ]"
check "the rest is warm" is_equal "$(user_keys)" $((COUNT - $(wc -l <held_out)))
check "the held out are not" is_equal "$(held_keys | comm -12 - held_out | wc -l)" 0
begin_anew
"$L" run --config shop.conf --plan plan.csv --holdout 5% --quiet --rows 4k >/dev/null 2>&1 &
LOADER=$!
SERVER_PIDS+=("$LOADER")
some_keys() { [ "$(redis cache dbsize)" -gt 500 ]; }
wait_for 5 some_keys
kill -9 "$LOADER"
wait "$LOADER" 2>/dev/null || true
check "killed and resumed" "$L" run --config shop.conf --plan plan.csv --holdout 5% --quiet
check "the same are held out" is_equal "$(grep ,held_out, "$(results_file)" | cut -d, -f2 | sort | md5sum)" "$(md5sum <held_out)"
check "ready does not ask for them" exits_with 0 "$L" ready --config shop.conf --plan plan.csv --min-coverage 100%
finish
