#!/usr/bin/env bash
# predict_degenerate.sh - histories that teach nothing: one key, one bucket, all alike, nobody dormant, only future events.
# Goal: every model gives each of them a plan of finite numbers, or one sentence that says why not: never a crash, a NaN, or
# a chance of exactly 0 or 1, which no history can prove.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
MODELS="auto bgnbd mbgnbd recency frequency decayed"

start=$(date -u -d 2026-01-01 +%s) # as-of is day 90, the window days 92 to 95
cat >events.csv <<'C'
name,start,end,kind
january-sale,2026-01-20,2026-01-23,sale
february-sale,2026-02-20,2026-02-23,sale
april-sale,2026-04-03,2026-04-06,sale
C
printf 'name,start,end,kind\napril-sale,2026-04-03,2026-04-06,sale\nmay-sale,2026-05-03,2026-05-06,sale\n' >future.csv

# history NAME: `day user` lines on standard input become a history.
history() {
    { echo ts,user; awk -v start="$start" '{print start + int($1 * 86400) "," $2}'; } >"$1.csv"
    "$P" ingest --quiet --history "$1" --format csv --columns time=ts,user=user --now 2026-04-01 "$1.csv"
}
echo "10 ann" | history one-key-once
seq 3 7 60 | sed 's/$/ ann/' | history one-key
seq 1 300 | sed 's/^/20.5 u/' | history one-bucket
for day in 5 19.5 40; do seq 1 200 | sed "s/^/$day u/"; done | history all-alike
for day in $(seq 1 89); do seq 1 20 | sed "s/^/$day.5 u/"; done | history all-active
seq 1 300 | awk '{print 61 + $1 % 29, "u" $1}' | history none-dormant
for day in 2 19.5 50.5; do seq 1 200 | sed "s/^/$day u/"; done | history all-return
seq 1 200 | awk '{print $1 % 58, "u" $1; if ($1 % 3) print $1 % 40 + 20, "u" $1}' | history future-only
seq 1 400 | awk '{print $1 % 50 + 1, "u" $1}' | history never-again
{ echo "1 ann"; seq 1 200 | sed 's/^/89.9 u/'; } | history one-dormant

# is_sound PLAN: every chance is a number above 0 and below 1, in order with its interval, and hits follow it.
is_sound() {
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next}
        {p = $at["p_return"]; low = $at["p_low"]; high = $at["p_high"]; hits = $at["expected_hits"]; benefit = $at["benefit_ms"]
         all = p " " low " " high " " hits " " benefit
         if (all !~ /^[0-9.e+-]+ [0-9.e+-]+ [0-9.e+-]+ [0-9.e+-]+ [0-9.e+-]+$/) bad = "not numbers"
         else if (!(p > 0 && p < 1)) bad = "a chance of " p
         else if (!(low <= p && p <= high && low >= 0 && high <= 1)) bad = "out of order"
         else if (!(hits >= p && benefit > 0)) bad = "no benefit"
         if (bad) {print "line " NR ": " bad ": " $0; exit 1}}' "$1"
}
# answers HISTORY MODEL EVENTS: a sound plan whose total is told, or exit 3 with one sentence.
answers() {
    local code=0
    "$P" rank --history "$1" --event april-sale --events "$3" --as-of 2026-04-01 --now 2026-04-01 --max-history-age 90d \
        --entity user --model "$2" --verbose --out plan.csv >out.txt 2>words.txt || code=$?
    if [ $code = 3 ]; then
        [ "$(grep -c '^rekindle-predict: ' words.txt)" = 1 ] || { cat words.txt; return 1; }
        return 0
    fi
    [ $code = 0 ] && is_sound plan.csv && grep -q "^users: [0-9]* dormant" words.txt && ! grep -qiw -e nan -e inf words.txt ||
        { echo "exit code $code"; cat words.txt; return 1; }
}
# plans HISTORY MODEL COUNT: the same for any window, and so many rows.
plans() {
    "$P" rank --history "$1" --window 2026-04-03/2026-04-06 --as-of 2026-04-01 --now 2026-04-01 --max-history-age 90d \
        --entity user --model "$2" --out plan.csv 2>words.txt && is_sound plan.csv || { cat words.txt; return 1; }
    is_equal $(($(wc -l <plan.csv) - 1)) "$3"
}
for model in $MODELS; do
    for name in one-key-once one-key one-bucket all-alike all-active none-dormant all-return future-only never-again one-dormant; do
        check "$name: $model before an event" answers $name "$model" events.csv
    done
    check "future-only: $model when every event is still to come" answers future-only "$model" future.csv
    check "one-key: $model for a window lists it" plans one-key "$model" 1
    check "one-bucket: $model for a window lists all" plans one-bucket "$model" 300
    check "all-alike: $model for a window lists all" plans all-alike "$model" 200
    check "all-active: $model for a window lists nobody" plans all-active "$model" 0
    check "none-dormant: $model for a window lists nobody" plans none-dormant "$model" 0
    check "one-dormant: $model for a window lists it" plans one-dormant "$model" 1
done

check "future-only: that no event taught a level is told" says 0 "warning: user forecast: no past event found enough dormant keys" "$P" rank \
    --history future-only --event april-sale --events future.csv --as-of 2026-04-01 --now 2026-04-01 --max-history-age 90d \
    --entity user --verbose --out plan.csv

backtests() { # a backtest either measures, or says that there is nothing to measure
    local code=0
    "$P" backtest --history "$1" --length 3d --origins 3 --step 14d --lead 2d --entity user --as-of 2026-04-01 --now 2026-04-01 \
        --out backtest.csv >out.txt 2>words.txt || code=$?
    case $code in
        0) ! grep -qiw -e inf -e nan backtest.csv words.txt ;;
        3) [ "$(grep -c '^rekindle-predict: ' words.txt)" = 1 ] ;;
        *) false ;;
    esac || { echo "exit code $code"; cat words.txt; return 1; }
}
for name in one-key-once one-key one-bucket all-alike all-active none-dormant all-return never-again one-dormant; do
    check "$name: backtest" backtests $name
done
# The logs of a past sale are missing: it is left out by name, where it taught that nobody comes.
"$P" simulate --quiet --seed 1 --users 1500 --products 100 --out unlogged
IFS=, read -r lost lost_start lost_end _ < <(sed -n 2p unlogged/events.csv)
coming=$(tail -n 1 unlogged/events.csv | cut -d, -f1)
awk -F, -v from="$lost_start" -v to="$lost_end" 'NR == 1 || $1 < from || $1 >= to' unlogged/access.csv >unlogged/cut.csv
check "the test cut something" test "$(wc -l <unlogged/cut.csv)" -lt "$(wc -l <unlogged/access.csv)"
"$P" ingest --quiet --config unlogged/rekindle.conf --history unlogged/h --log export unlogged/cut.csv --now 2026-11-11
check "a past event without logs is left out by name" says 0 \
    "warning: user forecast: $lost is left out: hardly an access in its window" "$P" rank --config unlogged/rekindle.conf \
    --history unlogged/h --event "$coming" --as-of 2026-11-11 --now 2026-11-11 --entity user --quiet --out plan.csv

finish
