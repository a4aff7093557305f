# lib.sh - sourced by the system tests: a scratch folder, private servers, checks that count.
# Everything lives under $SCRATCH, on Unix sockets; the trap ends only the processes that were started here.
# A test calls `check NAME COMMAND...` for each case and ends with `finish`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${REKINDLE_BIN:-$ROOT/build/bin}
DATA=${REKINDLE_SHARED:-$ROOT/../shared}/data
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/rekindle-test.XXXXXX")
SERVER_PIDS=()
PASSED=0 FAILED=0 SKIPPED=0

stop_servers() {
    local pid
    for pid in "${SERVER_PIDS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${SERVER_PIDS[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    SERVER_PIDS=()
}

clean_up() {
    local status=$?
    stop_servers
    [ -n "${KEEP_SCRATCH:-}" ] || rm -rf "$SCRATCH"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# wait_for SECONDS COMMAND...: polls until the command succeeds.
wait_for() {
    local limit=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $limit ] || return 1
        sleep 0.05
    done
}

# check NAME COMMAND...: one case; its output is shown only when it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        PASSED=$((PASSED + 1))
        echo "ok       $name"
    else
        FAILED=$((FAILED + 1))
        printf 'FAILED   %s\n%s\n' "$name" "$output"
    fi
}

# skip NAME WHY: a case that cannot run here; a failure in CI, where everything is there.
skip() {
    if [ -n "${CI:-}" ]; then
        FAILED=$((FAILED + 1))
        echo "FAILED   $1: left out in CI: $2"
    else
        SKIPPED=$((SKIPPED + 1))
        echo "left out $1: $2"
    fi
}

finish() {
    echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
    [ $FAILED -eq 0 ] && [ $((PASSED + SKIPPED)) -gt 0 ]
}

is_equal() {
    [ "$1" = "$2" ] || { printf 'expected: %s\n     got: %s\n' "$2" "$1"; return 1; }
}

# exits_with CODE COMMAND...: succeeds when the command ends with that code; shows its output otherwise.
exits_with() {
    local wanted=$1 got=0
    shift
    "$@" >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" || got=$?
    [ "$got" = "$wanted" ] || { echo "exit code $got, expected $wanted"; cat "$SCRATCH/stdout" "$SCRATCH/stderr"; return 1; }
}

# says CODE TEXT COMMAND...: as exits_with, and stderr holds TEXT.
says() {
    local wanted=$1 text=$2
    shift 2
    exits_with "$wanted" "$@" || return 1
    grep -qF -- "$text" "$SCRATCH/stderr" || { echo "stderr lacks: $text"; cat "$SCRATCH/stderr"; return 1; }
}

# start_redis NAME [OPTION...]: a private Redis on $SCRATCH/NAME.sock; its pid goes to $REDIS_PID.
# The package redis-tools holds the server's binary under another name. It has a maxmemory, without which the loader asks
# for a budget; a test may give another.
start_redis() {
    local name=$1 folder="$SCRATCH/$1"
    shift
    mkdir -p "$folder"
    ln -sf "$(command -v redis-server || command -v redis-check-rdb)" "$folder/redis-server"
    "$folder/redis-server" --port 0 --unixsocket "$SCRATCH/$name.sock" --unixsocketperm 700 --dir "$folder" \
        --save '' --appendonly no --daemonize no --maxmemory 2gb "$@" >"$folder/log" 2>&1 &
    REDIS_PID=$!
    SERVER_PIDS+=("$REDIS_PID")
    wait_for 10 redis-cli -s "$SCRATCH/$name.sock" ping || { cat "$folder/log" >&2; return 1; }
}

# start_mariadb NAME [OPTION...]: a private MariaDB on $SCRATCH/NAME.sock, root without password; pid in $MARIADB_PID.
start_mariadb() {
    local folder="$SCRATCH/$1" user=()
    [ "$(id -u)" != 0 ] || user=(--user=root)
    mkdir -p "$folder"
    mariadb-install-db --no-defaults --force --basedir=/usr --datadir="$folder/data" --auth-root-authentication-method=normal \
        --skip-test-db --skip-name-resolve "${user[@]}" >"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; return 1; }
    restart_mariadb "$@"
}

# restart_mariadb NAME [OPTION...]: the same on the data that is there.
restart_mariadb() {
    local name=$1 folder="$SCRATCH/$1" user=()
    shift
    [ "$(id -u)" != 0 ] || user=(--user=root)
    mariadbd --no-defaults "${user[@]}" --datadir="$folder/data" --socket="$SCRATCH/$name.sock" --pid-file="$folder/pid" \
        --skip-networking --skip-log-bin --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 \
        --skip-name-resolve --performance-schema=OFF "$@" >"$folder/log" 2>&1 &
    MARIADB_PID=$!
    SERVER_PIDS+=("$MARIADB_PID")
    wait_for 30 mariadb --no-defaults -S "$SCRATCH/$name.sock" -u root -e "SELECT 1" || { cat "$folder/log" >&2; return 1; }
}

# sql NAME STATEMENT: on the MariaDB of that name; plain tab-separated rows.
sql() {
    mariadb --no-defaults -S "$SCRATCH/$1.sock" -u root -N -B -e "$2"
}
