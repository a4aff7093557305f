#!/usr/bin/env bash
# load_outages.sh - Redis dies and comes back empty, MariaDB is restarted, connections go silent: in the middle of a load.
# Goal: the run ends complete, or stops with exit code 4 and is completed by the same command; what results.csv calls
# warm is in Redis at that moment, whatever happened. COUNT=N makes it shorter.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=${COUNT:-60000}
start_redis cache
start_mariadb db
sql db "CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, points INT NOT NULL, counter BIGINT NOT NULL DEFAULT 1);
    INSERT INTO users (id, name, points) SELECT seq, concat('user', seq), seq % 97 FROM seq_1_to_$COUNT;"
make_plan plan.csv "$COUNT"
cat >shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name, points, counter AS version FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h

[mysql]
socket = $SCRATCH/db.sock
user = root
database = shop
timeout = 2s

[pace]
rows = 0
[redis]
address = unix:$SCRATCH/cache.sock
timeout = 1s

[run]
dir = $SCRATCH/runs
C
load() { "$L" run --config shop.conf --plan plan.csv --window-ranks 2000 --quiet "$@"; }
warm_count() { redis cache --raw eval "return #redis.call('KEYS', 'user:*')" 0; }
has_warmed() { [ "$(warm_count)" -ge "$1" ]; }

# begin_load: in the background, slow enough to be disturbed in its middle; its pid is $LOAD_PID.
begin_load() {
    rm -rf runs
    redis cache flushall >/dev/null
    "$L" run --config shop.conf --plan plan.csv --window-ranks 2000 --quiet --rows 20k >out 2>err &
    LOAD_PID=$!
    wait_for 20 has_warmed $((COUNT / 4))
}
# end_load: waits for it; exit code in $STATUS.
end_load() {
    STATUS=0
    wait "$LOAD_PID" || STATUS=$?
}
# Every key that results.csv calls warm, looked up; prints how many are not there.
warm_but_gone() {
    awk -F, '$3 == "warmed" || $3 == "exists" {print "EXISTS " $2}' "$(results_file)" | redis cache | grep -c '^0' || true
}
is_complete() {
    is_equal "$(outcomes "$(results_file)")" "warmed $COUNT" && is_equal "$(warm_count)" "$COUNT" && is_equal "$(warm_but_gone)" 0
}
is_whole_after_resume() { load && is_complete; }

# ---- Redis is killed and comes back empty
begin_load
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
rm -f "$SCRATCH/cache.sock"
start_redis cache
end_load
check "Redis back empty: the run stops with exit code 4" is_equal "$STATUS" 4
check "it says that keys may be gone and what to do" grep -q 'the same command' err
check "nothing is reported as warm that is not" is_equal "$(warm_but_gone)" 0
check "the same command warms all of it" is_whole_after_resume

# ---- the same, after the run had ended
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
rm -f "$SCRATCH/cache.sock"
start_redis cache
check "Redis back empty after the run: the same command warms it again" is_whole_after_resume

# ---- and between two sessions of a run
begin_load
kill -TERM "$LOAD_PID"
end_load
check "a stopped run ends with exit code 6" is_equal "$STATUS" 6
redis cache flushall >/dev/null
check "emptied between two sessions: the same command warms all of it" is_whole_after_resume

# ---- Redis dies and stays away
begin_load
kill -9 "$REDIS_PID"
wait "$REDIS_PID" 2>/dev/null || true
rm -f "$SCRATCH/cache.sock"
end_load
check "Redis gone: the run stops with exit code 4" is_equal "$STATUS" 4
start_redis cache
check "and is completed by the same command" is_whole_after_resume

# ---- MariaDB is restarted
restart_mariadb() {
    kill "$1" "$MARIADB_PID"
    wait "$MARIADB_PID" 2>/dev/null || true
    local user=()
    [ "$(id -u)" != 0 ] || user=(--user=root)
    mariadbd --no-defaults "${user[@]}" --datadir="$SCRATCH/db/data" --socket="$SCRATCH/db.sock" --pid-file="$SCRATCH/db/pid" \
        --skip-networking --skip-log-bin --skip-name-resolve --performance-schema=OFF >"$SCRATCH/db/log" 2>&1 &
    MARIADB_PID=$!
    SERVER_PIDS+=("$MARIADB_PID")
    wait_for 30 sql db "SELECT 1"
}
for signal in -TERM -KILL; do
    begin_load
    restart_mariadb $signal
    end_load
    check "MariaDB restarted by SIG${signal#-}: the run goes on to its end" is_equal "$STATUS" 0
    check "and nothing is missing" is_complete
done

# ---- silence: a server that takes connections and answers nothing, as behind a firewall that drops packets
begin_load
kill -STOP "$REDIS_PID"
sleep 3
kill -CONT "$REDIS_PID"
end_load
check "Redis silent for 3 s: the run goes on to its end" is_equal "$STATUS" 0
check "and nothing is missing" is_complete

begin_load
kill -STOP "$MARIADB_PID"
sleep 4
kill -CONT "$MARIADB_PID"
end_load
check "MariaDB silent for 4 s: the run goes on to its end" is_equal "$STATUS" 0
check "and nothing is missing" is_complete

begin_load
kill -STOP "$REDIS_PID"
end_load
kill -CONT "$REDIS_PID"
check "Redis silent for good: the run stops with exit code 4" is_equal "$STATUS" 4
check "nothing is reported as warm that is not" is_equal "$(warm_but_gone)" 0
check "and is completed by the same command" is_whole_after_resume
finish
