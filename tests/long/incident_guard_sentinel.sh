#!/usr/bin/env bash
# incident_guard_sentinel.sh - guard watches a master that Sentinels name, through three failovers.
# Goal: one that loses nothing triggers nothing; a replica that is promoted with half of the keys, or with none, is noticed, and
# warm again afterwards, on the server that the Sentinel names by then.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
. "$(dirname "$0")/../sentinel_lib.sh"
cd "$SCRATCH"
COUNT=2000
start_server first
start_server second --replicaof 127.0.0.1 "${PORT[first]}"
wait_for 10 is_following second
start_sentinel
make_table users.sqlite $COUNT
make_plan plan.csv $COUNT
make_plan half.csv $((COUNT / 2))
make_config shop.conf "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/sentinel = 127.0.0.1:${PORT[sentinel]}\nmaster = shop\ntimeout = 1s/" shop.conf
"$L" run --config shop.conf --plan half.csv --quiet >/dev/null
(exec "$L" guard --config shop.conf) >guard.log 2>guard.out &
GUARD=$!
SERVER_PIDS+=("$GUARD")
quiet() { ! grep -v '^watching ' guard.out; }
has_marker() { [ "$(redis "$1" exists rekindle:marker)" = 1 ]; }
says_so() { [ "$(grep -c "$1" guard.out)" = "$2" ]; }
warm_keys() { redis "$1" --scan | grep -c '^user:' || true; }
is_warm() { [ "$(warm_keys "$1")" = $COUNT ]; }
# restart_behind NAME MASTER OPTION...: NAME comes back as a replica of a master that is gone.
restart_behind() {
    start_redis "$1" --port "${PORT[$1]}" --bind 127.0.0.1 --replicaof 127.0.0.1 "${PORT[$2]}" "${@:3}"
    PID[$1]=$REDIS_PID
}
# is_replica_seen: the Sentinel knows that the replica follows again.
is_replica_seen() { sentinel sentinel replicas shop | grep -A 1 '^master-link-status$' | grep -q ok; }
end_server() { # NAME: at once
    kill -9 "${PID[$1]}"
    wait "${PID[$1]}" 2>/dev/null || true
}

check "guard finds the master and lays its marker" wait_for 10 has_marker first
check "which the replica has, too" wait_for 10 has_marker second

# One that loses nothing.
sentinel sentinel failover shop >/dev/null
check "a failover that loses nothing" wait_for 30 has_role second master
sleep 2 # some looks
check "triggers nothing" quiet

# The replica is left behind: with the marker and half of the keys, in a file.
redis first save >/dev/null
end_server first
"$L" run --config shop.conf --plan plan.csv --quiet >/dev/null
check "all is warm" is_warm second
sleep 1.5 # a look
end_server second
restart_behind first second --dbfilename dump.rdb
check "a replica that was behind is promoted" wait_for 30 has_role first master
check "guard says what it has found" wait_for 15 says_so "another Redis took over with fewer keys; $COUNT keys" 1
check "and warms it again" wait_for 15 says_so "warm again after" 1
check "on the new master" is_warm first

# A replica that came back empty.
restart_behind second first
wait_for 30 is_following second
wait_for 30 is_replica_seen
end_server second
end_server first
rm -f second/dump.rdb
restart_behind second first
check "an empty replica is promoted" wait_for 30 has_role second master
check "guard notices" wait_for 15 says_so "the cache was lost; $COUNT keys" 1
check "and warms it again" wait_for 15 says_so "warm again after" 2
check "on the new master" is_warm second
check "no step failed on the way" bash -c "! grep -v '^watching \|warm again after\|are warmed again\|does not answer\|answers again' guard.out"
finish
