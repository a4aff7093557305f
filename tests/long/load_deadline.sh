#!/usr/bin/env bash
# load_deadline.sh - a slowed database and a deadline: what is warm is exactly a prefix of the plan, in the order that
# MONITOR saw, and the coverage that is printed equals a recount; another deadline goes on where this one ended.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"

rows=40000
start_redis cache
start_mariadb db
# Two connections, two milliseconds a row: a thousand rows a second at most, and the second look takes as long again.
sql db "CREATE DATABASE shop; USE shop; CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40));
        INSERT INTO users SELECT seq, concat('user ', seq) FROM seq_1_to_$rows"
cat >shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name FROM users WHERE id IN ({ids}) AND SLEEP(0.002) = 0
value = json
ttl = event_end + 6h
[mysql]
socket = db.sock
user = root
database = shop
timeout = 60s
[pace]
rows = 0
[redis]
address = unix:cache.sock
[run]
dir = runs
C
make_plan plan.csv $rows
awk -F, 'NR > 1 {print $5}' plan.csv >planned
load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }

# What the first N planned keys hold of the benefit, counted from the plan alone; percent with one digit.
recount() {
    awk -F, -v n="$1" 'NR > 1 {all += $11} NR > 1 && NR <= n + 1 {first += $11} END {printf "%.1f%%", 100 * first / all}' plan.csv
}
printed_share() { grep -o 'expected benefit that is warm: [0-9.]*%' "$1" | grep -o '[0-9.]*%'; }

start_monitor cache monitor.log
began=$SECONDS
check "a deadline that comes too soon: exit code 7" says 7 "is reached with" load run --window-ranks 500 --deadline 20s
took=$((SECONDS - began))
mv stdout first.out
mv stderr first.err
check "not before it" test $took -ge 19
first=$(redis cache dbsize)
check "after at least ten windows of 500" test "$first" -ge 5000
check "and far from the end" test "$first" -le $((rows * 9 / 10))
check "it said at once what will fit" grep -qE "at [0-9.]+k? keys/s [0-9]+ of $rows keys fit by 20[0-9T:-]+Z: [0-9.]+% of the expected benefit" first.err
grep -oE '"user:[0-9]+:profile"' monitor.log | tr -d '"' | awk '!seen[$0]++' >written
check "what was written is a prefix of the plan, in its order" cmp <(head -n "$(wc -l <written)" planned) written
check "and all of it is there" is_equal "$(wc -l <written)" "$first"
check "the coverage that is printed equals a recount" is_equal "$(printed_share first.out)" "$(recount "$first")"
check "results.csv says the same" is_equal "$(outcomes "$(results_file)")" "$(printf 'not_reached %d\nwarmed %d' $((rows - first)) "$first")"
check "and which" cmp <(head -n "$first" planned) <(awk -F, '$3 == "warmed" {print $2}' "$(results_file)")
check "status tells the deadline" bash -c "'$L' status --config shop.conf | grep -qE '^deadline 20.*Z: [0-9]+ keys fit'"
check "and the share that is warm" bash -c "'$L' status --config shop.conf | grep -qF '$(recount "$first") of the expected benefit warm'"

check "a deadline that is over: exit code 7" says 7 "is reached with $first of $rows" load run --deadline "$(date -u -d '-1 minute' +%FT%TZ)"
check "and nothing is written" is_equal "$(redis cache dbsize)" "$first"
check "the same command with another deadline goes on" says 7 "is reached with" load run --window-ranks 500 --deadline 5s
mv stdout second.out
second=$(redis cache dbsize)
check "from where it ended" test "$second" -gt "$first"
grep -oE '"user:[0-9]+:profile"' monitor.log | tr -d '"' | awk '!seen[$0]++' >written
kill "$MONITOR_PID"
check "in the order of the plan" cmp <(head -n "$second" planned) <(head -n "$second" written)
check "the coverage counts both" is_equal "$(printed_share second.out)" "$(recount "$second")"
sed -i 's/ AND SLEEP(0.002) = 0//' shop.conf
check "a deadline that is far away: exit code 0" load run --deadline 10m
check "and every key" is_equal "$(redis cache dbsize)" $rows
# Rows of which nothing is to be written are no reason to go on.
sed -i 's/^ttl = .*/&\nmax_value = 8/' shop.conf
check "a deadline that is over, and nothing to write" says 7 "is reached with 0 of $rows" load run --run other --deadline "$(date -u -d '-1 minute' +%FT%TZ)"
finish
