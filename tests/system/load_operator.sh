#!/usr/bin/env bash
# load_operator.sh - what a run tells machines: a Prometheus text file, summary.json, and a command when it has ended.
# Goal: the numbers are those of results.csv; the metrics are well-formed, readable for another user and fresh while it
# runs; the hook is called however a run ends, sees no password, and changes nothing.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=3000
start_redis cache
make_table shop.db $COUNT
sqlite3 shop.db "DELETE FROM users WHERE id <= 10"
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
cat >>shop.conf <<C
metrics = $SCRATCH/rekindle.prom
on_finish = env | grep ^REKINDLE_ | sort >'$SCRATCH/told'; echo hook >>'$SCRATCH/calls'; exit 3
C
load() { "$L" run --config shop.conf --plan plan.csv "$@"; }
told() { sed -n "s/^$1=//p" "$SCRATCH/told"; }
json() { python3 -c 'import json, sys; value = json.load(open(sys.argv[1]))
for name in sys.argv[2:]: value = value[name]
print(value)' "$(ls runs/*/summary.json)" "$@"; }
# Every line is a comment of the format or NAME{LABELS} NUMBER, and every name has HELP and TYPE before it.
is_well_formed() {
    python3 - "$1" <<'P'
import re, sys
known = {}
for line in open(sys.argv[1], encoding='utf-8'):
    match = re.fullmatch(r'# (HELP|TYPE) ([a-z_]+) (.+)\n', line)
    if match:
        known.setdefault(match[2], set()).add(match[1])
        continue
    match = re.fullmatch(r'([a-z_]+)(?:\{([a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)\n', line)
    assert match and known.get(match[1]) == {'HELP', 'TYPE'}, line
assert len(known) >= 8
P
}
metric() { awk -v name="$1" 'index($1, name) == 1 {print $2}' rekindle.prom; }

REKINDLE_MYSQL_PASSWORD=hushhush load >out 2>err || true
check "metrics are well-formed" is_well_formed rekindle.prom
check "another user may read them" is_equal "$(stat -c %a rekindle.prom)" 644
check "and they name no path" bash -c "! grep -q '$SCRATCH' rekindle.prom"
check "warmed rows" is_equal "$(grep 'outcome="warmed"' rekindle.prom | awk '{print $2}')" $((COUNT - 10))
check "missing rows" is_equal "$(grep 'outcome="missing"' rekindle.prom | awk '{print $2}')" 10
check "the state is finished" is_equal "$(grep '} 1$' rekindle.prom | grep -o 'state="[a-z]*"')" 'state="finished"'
check "summary.json says the same" is_equal "$(json outcomes warmed) $(json outcomes missing) $(json state) $(json exit_code)" "$((COUNT - 10)) 10 finished 0"
check "with the share of the benefit" test "$(json benefit_share | cut -c1-4)" = 0.99
check "and nobody else may read it" is_equal "$(stat -c %a runs/*/summary.json)" 600
check "the hook is told of the end" is_equal "$(told REKINDLE_COMMAND) $(told REKINDLE_EXIT_CODE) $(told REKINDLE_EVENT)" "run 0 sale"
check "and where the report is" test -f "$(told REKINDLE_REPORT)"
check "but no password" bash -c "! grep -qi hush told"
check "its failure is a warning" grep -q 'warning: \[run\] on_finish ended with exit code 3' err

# A run that stops, one that cannot begin.
redis cache flushall >/dev/null
rm -rf runs
"$L" run --config shop.conf --plan plan.csv --rows 500 >out 2>err &
LOADER=$!
has_rate() { [ "$(awk '/^rekindle_run_settled_rows.*warmed/ {print $2}' rekindle.prom)" -gt 400 ] && grep -q 'state="running"} 1' rekindle.prom; }
check "metrics are fresh while it runs" wait_for 10 has_rate
kill -TERM $LOADER
status=0
wait $LOADER || status=$?
check "the hook's failure leaves the exit code" is_equal $status 6
check "the hook is told of a stop" is_equal "$(told REKINDLE_EXIT_CODE)" 6
check "with its reason" grep -q SIGTERM <<<"$(told REKINDLE_MESSAGE)"
check "the row limit is told as the reason of waiting" bash -c "awk '/throttled_seconds_total.*rate/ {sum += \$2} END {exit !(sum > 0.02)}' rekindle.prom"
check "summary.json too" python3 -c "import json, glob; assert json.load(open(glob.glob('runs/*/summary.json')[0]))['throttled_seconds']['rate'] > 0.02"
sed 's/^1,user/x,user/' plan.csv >broken.csv
check "a plan that is refused: exit code 3" exits_with 3 "$L" run --config shop.conf --plan broken.csv
check "and the hook knows" is_equal "$(told REKINDLE_EXIT_CODE)" 3
load --quiet >out 2>err || true
: >calls
redis cache flushall >/dev/null
check "ready calls the hook once, for itself" exits_with 0 "$L" ready --config shop.conf --plan plan.csv
check "not for the run it makes" is_equal "$(wc -l <calls) $(told REKINDLE_COMMAND)" "1 ready"

# Guard and ramp have files of their own beside it.
guard() { "$L" guard --once --config shop.conf >out 2>err; }
check "guard" guard
check "writes a file beside that of the run" is_well_formed rekindle-guard.prom
check "another user may read it, too" is_equal "$(stat -c %a rekindle-guard.prom)" 644
check "it watches, and has seen no loss" grep -q '^rekindle_guard_losses_total 0$' rekindle-guard.prom
redis cache flushall >/dev/null
check "guard after a loss" guard
check "tells of it" grep -q '^rekindle_guard_losses_total 1$' rekindle-guard.prom
check "and that all is well again" grep -q '^rekindle_guard_state{state="watching"} 1$' rekindle-guard.prom
(for _ in $(seq 40); do redis cache get user:1:profile; sleep 0.1; done) >/dev/null &
READER=$!
check "ramp" "$L" ramp --config shop.conf --event sale --tick 1s --steps 50,100 --soak 0s --min-reads 0 --min-hit-ratio 0 --log ramp.csv
kill $READER 2>/dev/null || true
check "writes one, too" is_well_formed rekindle-ramp-sale.prom
check "which says how it ended" grep -q '^rekindle_ramp_state{event="sale",state="ended_full"} 1$' rekindle-ramp-sale.prom
check "and by how many steps" grep -q '^rekindle_ramp_moves_total{event="sale",move="raise"} 2$' rekindle-ramp-sale.prom

# A summary with an event name that JSON has to escape.
sed 's/,sale,/,"sa\\le ""x""",/' plan.csv >named.csv
redis cache flushall >/dev/null
rm -rf runs
check "a name with quotes and a backslash" "$L" run --config shop.conf --plan named.csv --quiet
check "is the same in JSON" is_equal "$(json event)" 'sa\le "x"'
finish
