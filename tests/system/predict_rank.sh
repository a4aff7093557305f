#!/usr/bin/env bash
# predict_rank.sh - whom a plan lists and when it is refused: thresholds, pins, families, times, places to write to.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict

# Users last seen 1, 2, ... 40 hours before 2026-02-01, each once; sizes and costs are told for all.
end=$(date -u -d 2026-02-01 +%s)
{ echo ts,user,bytes,ms; seq 1 40 | awk -v end="$end" '{print end - 3600 * $1 ",u" $1 ",1000,40"}'; } >log.csv
"$P" ingest --quiet --history h --format csv --columns time=ts,user=user,size=bytes,cost=ms --now 2026-02-02 log.csv
rank() { "$P" rank --history h --now 2026-02-01 --window 2026-02-02/2026-02-03 --entity user --verbose "$@"; }
rows() { echo $(($(wc -l <"$1") - 1)); }
cell() { awk -F, -v column="$2" 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i} NR == 2 {print $at[column]}' "$1"; }

dormant() { # how many are dormant after TIME: what the plan lists, what is said, and what the forecast counted
    rank --dormant-after "$1" --out "$2" 2>words
    echo "$(rows "$2") $(sed -n 's/^users: \([0-9]*\) dormant.*/\1/p' words) $(sed -n 's/.* dormant_keys //p' words)"
}
check "dormant is whose last bucket ends before the threshold" is_equal "$(dormant 10h a.csv)" "30 30 30"
check "a bucket that reaches over the threshold may hold an access after it" is_equal "$(dormant 9h30m a.csv)" "30 30 30"
check "nobody" is_equal "$(dormant 3d a.csv)" "0 0 0"
check "everybody" is_equal "$(dormant 0d a.csv | cut -d' ' -f1)" 40

rank --quiet --dormant-after 39h --out measured.csv
check "without a config the log's sizes and costs count" is_equal "$(cell measured.csv size_bytes)" $((8 + 1000 + 125))
printf '[family f]\nentity = user\nkey = user:{id}\nsize = 200\nmiss_cost = 5ms\n' >told.conf
rank --quiet --config told.conf --dormant-after 39h --out told.csv
check "what the config tells wins" is_equal "$(cell told.csv size_bytes)" $((8 + 200 + 125))
check "for the cost, too" awk "BEGIN {exit !($(cell told.csv benefit_ms) * 7 < $(cell measured.csv benefit_ms))}"

printf 'entity,id\nuser,u1\nuser,nobody\n' >pins.csv
check "a pinned key needs not be dormant" says 0 "users: 30 dormant" rank --dormant-after 10h --pins pins.csv --out pinned.csv
check "and comes first" is_equal "$(cell pinned.csv id) $(rows pinned.csv)" "u1 31"
check "a pin that nothing answers to is told" says 0 "nobody" rank --dormant-after 10h --pins pins.csv --out pinned.csv
check "pins that exceed the budget are planned, and told" says 0 "the pinned keys alone take" \
    rank --budget 1KiB --dormant-after 10h --pins pins.csv --out pinned.csv
check "who is excluded is left out, pinned or not" rank --dormant-after 10h --pins pins.csv --exclude pins.csv --out excluded.csv
check "even so" is_equal "$(rows excluded.csv)" 30

"$P" ingest --quiet --history weeks --bucket 7d --format csv --columns time=ts,user=user --now 2026-02-02 log.csv
check "as-of before the window stays so when both are rounded" "$P" rank --history weeks --as-of 2026-01-31 \
    --window 2026-02-03/2026-02-04 --out weeks.csv
check "an as-of behind the window's start" says 2 "--as-of" rank --as-of 2026-02-02T05:00Z --out late.csv
check "a strength for a model that knows no events" says 2 "--event-strength needs --model auto: bgnbd knows" \
    rank --event-strength 1.2 --model bgnbd --out late.csv
check "a strength below nothing" says 2 "--event-strength" rank --event-strength -1 --out late.csv

check "a folder that is not there, before the work" says 3 "nowhere/plan.csv" rank --out nowhere/plan.csv
check "no name for the plan" says 3 "empty" rank --out ''
check "nothing is left of it" is_equal "$(ls -A | grep -c '^\.\|tmp-' || true)" 0
check "a device is written to" rank --out /dev/null
check "and stays one" test -c /dev/null
check "without a sum beside it" test ! -e /dev/null.sum

rank --quiet --dormant-after 10h --out kept.csv
check "a plan that nobody touched is replaced" rank --dormant-after 20h --out kept.csv
sed -i '3s/,warm,/,skip,/' kept.csv
cp kept.csv reviewed.csv
check "one that was edited is not" says 3 "kept.csv was edited after rank wrote it" rank --dormant-after 10h --out kept.csv
check "and stays as it was" cmp kept.csv reviewed.csv
check "unless that is meant" rank --dormant-after 10h --replace --out kept.csv
check "whereupon it is rank's again" is_equal "$(rows kept.csv) $(rank --dormant-after 10h --out kept.csv 2>&1 | grep -c planned:)" "30 1"
sums=$(md5sum log.csv)
check "a slip of the pen costs no log" says 3 "log.csv is there already" rank --out log.csv
check "not a byte of it" is_equal "$(md5sum log.csv)" "$sums"

check "what auto learned from and is asked is written down" rank --dormant-after 10h --dump-features features --out dumped.csv
check "a row for each dormant key" is_equal "$(rows features/user-asked.csv)" 30
check "the same keys as in the plan" is_equal "$(tail -n +2 features/user-asked.csv | cut -d'"' -f2 | sort)" \
    "$(tail -n +2 dumped.csv | cut -d, -f3 | sort)"
check "both with the same features" is_equal "$(head -n 1 features/user-training.csv | cut -d, -f6-)" \
    "$(head -n 1 features/user-asked.csv | cut -d, -f2-)"
check "another model has none" says 2 "--dump-features: the model bgnbd has no features; auto has" \
    rank --model bgnbd --dump-features features --out dumped.csv

if mkdir -p small && mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
    rank --quiet --dormant-after 10h --out small/plan.csv
    sums=$(md5sum small/*)
    head -c 1000000 /dev/zero >small/fill 2>/dev/null || true
    check "a full disk" says 5 "No space left" rank --dormant-after 0d --out small/plan.csv
    rm small/fill
    check "leaves the plan and its sum as they were" is_equal "$(md5sum small/*)" "$sums"
    umount small
else
    skip "a full disk" "no tmpfs can be mounted here"
fi

printf 'ts,user\nyesterday,ann\n1767225600,ann\n' >bad.csv
bad() { "$P" ingest --history bad --format csv --columns time=ts,user=user --now 2026-02-01 --max-bad-share 90% --bad-lines "$@" bad.csv; }
echo old >lines.tsv
check "bad lines take the place of an older file" bad lines.tsv
check "whole" is_equal "$(cut -f1,2 lines.tsv)" "$(printf 'bad.csv\t2')"
rm -r bad
check "bad lines to a device" bad /dev/null
check "which stays one" test -c /dev/null
printf '{"ts":1767225600,"u":"ann"}\n' >typo.ndjson
check "a log of which no line names anybody" says 0 "not one line names" "$P" ingest --history typo --format ndjson \
    --columns time=ts,user=usr --now 2026-02-01 typo.ndjson

# Each waits for the other end of a pipe, so it is stopped at work and not before it has begun or after its end.
mkfifo pipe
# Not the shell that is about to become the program: that one catches the signal, too.
watches_for_term() {
    [[ $(readlink "/proc/$pid/exe") == */rekindle-predict ]] &&
        (($((16#$(awk '/^SigCgt/ {print $2}' "/proc/$pid/status"))) >> 14 & 1))
}
stopped() { # how a command ends that is told to while it waits for the pipe; $1 is what comes or goes there
    local other_end=$1 code=0
    shift
    "$P" "$@" 2>words &
    pid=$!
    wait_for 20 watches_for_term
    kill -TERM "$pid"
    $other_end
    wait "$pid" || code=$?
    echo "$code $(cat words)"
}
# It may have ended while it waited for this end, and then nobody ever comes.
drain() { timeout 5 cat pipe >/dev/null || true; }
feed() { timeout 5 cp log.csv pipe || true; }
check "rank is stopped in order" is_equal "$(stopped drain rank --history h --now 2026-02-01 --window 2026-02-02/2026-02-03 --quiet --out pipe)" \
    "6 rekindle-predict: stopped by SIGTERM; nothing was changed"
check "ingest, too" is_equal "$(stopped feed ingest --history stopped --now 2026-02-02 --format csv --columns time=ts,user=user --quiet pipe)" \
    "6 rekindle-predict: stopped by SIGTERM; nothing was changed"
check "and nothing was counted" is_equal "$("$P" inspect --history stopped | sed -n 's/^events,//p')" 0
finish
