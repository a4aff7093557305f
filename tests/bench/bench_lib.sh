# bench_lib.sh - sourced by the rows of the bench: a folder, tools, private servers, runs that count.
# A row defines its sides as functions or commands, calls `timed SIDE COMMAND...` in turn, and ends with `table`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${REKINDLE_BIN:-$ROOT/build/bin}
BENCH=${BENCH_FOLDER:-$ROOT/build/bench}
SERVER_PIDS=()
export LC_ALL=C TZ=UTC

SOCKETS=$(mktemp -d "${TMPDIR:-/tmp}/rekindle-bench.XXXXXX")
clean_up() {
    local status=$? pid
    for pid in "${SERVER_PIDS[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$SOCKETS"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# tool NAME [LIBRARY...]: builds tests/bench/NAME.c into the bench's folder.
tool() {
    mkdir -p "$BENCH"
    [ "$BENCH/$1" -nt "$ROOT/tests/bench/$1.c" ] ||
        gcc -std=c17 -D_DEFAULT_SOURCE -O2 "$ROOT/tests/bench/$1.c" -o "$BENCH/$1" -lm "${@:2}"
}

# make_load_plan FILE KEYS: users 1..KEYS, ranked in an order that no table has. It sets LOAD_END, the end of the event.
make_load_plan() {
    local start as_of
    start=$(date -u -d '+1 day' +%FT00:00:00Z) as_of=$(date -u +%FT00:00:00Z)
    LOAD_END=$(date -u -d '+4 days' +%FT00:00:00Z)
    awk -v keys="$2" -v start="$start" -v end="$LOAD_END" -v as_of="$as_of" 'BEGIN {
        print "rank,entity,id,family,key,action,p_return,p_low,p_high,expected_hits,benefit_ms,size_bytes," \
            "days_dormant,last_seen,active_days,events_returned,events_seen,reason,event,window_start,window_end,as_of"
        for (rank = 1; rank <= keys; rank++) {
            id = (rank * 387420489) % keys + 1
            printf "%d,user,%d,user-profile,user:%d:profile,warm,0.5,0.4,0.6,1,6,200,40,%s,3,0,0,bench,bench,%s,%s,%s\n",
                rank, id, id, as_of, start, end, as_of
        }
    }' >"$1"
}

# begin_row NAME: results are collected for NAME, from nothing.
begin_row() {
    ROW=$1
    tool measure
    rm -f "$BENCH/$ROW.tsv"
}

# timed SIDE COMMAND...: runs it and notes what it cost; its output goes to a log, shown when it fails.
timed() {
    local side=$1
    shift
    rm -f "$BENCH/cost"
    if ! "$BENCH/measure" "$BENCH/cost" "$@" >"$BENCH/$ROW.log" 2>&1; then
        echo "$ROW: '$side' failed:" >&2
        tail -n 20 "$BENCH/$ROW.log" >&2
        return 1
    fi
    printf '%s\t%s\n' "$side" "$(cat "$BENCH/cost")" >>"$BENCH/$ROW.tsv"
    printf '  %-34s %s s\n' "$side" "$(cut -f1 "$BENCH/cost")" >&2
}

# table: the row's medians; "time" and "memory" are multiples of the first side's.
table() {
    awk -f "$ROOT/tests/bench/bench_table.awk" "$BENCH/$ROW.tsv" | tee "$BENCH/$ROW.txt"
}

wait_until() {
    local tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "gave up waiting for: $*" >&2; return 1; }
        sleep 0.05
    done
}

redis() { redis-cli -s "$SOCKETS/redis.sock" "$@"; }

# The package redis-tools holds the server's binary under another name.
start_redis() {
    ln -sf "$(command -v redis-server || command -v redis-check-rdb)" "$SOCKETS/redis-server"
    "$SOCKETS/redis-server" --port 0 --unixsocket "$SOCKETS/redis.sock" --dir "$SOCKETS" --save '' \
        --appendonly no --maxmemory 4gb >"$BENCH/redis.log" 2>&1 &
    SERVER_PIDS+=($!)
    wait_until redis ping
}

mariadb_client() {
    mariadb --no-defaults --default-character-set=utf8mb4 -S "$SOCKETS/mysql.sock" -u root "$@"
}

start_mariadb() {
    local as_user=()
    [ "$(id -u)" != 0 ] || as_user=(--user=root)
    rm -rf "$BENCH/mariadb"
    mariadb-install-db --no-defaults --force --basedir=/usr --datadir="$BENCH/mariadb" --skip-test-db \
        --auth-root-authentication-method=normal --skip-name-resolve "${as_user[@]}" \
        >"$BENCH/mariadb-install.log" 2>&1
    mariadbd --no-defaults "${as_user[@]}" --datadir="$BENCH/mariadb" --socket="$SOCKETS/mysql.sock" \
        --pid-file="$SOCKETS/mariadb.pid" --skip-networking --skip-log-bin --skip-name-resolve \
        --innodb-buffer-pool-size=512M --innodb-flush-log-at-trx-commit=0 --performance-schema=OFF \
        >"$BENCH/mariadb.log" 2>&1 &
    SERVER_PIDS+=($!)
    wait_until mariadb_client -e 'SELECT 1'
}
