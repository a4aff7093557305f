#!/usr/bin/env bash
# row_file.sh - `run` from a CSV of values beside a bare hiredis loop and `redis-cli --pipe`, all with the same rows in
# the same order. KEYS and RUNS make it shorter. Aim: 0.85 of the loop's rate, and faster than the pipe; the loop has
# no plan, journal, results or expiry of its own for each key, the pipe has not even NX and is given Redis' protocol.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${KEYS:-1000000} runs=${RUNS:-5}

begin_row file
tool set_loop -lhiredis
start_redis
make_load_plan "$BENCH/file-plan.csv" "$keys"
expires=$(date -u -d "$LOAD_END + 6 hours" +%s)

# The same value for all three: 80 bytes of text.
awk -F, -v csv="$BENCH/file-values.csv" -v lines="$BENCH/file-values.tsv" -v protocol="$BENCH/file-values.resp" \
    -v expires="$expires" 'BEGIN { print "id,value" >csv }
    NR > 1 {
        value = sprintf("id %d; Name of user %d; tier gold; points %d; seen in the autumn sale", $3, $3, $3 % 5000)
        print $3 "," value >csv
        print $5 "\t" value >lines
        printf "*5\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$4\r\nEXAT\r\n$10\r\n%s\r\n",
            length($5), $5, length(value), value, expires >protocol
    }' "$BENCH/file-plan.csv"

cat >"$BENCH/file.conf" <<END
[family user-profile]
entity = user
key = user:{id}:profile
source = file
file = $BENCH/file-values.csv
value = raw:value
ttl = event_end + 6h

[pace]
rows = 0
[redis]
address = unix:$SOCKETS/redis.sock

[run]
dir = $BENCH/runs
END
cat >"$BENCH/file-pipe.sh" <<END
redis-cli -s "$SOCKETS/redis.sock" --pipe <"$BENCH/file-values.resp"
END

content() {
    redis dbsize
    seq 1 $((keys / 1000)) "$keys" | sed 's/.*/GET user:&:profile/' | redis | sha256sum
}

for ((run = 0; run < runs; run++)); do
    redis flushall sync >/dev/null
    rm -rf "$BENCH/runs"
    timed "rekindle-load run, from a file" "$BIN/rekindle-load" run --quiet --config "$BENCH/file.conf" --plan "$BENCH/file-plan.csv"
    content >"$BENCH/file-ours.content"
    redis flushall sync >/dev/null
    timed "bare hiredis loop" "$BENCH/set_loop" "$SOCKETS/redis.sock" "$expires" "$BENCH/file-values.tsv"
    content >"$BENCH/file-loop.content"
    redis flushall sync >/dev/null
    timed "redis-cli --pipe" bash "$BENCH/file-pipe.sh"
    content >"$BENCH/file-pipe.content"
done

echo
echo "Load of $keys keys from a file into Redis, both on this machine, on $(nproc) cores"
table
diff "$BENCH/file-ours.content" "$BENCH/file-loop.content" && diff "$BENCH/file-ours.content" "$BENCH/file-pipe.content" &&
    echo "  all leave the same keys and values in Redis"
rm -f "$BENCH"/file-values.* "$BENCH/file-plan.csv"
