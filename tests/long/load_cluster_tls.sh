#!/usr/bin/env bash
# load_cluster_tls.sh - a Redis Cluster that talks nothing but TLS, with the ACL user of the man page: every command.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
. "$(dirname "$0")/../tls_lib.sh"

COUNT=5000
make_authority ours
make_certificate server ours DNS:localhost,IP:127.0.0.1
CLUSTER_TLS=(--tls-cluster yes --tls-replication yes --tls-cert-file "$SCRATCH/tls/server.crt" --tls-key-file "$SCRATCH/tls/server.key"
    --tls-ca-cert-file "$SCRATCH/tls/ours.crt")
CLUSTER_CLIENT=(--tls --cacert "$SCRATCH/tls/ours.crt" --cert "$SCRATCH/tls/server.crt" --key "$SCRATCH/tls/server.key")
start_cluster 3 0 || exit 1
read -ra USER_LINE < <(acl_line secret 'user:*')
for number in 0 1 2; do
    node $number "${USER_LINE[@]}" >/dev/null
done

make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
make_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/address = localhost:${CLUSTER_PORTS[0]}\ncluster = yes\nuser = rekindle\ntls = yes\nca_file = tls\/ours.crt\ncert_file = tls\/server.crt\nkey_file = tls\/server.key/" \
    "$SCRATCH/load.ini"
export REKINDLE_REDIS_PASSWORD=secret

check "check over TLS" exits_with 0 "$L" check --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "run" exits_with 0 "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "every key has its value" cmp <(expected_values "$SCRATCH/users.sqlite" | sort) <(cluster_values)
check "verify" exits_with 0 "$L" verify --quiet --sample all --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "ready" exits_with 0 "$L" ready --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"

# guard lays its markers; a node that comes back empty is warmed alone.
guard() { exits_with 0 "$L" guard --once --config "$SCRATCH/load.ini"; }
check "guard sees that all is well" guard
cluster_values >"$SCRATCH/before"
node 1 flushall >/dev/null
check "and warms what a node has lost" guard
check "all of it" cmp "$SCRATCH/before" <(cluster_values)

# ramp
ramp() {
    (exec "$L" ramp --config "$SCRATCH/load.ini" --event sale --tick 1s --steps 100 --soak 0s --min-reads 1 --min-hit-ratio 0 --max-misses 1000000 --log "$SCRATCH/ramp.csv")
}
check "ramp lets all in" exits_with 0 ramp
owner_of() { for number in 0 1 2; do node $number get "$1" 2>/dev/null | grep -v MOVED | grep .; done; }
check "its share is where the application looks" is_equal "$(owner_of rekindle:ramp:sale)" 100

# the switch, by key: the user of the man page may read it
rm -rf "$SCRATCH/runs"
for number in 0 1 2; do node $number flushall >/dev/null; done
for number in 0 1 2; do node $number set rekindle:switch stop 2>/dev/null; done >"$SCRATCH/set"
check "a stop by key" says 6 "rekindle:switch" "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "is lifted by a resume" exits_with 0 "$L" resume --all --config "$SCRATCH/load.ini"
check "and the load goes on" exits_with 0 "$L" run --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "status" exits_with 0 "$L" status --config "$SCRATCH/load.ini"
check "rollback" exits_with 0 "$L" rollback --quiet --config "$SCRATCH/load.ini" --run "$SCRATCH"/runs/sale-*
check "takes all away" is_equal "$(for number in 0 1 2; do node $number --scan --pattern 'user:*'; done | wc -l)" 0
finish
