#!/usr/bin/env bash
# load_switch_ways.sh - pause, resume and stop under full load: by command, by file, by signal, by Redis key, for all runs.
# Goal: the last key is written within a second of the wish, seen from outside; what was paused or stopped stays so when
# the wish itself is gone, until somebody resumes it; nothing of a stopped run is lost; a paused run holds no database
# transaction; a control Redis that dies neither stops nor resumes. LIMIT_MS is for slow machines.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=${COUNT:-400000}
LIMIT_MS=${LIMIT_MS:-1000}
start_redis cache
start_redis control
CONTROL_PID=$REDIS_PID
make_table shop.db "$COUNT"
make_plan plan.csv "$COUNT"
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
sed -i "/^address/a control = unix:$SCRATCH/control.sock" shop.conf
printf '[pace]\nnice = 0\n' >>shop.conf # full load, also beside others
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
has_keys() { [ "$(redis cache dbsize)" -gt "$1" ]; }
# But for the lease, which goes when the process ends, or runs out after a stop that took longer than its second.
warm_keys() { redis cache eval "return redis.call('dbsize') - redis.call('exists', 'rekindle:lease')" 0; }
folder() { echo "$SCRATCH"/runs/sale-*; }
name() { basename "$(folder)"; }
state_is() { "$L" status --config shop.conf | head -n 1 | grep -q ": $1\$"; }
start_load() {
    local before
    before=$(redis cache dbsize)
    "$L" run --config shop.conf --plan plan.csv --quiet "$@" >load.out 2>&1 &
    LOADER=$!
    SERVER_PIDS+=("$LOADER")
    check "it is writing" wait_for 60 has_keys $((before + 5000))
}
end_of_load() {
    STATUS=0
    wait "$LOADER" || STATUS=$?
}
# acted: when the number of warm keys changed for the last time, after $WISHED, is no later than the limit.
acted() {
    local size last=-1 changed=$WISHED
    while [ $(($(milliseconds) - changed)) -lt 1300 ]; do
        size=$(warm_keys)
        [ "$size" = "$last" ] || { last=$size; changed=$(milliseconds); }
        sleep 0.02
    done
    echo "  the last key came $((changed - WISHED)) ms after the wish, at $last of $COUNT" >>acts
    [ $((changed - WISHED)) -le "$LIMIT_MS" ] || { tail -n 1 acts; return 1; }
}
is_under_way() { has_keys 0 && ! has_keys $((COUNT - 1)); }

# wish WAY pause|resume|stop
wish() {
    WISHED=$(milliseconds)
    case $1-$2 in
    command-resume) "$L" resume --config shop.conf --run "$(name)" >/dev/null ;;
    command-*) # it waits until it has seen the run obey; the keys are watched meanwhile
        "$L" "$2" --config shop.conf --run "$(name)" >/dev/null &
        WISHER=$!
        ;;
    file-resume | all-file-resume) "$L" resume --config shop.conf --all >/dev/null ;;
    file-*) touch "$(folder)/$2" ;;
    signal-pause) kill -USR1 "$LOADER" ;;
    signal-resume) kill -USR2 "$LOADER" ;;
    signal-stop) kill -TERM "$LOADER" ;;
    key-*) redis control set "rekindle:switch:$(name)" "$2" >/dev/null ;;
    all-file-*) touch "runs/$2" ;;
    all-key-resume) "$L" resume --config shop.conf --all >/dev/null ;;
    all-key-*) redis control set rekindle:switch "$2" >/dev/null ;;
    esac
}
# forget WAY: what was wished is gone, and nobody has resumed.
forget() {
    rm -f "$(folder)"/{pause,stop} runs/{pause,stop}
    redis control del "rekindle:switch:$(name)" rekindle:switch >/dev/null
}

for way in command file signal key all-file all-key; do
    rm -rf runs
    redis cache flushall >/dev/null
    redis control flushall >/dev/null
    start_load
    wish $way pause
    check "$way: pauses within a second" acted
    [ $way != command ] || wait "$WISHER"
    check "$way: it was in the middle" is_under_way
    check "$way: status says paused" state_is paused
    forget $way
    paused_at=$(redis cache dbsize)
    sleep 0.6
    check "$way: stays so when the wish is gone" is_equal "$(redis cache dbsize)" "$paused_at"
    wish $way resume
    check "$way: goes on" wait_for 60 has_keys $((paused_at + 5000))
    wish $way stop
    check "$way: stops within a second" acted
    [ $way != command ] || wait "$WISHER"
    end_of_load
    check "$way: with exit code 6" is_equal "$STATUS" 6
    check "$way: what is warm is in the results" is_equal "$(grep -c ,warmed, "$(results_file)")" "$(warm_keys)"
    forget $way
    if [ $way != signal ]; then
        check "$way: switched off, it does not begin again" says 6 "rekindle-load resume" "$L" run --config shop.conf --plan plan.csv --quiet
        wish $way resume
    fi
    check "$way: nothing is lost" "$L" run --config shop.conf --plan plan.csv --quiet
    check "$way: to the last key" is_equal "$(outcomes "$(results_file)")" "warmed $COUNT"
done
cat acts

# ---- the command lifts what a key still wishes
rm -rf runs
redis cache flushall >/dev/null
redis control flushall >/dev/null
start_load --rows 10k
for key in "rekindle:switch:$(name)" rekindle:switch; do
    redis control set "$key" pause >/dev/null
    check "paused by $key" wait_for 10 state_is paused
    paused_at=$(redis cache dbsize)
    check "resumed by command, the key still there" exits_with 0 "$L" resume --config shop.conf --all
    check "it goes on" wait_for 20 has_keys $((paused_at + 1000))
    sleep 0.6
    check "and is not paused again by what the key said" bash -c "! '$L' status --config shop.conf | head -n 1 | grep -q paused"
done
kill -TERM "$LOADER"
end_of_load

# ---- a control Redis that dies
rm -rf runs
redis cache flushall >/dev/null
start_load
redis control set "rekindle:switch:$(name)" pause >/dev/null
check "paused by key" wait_for 3 state_is paused
kill -9 "$CONTROL_PID"
wait "$CONTROL_PID" 2>/dev/null || true
before=$(redis cache dbsize)
sleep 1.5
check "a dead control Redis resumes nothing" is_equal "$(redis cache dbsize)" "$before"
check "it is told" wait_for 5 grep -q "control keys cannot be read" load.out
check "the command resumes" exits_with 0 "$L" resume --config shop.conf --run "$(name)"
end_of_load
check "and it ends without control keys" is_equal "$STATUS" 0

# ---- a paused run holds nothing in the database
start_mariadb db
sql db "CREATE DATABASE shop; USE shop; CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40), points INT, version BIGINT);
    INSERT INTO users SELECT seq, concat('user ', seq), seq % 7, seq FROM seq_1_to_100000;"
make_plan small.csv 100000
sed "s/^source = sqlite/source = mysql/; s/^query = .*/query = SELECT id, name, points, version FROM users WHERE id IN ({ids})/" shop.conf |
    sed "/^control/d; s|^\[sqlite\]|[mysql]\nsocket = $SCRATCH/db.sock\nuser = root\ndatabase = shop|; /^file = /d" >mysql.conf
rm -rf runs
redis cache flushall >/dev/null
"$L" run --config mysql.conf --plan small.csv --quiet --rows 20k >load.out 2>&1 &
LOADER=$!
SERVER_PIDS+=("$LOADER")
check "a load from MariaDB is under way" wait_for 60 has_keys 5000
check "a load from MariaDB is paused" exits_with 0 "$L" pause --config mysql.conf
sleep 0.5
check "it holds no transaction" is_equal "$(sql db "SELECT count(*) FROM information_schema.innodb_trx")" 0
check "and no statement runs" is_equal "$(sql db "SELECT count(*) FROM information_schema.processlist WHERE db = 'shop' AND command <> 'Sleep'")" 0
check "it goes on" exits_with 0 "$L" resume --config mysql.conf
end_of_load
check "to its end" is_equal "$STATUS" 0
finish
