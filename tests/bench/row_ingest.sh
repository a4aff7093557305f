#!/usr/bin/env bash
# row_ingest.sh - one long night: a CSV of 20 M rows into an ordered, durable history, beside DuckDB.
# INGEST_ROWS and RUNS make it shorter. Aim: 4 times DuckDB's speed in half its memory.
set -euo pipefail
. "$(dirname "$0")/bench_lib.sh"

rows=${INGEST_ROWS:-20000000} runs=${RUNS:-3}
csv=$BENCH/rows-$rows.csv
duckdb_ingest=$ROOT/tests/bench/duckdb_ingest.py

begin_row ingest
tool make_rows
[ -s "$csv" ] || { "$BENCH/make_rows" "$rows" >"$csv.part" && mv "$csv.part" "$csv"; }
python=$(bash "$ROOT/tests/setup/python_env.sh") || {
    echo "row_ingest: DuckDB cannot be installed: left out" >&2
    python=
}
[ -z "$python" ] || duckdb_version=$("$python" -c 'import duckdb; print(duckdb.__version__)')

# All sides read the file from memory.
cat "$csv" >/dev/null
for ((run = 0; run < runs; run++)); do
    rm -rf "$BENCH/history"
    timed "rekindle-predict ingest" "$BIN/rekindle-predict" ingest --quiet --history "$BENCH/history" \
        --format csv --columns time=ts,user=user_id,product=item_id "$csv"
    [ -n "$python" ] || continue
    timed "DuckDB $duckdb_version, as it comes" "$python" "$duckdb_ingest" "$csv" "$BENCH/rows.db" default
    timed "DuckDB $duckdb_version, tuned" "$python" "$duckdb_ingest" "$csv" "$BENCH/rows.db" tuned
done

echo
echo "Ingest of $rows rows ($(($(stat -c %s "$csv") / 1000000)) MB) into counts by id and hour, on $(nproc) cores"
table
echo "  on disk: history $(du -sm "$BENCH/history" | cut -f1) MiB$([ -z "$python" ] || echo ", DuckDB $(du -m "$BENCH/rows.db" | cut -f1) MiB")"

# Both must hold the same: rows, accesses and ids of each table.
if [ -n "$python" ]; then
    "$python" "$duckdb_ingest" check "$BENCH/rows.db" >"$BENCH/duckdb.content"
    "$BIN/rekindle-predict" inspect --quiet --history "$BENCH/history" --dump |
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            { e = $at["entity"]; id = "id " $at["id"]; rows[e]++; sum[e] += $at["count"] }
            id != last[e] { ids[e]++; last[e] = id }
            END { for (e in rows) print e, rows[e], sum[e], ids[e] }' | sort -r \
            >"$BENCH/history.content"
    diff "$BENCH/duckdb.content" "$BENCH/history.content" && echo "  both hold the same rows, accesses and ids"
fi
