#!/usr/bin/env bash
# load_guard_manner.sh - guard warms again what the last run warmed, as that run was called on its command line.
# Goal: what a run was given beyond the config holds after a loss, too; a plan that is over or gone keeps nobody degraded.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=300
start_redis cache --maxmemory 0
make_table shop.db $COUNT
make_plan whole.csv $COUNT
sed -i 's/,sale,/,guard-week,/' whole.csv # an event may be called like a run of guard's
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
printf '\n[pace]\nredis_latency = 0s\n' >>shop.conf
# A reviewer has taken out more than a fifth of the rows.
sed -n '1p; 101,$p' whole.csv >plan.csv
printf 'rows,digest\n%d,0\n' $COUNT >plan.csv.sum
warm() { redis cache --scan --pattern 'user:*' | sort; }
guard() { "$L" guard --config shop.conf --once "$@"; }
lose() { redis cache flushall >/dev/null; }

check "a run that needs to be told much" exits_with 0 "$L" run --config shop.conf --plan plan.csv --quiet --allow-removed \
    --memory-budget 1GiB --growth 1MiB/h --accept-eviction 10/s --memory-high 90% --holdout 20%
warm >before
check "leaves a part of its keys cold" bash -c "[ \$(wc -l <before) -gt 100 ] && [ \$(wc -l <before) -lt 190 ]"
check "guard lays its marker" exits_with 0 guard
lose
check "a loss is made good without a word of all that" says 0 "warm again after" guard
warm >after
check "and the same keys stay cold" cmp before after

lose
check "an active plan that is gone is told" says 0 "going on without --active-plan" guard --active-plan gone.csv
warm >after
check "and the keys of the last run are warm all the same" cmp before after

# Who starts us may ignore the ends of children: then the exit code of a run must reach guard all the same.
lose
mv plan.csv aside.csv
check "a warming that fails is not taken for one that went well" \
    says 3 "ended with exit code 3" perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$L" guard --config shop.conf --once
mv aside.csv plan.csv
check "and is tried again" says 0 "warm again after" guard
warm >after
check "until all is there" cmp before after

# The window ends, and the cache is lost after that.
sed -i "s/$WINDOW_END/$(date -u -d '-1 hour' +%Y-%m-%dT%H:00:00Z)/; s/$WINDOW_START/$(date -u -d '-1 day' +%Y-%m-%dT00:00:00Z)/" plan.csv runs/*/run.ini
lose
check "a window that is over needs no key" says 0 "is over: its keys are not warmed again" guard
check "so nobody is degraded for it" bash -c "! redis-cli -s '$SCRATCH/cache.sock' get rekindle:degrade:user-profile | grep -q on"
check "and the next look finds all well" exits_with 0 guard
check "without a word" [ ! -s "$SCRATCH/stderr" ]

finish
