# load_lib.sh - sourced by the system tests of rekindle-load, after lib.sh: a table, a plan, a config, and ways to
# look at a Redis that owe nothing to the programs under test.

L=$BIN/rekindle-load
WINDOW_START=$(date -u -d '+1 day' +%Y-%m-%dT00:00:00Z)
WINDOW_END=$(date -u -d '+3 days' +%Y-%m-%dT00:00:00Z)
AS_OF=$(date -u -d '-1 hour' +%Y-%m-%dT%H:00:00Z)
WINDOW_END_UNIX=$(date -u -d "$WINDOW_END" +%s)
PLAN_HEADER=rank,entity,id,family,key,action,p_return,p_low,p_high,expected_hits,benefit_ms,size_bytes,days_dormant,last_seen,active_days,events_returned,events_seen,reason,event,window_start,window_end,as_of

# make_table SQLITE_FILE COUNT: users 1..COUNT.
make_table() {
    sqlite3 "$1" "
        CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, tier TEXT, points INTEGER, updated_at INTEGER NOT NULL);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
        INSERT INTO users SELECT i, 'user ' || i, CASE i % 3 WHEN 0 THEN 'gold' ELSE 'basic' END, i * 7, 1000 + i FROM n;"
}

# make_plan FILE COUNT: COUNT users in an order that is not that of their ids.
make_plan() {
    awk -v n="$2" -v start="$WINDOW_START" -v end="$WINDOW_END" -v as_of="$AS_OF" -v header="$PLAN_HEADER" 'BEGIN {
        print header
        for (rank = 1; rank <= n; rank++) {
            id = (rank * 7919) % n + 1
            printf "%d,user,%d,user-profile,user:%d:profile,warm,%.6f,0.1,0.9,1.5,%.3f,300,45,2026-01-01T00:00:00Z,5,1,2,seen before,sale,%s,%s,%s\n",
                rank, id, id, 1 - rank / (n + 1), 12 * (1 - rank / (n + 1)), start, end, as_of
        }
    }' >"$1"
}

# make_config FILE SQLITE_FILE REDIS_SOCKET
make_config() {
    cat >"$1" <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = sqlite
query = SELECT id, name, tier, points, updated_at AS version FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h
miss_cost = 12ms

[sqlite]
file = $2

[pace]
rows = 0
[redis]
address = unix:$3

[run]
dir = $SCRATCH/runs
C
}

# What a right loader makes of a row: key TAB value, for all users.
expected_values() {
    sqlite3 -separator "$(printf '\t')" "$1" "SELECT 'user:' || id || ':profile', json_object('id', id, 'name', name, 'tier', tier, 'points', points) FROM users"
}

# redis SOCKET_NAME COMMAND...
redis() { redis-cli -s "$SCRATCH/$1.sock" "${@:2}"; }

# start_monitor SOCKET_NAME FILE: every command that Redis sees goes to FILE; its pid is $MONITOR_PID. Not by the
# function above: killing that would leave the client alive.
start_monitor() {
    redis-cli -s "$SCRATCH/$1.sock" monitor >"$2" &
    MONITOR_PID=$!
    SERVER_PIDS+=("$MONITOR_PID")
    wait_for 5 grep -q OK "$2"
}

# all_values SOCKET_NAME: key TAB value for each key, by name. The names of its own files begin with a dot, so that a
# test may call its output as it likes.
all_values() {
    redis "$1" --scan | sort >"$SCRATCH/.keys"
    sed 's/^/GET /' "$SCRATCH/.keys" | redis "$1" >"$SCRATCH/.answers"
    paste "$SCRATCH/.keys" "$SCRATCH/.answers"
}

# all_expiries SOCKET_NAME: key TAB unix milliseconds for each key, by name.
all_expiries() {
    redis "$1" --scan | sort >"$SCRATCH/.keys"
    sed 's/^/PEXPIRETIME /' "$SCRATCH/.keys" | redis "$1" >"$SCRATCH/.answers"
    paste "$SCRATCH/.keys" "$SCRATCH/.answers"
}

# outcomes RESULTS: "outcome count" lines, by name.
outcomes() { awk -F, 'NR > 1 {n[$3]++} END {for (o in n) print o, n[o]}' "$1" | sort; }
results_file() { ls -t "$SCRATCH"/runs/*/results.csv | head -n 1; }

# acl_line PASSWORD PATTERN: the line to paste out of the man page itself, for this password and these keys.
acl_line() {
    sed -n '/^ACL SETUSER /,/^\.fi/p' "$ROOT/loader/rekindle-load.1" | grep -v '^\.fi' | sed 's/\\e$//; s/\\-/-/g' | tr -d '\n' |
        sed "s/>PASSWORD/>$1/; s/~YOUR:KEYS:\*/~$2/"
}
