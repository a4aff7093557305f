#!/usr/bin/env bash
# predict_attributes.sh - products that wake with their style: what siblings do tells who comes back.
# Goal: with --attributes, or [entity product] attributes, auto ranks much better than without, in rank and in backtest;
# files and options that make no sense are refused with their place.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict

# 150 styles of 10 products. A style sleeps and wakes for weeks; while it is awake each product is seen now and then.
python3 - <<'PY'
import random
random.seed(5)
with open("styles.csv", "w") as styles, open("log.csv", "w") as log:
    styles.write("id,parent,colour\n")
    log.write("ts,item\n")
    begin, days = 1767225600, 240  # 2026-01-01
    for style in range(150):
        awake, until, spells = random.random() < .4, 0, []
        while until < days:
            length = random.expovariate(1 / 35)
            spells.append((until, until + length, awake))
            until, awake = until + length, not awake
        for product in range(10):
            name = f"p{style:03}-{product}"
            styles.write(f"{name},style {style},red\n")
            for start, end, is_awake in spells:
                at = start
                while is_awake and (at := at + random.expovariate(1 / 18)) < min(end, days):
                    log.write(f"{begin + int(at * 86400)},{name}\n")
PY
"$P" ingest --quiet --history h --format csv --columns time=ts,product=item --now 2026-09-01 log.csv

# AUC of a plan by the rank sum.
cat >auc.awk <<'A'
BEGIN { FS = "," }
NR == FNR { if ($1 + 0 >= 1785888000 && $1 + 0 < 1787097600) came[$2] = 1; next } # 2026-08-05 to 2026-08-19
FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{ n++; p[n] = $column["p_return"] + 0; y[n] = ($column["id"] in came); total += y[n] }
END {
    for (i = 1; i <= n; i++) if (y[i]) for (j = 1; j <= n; j++) if (!y[j]) good += p[i] > p[j] ? 1 : p[i] == p[j] ? .5 : 0
    printf "%.4f\n", good / (total * (n - total))
}
A
rank() {
    "$P" rank --history h --entity product --as-of 2026-08-05 --window 2026-08-05/2026-08-19 --max-history-age 60d "$@"
}
is_more() { awk "BEGIN {exit !($1 > $2 + $3)}" || { echo "$1 is not $3 more than $2"; return 1; }; }

check "rank without attributes" rank --out alone.csv
check "and with them" says 0 "styles.csv: 150 parents of products" rank --verbose --attributes product=styles.csv --out siblings.csv
alone=$(awk -f auc.awk log.csv alone.csv) siblings=$(awk -f auc.awk log.csv siblings.csv)
check "siblings tell: AUC $siblings beside $alone" is_more "$siblings" "$alone" .05
check "a reason says so" grep -q "sibling" siblings.csv
printf '[history]\ndir = h\n[entity product]\nattributes = styles.csv\n' >shop.conf
check "from the config" rank --config shop.conf --out config.csv
check "the same" cmp config.csv siblings.csv

backtest() { "$P" backtest --history h --entity product --length 14d --origins 2 --as-of 2026-08-20 "$@"; }
auc_of() { awk -F, '$1 == "all" && $3 == "auto" && $4 == "auc" {print $5}' "$1"; }
check "backtest without" backtest --out alone-test.csv
check "and with" backtest --attributes product=styles.csv --out siblings-test.csv
check "siblings tell there, too" is_more "$(auc_of siblings-test.csv)" "$(auc_of alone-test.csv)" .05

check "an option without its entity" says 2 "--attributes: 'styles.csv' is not user=FILE or product=FILE" \
    rank --attributes styles.csv --out x.csv
check "one that is given twice" says 2 "--attributes: product is given twice, as styles.csv and log.csv" \
    rank --attributes product=styles.csv --attributes product=log.csv --out x.csv
check "a file that is not there" says 3 "nowhere.csv" rank --attributes product=nowhere.csv --out x.csv
check "a file of something else" says 3 "log.csv:1: the header has no column id" rank --attributes product=log.csv --out x.csv
printf '[entity shelf]\nattributes = styles.csv\n' >wrong.conf
check "a section of nothing known" says 3 "wrong.conf:2: [entity shelf]: an entity is user or product" \
    rank --config wrong.conf --out x.csv
check "nothing is left of it" test ! -e x.csv
finish
