#!/usr/bin/env bash
# load_cluster_tls.sh - a Redis Cluster that talks nothing but TLS, with the ACL user of the man page.
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
finish
