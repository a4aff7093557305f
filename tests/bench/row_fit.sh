#!/usr/bin/env bash
# row_fit.sh - BG/NBD fitted to a million keys, beside the Python package lifetimes: the same likelihood.
# FIT_KEYS and RUNS make it shorter. Aim: 30 times as fast as lifetimes on raw keys. Whole commands are timed, reading
# the CSV included; what lifetimes takes for the fit alone is printed beside.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${FIT_KEYS:-1000000} runs=${RUNS:-3}
summary=$BENCH/summary-$keys.csv
python=$(bash "$ROOT/tests/setup/python_env.sh") || { echo "row_fit: lifetimes cannot be installed: left out"; exit 0; }

begin_row fit
tool make_keys
[ -s "$summary" ] || { "$BENCH/make_keys" "$keys" summary >"$summary.part" && mv "$summary.part" "$summary"; }
cat "$summary" >/dev/null
for ((run = 0; run < runs; run++)); do
    timed "rekindle-predict fit" "$BIN/rekindle-predict" fit --model bgnbd --input "$summary"
    cp "$BENCH/fit.log" "$BENCH/fit-ours.csv"
    for way in raw weighted; do
        timed "lifetimes 0.11.3, $way" "$python" "$ROOT/tests/bench/lifetimes_fit.py" "$summary" $way
        cp "$BENCH/fit.log" "$BENCH/fit-$way.txt"
    done
done

echo
echo "BG/NBD on $keys keys, on $(nproc) cores"
table
value() { awk -F, -v name="$1" '$2 == name {print $3}' "$BENCH/fit-ours.csv"; }
read -r _ _ _ _ likelihood raw_seconds raw_cpu <"$BENCH/fit-raw.txt"
read -r _ _ _ _ _ weighted_seconds weighted_cpu <"$BENCH/fit-weighted.txt"
echo "  of which lifetimes' fit alone: raw $raw_seconds s ($raw_cpu of CPU), weighted $weighted_seconds s ($weighted_cpu of CPU)"
echo "  CPU seconds of the whole commands (measure.c's last column):"
cut -f1,4 "$BENCH/fit.tsv" | sort | sed 's/^/    /'
echo "  log-likelihood: ours $(value log_likelihood), lifetimes $likelihood"
# Ours may be a little higher: lifetimes stops at a coarser tolerance.
awk "BEGIN {d = $(value log_likelihood) - $likelihood; exit !(d > -.1 && d < 1)}" || { echo "  these differ" >&2; exit 1; }
