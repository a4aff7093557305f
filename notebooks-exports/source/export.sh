#!/usr/bin/env bash
# export.sh - makes the study anew: ranks simulated shops and the real sets by every model, measures, plots, writes.
# `make exports` calls it. Results go to notebooks-exports/; work files to build/exports. The real sets are left out, and
# the study says so, where ../shared/data is absent. Sizes and seeds are fixed, so that the same program gives the same.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$here/..
data=${REKINDLE_SHARED:-$root/../shared}/data
work=$root/build/exports
predict=$root/build/bin/rekindle-predict
models="recency frequency decayed bgnbd mbgnbd auto"
export LC_ALL=C TZ=UTC

mkdir -p "$work" "$out/csv" "$out/svg"
cd "$work"
rm -f ./*.measured
measure() { python3 "$here/measure.py" "$@"; }

# ---- simulated shops: the truth is known, and so is who came
for shop in sparse dense seasonal; do
    if [ ! -d $shop ]; then
        "$predict" simulate --quiet --seed 1 --shop $shop --users 20000 --products 2000 --days 240 --out $shop.part
        "$predict" ingest --quiet --config $shop.part/rekindle.conf --log export $shop.part/access.csv
        mv $shop.part $shop
    fi
    event=$(awk -F, '$2 ~ /^2026-11-11/ {print $1}' $shop/events.csv)
    for model in $models; do
        echo "exports: $shop shop, $model" >&2
        "$predict" rank --quiet --config $shop/rekindle.conf --event "$event" --now 2026-11-11 --model $model --out plan.csv
        measure simulated "$shop" $model plan.csv truth:$shop/truth.csv >>all.measured
    done
done

# ---- real sets: who came is in the log itself
real() { # NAME ENTITY AS-OF END
    for model in $models; do
        echo "exports: $1 ${2}s, $model" >&2
        "$predict" rank --quiet --history "$1.history" --entity "$2" --as-of "$3" --window "$3/$4" --max-history-age 60d \
            --model $model --out plan.csv
        measure real "$1" $model plan.csv "came:$1.$2.txt" >>all.measured
    done
}
if [ -f "$data/INDEX.md" ]; then
    while read -r name entity as_of end; do
        if [ ! -d "$name.history" ]; then
            python3 "$root/tests/reference/real_sets.py" log "$name" "$data" >"$name.csv"
            "$predict" ingest --quiet --history "$name.history" --format csv --columns time=ts,user=user,product=item "$name.csv"
            rm "$name.csv"
        fi
        python3 "$root/tests/reference/real_sets.py" came "$name" "$data" "$entity" "$as_of" "$end" >"$name.$entity.txt"
        real "$name" "$entity" "$as_of" "$end"
    done <<'W'
cdnow user 1997-11-24 1998-01-01
retail user 2010-11-01 2010-12-10
retail product 2010-11-01 2010-12-10
journey product 2017-11-20 2018-01-01
W
else
    echo "exports: the shared data is not here: without the real sets" >&2
fi

# ---- tables, plots, words
measure tables all.measured "$out/csv"
for plot in calibration lift budget; do
    (cd "$out" && gnuplot -e "folder='csv'" "source/$plot.gp" >"svg/$plot.svg")
done
python3 "$here/fill.py" "$here/study.template.md" "$out/csv" >study.md
mv study.md "$out/study.md"
echo "exports: $(cd "$out" && pwd)/study.md" >&2
