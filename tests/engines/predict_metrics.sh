#!/usr/bin/env bash
# predict_metrics.sh - the numbers of `backtest` beside scikit-learn's, from the same keys.
# Goal: AUC, average precision, log-loss, Brier, calibration line and table, precision, recall, lift and misses avoided
# per MB at 1, 5, 10, 20 % and the plan's size, of several models, as scikit-learn and a few lines of pandas have them.
# Needs PyPI (tests/setup/python_env.sh).
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
P=$BIN/rekindle-predict
PYTHON=$(bash "$ROOT/tests/setup/python_env.sh")
cd "$SCRATCH"
AS_OF=2026-11-04 START=2026-11-06 END=2026-11-09 TOP=130 # one origin, the latest with a lead of two days

"$P" simulate --shop seasonal --seed 5 --users 3000 --products 200 --days 120 --out shop --quiet
"$P" ingest --quiet --history h --format csv --columns time=ts,user=user_id,product=item_id,size=bytes,cost=cost_ms shop/access.csv
common=(--history h --entity user --events shop/events.csv --dormant-after 20d)
awk -F, -v start=$START -v end=$END '$1 >= start && $1 < end {print $2}' shop/access.csv | sort -u >came.txt
check "a backtest of one origin" "$P" backtest "${common[@]}" --length 3d --origins 1 --lead 2d --as-of $END --top $TOP \
    --models auto,mbgnbd --out backtest.csv
for model in recency frequency decayed bgnbd mbgnbd auto; do
    check "$model: a plan of the same moment" "$P" rank "${common[@]}" --as-of $AS_OF --window $START/$END --model $model --out $model.csv
    check "$model: every metric as scikit-learn has it" "$PYTHON" "$ROOT/tests/reference/backtest_judge.py" $model.csv came.txt \
        backtest.csv user $model $TOP
done
finish
