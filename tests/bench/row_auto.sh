#!/usr/bin/env bash
# row_auto.sh - auto beside scikit-learn and LightGBM on the same rows (--dump-features): seconds, AUC, log-loss.
# A simulated shop, its users before an event; AUTO_USERS, SEED and RUNS change it. The boosters' commands are timed
# whole, reading the CSV included; rank's with reading the history, scoring and writing the plan.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

users=${AUTO_USERS:-100000} runs=${RUNS:-1} seed=${SEED:-11}
shop=$BENCH/shop-$users-$seed
python=$(bash "$ROOT/tests/setup/python_env.sh") || { echo "row_auto: Python's packages cannot be installed: left out"; exit 0; }
boosting=$ROOT/tests/reference/real_boosting.py
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive

begin_row auto
if [ ! -d "$shop" ]; then
    rm -rf "$shop.part"
    "$BIN/rekindle-predict" simulate --quiet --seed "$seed" --shop seasonal --users "$users" --days 240 --out "$shop.part"
    "$BIN/rekindle-predict" ingest --quiet --config "$shop.part/rekindle.conf" --log export "$shop.part/access.csv"
    mv "$shop.part" "$shop"
fi
event=$(awk -F, '$2 ~ /^2026-11-11/ {print $1}' "$shop/events.csv")
rank() {
    "$BIN/rekindle-predict" rank --quiet --config "$shop/rekindle.conf" --entity user --event "$event" --now 2026-11-11 "$@"
}
boost() { "$python" "$boosting" "$BENCH/auto-features" user "$1" event >"$BENCH/auto-$1.csv"; }
export -f boost rank
export BIN shop event python boosting BENCH
rank --dump-features "$BENCH/auto-features" --out "$BENCH/auto-plan.csv"
for ((run = 0; run < runs; run++)); do
    timed "rekindle-predict rank, auto" bash -c 'rank --out "$BENCH/auto-plan.csv"'
    for learner in sklearn lightgbm; do
        timed "$learner" bash -c "boost $learner"
    done
done
awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next} $at["entity"] == "user" && $at["returned"] > 0 {print $at["id"]}' \
    "$shop/truth.csv" >"$BENCH/auto-came.txt"

echo
echo "auto and boosting on $(($(wc -l <"$BENCH/auto-features/user-training.csv") - 1)) rows, on $(nproc) cores"
table
"$python" "$ROOT/tests/reference/real_judge.py" --log-loss "$BENCH/auto-came.txt" "auto=$BENCH/auto-plan.csv:p_return" \
    "sklearn=$BENCH/auto-sklearn.csv:score" "lightgbm=$BENCH/auto-lightgbm.csv:score" |
    awk '{print "  " $1 " users, " $2 " came; AUC and log-loss: auto " $3 " " $4 ", sklearn " $5 " " $6 ", lightgbm " $7 " " $8}'
