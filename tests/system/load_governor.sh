#!/usr/bin/env bash
# load_governor.sh - the governor beside a database that gets busy, as an outside observer sees it: Redis' MONITOR.
# Goal: sleepers push Threads_running over the limit: nothing is written any more within 2 s, and again within 5 s of
# their end; the same for the throttle query; a row limit holds in any second, and a control file changes it in the
# running run, its bad line said once; the account at the end, the status and the metrics name the reasons.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=60000 LIMIT=4000
start_redis cache
start_mariadb db
sql db "CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40), updated_at TIMESTAMP(6) NOT NULL);
    INSERT INTO users SELECT seq, concat('user ', seq), '2026-01-01 00:00:00.5' FROM seq_1_to_$COUNT;
    CREATE TABLE knob (value INT); INSERT INTO knob VALUES (0);"
make_plan plan.csv $COUNT
cat >shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name, updated_at AS version FROM users WHERE id IN ({ids})

[mysql]
socket = $SCRATCH/db.sock
user = root
database = shop

[redis]
address = unix:$SCRATCH/cache.sock

[pace]
rows = $LIMIT
threads_running = 8
threads_running_critical = 0
throttle_query = SELECT value FROM shop.knob

[run]
dir = $SCRATCH/runs
C

now() { date +%s.%N; }
# sets FROM TO: how many SETs MONITOR saw in that time, and when the first and the last of them was.
sets() { awk -v from="$1" -v to="$2" '$4 == "\"SET\"" && $5 ~ /user:/ && $1 >= from && $1 < to {n++; if (n == 1) first = $1; last = $1} END {print n + 0, first, last}' monitor.txt; }
written() { grep -c '"SET"' monitor.txt; }
has_written() { [ "$(written)" -ge "$1" ]; }
running() { sql db "SHOW GLOBAL STATUS LIKE 'Threads_running'" | cut -f 2; }
is_running_above() { [ "$(running)" -gt "$1" ]; }
is_running_below() { [ "$(running)" -lt "$1" ]; }
ends_within() { awk -v last="$1" -v from="$2" -v limit="$3" 'BEGIN {if (last - from > limit) {print "it took " last - from " s"; exit 1}}'; }

# fell_silent FROM TO: the last SET since FROM came within 2 s.
fell_silent() {
    local seen
    seen=$(sets "$1" "$2")
    set -- "$1" $seen
    [ "$2" = 0 ] || ends_within "$4" "$1" 2
}
# spoke_again FROM TO: the first SET since FROM came within 5 s.
spoke_again() {
    local seen
    seen=$(sets "$1" "$2")
    set -- "$1" $seen
    [ "$2" -gt 0 ] && ends_within "$3" "$1" 5
}
# most_in_a_second FROM TO: the most SETs in any second of that time.
most_in_a_second() {
    awk -v from="$1" -v to="$2" 'BEGIN {n = 0; first = 0} $4 == "\"SET\"" && $5 ~ /user:/ && $1 >= from && $1 < to {
        t[n++] = $1; while (t[first] <= $1 - 1) first++; if (n - first > most) most = n - first} END {print most + 0}' monitor.txt
}
is_at_most() { [ "$1" -le "$2" ] || { echo "$1, and not $2 at most"; return 1; }; }
is_at_least() { [ "$1" -ge "$2" ] || { echo "$1, and not $2 at least"; return 1; }; }
writes_more_since() { has_written $(($1 + 100)); }

start_monitor cache monitor.txt
BEGAN=$(now)
"$L" run --config shop.conf --plan plan.csv --run "$SCRATCH/runs/one" >run.out 2>run.err &
RUN_PID=$!
SERVER_PIDS+=("$RUN_PID")
check "it writes" wait_for 20 has_written 3000

# ---- Threads_running
SLEEPERS=()
for i in $(seq 10); do
    mariadb --no-defaults -S "$SCRATCH/db.sock" -u root -e "SELECT SLEEP(600)" >/dev/null 2>&1 &
    SLEEPERS+=($!)
    SERVER_PIDS+=($!)
done
wait_for 20 is_running_above 8
BUSY=$(now)
sleep 3
STATUS=$("$L" status --run "$SCRATCH/runs/one")
RELIEF=$(now)
check "nothing is written within 2 s of Threads_running over its limit" fell_silent "$BUSY" "$RELIEF"
check "the status says why" grep -q "Threads_running [0-9]*, limit 8" <<<"$STATUS"
for id in $(sql db "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"); do sql db "KILL $id"; done
wait_for 20 is_running_below 8
RELIEF=$(now) COUNTED=$(written)
wait_for 20 writes_more_since "$COUNTED" || true
check "it goes on within 5 s of relief" spoke_again "$RELIEF" "$(now)"

# ---- the throttle query
sql db "UPDATE shop.knob SET value = 1"
BUSY=$(now)
sleep 3
RELIEF=$(now)
check "nothing is written within 2 s of the throttle query's yes" fell_silent "$BUSY" "$RELIEF"
sql db "UPDATE shop.knob SET value = 0"
RELIEF=$(now) COUNTED=$(written)
wait_for 20 writes_more_since "$COUNTED" || true
check "it goes on within 5 s of its no" spoke_again "$RELIEF" "$(now)"
check "the row limit held in any second" is_at_most "$(most_in_a_second "$BEGAN" "$(now)")" $LIMIT

# ---- the control file
printf 'rows = 500\nspeed = 9\n' >"$SCRATCH/runs/one/control"
check "a control file is read" wait_for 10 grep -q "control: its limits hold from now on" run.err
SLOW=$(now)
sleep 2
FAST=$(now)
check "it changes the rate of a running run" is_at_most "$(most_in_a_second "$SLOW" "$FAST")" 500
check "and the run goes on at that" is_at_least "$(sets "$SLOW" "$FAST" | cut -d ' ' -f 1)" 200
check "its bad line is said once" is_equal "$(grep -c "control: line 2: 'speed' cannot be changed" run.err)" 1
echo 'rows = 0' >"$SCRATCH/runs/one/control"
STATUS=0
wait $RUN_PID || STATUS=$?
check "the run ends well" is_equal $STATUS 0
check "all keys are there" is_equal "$(redis cache dbsize)" $COUNT

# ---- the account
# seconds REASON FROM TO: the summary's line for it, in seconds, lies between.
seconds() {
    awk -v reason="$1" -v from="$2" -v to="$3" 'index($0, reason) {n = $(NF - 1); unit = $NF; if (unit == "ms") n /= 1000; found = 1}
        END {if (!found || n < from || n > to) {print "not from " from " to " to ": " n; exit 1}}' run.out || { cat run.out; return 1; }
}
check "the account: Threads_running" seconds "Threads_running over its limit" 1.5 20
check "the account: throttle query" seconds "throttle query said so" 1.5 20
check "the account: row rate" seconds "row rate limit" 1 60
check "the status tells it, too" grep -q "Threads_running over its limit *[0-9]" <<<"$("$L" status --run "$SCRATCH/runs/one")"
check "the summary for machines has it, too" grep -q '"threads": [1-9]' "$SCRATCH/runs/one/summary.json"
finish
