#!/usr/bin/env bash
# predict_real_data.sh - real logs in, counts and forecasts that were known beforehand out.
# Goal: 417,534 events of a real shop; ingesting them again, unpacked or grown, changes nothing; 1,806 dormant users,
# 439 of whom came back, ranked by BG/NBD with an AUC of at least 0.638; web logs whose every line is accounted for.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
RETAIL=$DATA/online_retail_dev.events.csv.gz

shop_columns=time=ts,user=user_id,product=item_id
ingest_shop() { "$P" ingest --history shop --format csv --columns $shop_columns "$@"; }
events_of() { "$P" inspect --history "$1" | awk -F, '$1 == "events" {print $2}'; }
dump_sum() { "$P" inspect --history "$1" --dump | md5sum; }

if [ ! -f "$RETAIL" ]; then
    skip "online retail" "the shared data is not here"
else
    check "a packed CSV is read" ingest_shop "$RETAIL"
    check "every line is a user's and a product's access" is_equal "$(events_of shop)" $((2 * 417534))
    before=$(dump_sum shop)
    check "the same file again" ingest_shop "$RETAIL"
    gunzip -c "$RETAIL" >unpacked.csv
    check "and unpacked, under another name" ingest_shop unpacked.csv
    check "changes nothing" is_equal "$(dump_sum shop)" "$before"
    check "nor does the whole on standard input" bash -c "'$P' ingest --history shop --format csv --columns $shop_columns - <unpacked.csv"
    check "changes nothing either" is_equal "$(dump_sum shop)" "$before"

    head -n 200000 unpacked.csv >growing.csv
    check "a log is read" "$P" ingest --history grown --format csv --columns $shop_columns growing.csv
    head -n 300000 unpacked.csv | head -c -7 >growing.csv # ends in the middle of a line
    check "it grows, and stops in a line" "$P" ingest --history grown --format csv --columns $shop_columns growing.csv
    cp unpacked.csv growing.csv
    check "and grows to its end" "$P" ingest --history grown --format csv --columns $shop_columns growing.csv
    check "piece by piece is the same as at once" is_equal "$(dump_sum grown)" "$before"
    check "compact keeps the content" "$P" compact --history grown
    check "to the byte" is_equal "$(dump_sum grown)" "$before"

    plan_users() {
        "$P" rank --history shop --entity user --as-of 2010-11-01 --window 2010-11-01/2010-12-10 \
            --dormant-after 60d --model "$1" --max-history-age 60d --out "$2"
    }
    check "rank by BG/NBD" plan_users bgnbd plan.csv
    check "lists the 1,806 dormant users" is_equal $(($(wc -l <plan.csv) - 1)) 1806
    # AUC by the rank sum: of all pairs (returned, not returned) the share in the right order, ties by half.
    cat >auc.awk <<'A'
NR == FNR { if ($1 + 0 >= 1288569600 && $1 + 0 < 1291939200) came[$2] = 1; next }
FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{ n++; p[n] = $column["p_return"] + 0; y[n] = ($column["id"] in came); total += y[n] }
END {
    for (i = 1; i <= n; i++) if (y[i]) for (j = 1; j <= n; j++) if (!y[j]) good += p[i] > p[j] ? 1 : p[i] == p[j] ? .5 : 0
    printf "%d %.4f\n", total, good / (total * (n - total))
}
A
    read -r returned auc < <(awk -F, -f auc.awk unpacked.csv plan.csv)
    check "439 of whom came back" is_equal "$returned" 439
    check "AUC $auc is at least 0.638" awk "BEGIN {exit !($auc >= 0.638)}"
    check "rank again" plan_users bgnbd again.csv
    check "gives the same bytes" cmp plan.csv again.csv
    for model in recency frequency decayed; do
        check "rank by $model" plan_users $model $model.csv
        check "lists the same users" is_equal "$(cut -d, -f3 $model.csv | sort | md5sum)" "$(cut -d, -f3 plan.csv | sort | md5sum)"
    done
fi

if [ ! -d "$DATA/weblogs" ]; then
    skip "web logs" "the shared data is not here"
else
    by_address=(--format combined --user field:remote_addr)
    check "elastic's Apache log is read" "$P" ingest --history elastic "${by_address[@]}" --product 'path:/blog/tags/{id}' \
        "$DATA/weblogs/elastic_apache_logs.log"
    check "all of its 10,000 lines" is_equal "$("$P" inspect --history elastic --dump | awk -F, '$1 == "user" {n += $4} END {print n}')" 10000

    check "a log of which a third is broken is refused" says 3 "--max-bad-share" "$P" ingest --history erddap "${by_address[@]}" \
        "$DATA"/weblogs/erddap/*
    check "and leaves an empty history" is_equal "$(events_of erddap)" 0
    check "unless more bad lines are allowed" "$P" ingest --history erddap "${by_address[@]}" --max-bad-share 50% \
        --bad-lines bad.tsv --status 200-399 "$DATA"/weblogs/erddap/*
    "$P" ingest --history erddap2 "${by_address[@]}" --max-bad-share 50% --status 200-399 "$DATA"/weblogs/erddap/* >account.txt 2>&1 || true
    lines=$(cat "$DATA"/weblogs/erddap/* | wc -l)
    check "every line is an event, ignored, or bad for a reason" awk -v lines="$lines" '
        $1 == "lines" {all = $2} $1 == "accepted" {sum += $2} $1 == "ignored:" || $1 == "bad:" {sum += $NF}
        END {if (all != lines || sum != lines) {print all, sum, lines; exit 1}}' <(tr -d , <account.txt)
    check "the bad lines are in their file" is_equal "$(wc -l <bad.tsv)" "$(tr -d , <account.txt | awk '$1 == "bad:" {n += $NF} END {print n + 0}')"
fi
finish
