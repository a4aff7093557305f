#!/usr/bin/env bash
# load_ready.sh - minutes before the window: what went missing is seen, warmed again in rank order, and judged.
# Goal: the coverage that `ready` prints equals a recount; GO is 0 and NO-GO is 9; what the application has written
# since stays; evictions and a restart since the load are told; --touch makes keys young; the reports can be read.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=5000
start_redis cache --maxmemory 200mb --maxmemory-policy allkeys-lru
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
load() { "$L" run --config shop.conf --plan plan.csv --quiet "$@"; }
ready() { "$L" ready --config shop.conf --plan plan.csv "$@"; }
keys_of_ranks() { awk -F, -v from="$1" -v to="$2" 'NR > 1 && $1 >= from && $1 <= to {print $5}' plan.csv; }
delete_ranks() { keys_of_ranks "$1" "$2" | sed 's/^/DEL /' | redis cache >/dev/null; }
# The share of the plan's benefit whose keys are there, in percent cut to one decimal, counted from outside.
recount() {
    awk -F, 'NR > 1 {print $5, $11}' plan.csv | sort >weights
    redis cache --scan --pattern 'user:*' | sort >present
    join -a 1 -o 1.2,2.1 -e - weights <(awk '{print $1, 1}' present | sed 's/ 1$//' | awk '{print $1}') |
        awk '{all += $1} $2 != "-" {warm += $1} END {printf "%.1f\n", int(1000 * warm / all + 1e-9) / 10}'
}
printed() { sed -nE 's/^(GO|NO-GO): ([0-9.]+)% of the expected benefit.*/\2/p' "$SCRATCH/stdout"; }

check "without a run there is nothing to be ready" says 3 "there is no run of this plan" ready
check "load" load
check "right after the load: GO" exits_with 0 ready
check "nothing was re-warmed" bash -c "! ls runs/*/ready-1"
check "the coverage equals a recount" is_equal "$(printed)" "$(recount)"

# Half of what matters most went missing, and the application has refilled some of it.
delete_ranks 1 1000
first=$(keys_of_ranks 1 1)
redis cache set "$first" "the application's" >/dev/null
check "look only: NO-GO" exits_with 9 ready --look-only
check "with the coverage of a recount" is_equal "$(printed)" "$(recount)"
check "the first tenths are the ones that miss" bash -c "awk -F, '\$1 == 1 {exit !(\$5 > 100)}' runs/*/ready.csv && awk -F, '\$1 == 10 {exit !(\$5 == 0)}' runs/*/ready.csv"
check "nothing was written" is_equal "$(redis cache dbsize)" $((COUNT - 999))
start_monitor cache commands
# who was held out by another draw than the run's is warmed all the same
check "without it: GO" exits_with 0 ready --holdout 50%
check "with the coverage of a recount again" is_equal "$(printed)" "$(recount)"
check "all keys are there" is_equal "$(redis cache dbsize)" $COUNT
kill "$MONITOR_PID"
check "warmed in rank order" is_equal "$(grep -oE '"SET" "user:[^"]*"' commands | cut -d'"' -f4 | md5sum)" "$(keys_of_ranks 2 1000 | md5sum)"
check "the application's value stands" is_equal "$(redis cache get "$first")" "the application's"
check "the second run has results of its own" is_equal "$(outcomes runs/*/ready-1/results.csv)" "warmed 999"
check "its keys expire as those of the load" is_equal "$(redis cache pexpiretime "$(keys_of_ranks 2 2)")" \
    "$(($(date -u -d "$WINDOW_END" +%s) * 1000 + $(awk -F, '$1 == 2 {print $5}' runs/*/results.csv) * 1000))"

# A key that the application gave a short life is told.
redis cache expire "$(keys_of_ranks 7 7)" 3600 >/dev/null
check "GO, with a key that expires early" exits_with 0 ready
check "said in a line" grep -q "^1 keys expire before the window ends" "$SCRATCH/stdout"
check "and in the CSV" grep -qE '^all,5000,5000,0,0,1,' "$(ls runs/*/ready.csv)"

# --touch: bounded, the highest ranks.
sleep 2.1
check "touch 100" ready --touch 100
check "it says so" exits_with 0 ready --touch 100
idle() { redis cache object idletime "$(keys_of_ranks "$1" "$1")"; }
check "the first is young" test "$(idle 1)" -le 1
check "the hundred-and-first is not" test "$(idle 101)" -ge 2
check "rows that nobody can warm are left out" bash -c "
    sqlite3 shop.db 'DELETE FROM users WHERE id % 2 = 0'; redis-cli -s $SCRATCH/cache.sock flushall >/dev/null; rm -rf runs
    '$L' run --config shop.conf --plan plan.csv --max-loss-share 60% --quiet && '$L' ready --config shop.conf --plan plan.csv --min-coverage 100%"

# Evictions and a restart since the load.
for i in $(seq 1 400); do echo "SET filler:$i $(head -c 1000 /dev/zero | tr '\0' x)"; done | redis cache >/dev/null
redis cache config set maxmemory 1mb >/dev/null
redis cache config set maxmemory 200mb >/dev/null
exits_with 0 ready --look-only --min-coverage 0% || true
check "evictions since the load are told" grep -qE 'has evicted [1-9].* it is too full' "$SCRATCH/stdout"
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
rm -f "$SCRATCH/cache.sock"
start_redis cache
check "an empty Redis is a NO-GO" exits_with 9 ready --look-only
check "a restart is told" grep -q 'RESTARTED since the load' "$SCRATCH/stdout"
check "and is warmed again" exits_with 0 ready
check "80 columns" bash -c "! grep -vE '^(report|results|run):? ' '$SCRATCH/stdout' | grep -E '.{81}'"
check "the page says the same" grep -q '<h1 class=go>GO: 100.0 % of the expected benefit is warm' runs/*/ready.html
check "and what was asked for" grep -q '<dt>asked for</dt><dd>[0-9.]* % or more</dd>' runs/*/ready.html
check "reports are private" is_equal "$(stat -c %a runs/*/ready.html runs/*/ready.csv runs/*/ready-plan.csv | sort -u)" 600
finish
