#!/usr/bin/env bash
# predict_backtest.sh - the past forecast from the past: whole runs of `backtest` on a made-up shop.
# Goal: all models on the same rows; metrics that agree with a plan that `rank` writes; no forecast changes when
# everything after the origin is another; refusals that say what to do.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
"$P" simulate --shop seasonal --seed 5 --users 2000 --products 200 --days 120 --out shop --quiet
ingest() { "$P" ingest --history "$1" --format csv --columns time=ts,user=user_id,product=item_id,size=bytes,cost=cost_ms --quiet "$2"; }
ingest h shop/access.csv
backtest() { "$P" backtest --history "$1" --length 3d --origins "$2" --events shop/events.csv --dormant-after 20d "${@:3}"; }
value() { awk -F, -v e="$2" -v m="$3" -v k="$4" '$1 == "all" && $2 == e && $3 == m && $4 == k {print $5}' "$1"; }
count_of() { cut -d, -f"$2" "$1" | tail -n +2 | sort -u | wc -l; }

check "four origins, both entities" says 0 "users: 4 origins" backtest h 4 --top 100 --out all.csv
check "a table that fits on a terminal" awk 'length > 80 {exit 1}' stderr
check "the header is a contract" is_equal "$(head -1 all.csv)" origin,entity,model,metric,value,low,high
check "four origins and all of them" is_equal "$(count_of all.csv 1)" 5
check "auto and the four baselines" is_equal "$(cut -d, -f3 all.csv | tail -n +2 | sort -u | paste -sd' ')" "auto bgnbd decayed frequency recency"
check "every model saw the same keys" is_equal "$(awk -F, '$4 == "keys" {print $1, $2, $5}' all.csv | sort -u | wc -l)" 10
check "no number is missing or not one" awk -F, 'NR > 1 && ($5 !~ /^-?[0-9.]+$/ || $6 ~ /[a-z]/ || NF != 7) {print; exit 1}' all.csv
check "intervals hold their value" awk -F, '($4 == "auc" || $4 == "brier" || $4 == "log_loss") && !($6 <= $5 && $5 <= $7) {print; exit 1}' all.csv
check "BG/NBD beats chance" awk -v auc="$(value all.csv user bgnbd auc)" 'BEGIN {exit !(auc > 0.6)}'
check "the plan is 100 keys of each origin" awk -v p="$(value all.csv user auto precision_at_plan)" -v r="$(value all.csv user auto recall_at_plan)" \
    -v n="$(value all.csv user auto returned)" 'BEGIN {d = p * 400 - r * n; exit !(d < 0.01 && d > -0.01)}'
check "the same again" backtest h 4 --top 100 --out again.csv
check "gives the same bytes" cmp all.csv again.csv

# One origin is what rank writes as of that moment: the sum of its probabilities, and who came.
check "one origin" backtest h 1 --entity user --lead 2d --as-of 2026-11-09 --models mbgnbd --out one.csv
check "rank as of that origin" "$P" rank --history h --entity user --as-of 2026-11-04 --window 2026-11-06/2026-11-09 --events shop/events.csv \
    --dormant-after 20d --model mbgnbd --out plan.csv
check "has the same keys" is_equal "$(value one.csv user mbgnbd keys)" $(($(wc -l <plan.csv) - 1))
check "and the same sum" awk -F, -v sum="$(value one.csv user mbgnbd predicted)" 'NR > 1 {s += $7} END {exit !(s - sum < 0.01 && sum - s < 0.01)}' plan.csv
returned=$(awk -F, 'FNR == NR {if ($1 >= "2026-11-06" && $1 < "2026-11-09") came[$2] = 1; next} $3 in came {n++} END {print n}' shop/access.csv plan.csv)
check "of whom so many came" is_equal "$(value one.csv user mbgnbd returned)" "$returned"

# Another future: from the origin on, nobody comes who came, and others do.
awk -F, -v OFS=, 'NR == 1 || $1 < "2026-11-04" {print; next} {$2 = 7 * NR % 2000; $6 = 9 * $6 + 1; print}' shop/access.csv | sort -t, -k1,1 -s >other.csv
sed -i '/^ts/d; 1i ts,user_id,item_id,status,bytes,cost_ms' other.csv
ingest other other.csv
check "another future" backtest other 1 --entity user --lead 2d --as-of 2026-11-09 --models mbgnbd,auto --out other-one.csv
check "the same with auto" backtest h 1 --entity user --lead 2d --as-of 2026-11-09 --models mbgnbd,auto --out one.csv
forecasts() { grep -E ',(keys|predicted|expected_returns|calibration_.*_predicted),' "$1" | cut -d, -f1-5; }
check "the same forecasts" is_equal "$(forecasts other-one.csv)" "$(forecasts one.csv)"
check "but not what came" test "$(value other-one.csv user auto returned)" != "$(value one.csv user auto returned)"

# The shop had two promotions before the coming one; each is forecast from the day before it.
at_events() { "$P" backtest --history h --at-events --lead 1d --dormant-after 20d --entity user --models mbgnbd "$@"; }
events=$(awk -F, 'NR > 1 && $3 <= "2026-11-11" {print $2}' shop/events.csv | sort -r)
origins=$(for start in $events; do date -u -d "$start 1 day ago" +%Y-%m-%dT%H:%M:%SZ; done)
check "past events are forecast" at_events --events shop/events.csv --out events.csv
check "each from its lead" is_equal "$(cut -d, -f1 events.csv | grep ^2 | uniq)" "$origins"
check "the latest alone" at_events --events shop/events.csv --origins 1 --out latest.csv
check "is the latest" is_equal "$(cut -d, -f1 latest.csv | grep ^2 | uniq)" "$(head -n 1 <<<"$origins")"
start=$(head -n 1 <<<"$events")
check "rank as of then" "$P" rank --history h --entity user --as-of "$(head -n 1 <<<"$origins")" --events shop/events.csv \
    --event "$(awk -F, -v s="$start" '$2 == s {print $1}' shop/events.csv)" --dormant-after 20d --model mbgnbd --out event-plan.csv
check "has the same keys" is_equal "$(value latest.csv user mbgnbd keys)" $(($(wc -l <event-plan.csv) - 1))
check "events without a calendar" says 2 "--at-events needs a calendar" at_events --out x.csv
check "events of another length" says 2 "events have a length already" at_events --length 3d --events shop/events.csv --out x.csv
check "events that the history does not reach" says 3 "no event of the calendar lies within the history" \
    at_events --events shop/events.csv --as-of 2026-08-01 --out x.csv

check "no length" says 2 "give --length" "$P" backtest --history h --out x.csv
check "no place" says 2 "give --out FILE" "$P" backtest --history h --length 3d
check "too many origins" says 2 "--origins: 101 is not within 1 to 100" backtest h 101 --out x.csv
check "an unknown model" says 2 "there is no model 'oracle'" backtest h 1 --models auto,oracle --out x.csv
check "a window longer than the history" says 3 "too short for a backtest" "$P" backtest --history h --length 200d --out x.csv
check "fewer origins than asked for" says 0 "before the others no key can be dormant" backtest h 100 --step 20d --models bgnbd --out few.csv
check "what lies behind the history is not known" says 0 "returns after that are not seen" backtest h 1 --as-of 2026-11-14 --models bgnbd --out late.csv
check "nothing is left of what was refused" test ! -e x.csv
finish
