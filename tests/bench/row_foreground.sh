#!/usr/bin/env bash
# row_foreground.sh - how much an application's slowest reads suffer from a load: nothing, `run` with its defaults, the same
# without its row limit, and `mariadb --quick | redis-cli --pipe`, in turn, beside point reads of the same MariaDB and Redis.
# Aim: p99 rises by less than 20 % under `run`, and by less than under the pipe. KEYS and RUNS make it shorter.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

keys=${KEYS:-300000} runs=${RUNS:-5} rate=${RATE:-1000} idle=${IDLE:-5}

ROW=foreground
mkdir -p "$BENCH"
rm -f "$BENCH/$ROW.tsv"
read -ra libraries < <(pkg-config --cflags --libs libmariadb hiredis 2>/dev/null || echo "-I/usr/include/mariadb -lmariadb -lhiredis")
tool foreground "${libraries[@]}" -lpthread
start_redis
start_mariadb
mariadb_client -e "CREATE DATABASE bench CHARACTER SET utf8mb4; USE bench;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, tier VARCHAR(16) NOT NULL,
        points INTEGER NOT NULL, updated_at DATETIME(6) NOT NULL);
    INSERT INTO users SELECT seq, CONCAT('Name of user ', seq), ELT(1 + seq % 3, 'gold', 'silver', 'bronze'),
        seq % 5000, '2026-01-01 00:00:00' + INTERVAL seq SECOND + INTERVAL seq MICROSECOND FROM seq_1_to_$keys;"
make_load_plan "$BENCH/foreground-plan.csv" "$keys"

# config FILE [LINE...]: the lines go into [pace].
config() {
    cat >"$1" <<END
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

[redis]
address = unix:$SOCKETS/redis.sock

[run]
dir = $BENCH/foreground-runs

[pace]
END
    printf '%s\n' "${@:2}" >>"$1"
}
config "$BENCH/foreground.conf"
config "$BENCH/foreground-full.conf" "rows = 0"

expires=$(date -u -d "$LOAD_END + 6 hours" +%s)
cat >"$BENCH/foreground.sql" <<END
SELECT CONCAT('*5\r\n\$3\r\nSET\r\n\$', LENGTH(k), '\r\n', k, '\r\n\$', LENGTH(v), '\r\n', v,
    '\r\n\$4\r\nEXAT\r\n\$10\r\n$expires\r')
FROM (SELECT CONCAT('user:', id, ':profile') AS k,
    CONCAT('{"id":', id, ',"name":"', name, '","tier":"', tier, '","points":', points, '}') AS v FROM users) AS rendered
END

idle_for() { sleep "$idle"; }
pipe() {
    mariadb_client --quick --raw --skip-column-names bench <"$BENCH/foreground.sql" |
        redis-cli -s "$SOCKETS/redis.sock" --pipe
}
load() { "$BIN/rekindle-load" run --quiet --config "$1" --plan "$BENCH/foreground-plan.csv"; }

# beside SIDE COMMAND...: runs it from an empty cache beside the foreground, and notes what that felt.
beside() {
    local side=$1 pid began
    shift
    redis flushall sync >/dev/null
    rm -rf "$BENCH/foreground-runs"
    seq 0 9999 | sed 's/.*/SET live:& value-&/' | redis --pipe >/dev/null
    "$BENCH/foreground" "$SOCKETS/mysql.sock" "$SOCKETS/redis.sock" "$keys" "$rate" >"$BENCH/$ROW.line" &
    pid=$!
    sleep 0.5
    began=$(date +%s.%N)
    "$@" >"$BENCH/$ROW.log" 2>&1 || { tail "$BENCH/$ROW.log" >&2; return 1; }
    local took
    took=$(awk -v began="$began" -v ended="$(date +%s.%N)" 'BEGIN {print ended - began}')
    kill $pid
    wait $pid
    printf '%s\t%s\t%s\n' "$side" "$took" "$(tr ' ' '\t' <"$BENCH/$ROW.line")" >>"$BENCH/$ROW.tsv"
    printf '  %-34s %s s: %s\n' "$side" "$took" "$(cat "$BENCH/$ROW.line")" >&2
}

for ((run = 0; run < runs; run++)); do
    beside "nothing" idle_for
    beside "rekindle-load run" load "$BENCH/foreground.conf"
    beside "the same, rows = 0" load "$BENCH/foreground-full.conf"
    beside "mariadb --quick | redis-cli --pipe" pipe
done

echo
echo "What $rate reads a second of MariaDB, and of Redis, feel of a load of $keys keys, on $(nproc) cores: medians of the"
echo "runs' p99 in us, and in brackets what is left of it in each run's quiet quarter, when the machine has other work, too"
awk -F '\t' '
    function median(list, n, i, j, t) {
        for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) {t = list[j]; list[j] = list[j - 1]; list[j - 1] = t}
        return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function of(side, field, i, list) {
        for (i = 1; i <= count[side]; i++) list[i] = cell[side, i, field]
        return median(list, count[side])
    }
    function rise(side, field) {return (of(side, field) / of(order[1], field) - 1) * 100}
    {if (!($1 in count)) order[++sides] = $1; n = ++count[$1]; for (i = 2; i <= NF; i++) cell[$1, n, i] = $i}
    END {
        printf "  %-34s %6s  %24s  %24s\n", "beside", "s", "MariaDB", "Redis"
        for (i = 1; i <= sides; i++) {
            s = order[i]
            printf "  %-34s %6.1f  %6d %+5.0f%% (%5d %+5.0f%%)  %6d %+5.0f%% (%5d %+5.0f%%)\n", s, of(s, 2), of(s, 6), rise(s, 6), of(s, 7), rise(s, 7), of(s, 11), rise(s, 11), of(s, 12), rise(s, 12)
        }
    }' "$BENCH/$ROW.tsv" | tee "$BENCH/$ROW.txt"
