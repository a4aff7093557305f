#!/usr/bin/env bash
# load_kill_many.sh - kill -9 at 50 random moments of a load of 200,000 keys; with writers active; a journal cut at any byte.
# Goal: (1) each killed and resumed load ends as an undisturbed one, in Redis and in results.csv, and writes again no more
# than one window; (2) with an application that changes rows meanwhile, no stale value stays, also where the kill fell
# between writing and the second look; (3) a journal that ends at any byte of its last record resumes to the same end.
# KILLS, COUNT and WRITER_KILLS make it shorter, SEED=N repeats it.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
KILLS=${KILLS:-50}
COUNT=${COUNT:-200000}
WRITER_KILLS=${WRITER_KILLS:-10}
WINDOW=10000
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
TOOLS=$ROOT/build/tools
echo "seed $SEED"
start_redis cache
make_table shop.db "$COUNT"
sqlite3 shop.db "DELETE FROM users WHERE id % 50 = 1"
make_plan plan.csv "$COUNT"
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
random_below() { echo $(($1 * (RANDOM * 32768 + RANDOM) / (32768 * 32768))); }
seconds_of() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }
load() { exec "$L" run --config shop.conf --plan plan.csv --window-ranks $WINDOW --quiet; }
# The application's own values, so that there is more than one outcome.
prepare() {
    rm -rf runs
    redis cache flushall >/dev/null
    seq 100 100 "$COUNT" | sed 's/.*/SET user:&:profile mine/' | redis cache >/dev/null
    redis cache config resetstat >/dev/null
}
# Keys, values and expiries, digested inside Redis. The lease of a killed run is not the plan's.
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
sets_seen() { redis cache info commandstats | sed -n 's/^cmdstat_set:calls=\([0-9]*\),.*/\1/p'; }

# ---- 1: random kills
prepare
started=$(milliseconds)
(load) || true
took=$(($(milliseconds) - started))
undisturbed=$(state) undisturbed_results=$(results) undisturbed_sets=$(sets_seen)
echo "an undisturbed load takes $took ms and $undisturbed_sets SET: $(outcomes "$(results_file)" | paste -sd,)"

declare -A phases=()
counted=0 attempts=0 wrong=0 most_redone=0
while [ $counted -lt "$KILLS" ] && [ $attempts -lt $((KILLS * 10)) ]; do
    attempts=$((attempts + 1))
    prepare
    before=$(redis cache dbsize)
    at=$(random_below "$took")
    (load) 2>log &
    pid=$!
    sleep "$(seconds_of "$at")"
    kill -9 $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
    [ $status = 137 ] && ls runs/*/journal >/dev/null 2>&1 || continue
    counted=$((counted + 1))
    warm=$(($(redis cache dbsize) - before))
    "$L" run --config shop.conf --plan plan.csv --window-ranks $WINDOW 2>log >/dev/null || true
    phase="after a done"
    ! grep -q ' [1-9][0-9]* more were under way' log || phase="between the first SET of a window and its done"
    [ $warm -gt 0 ] || phase="before the first key"
    phases[$phase]=$((${phases[$phase]:-0} + 1))
    redone=$(($(sets_seen) - undisturbed_sets))
    [ $redone -le $most_redone ] || most_redone=$redone
    [ "$(state)" = "$undisturbed" ] || { wrong=$((wrong + 1)); echo "killed at $at ms ($phase): Redis differs"; }
    [ "$(results)" = "$undisturbed_results" ] || { wrong=$((wrong + 1)); echo "killed at $at ms ($phase): results differ: $(outcomes "$(results_file)" | paste -sd,)"; }
done
for phase in "${!phases[@]}"; do echo "killed $phase: ${phases[$phase]}"; done
echo "most keys written again after a kill: $most_redone"
check "$KILLS kills counted in $attempts attempts" test $counted -eq "$KILLS"
check "each ended as undisturbed" is_equal $wrong 0
check "no more than one window was written again" test $most_redone -le $WINDOW

# ---- 2: with writers active
start_mariadb db
sql db "CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, points INT NOT NULL, counter BIGINT NOT NULL DEFAULT 1,
        fine TIMESTAMP(6) NOT NULL DEFAULT now(6) ON UPDATE now(6));
    INSERT INTO users (id, name, points) SELECT seq, concat('user', seq), seq % 97 FROM seq_1_to_60000;"
make_plan busy.csv 60000
for version in counter fine; do
    cat >$version.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name, points, $version AS version FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h
[mysql]
socket = $SCRATCH/db.sock
user = root
database = shop
[pace]
rows = 0
[redis]
address = unix:$SCRATCH/cache.sock
[run]
dir = $SCRATCH/runs
C
done
busy_load() { exec "$L" run --config "$1.conf" --plan busy.csv --window-ranks 5000 --max-loss-share 50%; }
stale_count() {
    sql db "SELECT concat('user:', id, ':profile'), concat('{\"id\":', id, ',\"name\":\"', name, '\",\"points\":', points, '}') FROM shop.users" | sort >rows
    all_values cache | grep '^user:' | sort | comm -23 - rows | wc -l
}
stale=0 ended=0 caught=0 counted=0 attempts=0
while [ $counted -lt "$WRITER_KILLS" ] && [ $attempts -lt $((WRITER_KILLS * 10)) ]; do
    attempts=$((attempts + 1))
    version=$([ $((attempts % 2)) = 0 ] && echo fine || echo counter)
    rm -rf runs hold
    redis cache flushall >/dev/null
    mkfifo -m 600 hold
    "$TOOLS/churn" "$SCRATCH/db.sock" "$SCRATCH/cache.sock" 60000 2 "$((SEED + attempts))" <hold >written 2>&1 &
    churn=$!
    exec 9>hold
    (busy_load $version) >log 2>&1 9>&- &
    pid=$!
    # From the first key on; a load takes seconds here.
    wait_for 20 redis cache --raw eval "return redis.call('DBSIZE') > 100 and 1 or redis.error_reply('few')" 0 -e
    sleep "$(seconds_of "$(random_below 900)")"
    kill -9 $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
    if [ $status = 137 ]; then
        counted=$((counted + 1))
        (busy_load $version) >log 2>&1 9>&- && ended=$((ended + 1)) || cat log
        ! grep -q ' [1-9][0-9]* more were under way' log || caught=$((caught + 1))
    fi
    exec 9>&-
    wait $churn || cat written
    stale=$((stale + $(stale_count)))
done
echo "killed beside writers $counted times, $caught of them between writing and done; $stale stale values"
check "$WRITER_KILLS kills counted beside writers" test $counted -eq "$WRITER_KILLS"
check "some fell between writing and the second look" test $caught -ge $((WRITER_KILLS / 5))
check "each resumed load ended well" is_equal $ended $counted
check "no stale value was left" is_equal $stale 0

# ---- 3: the journal cut at every byte of its last record
make_plan small.csv 24
small_load() { "$L" run --config shop.conf --plan small.csv --window-ranks 8 --max-loss-share 50% --quiet; }
rm -rf runs whole
redis cache flushall >/dev/null
small_load >/dev/null
whole=$(state) whole_results=$(results)
cp -r runs whole
folder=$(basename whole/*)
# Where each record begins, and its kind: magic, size of the payload, checksum; then the payload.
python3 - "whole/$folder/journal" >records <<'P'
import struct, sys
journal = open(sys.argv[1], 'rb').read()
at = 0
while at < len(journal):
    print(at, journal[at + 16])
    at += 16 + struct.unpack_from('<I', journal, at + 4)[0]
print(at, 0)
P
# The last intent (2) stands before the done (3) of the window before: it was written ahead.
done_at=$(tail -n 2 records | head -n 1 | cut -d' ' -f1) end=$(tail -n 1 records | cut -d' ' -f1)
intent_at=$(grep ' 2$' records | tail -n 1 | cut -d' ' -f1)
intent_end=$(grep -A 1 "^$intent_at " records | tail -n 1 | cut -d' ' -f1)
last_window=$(awk -F, 'NR > 1 && $1 > 16 {print $5}' small.csv)
cut_and_resume() {
    rm -rf runs
    cp -r whole runs
    rm -f "runs/$folder/results.csv" "runs/$folder/status"
    truncate -s "$1" "runs/$folder/journal"
    small_load >/dev/null && [ "$(state)$(results)" = "$whole$whole_results" ] || { echo "cut at byte $1: differs"; return 1; }
}
cut_in_done() { for ((at = done_at; at < end; at++)); do cut_and_resume $at || return 1; done; }
cut_in_intent() {
    for ((at = intent_at; at < intent_end; at++)); do
        redis cache del $last_window >/dev/null # an intent that is not whole was followed by no write
        cut_and_resume $at || return 1
    done
}
check "a journal cut at each of the $((end - done_at)) bytes of a done resumes" cut_in_done
check "a journal cut at each of the $((intent_end - intent_at)) bytes of an intent resumes" cut_in_intent
finish
