#!/usr/bin/env bash
# load_sqlite.sh - a plan from SQLite into one Redis: values, order, expiries, what stands already, spreadsheets' plans.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=20000
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }

check "check is a dry run" load check
sed 's/SELECT id, name/SELECT name, id/' shop.conf >swapped.conf
check "ids in another column: check says what to look at" says 0 "not one of these ids is in the source: is the first column" \
    "$L" check --config swapped.conf --plan plan.csv
check "that writes nothing" is_equal "$(redis cache dbsize)" 0

redis cache set user:7:profile mine >/dev/null
start_monitor cache monitor.log
check "run" exits_with 0 load run
check "which finds no query that scans" bash -c "! grep 'whole table' $SCRATCH/stderr"
kill $MONITOR_PID
check "warms every key but the one that stood" is_equal "$(outcomes "$(results_file)")" "$(printf 'exists 1\nwarmed %d' $((COUNT - 1)))"
check "which is untouched" is_equal "$(redis cache get user:7:profile) $(redis cache ttl user:7:profile)" "mine -1"
redis cache del user:7:profile >/dev/null
expected_values shop.db | grep -vP '^user:7:profile\t' | sort >expected
all_values cache | sort >got
check "each value equals its row" cmp expected got
grep -oP '"SET" "\Kuser:[0-9]+:profile' monitor.log | awk '!seen[$0]++' >written
tail -n +2 plan.csv | cut -d, -f5 >planned
check "in rank order, as MONITOR saw it" cmp planned written
check "each by one SET NX EXAT" is_equal "$(grep -cP '"SET" "user:.* "NX" "EXAT" "[0-9]+"' monitor.log)" "$(grep -c '"SET" "user:' monitor.log)"
all_expiries cache >expiries
check "none expires before the window ends" awk -v end="$WINDOW_END_UNIX" '$2 / 1000 < end + 6 * 3600 {bad = 1} END {exit bad}' expiries
check "nor together: at most 1 % in one second" awk '{n[int($2 / 1000)]++} END {for (s in n) if (n[s] > NR / 100) exit 1}' expiries
check "the results follow the plan" is_equal "$(tail -n +2 "$(results_file)" | cut -d, -f2 | md5sum)" "$(md5sum <planned)"

redis cache set user:7:profile mine >/dev/null
load run >second.out 2>&1 || true
check "a second run says that there is nothing to do" grep -qi "nothing to do" second.out
check "and changes nothing" is_equal "$(all_expiries cache | grep -vP '^user:7:' | md5sum)" "$(md5sum <expiries)"
check "verify finds all of it" load verify --sample all
redis cache set user:9:profile other EXAT $((WINDOW_END_UNIX + 99999)) >/dev/null
redis cache del user:10:profile >/dev/null
redis cache expire user:11:profile 3600 >/dev/null
redis cache persist user:12:profile >/dev/null
check "verify finds what has changed and what is gone" exits_with 1 load verify --sample all
check "and names them" bash -c "cat '$SCRATCH/stdout' '$SCRATCH/stderr' | grep -q user:9:profile && cat '$SCRATCH/stdout' '$SCRATCH/stderr' | grep -q user:10:profile"
check "and a life that is too short, or without end" bash -c "grep -q 'user:11:profile expires before the window ends' '$SCRATCH/stdout' && grep -q 'user:12:profile never expires' '$SCRATCH/stdout'"
check "status tells how it went" bash -c "'$L' status --config shop.conf | grep -qi 'warmed'"

redis cache flushall >/dev/null
# What a spreadsheet makes of it: a BOM, CRLF, semicolons, decimal commas, sorted by id, an action edited, rows deleted.
awk -F, 'NR == 1 || $1 % 100 != 5' plan.csv | awk -F, -v OFS=';' 'NR > 1 {if ($1 == 3) $6 = "skip"; for (i = 7; i <= 13; i++) sub(/\./, ",", $i)} {$1 = $1; print}' >rows
{ printf '\xef\xbb\xbf'; head -n 1 rows; tail -n +2 rows | sort -t';' -k3,3; } | sed 's/$/\r/' >edited.csv
cp plan.csv.sum edited.csv.sum 2>/dev/null || true
start_monitor cache second-monitor.log
check "a spreadsheet's plan is read" "$L" run --config shop.conf --plan edited.csv
kill $MONITOR_PID
grep -oP '"SET" "\Kuser:[0-9]+:profile' second-monitor.log >written
awk -F, 'NR > 1 && $1 % 100 != 5 && $1 != 3 {print $5}' plan.csv >planned
check "and written in rank order all the same" cmp planned written
check "what was set to skip is skipped" is_equal "$(outcomes "$(results_file)" | grep skipped)" "skipped 1"

# The right row: ids that a database matches loosely are missing, not wrong.
sqlite3 odd.db "CREATE TABLE users (id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT, tier TEXT, points INTEGER, updated_at INTEGER);
    INSERT INTO users VALUES ('12', 'twelve', 'basic', 1, 1), ('85123A', 'big', 'basic', 2, 1), ('o''brien', 'quote', 'basic', 3, 1), ('x\";DROP', 'q', 'basic', 4, 1);"
make_config odd.conf "$SCRATCH/odd.db" "$SCRATCH/cache.sock"
{ echo "$PLAN_HEADER"
    rank=0
    for id in 12 12abc 0012 85123A 85123a '12 ' "o'brien" "x'; DROP TABLE users; --"; do
        rank=$((rank + 1))
        echo "$rank,user,$id,user-profile,user:$id:profile,warm,0.5,0.1,0.9,1,6,300,45,2026-01-01T00:00:00Z,5,1,2,r,sale,$WINDOW_START,$WINDOW_END,$AS_OF"
    done
} >odd.csv
redis cache flushall >/dev/null
"$L" run --config odd.conf --plan odd.csv >odd.out 2>&1 || true
check "only ids that are equal byte for byte are used" is_equal "$(awk -F, 'NR > 1 {print $3}' "$(results_file)" | paste -sd' ')" \
    "warmed missing missing warmed missing missing warmed missing"
sed 's/WHERE id IN/WHERE +id IN/' odd.conf >scan.conf # the + keeps SQLite from its index
says_scan() { grep -qF "family user-profile: the database would read the whole table for each query" "$SCRATCH/stderr"; }
exits_with 1 "$L" run --config scan.conf --plan odd.csv --run scan --quiet || true
check "a query that reads the whole table is told by run" says_scan
check "and by check" says 0 "would read the whole table" "$L" check --config scan.conf --plan odd.csv
check "and the table still stands" is_equal "$(sqlite3 odd.db 'SELECT count(*) FROM users')" 4
finish
