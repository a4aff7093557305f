#!/usr/bin/env bash
# load_guard_keys.sh - Redis comes back empty: guard publishes the ramps' shares and the degradation keys again, before the
# first key is warm. Goal: who was in for good is in, nobody else; whatever the ramp did when it happened, and whether its
# controller lives or not.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=300
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed -i '/^miss_cost/a on_loss = degrade' shop.conf
printf '\n[pace]\nredis_latency = 0s\n' >>shop.conf
"$L" run --config shop.conf --plan plan.csv --quiet >/dev/null
share() { redis cache get rekindle:ramp:sale; }
is_share() { [ "$(share)" = "$1" ]; }
guard() { "$L" guard --config shop.conf --once; }
start_ramp() { # OPTION...
    (exec "$L" ramp --config shop.conf --event sale --tick 1s --min-reads 1 --quiet "$@") >ramp.csv 2>ramp.out &
    RAMP=$!
    SERVER_PIDS+=("$RAMP")
}
# lose: all is gone, and what guard does about it goes to seen.log.
lose() {
    redis cache flushall >/dev/null
    start_monitor cache seen.log
    guard >/dev/null 2>guard.out
    redis cache echo all-of-it >/dev/null
    wait_for 10 grep -q all-of-it seen.log
    kill "$MONITOR_PID"
    wait "$MONITOR_PID" 2>/dev/null || true
}
# first_line TEXT: where MONITOR saw it first.
first_line() { grep -nF -m 1 -- "$1" seen.log | cut -d: -f1; }
is_before_warming() { [ "$(first_line "$1")" -lt "$(first_line '"SET" "user:')" ]; }

# ---- a ramp that ended at 100
start_ramp --steps 100 --soak 0s
wait_for 10 is_share 100
(while redis cache get user:1:profile >/dev/null; do sleep 0.2; done) &
READER=$!
SERVER_PIDS+=("$READER")
STATUS=0
wait "$RAMP" || STATUS=$?
kill "$READER"
check "a ramp has ended with all users in" is_equal "$STATUS $(share)" "0 100"
guard && guard
lose
check "guard says what it publishes again" grep -q "the ramp of sale is published again: 100%, as it ended" guard.out
check "the share is 100 again, for ever" is_equal "$(share) $(redis cache ttl rekindle:ramp:sale)" "100 -1"
check "before the first key was warm" is_before_warming '"SET" "rekindle:ramp:sale" "100"'
check "and the application had been told to degrade before that" \
    [ "$(first_line '"rekindle:degrade:user-profile" "on"')" -lt "$(first_line '"SET" "rekindle:ramp:sale"')" ]
check "but is not any more" is_equal "$(redis cache get rekindle:degrade:user-profile)" off

# ---- somebody has taken it back since
redis cache set rekindle:ramp:sale 0 >/dev/null
guard
lose
check "who was taken out by hand stays out" is_share 0
check "before the first key was warm" is_before_warming '"SET" "rekindle:ramp:sale" "0"'
redis cache del rekindle:ramp:sale >/dev/null
guard
check "a key that went without a loss is not brought back" is_share ""
lose
check "nor after the next one" is_share ""

# ---- a ramp under way, with its controller
start_ramp --steps 20,100 --soak 600s
wait_for 10 is_share 20
lose
check "the controller itself publishes 0, before the first key is warm" is_before_warming '"SET" "rekindle:ramp:sale" "0"'
check "and guard leaves that to it" bash -c "! grep -q 'published again' guard.out"
check "it goes on, from its first step" is_equal "$(share) $(kill -0 "$RAMP" && echo alive)" "0 alive"
check "and calls it a loss" grep -q ',lost,0,' ramp.csv

# ---- and without
kill -9 "$RAMP"
wait "$RAMP" 2>/dev/null || true
redis cache del rekindle:ramp-lease:sale >/dev/null
start_ramp --steps 30,100 --soak 0s
wait_for 10 is_share 30
kill -9 "$RAMP"
wait "$RAMP" 2>/dev/null || true
lose
check "a share that nobody drives any more is 0" grep -q "the ramp of sale is published again: 0%, nobody drives it any more" guard.out
check "for ever" is_equal "$(share) $(redis cache ttl rekindle:ramp:sale)" "0 -1"
check "before the first key was warm" is_before_warming '"SET" "rekindle:ramp:sale" "0"'

# ---- control keys in a Redis of their own are not lost
start_redis control
sed -i "s|^address = .*|&\ncontrol = unix:$SCRATCH/control.sock|" shop.conf
redis control set rekindle:ramp:sale 40 >/dev/null
lose
check "where the share was not lost it is left alone" is_equal "$(redis control get rekindle:ramp:sale)" 40
finish
