#!/usr/bin/env bash
# load_switch.sh - a run under way is paused, resumed and stopped, by signal and by file, and what is left can be read.
# Goal: each acts within a second also when Redis hangs, nothing of a stopped run is lost, `status` says what to do; a
# damaged journal is refused, a torn one resumes; a lease in Redis keeps other hosts out; a Redis that came back empty
# is not taken for warm.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=6000
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed -i '/^address/a timeout = 1s' shop.conf
load() { "$L" run --config shop.conf --plan plan.csv "$@"; }
# A run that takes six seconds; exec, so that its pid is the program's.
start_load() {
    local before
    before=$(redis cache dbsize)
    (exec "$L" run --config shop.conf --plan plan.csv --rows 1000 "$@") >load.out 2>&1 &
    LOADER=$!
    SERVER_PIDS+=("$LOADER")
    wait_for 5 has_keys "$before"
}
has_keys() { [ "$(redis cache dbsize)" -gt "$1" ]; }
stands_still() {
    local before
    before=$(redis cache dbsize)
    sleep 0.7
    is_equal "$(redis cache dbsize)" "$before"
}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
# Waits for the loader's end: how, and after how many milliseconds from now on. Not inside `check`: a subshell cannot.
wait_for_end() {
    local started
    started=$(milliseconds)
    STATUS=0
    wait "$LOADER" || STATUS=$?
    TOOK=$(($(milliseconds) - started))
}
ended() { is_equal $STATUS "$1" && { [ $TOOK -le "$2" ] || { echo "took $TOOK ms"; return 1; }; } || { cat load.out; return 1; }; }
state_is() { "$L" status --config shop.conf | head -n 1 | grep -q ": $1\$"; }
says_status() { "$L" status --config shop.conf | grep -qF -- "$1" || { "$L" status --config shop.conf; return 1; }; }
folder() { echo "$SCRATCH"/runs/sale-*; }
begin_anew() { rm -rf runs; redis cache flushall >/dev/null; }

check "no runs yet" says_status "no runs in"
start_load
check "a second run on the same target is refused" says 8 "another run" load
check "status says that it runs" wait_for 3 state_is running
kill -USR1 $LOADER
check "SIGUSR1 pauses" wait_for 2 state_is paused
check "nothing is written meanwhile" stands_still
check "status says why, and how to go on" says_status "switched to pause since"
check "in words that can be pasted" says_status "rekindle-load resume --run $(folder)"
check "check's lines fit into 80 columns, but for paths" \
    bash -c "'$L' check --config shop.conf --plan plan.csv >checked; ! grep -v / checked | grep -E '.{81}'"
check "80 columns, but for paths" bash -c "! '$L' status --config shop.conf | grep -v / | grep -E '.{81}'"
kill -USR2 $LOADER
check "SIGUSR2 goes on" wait_for 2 has_keys "$(redis cache dbsize)"
touch "$(folder)/pause"
check "a file pauses" wait_for 2 state_is paused
check "and nothing is written" stands_still
check "the file is taken in, and its absence lifts nothing" stands_still
check "resume does" "$L" resume --config shop.conf
check "and it goes on" wait_for 2 has_keys "$(redis cache dbsize)"
kill -TERM $LOADER
wait_for_end
check "SIGTERM ends with 6 within a second" ended 6 1000
check "and says that the same command resumes" grep -q "stopped by SIGTERM; the same command resumes" load.out
check "status says so too" says_status "resumes it"
check "what is warm is in the results" is_equal "$(grep -c ,warmed, "$(results_file)")" "$(redis cache dbsize)"
check "it was accounted for" grep -q "paused by the switch" load.out
start_load --deadline 2s
kill -USR1 $LOADER
check "a deadline does not wait for a resume" wait_for 2 state_is paused
wait_for_end
check "it ends a paused run with 7" ended 7 2500
check "and says where it stands" grep -qE "the deadline .* is reached with [0-9]+ of $COUNT planned keys" load.out
check "what is warm is in the results then, too" is_equal "$(grep -c ,warmed, "$(results_file)")" "$(redis cache dbsize)"
"$L" resume --config shop.conf >/dev/null
start_load
touch runs/stop
wait_for_end
check "a file for all runs stops" ended 6 1500
check "and says which" grep -q "stopped by the file" load.out
check "as long as it lies there" exits_with 6 load
rm runs/stop
check "and longer: only a resume lifts it" says 6 "rekindle-load resume --run" load
check "status says so" says_status "and then the same \`rekindle-load run\` command"
check "resume finds the one that is meant" exits_with 0 "$L" resume --config shop.conf
check "and says what to do" grep -q "the same .rekindle-load run. command goes on" "$SCRATCH/stdout"
check "a second resume finds nothing to lift" says 3 "is paused or switched off" "$L" resume --config shop.conf
check "pause finds nothing under way" says 3 "is under way" "$L" pause --config shop.conf
check "an unknown name is refused" says 3 "/runs; there are sale-" "$L" stop --config shop.conf --run nobody
check "a slip is told" says 3 "did you mean $(basename "$(folder)")?" "$L" status --config shop.conf --run "$(basename "$(folder)" | sed 's/sale/slae/')"
check "--all and --run exclude each other" exits_with 2 "$L" stop --config shop.conf --run nobody --all

start_load
kill -STOP "$REDIS_PID"
sleep 0.3
kill -TERM $LOADER
wait_for_end
check "a Redis that hangs holds a stop up no longer than its timeout" ended 6 3000
kill -CONT "$REDIS_PID"
start_load
kill -9 $LOADER
wait $LOADER 2>/dev/null || true
check "status knows a dead run" says_status "it died"
check "the same command ends what was begun four times" load
check "with every key" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
all_values cache >got
check "and every value" is_equal "$(sort got | md5sum)" "$(expected_values shop.db | sort | md5sum)"
check "no lease is left behind" is_equal "$(redis cache exists rekindle:lease)" 0

begin_anew
redis cache set rekindle:lease other-host/uid0/1 px 60000 >/dev/null
check "another host's lease keeps out" says 8 "other-host/uid0/1" load
redis cache del rekindle:lease >/dev/null
start_load
redis cache set rekindle:lease other-host/uid0/1 px 60000 >/dev/null
wait_for_end
check "a lease taken over stops the run" ended 8 8000
redis cache del rekindle:lease >/dev/null

begin_anew
start_load --window-ranks 500
wait_for 5 has_keys 1000
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
start_redis cache
wait_for_end
check "Redis killed and back empty in mid-load: exit code 4" ended 4 20000
check "said in a sentence" grep -q "was restarted" load.out
check "nothing that is gone is called warm" is_equal "$(outcomes "$(results_file)")" "not_reached $COUNT"
check "the same command warms it again" load
check "with every key again" is_equal "$(redis cache dbsize)" $COUNT

begin_anew
load --window-ranks 500 >/dev/null
check "twelve windows settle" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
journal=$(folder)/journal
cp "$journal" whole
size=$(stat -c %s whole)
printf '\xff' | dd of="$journal" bs=1 seek=$((size / 2)) conv=notrunc status=none
check "damage in the middle of the journal is refused with its place" says 3 "damaged at byte" load
check "by status too" says 3 "damaged at byte" "$L" status --config shop.conf
cp -r "$(folder)" runs/whole
cp whole runs/whole/journal
check "which hides no other run" grep -q "$COUNT of $COUNT planned" <("$L" status --config shop.conf 2>/dev/null)
rm -r runs/whole
for cut in 1 7 100 1000; do
    head -c $((size - cut)) whole >"$journal"
    rm -f "$(folder)/results.csv"
    check "a journal without its last $cut bytes resumes" load --quiet
    check "to the same results" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
done

redis cache flushall >/dev/null
check "verify counts what is gone" exits_with 1 "$L" verify --config shop.conf --plan plan.csv
check "all of it" grep -q "$COUNT is gone" "$SCRATCH/stdout"
check "a Redis that came back empty is not warm: the same command says so" says 0 "it has lost them" load
check "and warms every key" is_equal "$(redis cache dbsize)" $COUNT
check "a new folder warms it too" load --run "$SCRATCH/again"
check "the folder is closed to others" is_equal "$(stat -c %a "$SCRATCH/again" "$SCRATCH/again/journal" "$SCRATCH/again/results.csv" | paste -sd' ')" "700 600 600"
sed 's/,sale,/,other-sale,/; s/^1,user/10000000,user/' plan.csv >other.csv
check "a folder of another plan is refused" says 3 "belongs to another plan" "$L" run --config shop.conf --plan other.csv --run "$SCRATCH/again"
finish
