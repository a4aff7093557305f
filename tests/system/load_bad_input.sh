#!/usr/bin/env bash
# load_bad_input.sh - broken plans, absent servers, wrong passwords: each a clear error and its exit code, and a Redis
# in which nothing was written.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
start_redis cache
make_table shop.db 500
make_plan plan.csv 500
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
run() { "$L" run --config shop.conf --plan "$@"; }
variant() { awk -F, -v OFS=, "$1" plan.csv >variant.csv; }

variant '$1 == 7 {$1 = 8} {print}'
check "a rank twice: line and value" says 3 "variant.csv:" run variant.csv
variant '$1 == 7 {$1 = ""} {print}'
check "no rank" says 3 "variant.csv:8" run variant.csv
variant '$1 == 7 {$1 = "seven"} {print}'
check "a rank that is no number" says 3 "seven" run variant.csv
variant '$1 == 7 {$6 = "maybe"} {print}'
check "an action that is none" says 3 "maybe" run variant.csv
variant '$1 == 7 {$4 = "no-such-family"} {print}'
check "a family that the config lacks" says 3 "no-such-family" run variant.csv
variant '$1 == 7 {$5 = "user:1:other"} {print}'
check "a key that is not the id's: both values" says 3 "user:1:other" run variant.csv
variant '$1 == 7 {$21 = "2099-01-01T00:00:00Z"} {print}'
check "two windows in one plan" says 3 "variant.csv:8" run variant.csv
variant 'NR > 1 {$20 = "2020-01-01T00:00:00Z"; $21 = "2020-01-02T00:00:00Z"} {print}'
check "a window that has ended" says 3 "ended" run variant.csv
variant 'NR > 1 {$22 = "2020-01-01T00:00:00Z"} {print}'
check "last week's plan" says 3 "--max-plan-age" run variant.csv
variant '{$5 = ""; print}'
check "a column without its name" exits_with 3 run variant.csv
head -n 1 plan.csv >variant.csv
check "a plan without rows" exits_with 3 run variant.csv
: >variant.csv
check "an empty plan" says 3 "variant.csv" run variant.csv
check "no plan" says 3 "absent.csv" run absent.csv
check "a file beyond ulimit -f is an error, no death" says 5 "journal: File too large" \
    bash -c "ulimit -f 8; exec '$L' run --config shop.conf --plan plan.csv --window-ranks 100 --run '$SCRATCH/limited'"
redis cache flushall >/dev/null
start_redis renamed --rename-command AUTH ""
sed "s/cache.sock/renamed.sock/" shop.conf >renamed.conf
check "a Redis without AUTH" says 4 "answers 'ERR unknown command 'AUTH''" \
    env REKINDLE_REDIS_PASSWORD=s3cret-word "$L" run --config renamed.conf --plan plan.csv
check "does not make us tell the password" bash -c "! grep -r s3cret '$SCRATCH'/stdout '$SCRATCH'/stderr"
tried() { "$L" check --config shop.conf --plan plan.csv "$@"; }
check "check refuses waves that fall, as run does" says 2 "shares must rise" tried --waves 10%,1%
check "and an order of waves that is none" says 2 "not rank or bucket" tried --waves 1%,100% --waves-by id
check "and one without waves" says 2 "needs --waves" tried --waves-by bucket
check "and an answer to bad health that is none" says 2 "not hold, stop or rollback" tried --waves 1%,100% --on-unhealthy panic
check "an unknown option" says 2 "--plam" "$L" run --plam x
sed 's/^ttl = .*/ttl = tomorrow/' shop.conf >bad.conf
check "a config that is wrong: file and line" says 3 "bad.conf:7" "$L" run --config bad.conf --plan plan.csv
sed 's/^miss_cost/mis_cost/' shop.conf >bad.conf
check "an unknown key of the config" says 3 "bad.conf:8" "$L" run --config bad.conf --plan plan.csv
check "nothing of all this wrote anything" is_equal "$(redis cache dbsize)" 0

sed 's/cache.sock/absent.sock/' shop.conf >bad.conf
check "no Redis there" says 4 "absent.sock" "$L" run --config bad.conf --plan plan.csv
sed 's/shop.db/absent.db/' shop.conf >bad.conf
check "no database there" says 4 "absent.db" "$L" run --config bad.conf --plan plan.csv
sed 's/FROM users/FROM losers/' shop.conf >bad.conf
check "a query that fails" says 4 "losers" "$L" run --config bad.conf --plan plan.csv

start_redis locked --requirepass s3cret-word
sed 's/cache.sock/locked.sock/' shop.conf >bad.conf
check "a Redis that wants a password" exits_with 4 "$L" run --config bad.conf --plan plan.csv
printf 'wrong-word\n' >password
chmod 600 password
sed -i "/^address/a password_file = $SCRATCH/password" bad.conf
check "and gets a wrong one" exits_with 4 "$L" run --config bad.conf --plan plan.csv
check "which is not told to anyone" bash -c "! grep -rq 'wrong-word' '$SCRATCH/stdout' '$SCRATCH/stderr' '$SCRATCH/runs'"
chmod 644 password
check "a password file for all to read" says 3 "chmod 600" "$L" run --config bad.conf --plan plan.csv
printf 's3cret-word\n' >password
chmod 600 password
check "the right password" "$L" run --config bad.conf --plan plan.csv
check "loads" is_equal "$(redis-cli --no-auth-warning -a s3cret-word -s locked.sock dbsize | head -n 1)" 500

start_redis small --maxmemory 1500kb --maxmemory-policy noeviction
make_table big.db 60000
make_plan big.csv 60000
make_config small.conf "$SCRATCH/big.db" "$SCRATCH/small.sock"
check "a Redis that is full" exits_with 5 "$L" run --config small.conf --plan big.csv

("$L" run --config shop.conf --plan plan.csv --now "$(date -u -d '+1 hour' +%FT%TZ)" >/dev/null 2>&1 || true)
start_redis slow
make_config slow.conf "$SCRATCH/big.db" "$SCRATCH/slow.sock"
"$L" run --config slow.conf --plan big.csv >slow.out 2>&1 &
first=$!
SERVER_PIDS+=($first)
redis-cli -s slow.sock client pause 3000 all >/dev/null
sleep 0.3
check "a second run on the same target is refused" exits_with 8 "$L" run --config slow.conf --plan big.csv
wait $first || true
finish
