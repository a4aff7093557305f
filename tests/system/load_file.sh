#!/usr/bin/env bash
# load_file.sh - values from files of several formats and orders give the same keys as the database they came from; a
# run that was stopped goes on; a file that changes, and a config that did, are noticed.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=3000

start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
expected_values shop.db | sort >expected

# The rows, rendered, in the order of the plan and in that of the ids; two ids are in no file.
JSON="json_object('id', id, 'name', name, 'tier', tier, 'points', points)"
sqlite3 -separator "$(printf '\t')" shop.db "SELECT id, $JSON FROM users" >rows
awk -F, 'NR == FNR {order[$3] = FNR; next} {split($0, cells, "\t"); print order[cells[1]] "\t" $0}' plan.csv rows |
    sort -n | cut -f2- >ranked
csv() { sed 's/"/""/g; s/\t/,"/; s/$/"/' "$1"; }
(echo id,value; csv ranked) >ranked.csv
(echo id,value; csv rows; printf 'nobody,x\n') >sorted.csv
(printf 'id\tvalue\n'; csv ranked | sed 's/,/\t/') | gzip >ranked.tsv.gz
cut -f2 ranked >ranked.ndjson
cut -f2 rows | gzip >sorted.jsonl.gz

# config FILE VALUE: from that file.
config() {
    cat >file.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = file
file = $SCRATCH/$1
value = $2

[redis]
address = unix:$SCRATCH/cache.sock

[run]
dir = $SCRATCH/runs
C
}
load() { "$L" run --config file.conf --plan plan.csv "$@"; }
begin_anew() { rm -rf runs; redis cache flushall >/dev/null; }
loads_all() {
    begin_anew
    config "$1" "$2"
    exits_with 0 load --quiet && all_values cache | sort | diff - expected >/dev/null && [ -z "$(ls runs | grep -v sale)" ]
}

check "CSV in the plan's order" loads_all ranked.csv raw:value
check "CSV in another order" loads_all sorted.csv raw:value
check "NDJSON in the plan's order" loads_all ranked.ndjson json
check "packed NDJSON in another order" loads_all sorted.jsonl.gz json
check "packed TSV" loads_all ranked.tsv.gz raw:value

(printf 'id\tvalue\n'; cat ranked) | gzip >broken.tsv.gz
begin_anew
config broken.tsv.gz raw:value
check "a broken line is named by the file that was packed" says 3 "$SCRATCH/broken.tsv.gz, unpacked: " load
begin_anew
config ranked.csv 'template:{id}={value}'
check "a template" exits_with 0 load
check "has what it asks for" is_equal "$(redis cache get user:7:profile)" "7=$(sqlite3 shop.db "SELECT $JSON FROM users WHERE id = 7")"
check "check says that a file is no source of news" eval '"$L" check --config file.conf --plan plan.csv --run runs/none | grep -q "the source is a file"'

check "verify compares all values with the file" exits_with 0 "$L" verify --config file.conf --plan plan.csv --sample all
redis cache set user:7:profile stale keepttl >/dev/null
check "and sees one that differs" exits_with 1 "$L" verify --config file.conf --plan plan.csv --sample all

# Stopped after some windows, then resumed: the file is not where reading along would have been.
begin_anew
config ranked.csv raw:value
(exec "$L" run --config file.conf --plan plan.csv --rows 1500 --window-ranks 200) >load.out 2>&1 &
LOADER=$!
SERVER_PIDS+=("$LOADER")
wait_for 5 eval '[ "$(redis cache dbsize)" -gt 300 ]'
kill -TERM $LOADER
wait $LOADER
check "a stopped run ends with 6" is_equal $? 6
"$L" resume --config file.conf >/dev/null 2>&1 || true
check "and goes on in the middle of the file" exits_with 0 load
check "to the same keys" eval 'all_values cache | sort | diff - expected'

begin_anew
config sorted.csv raw:value
head -n 2000 sorted.csv >some.csv
sed -i "s/sorted.csv/some.csv/" file.conf
check "what a file lacks is missing" says 1 "missing in the source" load
check "and counted" is_equal "$(outcomes "$(results_file)")" "$(printf 'missing 1001\nwarmed 1999')"
check "an unchanged config is not spoken of" eval '! load 2>&1 | grep -q "were changed since"'
sed -i 's/^value.*/&\nttl = event_end + 7h/' file.conf
check "a changed one is" eval 'load 2>&1 | grep -q "families.* were changed since this run began"'
check "a query beside a file is refused" says 3 "has a query, but its source is no database" \
    eval 'sed -i "s/^value.*/&\nquery = SELECT id FROM t WHERE id IN ({ids})/" file.conf; begin_anew; load'

finish
