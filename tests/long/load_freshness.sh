#!/usr/bin/env bash
# load_freshness.sh - an application changes and deletes rows at full rate while they are warmed: nothing stale may stay.
# Goal: after each write the application deletes the row's cache key, as cache-aside does. When load and writers have
# ended, every value left in Redis must equal its row. Run with each kind of version a table may have; the same
# comparison counts more than none for a plain SET loader, an NX loader, and our own run without its second look.
# IDS=N makes it shorter, SEED=N repeats it.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
IDS=${IDS:-300000}
SEED=${SEED:-$RANDOM}
TOOLS=$ROOT/build/tools
echo "seed $SEED"
start_redis cache
start_mariadb db
sql db "CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, points INT NOT NULL, counter BIGINT NOT NULL DEFAULT 1,
        fine TIMESTAMP(6) NOT NULL DEFAULT now(6) ON UPDATE now(6), coarse TIMESTAMP NOT NULL DEFAULT now() ON UPDATE now());
    INSERT INTO users (id, name, points) SELECT seq, concat('user', seq), seq % 97 FROM seq_1_to_$IDS;"
make_plan plan.csv "$IDS"

# make_version_config FILE COLUMNS: COLUMNS is `, counter AS version`, or nothing.
make_version_config() {
    cat >"$1" <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name, points$2 FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h

[mysql]
socket = $SCRATCH/db.sock
user = root
database = shop

[pace]
rows = 0
[redis]
address = unix:$SCRATCH/cache.sock


[run]
dir = $SCRATCH/runs
C
}

# How many values differ from their row, or have none. Blanks do not count: renderers differ in them.
stale_count() {
    sql db "SELECT concat('user:', id, ':profile'), json_object('id', id, 'name', name, 'points', points) FROM shop.users" |
        tr -d ' ' | sort >rows
    redis cache --scan --pattern 'user:*' | sort >keys
    sed 's/^/GET /' keys | redis cache | tr -d ' ' | paste keys - | sort | comm -23 - rows | wc -l
}

# while_writing COMMAND...: its exit code goes to $STATUS, the stale values left behind to $STALE.
while_writing() {
    rm -rf runs
    redis cache flushall >/dev/null
    mkfifo -m 600 hold
    "$TOOLS/churn" "$SCRATCH/db.sock" "$SCRATCH/cache.sock" "$IDS" 3 "$SEED" <hold >written 2>&1 &
    local churn=$!
    exec 9>hold
    STATUS=0
    "$@" >out 2>&1 || STATUS=$?
    exec 9>&-
    wait $churn || { cat written; STATUS=churn-failed; }
    rm hold
    STALE=$(stale_count)
    WRITTEN=$(cat written)
}
load() { "$L" run --config "$1.conf" --plan plan.csv --max-loss-share 50% --quiet "${@:2}"; }

for kind in counter fine coarse none; do
    make_version_config $kind.conf "$([ $kind = none ] || echo ", $kind AS version")"
    while_writing load $kind
    results=$(outcomes "$(results_file)" | paste -sd,)
    echo "version $kind: $WRITTEN; $STALE stale of $(wc -l <keys); $results"
    check "version $kind: the load ends well" is_equal "$STATUS" 0
    check "version $kind: no stale value is left" is_equal "$STALE" 0
    # Not those that are left: the longer a busy machine takes, the more the writers delete.
    check "version $kind: most keys were warm" test "$(awk -F, '$3 == "warmed"' "$(results_file)" | wc -l)" -gt $((IDS / 2))
    check "version $kind: many are left to be compared" test "$(wc -l <keys)" -gt $((IDS / 20))
    check "version $kind: stale values were seen and removed" grep -q stale_removed <<<"$results"
done

# The comparison can fail: the same writers beside loaders that do not look twice. A chance of a race is a chance, so
# each gets a few tries.
leaves_stale() {
    for attempt in 1 2 3 4 5; do
        while_writing "${@:2}"
        echo "$1: $WRITTEN; $STALE stale of $(wc -l <keys)" >>losses
        [ "$STATUS" = 0 ] && [ "$STALE" -gt 0 ] && return 0
    done
    return 1
}
check "our run without its second look leaves stale values" leaves_stale "without second look" load counter --no-recheck
check "a plain SET loader leaves stale values" leaves_stale "plain SET" "$TOOLS/naive_load" "$SCRATCH/db.sock" "$SCRATCH/cache.sock" "$IDS" set
check "NX alone leaves stale values" leaves_stale "NX alone" "$TOOLS/naive_load" "$SCRATCH/db.sock" "$SCRATCH/cache.sock" "$IDS" nx
cat losses
finish
