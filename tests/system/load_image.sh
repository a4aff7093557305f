#!/usr/bin/env bash
# load_image.sh - the image of a run's values: a lost cache is warmed again without asking for the values anew.
# Goal: nothing stale is left behind; an image that is damaged, cut off, of other families or too old is told and not used;
# a kill in mid-run costs nothing.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=2000
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
printf 'window_ranks = 500\nimage = %s/images\nimage_max_age = 1h\n' "$SCRATCH" >>shop.conf
run() { "$L" run --config shop.conf --plan plan.csv "$@"; }
image() { ls images/*.image; }
value() { redis cache get "user:$1:profile"; }
holds() { is_equal "$(redis cache dbsize)" "$1"; }

check "a run keeps what it has written" says 0 "image: $COUNT values" run
check "for its owner only" is_equal "$(stat -c %a images "$(image)" | paste -sd' ')" "700 600"
check "and no draft" is_equal "$(ls images | wc -l)" 1
check "with every value" is_equal "$(grep -ao '"name":"user [0-9]*"' "$(image)" | sort -u | wc -l)" $COUNT
cp "$(image)" whole
restore() {
    cp whole "$(image)"
    redis cache flushall >/dev/null
}

# What changes without its version changing cannot be seen: it tells where a value came from.
sqlite3 shop.db "UPDATE users SET name = 'changed', updated_at = updated_at + 1 WHERE id <= 100; DELETE FROM users WHERE id = 101;
    UPDATE users SET name = 'unseen' WHERE id = 200"
redis cache flushall >/dev/null
check "a lost cache is warmed from the image" says 0 "$COUNT values come from the image begun at" run
check "a value whose version is the same comes from there" grep -q '"name":"user 200"' <(value 200)
all_values cache >values
expected_values shop.db | sort >expected
check "nothing stale is left behind" is_equal "$(join -t "$(printf '\t')" values expected | awk -F'\t' '$2 != $3 { print $1 }')" "user:200:profile"
check "what has changed comes from the source" grep -q '"name":"changed"' <(value 100)
check "what is gone is not warm" is_equal "$(value 101)" ""
check "all else is" holds $((COUNT - 1))
check "and the image is of what is warm now" grep -aq '"name":"changed"' "$(image)"

redis cache flushall >/dev/null
check "another run may use it" says 0 "values come from the image begun at" run --run other --image "$(image)"
check "and leaves it alone" is_equal "$(ls images)" "$(basename "$(image)")"
check "an image that is not there is told" says 0 "nowhere cannot be opened: No such file or directory; the image is not used" \
    run --run third --image nowhere

# ---- images that are not used
restore
printf 'X' | dd of="$(image)" bs=1 seek=100000 conv=notrunc status=none
check "a damaged image is told, with the byte" says 0 "is damaged: its checksum is wrong; the image is not used" run
check "and values come from the source" grep -q '"name":"unseen"' <(value 200)
restore
truncate -s -40 "$(image)"
check "one that is cut off is told" says 0 "is cut off; the image is not used" run
check "and values come from the source" grep -q '"name":"unseen"' <(value 200)
restore
truncate -s -25 "$(image)"
check "also between two blocks" says 0 "is cut off: its last block is missing; the image is not used" run
restore
sed -i 's/^value = json/value = json\nmax_value = 64KiB/' shop.conf
check "one of families that were changed is told" says 0 "is an image of another run, or of families that were changed" run
sed -i '/^max_value/d' shop.conf
restore
check "without the second look it is not used" says 0 "the image is not used with --no-recheck" run --no-recheck
check "as values come from the source" grep -q '"name":"unseen"' <(value 200)
restore
sed -i 's/^image_max_age.*/image_max_age = 1s/' shop.conf
sleep 2
head -c 100 "$ROOT/README.md" >images/disk.image
mkfifo images/pipe.image
touch -d "-1 day" images/*
check "one that is too old is deleted" says 0 "older than [run] image_max_age" run
check "what only has such a name is left alone" ls images/disk.image images/pipe.image
rm images/disk.image images/pipe.image
sed -i 's/^image_max_age.*/image_max_age = 1h/' shop.conf

# ---- a kill in mid-run
rm -rf images runs
redis cache flushall >/dev/null
(exec "$L" run --config shop.conf --plan plan.csv --rows 2000 --quiet) >/dev/null 2>&1 &
RUN=$!
SERVER_PIDS+=("$RUN")
has_draft() { [ "$(cat images/*.part | wc -c)" -gt 20000 ]; }
wait_for 10 has_draft
kill -9 "$RUN"
wait "$RUN" 2>/dev/null || true
printf 'torn' >>"$(echo images/*.part)"
check "the draft is gone on with" says 0 "image: " run
check "and lacks nothing" is_equal "$(grep -ao '"id":[0-9]*,' "$(image)" | sort -u | wc -l)" "$(sqlite3 shop.db 'SELECT count(*) FROM users')"
redis cache flushall >/dev/null
sqlite3 shop.db "UPDATE users SET tier = 'silver', updated_at = updated_at + 1 WHERE id % 50 = 3"
check "it is whole" says 0 "values come from the image begun at" run
check "a rollback takes back what came from the image, and what did not" exits_with 0 "$L" rollback --config shop.conf --run "$(basename runs/sale-*)"
check "all of it" holds 0
finish
