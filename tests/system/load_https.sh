#!/usr/bin/env bash
# load_https.sh - values from a service over HTTPS, with certificates of an authority of one's own.
# Goal: who is not whom the certificate names gets no token; a handshake that breaks off is tried again.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../tls_lib.sh"
cd "$SCRATCH"
start_redis cache
make_authority right
make_authority wrong
make_certificate service right DNS:localhost,IP:127.0.0.1
make_certificate stranger right DNS:elsewhere.example
printf 's3cret\n' >token
chmod 600 token

# start_service NAME CERTIFICATE DROPPED: its port goes to $PORT.
start_service() {
    mkdir "$1"
    python3 "$ROOT/tests/system/http_service.py" "$1" "tls/$2.crt" "tls/$2.key" "$3" 2>"$1/log" &
    SERVER_PIDS+=($!)
    wait_for 20 test -s "$1/port" || { cat "$1/log"; exit 1; }
    PORT=$(cat "$1/port")
}

# config FILE AUTHORITY
config() {
    cat >"$1" <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = http
url = https://127.0.0.1:$PORT/users/{id}
value = raw:body

[http]
version = etag
token_file = token
ca_file = tls/$2.crt

[redis]
address = unix:$SCRATCH/cache.sock

[run]
dir = runs-$1
C
}
load() { "$L" run --quiet --config "$1" --plan plan.csv; }

make_plan plan.csv 100
start_service service service 3
config right.conf right
check "a plan is loaded, handshakes that break off notwithstanding" exits_with 0 load right.conf
check "with every value" is_equal "$(redis cache get user:17:profile)" '{"id": "17", "count": 1}'
check "each key" is_equal "$(redis cache --scan --pattern 'user:*' | wc -l)" 100
asked=$(wc -l <service/requests)
config wrong.conf wrong
check "an authority that is not ours is refused" says 4 "GET https://127.0.0.1:$PORT/users/" load wrong.conf
check "with the reason" grep -qi "certificate" "$SCRATCH/stderr"
check "before anything was asked" is_equal "$(wc -l <service/requests)" "$asked"
start_service elsewhere stranger 0
config elsewhere.conf right
check "so is a service by another name" says 4 "GET https://127.0.0.1:$PORT/users/" load elsewhere.conf
check "which never saw the token" [ ! -e elsewhere/requests ]
sed -i 's/^ca_file.*/ca_file = nowhere.crt/; s/^dir.*/dir = runs-none/' right.conf
check "and a file that is none" says 4 "nowhere.crt" load right.conf
finish
