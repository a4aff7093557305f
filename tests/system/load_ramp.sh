#!/usr/bin/env bash
# load_ramp.sh - the gray release against a real Redis, with an application that obeys it.
# Goal: it climbs to 100 and leaves what it says it leaves; a lost key lets nobody in; a person overrules; one controller
# an event; README's lines for an application agree with ours.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
make -s -C "$ROOT" build/tools/cache_aside
cd "$SCRATCH"
start_redis cache
make_table shop.db 10
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed -i '/^miss_cost/a on_loss = degrade' shop.conf
printf '\n[pace]\nredis_latency = 0s\n' >>shop.conf
seq 1 2000 >ids
seq 1 2000 | sed 's/.*/SET user:&:profile x/' | redis cache >/dev/null
key() { redis cache get rekindle:ramp:sale; }
is_share() { [ "$(key)" = "$1" ]; }
ramp() { "$L" ramp --config shop.conf --event sale --tick 1s "$@"; }
start_ramp() {
    (exec "$L" ramp --config shop.conf --event sale --tick 1s --log log.csv "$@") >ramp.out 2>&1 &
    RAMP=$!
    SERVER_PIDS+=("$RAMP")
}
wait_for_ramp() {
    STATUS=0
    wait "$RAMP" || STATUS=$?
}
# The last decision that is not to hold.
last_move() { awk -F, '$3 != "hold" { move = $3 } END { print move }' log.csv; }
is_move() { [ "$(last_move)" = "$1" ]; }

check "without an event it is refused" says 2 "ramp needs --event" "$L" ramp --config shop.conf
check "steps must rise" says 2 "are not rising shares" ramp --steps 5,1,100
check "and end at 100" says 2 "do not end at 100" ramp --steps 1,50
check "a probe needs its limit" says 2 "belong together" ramp --probe true

"$ROOT/build/tools/cache_aside" ids app.csv redis="$SCRATCH/cache.sock" rate=500 seconds=600 ramp=sale >app.out &
APP=$!
SERVER_PIDS+=("$APP")
check "it climbs to the end" ramp --steps 10,100 --soak 0s --min-reads 10 --log log.csv --nginx split.conf \
    --exec 'echo "$REKINDLE_EVENT $REKINDLE_SHARE" >>shares'
check "the share stays for ever" is_equal "$(key) $(redis cache ttl rekindle:ramp:sale)" "100 -1"
check "a family that degrades on loss is told for ever not to" \
    is_equal "$(redis cache get rekindle:degrade:user-profile) $(redis cache ttl rekindle:degrade:user-profile)" "off -1"
check "the command saw each change" is_equal "$(paste -sd' ' shares)" "sale 10 sale 100"
check "nginx has its block" grep -q '100.00%  1;' split.conf
check "its log has a line for each decision" is_equal "$(head -n 1 log.csv)" \
    "at,event,move,share,hit_ratio,reads,misses_per_second,source_ms,degraded,why"
check "and how it ended" is_move end

# All are in; then Redis takes no writes for a while, as with a full disk, just when the ramp would end.
redis cache del rekindle:ramp:sale >/dev/null
start_ramp --steps 100 --soak 3s --min-reads 10
wait_for 10 is_share 100
redis cache config set min-replicas-to-write 1 >/dev/null
check "an end that cannot be published is none" wait_for 15 grep -q 'hold,100,.*Redis does not take the share' log.csv
check "so it goes on" kill -0 "$RAMP"
redis cache config set min-replicas-to-write 0 >/dev/null
wait_for_ramp
check "until it is" is_equal "$STATUS $(key) $(redis cache ttl rekindle:ramp:sale)" "0 100 -1"

redis cache del rekindle:ramp:sale >/dev/null
start_ramp --steps 20,100 --soak 600s
check "the first step comes when the source is known to be well" wait_for 10 is_share 20
check "a second controller is refused" says 8 "another ramp of sale is under way" ramp
redis cache del rekindle:ramp:sale >/dev/null
check "a lost key lets nobody in" wait_for 10 is_share 0
check "and is called lost" wait_for 10 is_move lost
redis cache set rekindle:ramp:sale 100 >/dev/null
check "nobody lets all in by hand" wait_for 10 is_share 0
kill -TERM "$RAMP"
wait_for_ramp
check "stopped with 6" is_equal $STATUS 6
redis cache set rekindle:ramp:sale 20 >/dev/null
start_ramp --steps 20,50,100 --soak 600s
check "another goes on from the share that is there" wait_for 10 bash -c "[ \$(redis-cli -s cache.sock ttl rekindle:ramp:sale) -gt 0 ]"
redis cache set rekindle:ramp:sale 0 >/dev/null
wait_for_ramp
check "set to 0 by hand it ends with 9" is_equal $STATUS 9
check "and says so" grep -q "the ramp of sale ended at 0: somebody set the key to 0" ramp.out
check "at 0 for ever" is_equal "$(key) $(redis cache ttl rekindle:ramp:sale)" "0 -1"
start_ramp --probe 'echo 900' --max-source-ms 800 --give-up 2s
wait_for_ramp
check "a source that is never well ends it with 9" is_equal $STATUS 9
check "with the reason" grep -q "given up after . s at 0: the source takes 900 ms, limit 800" ramp.out

# README's lines: 123456789 is in bucket 262.
sed -n '/^```python$/,/^```$/p' "$ROOT/README.md" | sed '/^```/d' >shop.py
cat >>shop.py <<'P'

class Redis:
    def __init__(self, **keys):
        self.keys = keys

    def get(self, key):
        return self.keys.get(key.split(":")[1])

assert may_see(Redis(ramp="2.63"), "sale", 123456789)
assert not may_see(Redis(ramp=b"2.62"), "sale", "123456789")
assert not may_see(Redis(), "sale", 123456789)
assert sum(may_see(Redis(ramp="0.07"), "sale", i) for i in range(100000)) in range(40, 100)
assert is_degraded(Redis(degrade=b"on"), "f") and not is_degraded(Redis(degrade="off"), "f", "degrade")
assert is_degraded(Redis(), "f", "degrade") and not is_degraded(Redis(), "f")
P
check "README's lines for an application hold" python3 shop.py
finish
