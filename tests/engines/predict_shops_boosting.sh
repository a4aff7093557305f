#!/usr/bin/env bash
# predict_shops_boosting.sh - auto beside gradient boosting on the same features, on simulated shops of three kinds.
# Goal: the AUC of auto among dormant users is no more than 0.005 below that of boosted trees that learn from the same rows,
# in the mean over five seeds of each kind; no single seed is further off than 0.015, which is what chance does to one.
# USERS, SEEDS make it larger or smaller. Needs PyPI (tests/setup/python_env.sh).
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
P=$BIN/rekindle-predict
REFERENCE=$ROOT/tests/reference
DAY=2026-11-11
PYTHON=$(bash "$ROOT/tests/setup/python_env.sh")
cd "$SCRATCH"

is_at_most() { awk "BEGIN {exit !($1 <= $2)}" || { echo "$1 is more than $2"; return 1; }; }

for kind in sparse dense seasonal; do
    : >less.txt
    for seed in ${SEEDS:-1 2 3 4 5}; do
        "$P" simulate --quiet --seed "$seed" --shop $kind --users "${USERS:-8000}" --products 800 --days 120 --out shop
        "$P" ingest --quiet --config shop/rekindle.conf --history shop/h --log export shop/access.csv --now $DAY
        "$P" rank --quiet --config shop/rekindle.conf --history shop/h --event "$(tail -n 1 shop/events.csv | cut -d, -f1)" \
            --as-of $DAY --now $DAY --entity user --out auto.csv --dump-features features
        "$PYTHON" "$REFERENCE/real_boosting.py" features user sklearn event >boosting.csv 2>boosting.txt
        awk -F, '$1 == "user" && $4 == 1 {print $2}' shop/truth.csv >came.txt
        read -r keys came auto boosting < <("$PYTHON" "$REFERENCE/real_judge.py" came.txt auto=auto.csv:p_return \
            boosting=boosting.csv:score)
        echo "$kind $seed: $came of $keys came; AUC $auto, boosting $boosting"
        awk "BEGIN {print $boosting - $auto}" >>less.txt
        rm -rf shop features
    done
    check "$kind: in the mean no more than 0.005 AUC below boosting" is_at_most "$(awk '{s += $1} END {print s / NR}' less.txt)" 0.005
    check "$kind: nor much below it for any seed" is_at_most "$(sort -g less.txt | tail -n 1)" 0.015
done
finish
