#!/usr/bin/env bash
# load_memory.sh - a load never costs a live key its place: full caches are left alone, half full ones are filled up to the
# mark, evictions end the load, and a Redis without maxmemory needs a budget.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"

rows=120000
make_table shop.db $rows
make_config shop.conf shop.db "$SCRATCH/cache.sock"
make_plan plan.csv $rows
awk -F, 'NR > 1 {print $5}' plan.csv >planned
load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }
info() { redis cache info | tr -d '\r' | sed -n "s/^$1://p"; }
evicted() { info evicted_keys; }
count() { awk -F, -v o="$1" 'NR > 1 && $3 == o {n++} END {print n + 0}' "$(results_file)"; }

# live_keys FROM TO [EX SECONDS]: keys of the application, read as well as written.
live_keys() {
    seq "$1" "$2" | awk -v rest="${*:3}" '{printf "SET live:%d %0400d %s\r\n", $1, $1, rest}' | redis cache --pipe >/dev/null
}
# fill_up BYTES [EX SECONDS]: live keys until so much is used.
fill_up() {
    local next=1
    while [ "$(info used_memory)" -lt "$1" ]; do
        live_keys $next $((next + 499)) "${@:2}"
        next=$((next + 500))
    done
}
live_left() { redis cache --scan --pattern 'live:*' | wc -l; }
fresh_redis() {
    [ -z "${cache_pid:-}" ] || { kill "$cache_pid"; wait "$cache_pid" || true; }
    rm -rf runs "$SCRATCH/cache.sock"
    start_redis cache "$@"
    cache_pid=$REDIS_PID
}

# Growth is measured for a minute, beside all that follows: at most 5 KiB a second, which is 18 MiB an hour, and less on a
# machine that is busy.
start_redis grown --maxmemory 4gb
sed "s/cache.sock/grown.sock/; s/^dir = .*/dir = grown-runs/" shop.conf >grown.conf
(for i in $(seq 600); do
    redis-cli -s grown.sock set "grown:$i" "$(printf '%0400d' "$i")" >/dev/null 2>&1 || exit 0
    sleep 0.1
done) &
"$L" run --config grown.conf --plan plan.csv --growth measured:1m >grown.out 2>&1 &
grown_loader=$!

for policy in allkeys-lru volatile-lru; do
    fresh_redis --maxmemory 24mb --maxmemory-policy $policy
    expiry=()
    [ $policy = allkeys-lru ] || expiry=(EX 100000)
    fill_up 24500000 "${expiry[@]}"
    live=$(live_left)
    check "$policy, full: exit code 5" says 5 "up to the mark of 19.2 MiB (80% of maxmemory 24.0 MiB)" load run
    check "no live key is evicted" is_equal "$(live_left) $(evicted)" "$live 0"
    check "and nothing is written" is_equal "$(redis cache dbsize)" "$live"
    check "every row is refused_budget" is_equal "$(outcomes "$(results_file)")" "refused_budget $rows"
    check "check says so beforehand" exits_with 5 load check
done

fresh_redis --maxmemory 50mb --maxmemory-policy allkeys-lru
fill_up 20000000
live=$(live_left)
check "half full: exit code 5" says 5 "up to the mark of 40.0 MiB" load run
warmed=$(count warmed)
check "it said so beforehand" grep -qE "memory: about [0-9]+ of $rows planned keys fit" stderr
used=$(info used_memory)
check "it loads up to the mark" test "$used" -gt $((39 * 1024 * 1024))
check "and not over it" test "$used" -lt $((41 * 1024 * 1024))
check "no live key is evicted" is_equal "$(live_left) $(evicted)" "$live 0"
check "what is warm is a prefix of the plan" cmp <(head -n "$warmed" planned) <(awk -F, '$3 == "warmed" {print $2}' "$(results_file)")
check "and all of it is there" is_equal "$(redis cache dbsize)" $((live + warmed))
check "the rest is refused_budget" is_equal "$(count refused_budget)" $((rows - warmed))
check "again: still no room" exits_with 5 load run
check "and not over the mark" test "$(info used_memory)" -lt $((41 * 1024 * 1024))
redis cache config set maxmemory 200mb >/dev/null
check "with more memory the same command goes on" load run
check "to the end" is_equal "$(outcomes "$(results_file)")" "warmed $rows"
check "no live key is evicted" is_equal "$(live_left) $(evicted)" "$live 0"

# Growth until the window, which begins at midnight, is left free.
fresh_redis --maxmemory 100mb
check "growth lowers the mark" exits_with 0 load check --growth 300KiB/h
check "and check says so" grep -qE "mark 80% of maxmemory 100 MiB, less [0-9.]+ [KM]iB for growth until the window" stdout
check "a sample that is too short: exit code 2" says 2 "measure for at least a minute" load run --growth measured:2s
check "not a rate: exit code 2" says 2 "--growth, or [budget] growth: '20MiB' is not a rate of growth; write 20MiB/h" load run --growth 20MiB

# A peak that passes only pauses.
fresh_redis --maxmemory 250mb
load run --rows 20k --memory-high 40% >peak.out 2>&1 &
loader=$!
wait_for 60 bash -c "[ \$(redis-cli -s cache.sock dbsize) -gt 5000 ]"
head -c 100000000 /dev/zero | redis cache -x set peak >/dev/null
wait_for 60 grep -q "memory of Redis" runs/*/status
redis cache unlink peak >/dev/null
status=0
wait $loader || status=$?
check "a peak that passes within seconds only pauses" is_equal $status 0
check "and every key is warm" is_equal "$(outcomes "$(results_file)")" "warmed $rows"
check "the pause is accounted" grep -q "memory of Redis" peak.out

# Evictions that begin in mid-load end it.
fresh_redis --maxmemory 200mb --maxmemory-policy allkeys-lru
fill_up 30000000
load run --rows 20k >evict.out 2>&1 &
loader=$!
wait_for 60 bash -c "[ \$(redis-cli -s cache.sock exists '$(sed -n 8000p planned)') = 1 ]"
redis cache config set maxmemory $(($(info used_memory) - 300000)) >/dev/null
status=0
wait $loader || status=$?
check "evictions in mid-load: exit code 5" is_equal $status 5
check "said with a way out" grep -qE "evicts keys|up to the mark" evict.out
check "the rest is refused_budget" test "$(count refused_budget)" -gt $((rows / 4))

# A cache that always evicts.
fresh_redis --maxmemory 20mb --maxmemory-policy allkeys-lru
live_keys 1 60000
check "a cache that evicts is refused" exits_with 5 load run
check "unless a rate is accepted" load run --accept-eviction 1000000/s
check "then all is written" is_equal "$(count warmed)" $rows
rm -rf runs
check "more than was accepted: exit code 5" says 5 "keys a second, more than the 10 of --accept-eviction" load run --accept-eviction 10 --rows 10k

# No maxmemory.
fresh_redis --maxmemory 0
check "no maxmemory: a budget is asked for" says 2 "say what the load may take with --memory-budget 2GiB" load run
check "and no run is begun" test ! -e runs
check "with one it loads that much: exit code 5" says 5 "the memory budget of 10.0 MiB is spent" load run --memory-budget 10MiB
warmed=$(count warmed)
used=$(($(info used_memory) - 1000000))
check "by its own estimate, which is near" test $used -gt $((7 * 1024 * 1024)) -a $used -lt $((13 * 1024 * 1024))
check "the rest is refused_budget" is_equal "$(count refused_budget)" $((rows - warmed))
check "the budget is that of the whole run" exits_with 5 load run --memory-budget 10MiB
check "not of one session" is_equal "$(count warmed)" "$warmed"
printf '\n[budget]\nmemory = 100MiB\n' >>shop.conf
check "[budget] memory is one too, and the same command goes on" load run
check "to the end" is_equal "$(outcomes "$(results_file)")" "warmed $rows"
status=0
wait $grown_loader || status=$?
check "growth can be measured" is_equal $status 0
growth=$(sed -nE 's/^memory: by the growth of the last 60 s the application will add ([0-9.]+) ?([KMG]?i?)B until the window/\1\2/p' grown.out | numfmt --from=auto)
hours=$(awk -v start="$(date -u -d "$WINDOW_START" +%s)" -v now="$(date +%s)" 'BEGIN {print (start - now) / 3600}')
check "and is what the application adds until midnight" awk -v bytes="${growth:--1}" -v hours="$hours" 'BEGIN {mib = bytes / 1048576; exit !(mib >= hours * 0.2 && mib < hours * 30 + 20)}'
finish
