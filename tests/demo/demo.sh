#!/usr/bin/env bash
# demo.sh - logs to a warm cache, on a simulated shop whose truth is known; `make demo` builds and runs it.
# SOURCE=sqlite (default) or mysql; USERS, PRODUCTS, DAYS make it smaller. Leaves its files in build/demo.
# Starts a private Redis (and MariaDB) on Unix sockets, and ends only those.
set -euo pipefail
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/build/bin
demo=${DEMO_FOLDER:-$root/build/demo}
source_kind=${SOURCE:-sqlite}
users=${USERS:-200k} products=${PRODUCTS:-20k} days=${DAYS:-120}
today=$(date -u +%F)
sockets='' redis_pid='' mariadb_pid=''
seeds=(1 2 3)

case $source_kind in
sqlite | mysql) ;;
*) echo "SOURCE=$source_kind: there are sqlite and mysql" >&2; exit 2 ;;
esac

clean_up() {
    local status=$? pid
    for pid in $redis_pid $mariadb_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [ -z "$sockets" ] || rm -rf "$sockets"
    [ $status -eq 0 ] || echo "demo: stopped with exit code $status; the files so far are in $demo" >&2
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step_count=0
step() {
    step_count=$((step_count + 1))
    printf '\n%d. %s\n' $step_count "$1"
}

# Shows a command as one would type it, broken where the line ends, then runs it.
show() {
    fold -s -w 70 <<<"$*" | sed -e '1s/^/   $ /' -e '1!s/^/       /' -e '$!s/ *$/ \\/'
    "$@"
}

indent() { fold -s -w 75 | sed -e 's/^/     /' -e 's/ *$//'; }

thousands() {
    sed -E ':again; s/^([0-9]+)([0-9]{3})/\1,\2/; t again' <<<"$1"
}

rekindle-predict() { "$bin/rekindle-predict" "$@" 2>&1 | indent; }
rekindle-load() { "$bin/rekindle-load" "$@" 2>&1 | indent; }

wait_until() {
    local tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "demo: gave up waiting for: $*" >&2; return 1; }
        sleep 0.05
    done
}

# The package redis-tools holds the server's binary under another name, and no service.
start_redis() {
    ln -sf "$(command -v redis-server || command -v redis-check-rdb)" "$sockets/redis-server"
    "$sockets/redis-server" --port 0 --unixsocket "$sockets/redis.sock" --unixsocketperm 700 \
        --dir "$demo" --save '' --appendonly no --maxmemory 2gb >"$demo/redis.log" 2>&1 &
    redis_pid=$!
    wait_until redis-cli -s "$sockets/redis.sock" ping
    echo "     a private Redis listens on $sockets/redis.sock"
}

start_mariadb() {
    local data=$demo/mariadb as_user=()
    [ "$(id -u)" != 0 ] || as_user=(--user=root)
    mariadb-install-db --no-defaults --force --basedir=/usr --datadir="$data" --skip-test-db \
        --auth-root-authentication-method=normal --skip-name-resolve "${as_user[@]}" \
        >"$demo/mariadb-install.log" 2>&1
    mariadbd --no-defaults "${as_user[@]}" --datadir="$data" --socket="$sockets/mysql.sock" \
        --pid-file="$sockets/mariadb.pid" --skip-networking --skip-log-bin --skip-name-resolve \
        --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --performance-schema=OFF \
        >"$demo/mariadb.log" 2>&1 &
    mariadb_pid=$!
    wait_until mariadb --no-defaults -S "$sockets/mysql.sock" -u root -e 'SELECT 1'
    echo "     a private MariaDB listens on $sockets/mysql.sock"
}

mariadb_client() {
    mariadb --no-defaults --default-character-set=utf8mb4 -S "$sockets/mysql.sock" -u root "$@"
}

# The config that `simulate` wrote, completed by where this shop's servers are.
complete_config() {
    {
        printf '\n[redis]\naddress = unix:%s/redis.sock\n\n[run]\ndir = runs\n' "$sockets"
        [ "$source_kind" = sqlite ] ||
            printf '\n[mysql]\nsocket = %s/mysql.sock\nuser = root\ndatabase = shop\n' "$sockets"
    } >>rekindle.conf
    [ "$source_kind" = sqlite ] || sed -i 's/^source = sqlite/source = mysql/' rekindle.conf
}

fill_database() {
    if [ "$source_kind" = sqlite ]; then
        echo '   $ sqlite3 shop.db <shop.sql'
        sqlite3 shop.db <shop.sql
    else
        start_mariadb
        echo '   $ mariadb shop <shop.sql'
        mariadb_client -e 'CREATE DATABASE shop CHARACTER SET utf8mb4'
        mariadb_client shop <shop.sql
    fi
}

# Logs to plan: all.csv ranks every dormant key, plan.csv what fits into the bytes of the first 20 %.
plan_shop() {
    local seed=$1 event bytes
    step "A shop of $users users and $products products, $days days of its access logs."
    show rekindle-predict simulate --seed "$seed" --users "$users" --products "$products" \
        --days "$days" --end "$today" --out .
    head -n 1 access.log | indent
    step "Logs become a history: for each key, which hours it was touched in."
    show rekindle-predict ingest --config rekindle.conf --log access access.log
    event=$(tail -n 1 events.csv | cut -d, -f1)
    step "Who is asleep, and who will come back? All dormant keys, the best first."
    show rekindle-predict rank --config rekindle.conf --event "$event" --out all.csv
    bytes=$(bytes_of_a_fifth all.csv)
    step "The cache has room for 20 % of them: $(thousands "$bytes") bytes."
    show rekindle-predict rank --config rekindle.conf --event "$event" --budget "$bytes" \
        --report report --out plan.csv
    awk -v seed="$seed" -f "$here/first_touch.awk" truth.csv all.csv plan.csv >first-touch.tsv
}

# What the first 20 % of a plan's rows take.
bytes_of_a_fifth() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { size[NR - 1] = $at["size_bytes"] }
        END { for (i = 1; i <= int((NR - 1) / 5); i++) sum += size[i]; printf "%.0f", sum }' "$1"
}

show_plan() {
    printf '\n   The first ten rows of plan.csv, for people to review and edit (some columns):\n\n'
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR <= 11 { printf "     %-4s  %-6s  %-20s  %-7s  %-8s  %-10s %s\n", $at["rank"], $at["action"],
            $at["key"], (NR == 1 ? "dormant" : int($at["days_dormant"]) " days"),
            $at["p_return"], $at["benefit_ms"], (NR == 1 ? "bytes" : $at["size_bytes"]) }' plan.csv
    # The reason is the 18th cell, and quoted when it holds a comma.
    printf '\n   Why the first one? %s\n' "$(sed -nE '2s/^([^,]*,){17}("([^"]*)"|([^,]*)),.*/\3\4/p' plan.csv)" |
        fold -s -w 78 | sed '3,$s/^/     /'
    printf '\n   From report/summary.csv:\n\n'
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        { printf "     %-7s  %-11s  %-17s %6s %9s %8s\n", $at["entity"], $at["segment_by"],
            $at["segment"], $at["keys"], (NR == 1 ? "expected" : $at["expected_returns"]),
            (NR == 1 ? "planned" : $at["planned_keys"]) }' \
        report/summary.csv
}

# How many of the keys that came back are among the first N in the order that sort's options make.
hits_of() {
    sort -t $'\t' "${@:2}" -k6,6 first-touch.tsv |
        awk -F '\t' -v n="$1" 'NR <= n { hits += $1 } END { print hits + 0 }'
}

percent() {
    awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.1f %%", (whole > 0 ? 100 * part / whole : 0) }'
}

# One line of the table; `measured` is the count that Redis gave, else the plan's own is taken.
judge() {
    local seed=$1 measured=$2 touches planned hits order
    read -r touches planned hits < <(awk -F '\t' '{ touches += $1; planned += $2; hits += $1 * $2 }
        END { print touches + 0, planned + 0, hits + 0 }' first-touch.tsv)
    printf '     %-5s %8s %9s %10s' "$seed" "$(thousands "$planned")" "$(thousands "$touches")" \
        "$(percent "${measured:-$hits}" "$touches")"
    for order in -k4,4r -k5,5g -k3,3gr; do # last seen, random number, true chance
        printf ' %9s' "$(percent "$(hits_of "$planned" "$order")" "$touches")"
    done
    echo
}

# Asks the real Redis for every key that the event touched: how many are there.
count_hits_in_redis() {
    awk -F '\t' '$1 { print "EXISTS " $6 }' first-touch.tsv |
        redis-cli -s "$sockets/redis.sock" |
        awk '{ hits += $1 } END { print hits + 0 }'
}

began=$SECONDS
rm -rf "$demo"
mkdir -p "$demo/seed-${seeds[0]}"
# A Unix socket's path must be short, whatever this folder's is.
sockets=$(mktemp -d "${TMPDIR:-/tmp}/rekindle-demo.XXXXXX")
cd "$demo/seed-${seeds[0]}"

cat <<END
Rekindle: from access logs to a warm cache, before the promotion begins.
Everything happens in $demo/seed-${seeds[0]}
To repeat steps 1 to 4 by hand: cd there; PATH=$bin:\$PATH
END
plan_shop "${seeds[0]}"
show_plan

step "The database ($source_kind) holds the truth, Redis is empty."
fill_database
start_redis
complete_config

step "What would a load do? A dry run on the same code path."
show rekindle-load check --config rekindle.conf --plan plan.csv
step "Warm the keys, the best first."
show rekindle-load run --config rekindle.conf --plan plan.csv
step "Is everything there?"
show rekindle-load verify --config rekindle.conf --plan plan.csv
measured=$(count_hits_in_redis)

step "The promotion begins. Of the first touches on dormant keys, how many hit?"
cat <<END
     Seed ${seeds[0]} asks the real Redis (EXISTS) for each key that the event touched;
     the other seeds are other shops, judged by their plans. Beside it, as many
     keys picked by recency, at random, and by one who knows the true chances.

     seed      keys   touches   Rekindle   recency    random     truth
END
judge "${seeds[0]}" "$measured"
expected=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { sum += $at["p_return"] } END { printf "%.0f", sum }' all.csv)
for seed in "${seeds[@]:1}"; do
    mkdir -p "$demo/seed-$seed"
    cd "$demo/seed-$seed"
    plan_shop "$seed" >rekindle-demo.log
    rm -f access.log access.csv # the history holds what matters
    judge "$seed" ''
done

printf '\n     The forecast for seed %s was that %s dormant keys would be touched.\n' \
    "${seeds[0]}" "$(thousands "$expected")"
printf '\nDone in %d s. The files stay in %s\n' $((SECONDS - began)) "$demo"
