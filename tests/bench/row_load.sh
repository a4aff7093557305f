#!/usr/bin/env bash
# row_load.sh - `run` from MariaDB, without a row limit, in rank order beside `mariadb --quick | redis-cli --pipe` in table order.
# KEYS and RUNS make it shorter. Aim: at most 1.5 times the pipe's time, and 1.0 times without the second look; the pipe
# has no ranks, journal or NX.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${KEYS:-1000000} runs=${RUNS:-5}

begin_row load
start_redis
start_mariadb
mariadb_client -e "CREATE DATABASE bench CHARACTER SET utf8mb4; USE bench;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, tier VARCHAR(16) NOT NULL,
        points INTEGER NOT NULL, updated_at DATETIME(6) NOT NULL);
    INSERT INTO users SELECT seq, CONCAT('Name of user ', seq), ELT(1 + seq % 3, 'gold', 'silver', 'bronze'),
        seq % 5000, '2026-01-01 00:00:00' + INTERVAL seq SECOND + INTERVAL seq MICROSECOND FROM seq_1_to_$keys;"

make_load_plan "$BENCH/load-plan.csv" "$keys"

cat >"$BENCH/load.conf" <<END
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name, tier, points, updated_at AS version FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h

[mysql]
socket = $SOCKETS/mysql.sock
user = root
database = bench

[pace]
rows = 0
[redis]
address = unix:$SOCKETS/redis.sock

[run]
dir = $BENCH/runs
END

# The pipe: SQL that renders Redis' protocol; \r\n inside CONCAT, the last \n is the client's own.
expires=$(date -u -d "$LOAD_END + 6 hours" +%s)
cat >"$BENCH/load.sql" <<END
SELECT CONCAT('*5\r\n\$3\r\nSET\r\n\$', LENGTH(k), '\r\n', k, '\r\n\$', LENGTH(v), '\r\n', v,
    '\r\n\$4\r\nEXAT\r\n\$10\r\n$expires\r')
FROM (SELECT CONCAT('user:', id, ':profile') AS k,
    CONCAT('{"id":', id, ',"name":"', name, '","tier":"', tier, '","points":', points, '}') AS v FROM users) AS rendered
END
cat >"$BENCH/pipe.sh" <<END
set -euo pipefail
mariadb --no-defaults --default-character-set=utf8mb4 -S "$SOCKETS/mysql.sock" -u root --quick --raw \
    --skip-column-names bench <"$BENCH/load.sql" | redis-cli -s "$SOCKETS/redis.sock" --pipe
END

# What Redis holds now: the number of keys, and a digest over the values of a thousand of them.
content() {
    redis dbsize
    seq 1 $((keys / 1000)) "$keys" | sed 's/.*/GET user:&:profile/' | redis | sha256sum
}

for ((run = 0; run < runs; run++)); do
    redis flushall sync >/dev/null
    rm -rf "$BENCH/runs"
    timed "rekindle-load run" "$BIN/rekindle-load" run --quiet --config "$BENCH/load.conf" --plan "$BENCH/load-plan.csv"
    content >"$BENCH/load-ours.content"
    timed "verify: all keys, 1,000 values" "$BIN/rekindle-load" verify --quiet --config "$BENCH/load.conf" \
        --plan "$BENCH/load-plan.csv"
    redis flushall sync >/dev/null
    rm -rf "$BENCH/runs"
    timed "the same with --no-recheck" "$BIN/rekindle-load" run --quiet --no-recheck --config "$BENCH/load.conf" \
        --plan "$BENCH/load-plan.csv"
    redis flushall sync >/dev/null
    timed "mariadb --quick | redis-cli --pipe" bash "$BENCH/pipe.sh"
    content >"$BENCH/load-pipe.content"
done

echo
echo "Load of $keys keys from MariaDB into Redis, both on this machine, on $(nproc) cores"
table
awk -F'\t' -v keys="$keys" '/^verify/ {rates[++n] = keys / $2}
    END {for (i = 2; i <= n; i++) for (j = i; j > 1 && rates[j] < rates[j - 1]; j--) {t = rates[j]; rates[j] = rates[j - 1]; rates[j - 1] = t}
        printf "  verify looks for %.2f M keys a second, the reading of plan and journal included\n", rates[int((n + 1) / 2)] / 1e6}' "$BENCH/load.tsv"
diff "$BENCH/load-ours.content" "$BENCH/load-pipe.content" && echo "  both leave the same keys and values in Redis"
