#!/usr/bin/env bash
# load_mysql.sh - from MariaDB tables of a real shop to Redis: logs to plan to values, every one compared.
# Goal: users and products of the online retail data, as published, made into two tables; the plan that `rank` makes
# of the same year's events; all keys in Redis with values equal to the rows, in rank order, with expiries past the
# window's end and spread; a second run changes nothing; a value that stood already is untouched. Then what MySQL does
# at night: it is killed midway, it is not there, the password is wrong.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
start_redis cache
start_mariadb db
sql db "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER loader@localhost IDENTIFIED BY 'p#w d\\\\x'; GRANT SELECT ON shop.* TO loader@localhost;"
umask 077
cat >my.cnf <<C
[rekindle]
user = loader
password = "p#w d\\\\x"
socket = $SCRATCH/db.sock
database = shop
C
make_mysql_config() {
    cat >shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, country, orders, spent, updated_at AS version FROM users WHERE id IN ({ids})
value = json
ttl = event_end + 6h
miss_cost = 12ms

[family product-page]
entity = product
key = product:{id}
source = mysql
query = SELECT code, description, price, sold FROM products WHERE code IN ({ids})
value = $1
ttl = event_end + 6h

[mysql]
option_file = $SCRATCH/my.cnf

[pace]
rows = 0
[redis]
address = unix:$SCRATCH/cache.sock

[run]
dir = $SCRATCH/runs
patience = 2s
C
}
make_mysql_config hash

if [ ! -f "$DATA/online_retail_2009-2010.csv.gz" ]; then
    skip "the real shop" "the shared data is not here; a made-up one takes its place"
    sql db "USE shop; CREATE TABLE users (id INT PRIMARY KEY, country VARCHAR(40), orders INT, spent DECIMAL(12,2), updated_at TIMESTAMP(6) NOT NULL DEFAULT now(6));
        INSERT INTO users SELECT seq, 'Land', seq % 9, seq / 7, now(6) FROM seq_1_to_4000;
        CREATE TABLE products (code VARCHAR(20) PRIMARY KEY, description VARCHAR(200), price DECIMAL(10,2), sold INT);
        INSERT INTO products SELECT concat(seq, 'A'), concat('thing ', seq), seq / 3, seq FROM seq_1_to_3000;"
    for i in $(seq 1 4000); do echo "$((1274100000 + i * 3600)),$i,$((i % 3000 + 1))A"; done | sed '1i ts,user_id,item_id' >events.csv
else
    gunzip -c "$DATA/online_retail_2009-2010.csv.gz" >retail.csv
    sql db "USE shop; CREATE TABLE sales (invoice VARCHAR(20), code VARCHAR(20) COLLATE utf8mb4_bin, description VARCHAR(200), quantity INT, at DATETIME, price DECIMAL(10,2), customer VARCHAR(20), country VARCHAR(40));
        SET sql_mode = '';
        LOAD DATA LOCAL INFILE '$SCRATCH/retail.csv' INTO TABLE sales FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' IGNORE 1 LINES;
        CREATE TABLE users (id INT PRIMARY KEY, country VARCHAR(40), orders INT, spent DECIMAL(12,2), updated_at TIMESTAMP(6) NOT NULL);
        INSERT INTO users SELECT CAST(customer AS UNSIGNED), max(country), count(DISTINCT invoice), sum(quantity * price), now(6) FROM sales WHERE customer <> '' GROUP BY 1;
        CREATE TABLE products (code VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY, description VARCHAR(200), price DECIMAL(10,2), sold INT);
        INSERT INTO products SELECT code, max(description), max(price), sum(quantity) FROM sales GROUP BY code;"
    gunzip -c "$DATA/online_retail_dev.events.csv.gz" >events.csv
fi

# The year ended long ago; the same gaps against a window that is still to come: shift the clock by whole days.
shift=$(($(date -u -d "$WINDOW_START" +%s) - $(date -u -d 2010-11-01T00:00:00Z +%s)))
awk -F, -v OFS=, -v shift="$shift" -v last="$(date -u -d 2010-11-01 +%s)" 'NR == 1 {print; next} $1 < last {$1 += shift; print}' events.csv >shifted.csv
check "ingest the year" "$P" ingest --history history --format csv --columns time=ts,user=user_id,product=item_id shifted.csv
check "rank it" "$P" rank --config shop.conf --history history --as-of "$(date -u +%Y-%m-%dT%H:00:00Z)" --window "$WINDOW_START/$WINDOW_END" \
    --dormant-after 60d --model bgnbd --max-history-age 60d --out plan.csv
keys=$(($(wc -l <plan.csv) - 1))
check "the plan has users and products" is_equal "$(tail -n +2 plan.csv | cut -d, -f2 | sort -u | paste -sd' ')" "product user"

load() { "$L" "$1" --config shop.conf --plan plan.csv "${@:2}"; }
# Products that the sales know and the events name otherwise would be missing; both come from the same year.
first=$(sed -n 5p plan.csv | cut -d, -f5)
redis cache set "$first" mine >/dev/null
start_monitor cache monitor.log
check "check" load check
check "run" load run
kill $MONITOR_PID
check "every key is warm, but one that stood" is_equal "$(outcomes "$(results_file)")" "$(printf 'exists 1\nwarmed %d' $((keys - 1)))"
check "and is untouched" is_equal "$(redis cache get "$first")" mine

tail -n +2 plan.csv | cut -d, -f5 >planned
grep -oE '"(user:[^"]+:profile|product:[^"]+)"' monitor.log | tr -d '"' | awk '!seen[$0]++' >written
check "in rank order, as MONITOR saw it" cmp planned written

sql db "USE shop; SELECT concat('user:', id, ':profile'), json_object('id', id, 'country', country, 'orders', orders, 'spent', spent) FROM users" |
    sed 's/": /":/g; s/, "/,"/g' | sort >rows
grep '^user:' planned | grep -vxF "$first" | sort | sed 's/^/GET /' | tee gets | redis cache >values
paste <(sed 's/^GET //' gets) values >got
check "every user's value equals the row" is_equal "$(comm -13 rows got | head -n 3)" ""
sql db "USE shop; SELECT concat('product:', code), coalesce(description, ''), coalesce(price, ''), coalesce(sold, '') FROM products" | sort >rows
grep '^product:' planned | grep -vxF "$first" | sort >products
sed 's/.*/HMGET "&" description price sold/' products | redis cache >fields
paste products <(paste - - - <fields) >got
check "every product's hash equals the row" is_equal "$(comm -13 <(sed 's/\\\\/\\/g' rows) got | head -n 3)" ""
all_expiries cache | grep -vP "^\Q$first\E\t" >expiries
check "none expires before the window ends" awk -v end="$WINDOW_END_UNIX" '$2 / 1000 < end + 6 * 3600 {bad = 1} END {exit bad}' expiries
check "nor together" awk '{n[int($2 / 1000)]++} END {for (s in n) if (n[s] > NR / 50) exit 1}' expiries
load run >second.out 2>&1 || true
check "a second run says that there is nothing to do" grep -qi "nothing to do" second.out
check "and changes nothing" is_equal "$(all_expiries cache | grep -vP "^\Q$first\E\t" | md5sum)" "$(md5sum <expiries)"
check "verify finds all of it" load verify --sample all
second=$(sed -n 6p plan.csv | cut -d, -f5)
redis cache set "$second" x exat $((WINDOW_END_UNIX + 86400)) >/dev/null
check "verify compares values with the source" exits_with 1 load verify --sample all
check "and finds the one that differs" bash -c "cat '$SCRATCH/stdout' '$SCRATCH/stderr' | grep -qF '$second'"

# MariaDB goes away in the middle: exit 4, and the same command goes on when it is back.
redis cache flushall >/dev/null
rm -rf runs
sql db "SET GLOBAL innodb_flush_log_at_trx_commit = 1; USE shop; CREATE TABLE crowd (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO crowd SELECT seq, concat('n', seq) FROM seq_1_to_300000;
    ANALYZE TABLE crowd" # else a killed server has forgotten how large it is, and scans it for every question
sed -i '/^\[family product-page\]/,$!d' shop.conf
cat >>shop.conf <<C
[family user-profile]
entity = user
key = user:{id}:profile
source = mysql
query = SELECT id, name FROM crowd WHERE id IN ({ids})
value = json
ttl = event_end + 6h
C
# A query that cannot use the index, of this table and of one so small that MariaDB rather reads it as a whole.
make_plan few.csv 300
sql db "USE shop; CREATE TABLE few (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO few SELECT * FROM crowd WHERE id <= 300; ANALYZE TABLE few" >analyzed
for table in crowd few; do sed "s/FROM crowd WHERE id/FROM $table WHERE id + 0/" shop.conf >$table.conf; done
scans() { "$L" check --config "$1" --plan few.csv 2>&1 | grep -c "would read the whole table" || true; }
check "a query that reads a whole large table is told of" is_equal "$(scans crowd.conf)" 1
check "a small one is none of anybody's business" is_equal "$(scans few.conf)" 0
make_plan plan.csv 300000
load run >killed.out 2>&1 &
loader=$!
wait_for 20 bash -c "[ \$(redis-cli -s '$SCRATCH/cache.sock' dbsize) -gt 1000 ]"
kill -9 "$MARIADB_PID"
status=0
wait $loader || status=$?
check "MariaDB killed midway: exit code 4" is_equal $status 4
check "said in a sentence" grep -qiE "mysql|mariadb" killed.out
restart_mariadb db
timeout 60 "$L" run --config shop.conf --plan plan.csv --rows 2000 --no-recheck >held.out 2>&1 &
loader=$!
warm=$(redis cache dbsize)
wait_for 20 bash -c "[ \$(redis-cli -s '$SCRATCH/cache.sock' dbsize) -gt $((warm + 1000)) ]"
kill -9 "$MARIADB_PID"
status=0
wait $loader || status=$?
check "killed while what was fetched is held back: exit code 4, too" is_equal $status 4
check "with what to do" grep -qF "longer than [run] patience, so this run gives up; the same command resumes it" held.out
check "no MariaDB: exit code 4" says 4 "db.sock" load run
rm -f "$SCRATCH/db.sock"
restart_mariadb db
check "it comes back, and the same command ends well" load run
check "with every key" is_equal "$(redis cache dbsize)" 300000
sed -i 's/^password.*/password = wrong-word/' my.cnf
rm -rf runs
redis cache flushall >/dev/null
check "a wrong password: exit code 4" exits_with 4 load run
check "which is not told" bash -c "! grep -q wrong-word '$SCRATCH/stdout' '$SCRATCH/stderr'"
chmod 644 my.cnf
check "an option file for all to read" says 3 "chmod 600" load run
finish
