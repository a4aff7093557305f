#!/usr/bin/env bash
# predict_members.sh - promotions that are for some products only, by a list or by a column of the attributes.
# Goal: when past promotions told which products were in them, auto expects those that are in the coming one; what
# makes no sense in the column `keys` is refused with its place.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict

# 1,200 products, each seen about once in two months; every 30 days a sale of another third, of whom 40 % are looked at.
python3 - <<'PY'
import random
random.seed(9)
DAY, BEGIN = 86400, 1767225600 # 2026-01-01
def date(day):
    import datetime
    return (datetime.date(2026, 1, 1) + datetime.timedelta(day)).isoformat()
names = [f"p{i:04}" for i in range(1200)]
sales = [(f"sale-{day}", day, random.sample(range(3), 1)[0]) for day in range(60, 241, 30)]
with open("attributes.csv", "w") as out:
    out.write("id,parent,category\n" + "".join(f"{name},all,third-{i % 3}\n" for i, name in enumerate(names)))
with open("events.csv", "w") as out, open("plain.csv", "w") as plain:
    out.write("name,start,end,kind,keys\n")
    plain.write("name,start,end,kind\n")
    for name, day, third in sales:
        where = f"product=attributes.csv:category=third-{third}" if third else f"{name}.csv"
        out.write(f"{name},{date(day)},{date(day + 3)},sale,{where}\n")
        plain.write(f"{name},{date(day)},{date(day + 3)},sale\n")
        with open(f"{name}.csv", "w") as keys:
            keys.write("entity,id\n" + "".join(f"product,{names[i]}\n" for i in range(third, 1200, 3)))
rows = []
for i, name in enumerate(names):
    at = random.random() * 60
    while at < 240:
        rows.append((at, name))
        at += random.expovariate(1 / 60)
    for _, day, third in sales:
        if i % 3 == third and random.random() < .4:
            rows.append((day + 3 * random.random(), name))
with open("log.csv", "w") as log, open("came.txt", "w") as came:
    log.write("ts,item\n")
    for at, name in sorted(rows):
        if at < 240:
            log.write(f"{BEGIN + int(at * DAY)},{name}\n")
        else:
            came.write(name + "\n")
PY
"$P" ingest --quiet --history h --format csv --columns time=ts,product=item --now 2026-09-01 log.csv
rank() { "$P" rank --history h --entity product --now 2026-08-29 --as-of 2026-08-28 --event sale-240 --dormant-after 20d "$@"; }
# Of the 120 most probable, how many came.
hits() { awk -F, 'NR == FNR {came[$1] = 1; next} FNR > 1 && FNR <= 121 && $3 in came {n++} END {print n + 0}' came.txt "$1"; }

check "a calendar that tells names and times alone" rank --events plain.csv --out plain-plan.csv
check "and one that tells which products" rank --events events.csv --out plan.csv
plain=$(hits plain-plan.csv) told=$(hits plan.csv)
check "of the first 120, $told came, $plain without the lists" test "$told" -gt $((plain + 15))
check "a reason says so" grep -q "is in the event" plan.csv
check "backtest at the events knows them, too" "$P" backtest --history h --entity product --at-events --events events.csv \
    --dormant-after 20d --origins 1 --out told.csv
check "as well as without" "$P" backtest --history h --entity product --at-events --events plain.csv \
    --dormant-after 20d --origins 1 --out alone.csv
auc_of() { awk -F, '$1 == "all" && $3 == "auto" && $4 == "auc" {print $5}' "$1"; }
check "AUC $(auc_of told.csv) beside $(auc_of alone.csv)" awk "BEGIN {exit !($(auc_of told.csv) > $(auc_of alone.csv) + .05)}"

printf 'name,start,end,keys\nsale,2026-08-29,2026-09-01,nowhere.csv\n' >wrong.csv
check "a list that is not there" says 3 "wrong.csv:2: keys: " rank --events wrong.csv --out x.csv
printf 'name,start,end,keys\nsale,2026-08-29,2026-09-01,attributes.csv:colour=red\n' >wrong.csv
check "a column that is not there" says 3 "attributes.csv:1: the column 'colour' is missing; there are id, " rank --events wrong.csv --out x.csv
printf 'name,start,end,keys\nsale,2026-08-29,2026-09-01,attributes.csv:category>=3\n' >wrong.csv
check "numbers asked of words" says 3 "attributes.csv:2: category: 'third-0' is no number" rank --events wrong.csv --out x.csv
printf 'name,start,end,keys\nsale-240,2026-08-29,2026-09-01,attributes.csv:category=third-4|Third-1\n' >nobody.csv
check "one that names nobody" says 0 "nobody.csv:2: keys: 'attributes.csv:category=third-4|Third-1' names nobody" \
    rank --events nobody.csv --out nobody-plan.csv
check "nothing is left of it" test ! -e x.csv
finish
