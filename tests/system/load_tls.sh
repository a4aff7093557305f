#!/usr/bin/env bash
# load_tls.sh - a load over TLS with certificates on both sides, and every wrong certificate refused in a sentence.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
. "$(dirname "$0")/../tls_lib.sh"

COUNT=500
TLS=$SCRATCH/tls
make_authority ours
make_authority other
make_certificate server ours DNS:localhost,IP:127.0.0.1
make_certificate client ours DNS:loader
make_certificate stranger other DNS:loader
free_port
PORT=$FREE_PORT
start_redis cache --tls-port "$PORT" --bind 127.0.0.1 --tls-cert-file "$TLS/server.crt" --tls-key-file "$TLS/server.key" \
    --tls-ca-cert-file "$TLS/ours.crt" --tls-auth-clients yes

make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
make_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" unused
sed -i "s/^address = .*/address = 127.0.0.1:$PORT\ntls = yes\nca_file = tls\/ours.crt\ncert_file = tls\/client.crt\nkey_file = tls\/client.key/" \
    "$SCRATCH/load.ini"

# load_with SED_SCRIPT: a run with a changed config.
load_with() {
    sed "$1" "$SCRATCH/load.ini" >"$SCRATCH/changed.ini"
    "$L" run --quiet --config "$SCRATCH/changed.ini" --plan "$SCRATCH/plan.csv"
}

# Refused before anything is sent: a stranger's certificate, one without a name, none.
check "another authority" says 4 "its certificate is not accepted" load_with 's/ours.crt/other.crt/'
check "says what to look at" grep -q 'check \[redis\] ca_file and the name' "$SCRATCH/stderr"
check "no certificate of ours" says 4 "if it asks for a certificate, see [redis] cert_file" load_with '/^cert_file/d; /^key_file/d'
check "one of another authority" says 4 "if it asks for a certificate, see [redis] cert_file" load_with 's/client/stranger/'
check "a certificate without its key" says 3 "cert_file and key_file belong together" load_with '/^key_file/d'
check "somebody else's key" says 3 "key_file" load_with 's/client.key/server.key/'
check "a file that is no certificate" says 3 "cannot use it as [redis] ca_file" load_with 's/ours.crt/ours.key/'
check "a file that is not there" says 3 "No such file" load_with 's/ours.crt/none.crt/'
check "plain text to a TLS port" says 4 "Redis at 127.0.0.1:$PORT" load_with '/^tls = /d'
check "TLS to a plain socket" says 4 "no TLS handshake" load_with "s#^address = .*#address = unix:$SCRATCH/cache.sock#; s/^tls = yes/&\ntimeout = 500ms/"
check "nothing was written by those" is_equal "$(redis cache dbsize)" 0

check "a load over TLS" exits_with 0 load_with ''
check "every key is there" cmp <(expected_values "$SCRATCH/users.sqlite" | sort) <(all_values cache)
check "verify over TLS" exits_with 0 "$L" verify --quiet --sample all --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv"
check "by name too" exits_with 0 load_with 's/127.0.0.1/localhost/'

# ---- the name: the same authority, but a certificate for another host
make_certificate elsewhere ours DNS:elsewhere
start_redis second --tls-port "$PORT" --bind 127.0.0.2 --tls-cert-file "$TLS/elsewhere.crt" \
    --tls-key-file "$TLS/elsewhere.key" --tls-ca-cert-file "$TLS/ours.crt" --tls-auth-clients yes
check "an address that the certificate does not have" says 4 "IP address mismatch" load_with "s/127.0.0.1:/127.0.0.2:/"
finish
