#!/usr/bin/env bash
# load_replica.sh - values from a MariaDB replica, versions from its primary: what the replica does not know yet is never
# left in Redis, and a replica whose lag is unknown is waited for.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"

COUNT=600
CHANGED=100

free_port
PORT=$FREE_PORT
start_mariadb primary --skip-skip-networking --port="$PORT" --bind-address=127.0.0.1 --log-bin --server-id=1 || exit 1
sql primary "
    CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40), version INT NOT NULL DEFAULT 1);
    INSERT INTO users (id, name) SELECT seq, CONCAT('user ', seq) FROM seq_1_to_$COUNT;
    CREATE USER copier@'%' IDENTIFIED BY 'copied'; GRANT REPLICATION SLAVE ON *.* TO copier@'%';"
start_mariadb replica --server-id=2 || exit 1
sql replica "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$PORT, MASTER_USER='copier', MASTER_PASSWORD='copied',
    MASTER_LOG_FILE='$(sql primary 'SHOW BINARY LOGS' | head -n 1 | cut -f 1)', MASTER_LOG_POS=4; START SLAVE"
has_all() { [ "$(sql replica "SELECT COUNT(*) FROM shop.users")" = $COUNT ]; }
wait_for 20 has_all || { sql replica 'SHOW SLAVE STATUS\G' >&2; exit 1; }
start_redis cache

make_plan "$SCRATCH/plan.csv" $COUNT
make_config "$SCRATCH/load.ini" unused "$SCRATCH/cache.sock"
sed -i 's/^source = .*/source = mysql/; s/^query = .*/query = SELECT id, name, version FROM users WHERE id IN ({ids})/; /^\[sqlite\]/,/^file/d' \
    "$SCRATCH/load.ini"
cat >>"$SCRATCH/load.ini" <<C
[mysql]
socket = $SCRATCH/primary.sock
user = root
database = shop
values_from = unix:$SCRATCH/replica.sock
C
run() { "$L" run --config "$SCRATCH/load.ini" --plan "$SCRATCH/plan.csv" "$@"; }
stale_values() {
    sql primary "SELECT CONCAT('user:', id, ':profile'), CONCAT('{\"id\":', id, ',\"name\":\"', name, '\"}') FROM shop.users" | sort >"$SCRATCH/wanted"
    all_values cache >"$SCRATCH/found"
    comm -13 "$SCRATCH/wanted" "$SCRATCH/found" | wc -l
}

check "values come from a replica" exits_with 0 run --quiet
check "every one" is_equal "$(redis cache dbsize) $(stale_values)" "$COUNT 0"

# ---- what the replica does not know yet: the governor is told not to look, so that only the versions can tell
sql replica "STOP SLAVE SQL_THREAD"
sql primary "UPDATE shop.users SET name = CONCAT('new ', id), version = version + 1 WHERE id <= $CHANGED"
redis cache flushall >/dev/null
printf '[pace]\nreplica_lag = 0s\n' | cat "$SCRATCH/load.ini" - >"$SCRATCH/blind.ini"
check "a replica that stands still" exits_with 0 "$L" run --quiet --config "$SCRATCH/blind.ini" --plan "$SCRATCH/plan.csv" \
    --run "$SCRATCH/blind"
check "leaves no stale value" is_equal "$(stale_values)" 0
check "what it did not know was removed again" is_equal "$(outcomes "$SCRATCH/blind/results.csv" | tr '\n' ' ')" \
    "stale_removed $CHANGED warmed $((COUNT - CHANGED)) "

# ---- with the governor looking, the run waits for the replica
redis cache flushall >/dev/null
run --run "$SCRATCH/patient" >"$SCRATCH/patient.out" 2>"$SCRATCH/patient.log" &
LOAD_PID=$!
is_beating() { grep -q '^state = running' "$SCRATCH/patient/status"; }
wait_for 20 is_beating
first_beat=$(sed -n 's/^updated_unix = //p' "$SCRATCH/patient/status")
has_beaten_again() { [ "$(sed -n 's/^updated_unix = //p' "$SCRATCH/patient/status")" -gt $((first_beat + 1)) ]; }
check "a replica whose lag is unknown is waited for" wait_for 20 has_beaten_again
check "and nothing is written meanwhile" is_equal "$(redis cache --scan --pattern 'user:*' | wc -l)" 0
sql replica "START SLAVE SQL_THREAD"
wait $LOAD_PID
CODE=$?
check "until it goes on" is_equal $CODE 0
check "which is told at once, with the reason" grep -q "the run waits: replica unix:.*: its replication does not run, so" "$SCRATCH/patient.log"
check "and the account says so" grep -q 'replica lag' "$SCRATCH/patient.out"
check "with every value" is_equal "$(redis cache dbsize) $(stale_values)" "$COUNT 0"

# ---- not for ever
sql replica "STOP SLAVE SQL_THREAD"
printf '[run]\npatience = 200ms\n' | cat - "$SCRATCH/load.ini" >"$SCRATCH/hasty.ini"
check "a lag that stays unknown ends the run" says 4 "replication does not run" "$L" run --quiet --config "$SCRATCH/hasty.ini" \
    --plan "$SCRATCH/plan.csv" --run "$SCRATCH/hasty"
check "and says how to go on" grep -q "gives up; the same command resumes it" "$SCRATCH/stderr"
sql replica "START SLAVE SQL_THREAD"

# ---- without a primary nobody knows what is stale
sed "s#^socket = .*#socket = $SCRATCH/replica.sock#; /^values_from/d" "$SCRATCH/load.ini" >"$SCRATCH/alone.ini"
check "a replica as the only server is refused" says 3 "this server is a replica" "$L" run --quiet --config "$SCRATCH/alone.ini" \
    --plan "$SCRATCH/plan.csv" --run "$SCRATCH/alone"
check "but by wish" exits_with 0 "$L" run --quiet --config "$SCRATCH/alone.ini" --plan "$SCRATCH/plan.csv" \
    --run "$SCRATCH/alone" --accept-stale
sql primary "SET GLOBAL read_only = 1"
check "so is a read-only one" says 3 "this server is read-only" run --quiet --run "$SCRATCH/read-only"
sed -i 's/^values_from = .*/values_from = replica:0/' "$SCRATCH/load.ini"
check "an address that is none" says 3 "[mysql] values_from: 'replica:0' is not an address" run --quiet --accept-stale \
    --run "$SCRATCH/none"
finish
