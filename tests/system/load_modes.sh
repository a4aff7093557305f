#!/usr/bin/env bash
# load_modes.sh - keys that exist already: left alone, replaced where the row is newer, or replaced; for strings and hashes.
# And short entries for rows that the database lacks, which never stand for a row that is there.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"

start_redis cache
make_table shop.db 200
cat >shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = sqlite
query = SELECT id, name, points, updated_at AS changed FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h
version_in_value = changed
[sqlite]
file = shop.db
[redis]
address = unix:cache.sock
[run]
dir = runs
C
sed 's/^value = json/value = hash/; s/^dir = .*/dir = hash-runs/' shop.conf >hash.conf
sed '/^version_in_value/d' shop.conf >plain.conf
make_plan plan.csv 200
load() { "$L" "$1" --config "${CONF:-shop.conf}" --plan plan.csv "${@:2}"; }
get() { redis cache get "user:$1:profile"; }
of_row() { sqlite3 shop.db "SELECT json_object('id', id, 'name', name, 'points', points, 'changed', updated_at) FROM users WHERE id = $1"; }

# What stands there: 1 older, 2 the same version, 3 newer, 4 no version, 5 no JSON, 6 a hash, 7 a list, 8 an older version as text.
put_strings() {
    redis cache flushall >/dev/null
    rm -rf runs hash-runs
    redis cache set user:1:profile '{"id":1,"changed":1000}' >/dev/null
    redis cache set user:2:profile '{"id":2,"changed":1002}' >/dev/null
    redis cache set user:3:profile '{"id":3,"changed":1003.5}' >/dev/null
    redis cache set user:4:profile '{"id":4}' >/dev/null
    redis cache set user:5:profile 'no json' >/dev/null
    redis cache hset user:6:profile changed 1 >/dev/null
    redis cache rpush user:7:profile 1 >/dev/null
    redis cache set user:8:profile '{"id":8,"changed":"999"}' >/dev/null
}

put_strings
check "nx leaves alone what is there" load run
check "all eight" is_equal "$(outcomes "$(results_file)")" "$(printf 'exists 8\nwarmed 192')"
check "as it was" is_equal "$(get 1)" '{"id":1,"changed":1000}'

put_strings
check "check tells what if-newer does" bash -c "'$L' check --config shop.conf --plan plan.csv --mode if-newer | grep -q 'replaced where the row is newer'"
check "if-newer" load run --mode if-newer
check "replaces what is older" is_equal "$(get 1)" "$(of_row 1)"
check "also where the older version is a number in quotes" is_equal "$(get 8)" "$(of_row 8)"
check "not the same" is_equal "$(get 2)" '{"id":2,"changed":1002}'
check "not what is newer" is_equal "$(get 3)" '{"id":3,"changed":1003.5}'
check "nor what cannot be compared" is_equal "$(get 4)$(get 5)$(redis cache type user:6:profile)$(redis cache type user:7:profile)" '{"id":4}no jsonhashlist'
check "each told in results.csv" is_equal "$(outcomes "$(results_file)")" "$(printf 'exists 6\nwarmed 194')"
check "what was replaced expires past the window" test "$(redis cache expiretime user:1:profile)" -ge $((WINDOW_END_UNIX + 6 * 3600))
check "verify agrees" load verify --sample all

put_strings
check "overwrite warns that nothing brings it back" bash -c "'$L' run --config shop.conf --plan plan.csv --mode overwrite 2>&1 | grep -q 'also to a rollback'"
check "and replaces all" is_equal "$(outcomes "$(results_file)")" "warmed 200"
check "whatever it was" is_equal "$(for id in 1 2 3 4 5 6 7 8; do get $id; done)" "$(for id in 1 2 3 4 5 6 7 8; do of_row $id; done)"
check "check said so too" bash -c "'$L' check --config shop.conf --plan plan.csv --mode overwrite | grep -q 'what it held is lost'"

put_hashes() {
    redis cache flushall >/dev/null
    rm -rf runs hash-runs
    redis cache hset user:1:profile changed 999 old yes >/dev/null
    redis cache hset user:2:profile changed 1002 >/dev/null
    redis cache hset user:3:profile changed 20000 >/dev/null
    redis cache hset user:4:profile old yes >/dev/null
    redis cache set user:5:profile text >/dev/null
}
CONF=hash.conf
put_hashes
check "if-newer on hashes" load run --mode if-newer
check "replaces the older one as a whole" is_equal "$(redis cache hgetall user:1:profile | paste -sd' ')" "changed 1001 id 1 name user 1 points 7"
check "compares numbers as numbers, and leaves the rest" is_equal "$(redis cache hget user:3:profile changed) $(redis cache hlen user:2:profile) $(redis cache hget user:4:profile old) $(redis cache get user:5:profile)" "20000 1 yes text"
check "with an expiry past the window" test "$(redis cache expiretime user:1:profile)" -ge $((WINDOW_END_UNIX + 6 * 3600))
put_hashes
check "overwrite on hashes" load run --mode overwrite
check "leaves nothing of the old ones" is_equal "$(for id in 1 2 3 4 5; do redis cache hlen user:$id:profile; done | paste -sd' ')" "4 4 4 4 4"
CONF=plain.conf check "if-newer without a version: exit code 3" says 3 "[family user-profile] needs version_in_value = FIELD for --mode if-newer" load run --mode if-newer
check "an unknown mode: exit code 2" says 2 "--mode: 'replace' is not nx, if-newer or overwrite" load run --mode replace

# Ids 201 to 220 are planned and not in the database.
CONF=negative.conf
sed '/^version_in_value/d; s/^ttl = .*/&\nnegative_ttl = 10m\nnegative_value = -none-/' shop.conf >negative.conf
make_plan plan.csv 220
redis cache flushall >/dev/null
rm -rf runs
redis cache set user:220:profile mine >/dev/null
before=$(date +%s)
check "negative entries: losses all the same" exits_with 1 load run
after=$(date +%s)
check "told as negative, but one that existed" is_equal "$(outcomes "$(results_file)")" "$(printf 'exists 1\nnegative 19\nwarmed 200')"
check "the marker stands there" is_equal "$(get 205)" "-none-"
check "never in the place of a value" is_equal "$(get 220)" "mine"
check "for ten minutes" test "$(redis cache expiretime user:205:profile)" -ge $((before + 600)) -a "$(redis cache expiretime user:205:profile)" -le $((after + 600))
check "they are not counted as warm" load verify --sample all
sed -i '/^negative_value/d' negative.conf
redis cache flushall >/dev/null
rm -rf runs
check "without negative_value" exits_with 1 load run
check "it is an empty string" is_equal "$(redis cache exists user:205:profile) $(redis cache strlen user:205:profile)" "1 0"

# A row that appears between the reading and the second look. All ninety rows are read in the first three seconds, the last
# one is written after more than four, and the database shows it from the fourth second on.
make_plan late.csv 90
late=$(tail -n 1 late.csv | cut -d, -f3)
redis cache flushall >/dev/null
rm -rf runs
moment=$(($(date +%s) + 4))
sed "s/^query = .*/query = SELECT id, name FROM users WHERE id IN ({ids}) AND (id <> $late OR CAST(strftime('%s', 'now') AS INTEGER) >= $moment)/" negative.conf >late.conf
check "a load that takes some seconds" "$L" run --config late.conf --plan late.csv --rows 20
check "a row that appeared meanwhile takes its negative entry away" is_equal "$(awk -F, -v key="user:$late:profile" '$2 == key {print $3}' "$(results_file)") $(redis cache exists "user:$late:profile")" "stale_removed 0"
check "the others are warm" is_equal "$(outcomes "$(results_file)")" "$(printf 'stale_removed 1\nwarmed 89')"
finish
