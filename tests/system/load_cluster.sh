#!/usr/bin/env bash
# load_cluster.sh - a plan goes into a Redis Cluster of three masters: every key on its node, looked at, loaded again.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"

COUNT=20000

# Keys with a hash tag share their slot; a hash goes through a script, a string through SET.
make_cluster_config() {
    make_config "$1" "$2" unused
    sed -i "s/^address = .*/address = 127.0.0.1:$3\ncluster = yes/" "$1"
}

start_cluster 3 0 || exit 1
make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
make_cluster_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" "${CLUSTER_PORTS[1]}"

check "check looks at a cluster" exits_with 0 "$L" check --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "and tells what is needed" grep -qE '^memory: about [0-9.]+ MiB needed$' "$SCRATCH/stdout"
for number in 0 1 2; do
    check "and of node $number what it holds and may hold" grep -qE \
        "^  127.0.0.1:${CLUSTER_PORTS[number]}: holds [0-9.]+ MiB, mark 80% of maxmemory [0-9.]+ [MG]iB, policy noeviction$" "$SCRATCH/stdout"
done
check "and writes nothing" is_equal "$(cluster_keys | wc -l)" 0
check "run loads it" exits_with 0 "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "the target is named" grep -rqF "redis cluster at 127.0.0.1:${CLUSTER_PORTS[1]}" "$SCRATCH/runs"
expected_values "$SCRATCH/users.sqlite" | sort >"$SCRATCH/wanted"
cluster_values >"$SCRATCH/found"
check "every key has its value" cmp "$SCRATCH/wanted" "$SCRATCH/found"
for number in 0 1 2; do
    check "node $number has a share" test "$(node $number dbsize)" -gt $((COUNT / 4))
done
check "summary.json tells what no replica had to confirm" python3 -c \
    "import json, glob; r = json.load(open(glob.glob('$SCRATCH/runs/*/summary.json')[0]))['redis']; assert r['unconfirmed'] == 0 and r['commands'] >= $COUNT, r"
check "results.csv says so" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
check "verify agrees" exits_with 0 "$L" verify --quiet --sample all --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "the lease is given back" is_equal "$(cluster_keys | grep -c rekindle)" 0

check "the same run again has nothing to do" exits_with 0 "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "and says so" grep -q '^already warm: nothing to do' "$SCRATCH/stdout"
for number in 0 2; do
    sed "s/127.0.0.1:${CLUSTER_PORTS[1]}/127.0.0.1:${CLUSTER_PORTS[number]}/" "$SCRATCH/load.ini" >"$SCRATCH/other.ini"
    check "through node $number it is there already" exits_with 0 "$L" run --quiet --config "$SCRATCH/other.ini" \
        --plan "$SCRATCH/plan.csv"
    check "every key" is_equal "$(outcomes "$(results_file)")" "exists $COUNT"
done
node 2 flushall >/dev/null
check "a node that was emptied is noticed by verify" exits_with 1 "$L" verify --quiet --config "$SCRATCH/load.ini" \
    --plan "$SCRATCH/plan.csv"
check "and filled by the run" exits_with 0 "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
cluster_values >"$SCRATCH/found"
check "to the same keys" cmp "$SCRATCH/wanted" "$SCRATCH/found"

# ---- the man page's ACL user; its two commands that only a cluster needs
set_user() {
    local words number
    read -ra words < <(acl_line secret 'user:*')
    for number in 0 1 2; do
        node $number "${words[@]}" >/dev/null
        [ $# = 0 ] || node $number acl setuser rekindle "$@" >/dev/null
    done
}
sed "s/^cluster = yes/&\nuser = rekindle/" "$SCRATCH/load.ini" >"$SCRATCH/user.ini"
export REKINDLE_REDIS_PASSWORD=secret
set_user
check "the documented ACL user can load a cluster" exits_with 0 "$L" run --quiet --config "$SCRATCH/user.ini" \
    --plan "$SCRATCH/plan.csv" --run "$SCRATCH/by-user"
for command in 'cluster|slots' asking; do
    set_user "-$command"
    check "without $command it says so" says 4 "'$command'" "$L" check --quiet --config "$SCRATCH/user.ini" \
        --plan "$SCRATCH/plan.csv"
done
unset REKINDLE_REDIS_PASSWORD

sed -i 's/^cluster = yes//' "$SCRATCH/load.ini"
check "without [redis] cluster it is refused" says 4 "set [redis] cluster = yes" "$L" run --quiet --config "$SCRATCH/load.ini" \
    --plan "$SCRATCH/plan.csv" --run "$SCRATCH/third"
finish
