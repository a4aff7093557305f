#!/usr/bin/env bash
# predict_shops.sh - how right auto is on simulated shops, whose truth is known; and BTYD models on keys that live by them.
# Goal: ranks, probabilities and bands, on three kinds of shop. Five seeds each with the event's strength given: calibration
# slope, the share of groups of 200 keys whose true mean lies within p_low and p_high, and by tenths of expected_hits, pooled,
# what was foretold over what came, also for each return, in which P has no share. Sixty seeds without it: how often the 90 % band for the total covers what came, and how wide it is beside the band from the true law of strengths.
# What is asked for and what holds today are both printed; the limits below are what holds, on seeds that nothing was
# chosen on. USERS, SEEDS, BAND_USERS, BAND_SEEDS, BAND_SHOPS make it larger or smaller.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
MEASURE="$ROOT/tests/reference/shop_measure.py"
HITS="$ROOT/tests/reference/hits_measure.py"
BTYD="$ROOT/tests/reference/shop_btyd.py"
DAY=2026-11-11
SEEDS=${SEEDS:-1 2 3 4 5}

# shop KIND SEED USERS: a folder KIND-SEED with a history.
shop() {
    "$P" simulate --quiet --seed "$2" --shop "$1" --users "$3" --products $(($3 / 10)) --days 120 --out shop
    "$P" ingest --quiet --config shop/rekindle.conf --history shop/h --log export shop/access.csv --now $DAY
    event=$(tail -n 1 shop/events.csv | cut -d, -f1)
}
# ranked ENTITY OPTION...: plan.csv and words.txt
ranked() {
    local entity=$1
    shift
    "$P" rank --config shop/rekindle.conf --history shop/h --event "$event" --as-of $DAY --now $DAY --entity "$entity" \
        --verbose --out plan.csv "$@" 2>words.txt
}
# measured ENTITY OPTION...: the line of shop_measure.py
measured() {
    ranked "$@"
    python3 "$MEASURE" shop "$1" plan.csv words.txt
}
# tenths KIND ENTITY RETURNS: the table, and checks of the tenths with so many returns
tenths() {
    local kind=$1 entity=$2 pairs=() low high low_each high_each
    for seed in $SEEDS; do pairs+=("$entity-$seed.csv=truth-$seed.csv"); done
    python3 "$HITS" --least "$3" "$entity" "${pairs[@]}" >tenths.txt
    echo "$kind: expected hits of ${entity}s by tenths"
    grep -v range tenths.txt
    read -r _ low high low_each high_each < <(grep range tenths.txt)
    check "$kind: no tenth of ${entity}s comes far more often than foretold" within "$low" "$4" 99
    check "$kind: nor far more seldom" within "$high" 0 "$5"
    check "$kind: nor a returned one of it" within "$low_each" "$6" 99
    check "$kind: in neither direction" within "$high_each" 0 "$7"
}
# within VALUE LOW HIGH
within() { awk -v v="$1" -v low="$2" -v high="$3" 'BEGIN {if (!(v >= low && v <= high)) {print v " is not within " low " and " high; exit 1}}'; }

for kind in sparse dense seasonal; do
    : >lines.txt
    for seed in $SEEDS; do
        shop $kind "$seed" "${USERS:-6000}"
        strength=$(awk -F, -v name="$event" '$1 == name && $3 == "user" {print $4}' shop/truth-events.csv)
        measured user --event-strength "$strength" >>lines.txt
        mv plan.csv "user-$seed.csv"
        strength=$(awk -F, -v name="$event" '$1 == name && $3 == "product" {print $4}' shop/truth-events.csv)
        ranked product --event-strength "$strength"
        mv plan.csv "product-$seed.csv"
        mv shop/truth.csv "truth-$seed.csv"
        rm -rf shop
    done
    cat lines.txt
    groups=$(awk '{all += $5 + $6 + $7; inside += $5} END {printf "%.3f", inside / all}' lines.txt)
    slope=$(awk '{sum += $4; n++} END {printf "%.3f", sum / n}' lines.txt)
    slopes=$(awk '$4 >= 0.9 && $4 <= 1.1 {n++} END {print n + 0}' lines.txt)
    echo "$kind: mean slope $slope, within 0.9 and 1.1 in $slopes of $(wc -l <lines.txt) seeds (asked: all); groups covered $groups (asked: 0.85 to 0.95)"
    check "$kind: the mean calibration slope, strength given" within "$slope" 0.9 1.1
    check "$kind: no seed's slope is far off" within "$(awk '{d = $4 > 1 ? $4 - 1 : 1 - $4; if (d > worst) worst = d} END {print worst}' lines.txt)" 0 0.25
    sums=$(awk '{sum += log($NF)} END {printf "%.3f", exp(sum / NR)}' lines.txt)
    echo "$kind: sum of P by that of the true ones $sums"
    check "$kind: with the strength given as many are foretold as come" within "$sums" 0.87 1.15
    check "$kind: true means within p_low and p_high, strength given" within "$groups" 0.85 0.97
    tenths $kind user 100 0.65 1.5 0.75 1.3
    [ $kind = seasonal ] || tenths $kind product 50 0.5 2 0.6 1.7 # of whose products hardly any come back
done

for kind in ${BAND_SHOPS:-sparse}; do
    : >lines.txt
    for seed in $(seq 1 "${BAND_SEEDS:-60}"); do
        shop $kind "$seed" "${BAND_USERS:-2500}"
        measured user >>lines.txt
        rm -rf shop
    done
    covered=$(awk '{n += $8} END {print n / NR * 60}' lines.txt)
    width=$(awk '{print $9}' lines.txt | sort -n | awk '{w[NR] = $1} END {print w[int((NR + 1) / 2)]}')
    echo "$kind: the band covers $covered of 60 totals, its median width is $width times the true one's (asked: 48 to 59, at most 2)"
    check "$kind: the band for the total covers, strength not given" within "$covered" 48 60
    check "$kind: and is no wider than it has to be" within "$width" 0.5 2.0
done

for model in bgnbd mbgnbd; do
    python3 "$BTYD" log $model 1 20000
    rm -rf h
    "$P" ingest --quiet --history h --format csv --columns time=ts,user=user --now 2026-01-01 log.csv
    "$P" rank --quiet --history h --window 2026-01-01/2026-03-02 --as-of 2026-01-01 --now 2026-01-01 --entity user --scope all \
        --dormant-after 0d --model $model --out plan.csv
    read -r true fitted less < <(python3 "$BTYD" judge plan.csv)
    echo "$model: AUC $true by the true parameters, $fitted by the fitted ones"
    check "$model ranks keys that live by it within 0.002 AUC of the true parameters" within "$less" -0.002 0.002
done
finish
