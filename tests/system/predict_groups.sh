#!/usr/bin/env bash
# predict_groups.sh - what the groups of products tell: category, brand, price.
# Goal: a planted effect of a brand is found, in numbers and in words; columns of noise move the AUC by less than .002;
# on a real year of a grocer, with its catalogue, the window of a reference run gains at least .015.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict

# 2,500 products, old and new; those of half of the brands are seen four times as often.
python3 - <<'PY'
import random
random.seed(4)
DAY, BEGIN, DAYS = 86400, 1767225600, 240 # 2026-01-01
with open("brands.csv", "w") as brands, open("noise.csv", "w") as noise, open("log.csv", "w") as log:
    brands.write("id;brand;price\n") # as a spreadsheet with decimal commas saves it
    noise.write("id,colour,batch,code\n")
    log.write("ts,item\n")
    for i in range(2500):
        brand = random.randrange(20)
        brands.write(f"p{i};brand {brand};{random.randrange(100, 9999)},50\n")
        noise.write(f"p{i},{random.randrange(9)},{random.randrange(800)},c{i}\n")
        at, mean = random.uniform(0, 200), 45 if brand < 10 else 180
        while at < DAYS:
            log.write(f"{BEGIN + int(at * DAY)},p{i}\n")
            at += random.expovariate(1 / mean)
PY
"$P" ingest --quiet --history h --format csv --columns time=ts,product=item --now 2026-09-01 log.csv
awk -F, '$1 + 0 >= 1785888000 && $1 + 0 < 1787097600 {print $2}' log.csv | sort -u >came.txt # 2026-08-05 to 2026-08-19

# auc CAME PLAN: by the rank sum.
cat >auc.awk <<'A'
BEGIN { FS = "," }
NR == FNR { came[$1] = 1; next }
FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{ printf "%s %d\n", $column["p_return"], $column["id"] in came }
A
auc() {
    awk -f auc.awk "$@" | sort -g | awk '
        $1 != last { score(); last = $1 }
        { n++; here++; good += $2; came += $2 }
        function score() { ranks += good * (n - here + (here + 1) / 2); here = good = 0 }
        END { score(); printf "%.4f\n", (ranks - came * (came + 1) / 2) / (came * (n - came)) }'
}
is_more() { awk "BEGIN {exit !($1 > $2 + $3)}" || { echo "$1 is not $3 more than $2"; return 1; }; }
is_near() { awk "BEGIN {exit !($1 - $2 < .002 && $2 - $1 < .002)}" || { echo "$1 is not within .002 of $2"; return 1; }; }
rank() {
    "$P" rank --history h --entity product --as-of 2026-08-05 --window 2026-08-05/2026-08-19 --max-history-age 60d "$@"
}

check "rank without attributes" rank --out alone.csv
check "with brands" says 0 "brands.csv: 20 groups by brand" rank --verbose --attributes product=brands.csv --out brands-plan.csv
check "with noise" says 0 "noise.csv: the column 'code' is left out: hardly two of its values are alike" \
    rank --attributes product=noise.csv --out noise-plan.csv
alone=$(auc came.txt alone.csv) brands=$(auc came.txt brands-plan.csv) noise=$(auc came.txt noise-plan.csv)
check "a brand tells: AUC $brands beside $alone" is_more "$brands" "$alone" .01
check "by its name" grep -q "for: brand brand [0-9] comes back more than others" brands-plan.csv
check "of the loud ones alone" is_equal "$(grep -c "brand brand [0-9]* comes back more" brands-plan.csv)" \
    "$(grep -c "brand brand [0-9] comes back more" brands-plan.csv)"
check "noise does no harm: AUC $noise" is_near "$noise" "$alone"

if [ ! -f "$DATA/campaigns/products.csv.gz" ]; then
    skip "a grocer's catalogue" "the shared data is not here"
    finish
    exit
fi
python3 - "$DATA/campaigns" <<'PY'
import csv, gzip, sys
with gzip.open(sys.argv[1] + "/products.csv.gz", "rt") as lines, open("catalogue.csv", "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(("id", "category", "brand", "type", "manufacturer", "size"))
    for row in csv.DictReader(lines):
        columns = ("product_id", "product_category", "brand", "product_type", "manufacturer_id", "package_size")
        writer.writerow("" if row[column] == "NA" else row[column] for column in columns)
PY
check "a year of a grocer" "$P" ingest --quiet --history grocer --format csv --columns time=ts,user=user_id,product=item_id \
    "$DATA/campaigns/completejourney_sample.events.csv.gz"
gunzip -c "$DATA/campaigns/completejourney_sample.events.csv.gz" |
    awk -F, '$1 + 0 >= 1511136000 && $1 + 0 < 1514764800 {print $3}' | sort -u >grocer-came.txt
grocer() {
    "$P" rank --history grocer --entity product --as-of 2017-11-20 --window 2017-11-20/2018-01-01 --max-history-age 60d "$@"
}
check "its products without the catalogue" grocer --out grocer-alone.csv
check "and with it" grocer --attributes product=catalogue.csv --out grocer-told.csv
alone=$(auc grocer-came.txt grocer-alone.csv) told=$(auc grocer-came.txt grocer-told.csv)
check "the catalogue tells: AUC $told beside $alone" is_more "$told" "$alone" .015
finish
