#!/usr/bin/env bash
# load_http.sh - values from a service over HTTP: who is missing, who asks for patience, who changed, who is refused.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"

start_redis cache
mkdir "$SCRATCH/service"
python3 "$(dirname "$0")/http_service.py" "$SCRATCH/service" &
SERVER_PIDS+=($!)
wait_for 20 test -s "$SCRATCH/service/port" || { echo "the service does not start"; exit 1; }
PORT=$(cat "$SCRATCH/service/port")
printf 's3cret\n' >"$SCRATCH/token"
chmod 600 "$SCRATCH/token"

# plan FILE ID...: these ids in this order.
plan() {
    local file=$1 id rank=0
    shift
    echo "$PLAN_HEADER" >"$file"
    for id in "$@"; do
        rank=$((rank + 1))
        echo "$rank,user,$id,user-profile,user:$id:profile,warm,0.5,0.1,0.9,1.5,6,300,45,2026-01-01T00:00:00Z,5,1,2,seen before,sale,$WINDOW_START,$WINDOW_END,$AS_OF" >>"$file"
    done
}

# config FILE VERSION [LINE...]: more lines go to [http].
config() {
    local file=$1 version=$2
    shift 2
    cat >"$file" <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = http
url = http://127.0.0.1:$PORT/users/{id}
value = raw:body

[http]
version = $version
token_file = $SCRATCH/token
connections = 3
$(printf '%s\n' "$@")

[redis]
address = unix:$SCRATCH/cache.sock

[run]
dir = $SCRATCH/runs
C
}

load() { "$L" run --quiet --config "$SCRATCH/$1.conf" --plan "$SCRATCH/$2.csv" --max-loss-share 1; }
value() { redis cache get "user:$1:profile"; }

plan "$SCRATCH/people.csv" $(seq 1 200) 404 503 429 moving "'a b/c" binary . ..
config "$SCRATCH/etag.conf" etag
check "a plan is loaded" exits_with 0 load etag people
check "each key has its own outcome" is_equal "$(outcomes "$(results_file)")" "$(printf 'missing 3\nstale_removed 1\nwarmed 204')"
check "a name of a folder is no id" is_equal "$(grep -cE '^(GET|HEAD)  ' "$SCRATCH/service/requests")" 0
check "a body is the value" is_equal "$(value 17)" '{"id": "17", "count": 1}'
check "503 with Retry-After is asked again" is_equal "$(value 503)" '{"id": "503", "count": 1}'
check "429 is asked again" is_equal "$(value 429)" '{"id": "429", "count": 1}'
check "an id is escaped in the url" is_equal "$(value "'a b/c")" "{\"id\": \"'a b/c\", \"count\": 1}"
check "all bytes pass" is_equal "$(redis cache --raw get user:binary:profile | sha256sum)" \
    "$( (for i in $(seq 0 255); do printf "\\x$(printf %x "$i")"; done; echo) | sha256sum)"
check "what changed after it was read is taken away" is_equal "$(redis cache exists user:moving:profile)" 0
check "the second look asks for heads" grep -q '^HEAD 17 ' "$SCRATCH/service/requests"
check "no more requests at once than connections, of both looks" \
    awk '$NF > 6 {print; bad = 1} END {exit bad}' "$SCRATCH/service/requests"

check "check tries it without Redis' keys" eval \
    '"$L" check --config "$SCRATCH/etag.conf" --plan "$SCRATCH/people.csv" | grep -q "versions are a counter or an ETag"'
plan "$SCRATCH/one.csv" 9001
config "$SCRATCH/field.conf" field:count
check "a field of the body may be the version" exits_with 0 load field one
check "and then the second look reads the body" is_equal "$(grep -c '^GET 9001 ' "$SCRATCH/service/requests")" 2

plan "$SCRATCH/weak.csv" weak
check "a weak ETag is no version" says 4 \
    "GET http://127.0.0.1:$PORT/users/weak: the answer has a weak ETag, which says nothing about its bytes: set [http] version = none" \
    load etag weak
config "$SCRATCH/none.conf" none
check "without it the value is compared" exits_with 0 load none weak

plan "$SCRATCH/refused.csv" refused
check "403 ends the run" says 4 "GET http://127.0.0.1:$PORT/users/refused: the service answers 403" load none refused
printf 'wr0ng\n' >"$SCRATCH/token"
plan "$SCRATCH/two.csv" 9002
check "so does a wrong token" says 4 "the service answers 401" load none two
check "which stands in no file and no message" is_equal \
    "$(grep -rl 'wr0ng\|s3cret' "$SCRATCH/runs" "$SCRATCH/stdout" "$SCRATCH/stderr")" ""
check "a bad version is refused" says 3 "[http] version = yes: write none, etag, last-modified or field:NAME" \
    eval 'sed "s/^version = .*/version = yes/" "$SCRATCH/none.conf" >"$SCRATCH/bad.conf"; load bad two'
check "the body is not quoted once more" says 3 "source = http gives the columns id and body: write value = raw:body" \
    eval 'sed "s/^value = .*/value = json/" "$SCRATCH/none.conf" >"$SCRATCH/json.conf"; load json two'

finish
