#!/usr/bin/env bash
# load_mysql_tls.sh - values from a MariaDB that talks TLS only; a wrong certificate, or none, is refused in a sentence.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
. "$(dirname "$0")/../cluster_lib.sh"
. "$(dirname "$0")/../tls_lib.sh"

COUNT=200
TLS=$SCRATCH/tls
make_authority ours
make_authority other
make_certificate server ours DNS:localhost,IP:127.0.0.1
make_certificate client ours DNS:loader
free_port
PORT=$FREE_PORT
NETWORK=(--skip-skip-networking --port="$PORT" --bind-address=127.0.0.1)
start_mariadb shop "${NETWORK[@]}" --ssl-ca="$TLS/ours.crt" --ssl-cert="$TLS/server.crt" --ssl-key="$TLS/server.key"
start_redis cache
sql shop "
    CREATE DATABASE shop; USE shop;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40), updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
    INSERT INTO users (id, name) SELECT seq, CONCAT('user ', seq) FROM seq_1_to_$COUNT;
    CREATE USER tls@'%' IDENTIFIED BY 'secret #1' REQUIRE SSL; GRANT SELECT ON shop.* TO tls@'%';
    CREATE USER cert@'%' IDENTIFIED BY 'secret #1' REQUIRE X509; GRANT SELECT ON shop.* TO cert@'%';
    CREATE USER plain@'%' IDENTIFIED BY 'secret #1'; GRANT SELECT ON shop.* TO plain@'%';"

make_plan "$SCRATCH/plan.csv" $COUNT
make_config "$SCRATCH/load.ini" unused "$SCRATCH/cache.sock"
sed -i 's/^source = .*/source = mysql/; s/^query = .*/query = SELECT id, name, updated_at AS version FROM users WHERE id IN ({ids})/; /^\[sqlite\]/,/^file/d' \
    "$SCRATCH/load.ini"
cat >>"$SCRATCH/load.ini" <<C
[mysql]
host = 127.0.0.1
port = $PORT
user = tls
database = shop
password_file = password
ssl_ca = tls/ours.crt
C
printf 'secret #1\n' >"$SCRATCH/password"
chmod 600 "$SCRATCH/password"

# load_with SED_SCRIPT: a run with a changed config, from the start.
load_with() {
    sed "$1" "$SCRATCH/load.ini" >"$SCRATCH/changed.ini"
    rm -rf "$SCRATCH/runs"
    "$L" run --quiet --config "$SCRATCH/changed.ini" --plan "$SCRATCH/plan.csv"
}
loads_all() {
    redis cache flushall >/dev/null
    exits_with 0 load_with "$1" && is_equal "$(redis cache dbsize)" $COUNT
}

check "another authority" says 4 "MySQL: cannot connect" load_with 's/ours.crt/other.crt/'
check "says that it is the certificate" grep -qi 'certificate\|SSL' "$SCRATCH/stderr"
check "a user who must talk TLS, without" says 4 "Access denied" load_with '/^ssl_ca/d'
check "a user who must show a certificate, without" says 4 "Access denied" load_with 's/^user = .*/user = cert/'
check "a file that is not there" says 3 "cannot use it as [mysql] ssl_ca: No such file" load_with 's/ours.crt/none.crt/'
check "a certificate without its key" says 3 "ssl_cert and ssl_key belong together" load_with \
    's#^ssl_ca.*#&\nssl_cert = tls/client.crt#'
check "nothing was loaded by those" is_equal "$(redis cache dbsize)" 0

check "values over TLS" loads_all ''
check "with a certificate of ours" loads_all 's/^user = .*/user = cert/; s#^ssl_ca.*#&\nssl_cert = tls/client.crt\nssl_key = tls/client.key#'
chmod 644 "$SCRATCH/password"
check "a password file that others may read is refused" says 3 "chmod 600" load_with ''
chmod 600 "$SCRATCH/password"
check "no password in a message" test -z "$(grep -r 'secret #1' "$SCRATCH/stderr" "$SCRATCH/stdout")"

# ---- the same authority, but the certificate is another host's; the file is read again at the server's next start
redis cache flushall >/dev/null
make_certificate elsewhere ours DNS:elsewhere
cp "$TLS/elsewhere.crt" "$TLS/server.crt"
cp "$TLS/elsewhere.key" "$TLS/server.key"
sql shop "FLUSH SSL"
check "a certificate for another host" says 4 "MySQL: cannot connect" load_with ''
check "says that it is the certificate" grep -qi 'certificate\|SSL' "$SCRATCH/stderr"

# ---- a server without TLS: the library would go on in clear text, where only ssl-enforce was asked for
kill "$MARIADB_PID"
wait "$MARIADB_PID"
restart_mariadb shop "${NETWORK[@]}" --skip-ssl
check "a server without TLS" says 4 "MySQL: cannot connect" load_with 's/^user = .*/user = plain/'
printf '[rekindle]\nuser=plain\npassword="secret #1"\nssl-enforce=1\n' >"$SCRATCH/my.cnf"
chmod 600 "$SCRATCH/my.cnf"
check "also where an option file asks for TLS" says 4 "talks without encryption although TLS was asked for" load_with \
    '/^user/d; /^password_file/d; s/^ssl_ca.*/option_file = my.cnf/'
chmod 640 "$SCRATCH/my.cnf"
check "an option file that others may read is refused" says 3 "chmod 600" load_with \
    '/^user/d; /^password_file/d; s/^ssl_ca.*/option_file = my.cnf/'
check "nothing was loaded by those" is_equal "$(redis cache dbsize)" 0
check "where nobody asked for TLS it is not needed" loads_all '/^ssl_ca/d; s/^user = .*/user = plain/'
finish
