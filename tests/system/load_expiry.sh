#!/usr/bin/env bash
# load_expiry.sh - when warmed keys end, by a histogram of a real load: none inside the window, and never more in one second
# than was promised. A plan that would let too many end at once is refused.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"

rows=30000
start_redis cache
make_table shop.db $rows
make_config shop.conf shop.db "$SCRATCH/cache.sock"
# Two families that end together for a while: 500 a second from 6 h on for a minute, 50 a second from half a minute later on.
sed -i 's/^ttl = .*/ttl = event_end + 6h\nttl_jitter = 59s/' shop.conf
cat >>shop.conf <<C
[family user-card]
entity = user
key = card:{id}
source = sqlite
query = SELECT id, name, points FROM users WHERE id IN ({ids})
value = hash
ttl = event_end + 6h0m30s
ttl_jitter = 9m59s
C
make_plan users.csv $rows
# The same users once more, behind the others, in the other family.
awk -F, -v OFS=, -v rows=$rows 'NR == 1 {print; next} {print; $1 += rows; $4 = "user-card"; $5 = "card:" $3; cards[NR] = $0} END {for (i = 2; i <= NR; i++) print cards[i]}' users.csv >plan.csv
load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }

check "check" exits_with 0 load check
promised=$(sed -nE 's/^expiries: at most ([0-9]+) keys a second \(mean 550\), from .*/\1/p' stdout)
check "it promises a peak, and what it is on average" test "${promised:-0}" -gt 550 -a "${promised:-0}" -lt 750
check "run" exits_with 0 load run
check "its summary promises the same" grep -q "^expiries: at most $promised keys a second (mean 550), from $(date -u -d "@$((WINDOW_END_UNIX + 6 * 3600 + 30))" +%FT%TZ) on" stdout
all_expiries cache >expiries
check "every key has an end" is_equal "$(awk '$2 > 0' expiries | wc -l)" $((2 * rows))
check "none inside the window, nor before its family's ttl" awk -v end="$WINDOW_END_UNIX" '
    {least = end + 6 * 3600 + ($1 ~ /^card:/ ? 30 : 0); if ($2 / 1000 < least) bad = 1} END {exit bad}' expiries
check "nor after its jitter" awk -v end="$WINDOW_END_UNIX" '
    {most = end + 6 * 3600 + ($1 ~ /^card:/ ? 629 : 59); if ($2 / 1000 > most) bad = 1} END {exit bad}' expiries
peak=$(awk '{n[int($2 / 1000)]++} END {for (s in n) if (n[s] > most) most = n[s]; print most}' expiries)
echo "the fullest second has $peak of $promised promised"
check "the fullest second holds the promise" test "$peak" -le "$promised"
check "which is not idle" test "$peak" -ge 550

rm -rf runs
redis cache flushall >/dev/null
sed -i 's/^ttl_jitter = 59s/ttl_jitter = 0s/; s/^\[run\]/&\nmax_expiries_per_second = 20k/' shop.conf
check "too many at once: exit code 3" says 3 "too many keys would expire at once: 31046 keys a second (mean 30000)" load run
check "nothing is written" is_equal "$(redis cache dbsize)" 0
check "check refuses it too" exits_with 3 load check
sed -i 's/^max_expiries_per_second.*/max_expiries_per_second = 40k/' shop.conf
check "below the limit it is loaded" load run
finish
