#!/usr/bin/env bash
# run.sh - measures what libraries cost beside a sorted-run sketch and writes RESULT.md (medians of ROUNDS).
# Needs the Debian packages gcc librocksdb-dev liblmdb-dev libsqlite3-dev libxxhash-dev; installs nothing.
set -euo pipefail
cd "$(dirname "$0")"
rounds=${ROUNDS:-3} night=${NIGHT_KEYS:-3400000} all=${ALL_KEYS:-10000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/history-libraries.XXXXXX")
trap 'rm -rf "$work"' EXIT

gcc -O2 -D_DEFAULT_SOURCE -std=c17 -Wall -Wextra -Werror history_libraries.c -o "$work/bench" \
    -lrocksdb -llmdb -lsqlite3 -lxxhash

for round in $(seq "$rounds"); do
    for store in sketch rocksdb lmdb sqlite; do
        rm -rf "$work/night"*
        "$work/bench" $store write "$night" "$work/night" >>"$work/lines"
        echo "$store bytes $(du -s --block-size=1 "$work/night" | cut -f1) 0 0" >>"$work/lines"
        if [ ! -e "$work/all-$store" ]; then
            "$work/bench" $store write "$all" "$work/all-$store" >/dev/null
        fi
        "$work/bench" $store read "$all" "$work/all-$store" >>"$work/lines"
    done
done

python3 - "$work/lines" "$night" "$all" "$rounds" >RESULT.md <<'PYTHON'
import statistics, sys
path, night, everything, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rows, sums = {}, set()
for line in open(path):
    store, action, number, rss, total = line.split()
    rows.setdefault((store, action), []).append((float(number), int(rss)))
    if action == "read":
        sums.add(total)
assert len(sums) == 1, "the stores do not agree: %s" % sums
def median(store, action, column):
    return statistics.median(row[column] for row in rows[store, action])
print(f"Write: {night:,} keys, sorted, on disk at the end. Read: {everything:,} keys in order, every count"
      f" summed, page cache warm. Medians of {rounds}, generating the keys included.\n")
print("| store | write s | x sketch | read s | x sketch | MB on disk (night) | peak RSS write, MB | peak RSS read, MB |")
print("|---|--:|--:|--:|--:|--:|--:|--:|")
for store in ("sketch", "rocksdb", "lmdb", "sqlite"):
    write, read = median(store, "write", 0), median(store, "read", 0)
    print(f"| {store} | {write:.2f} | {write / median('sketch', 'write', 0):.1f} | {read:.2f} |"
          f" {read / median('sketch', 'read', 0):.1f} | {median(store, 'bytes', 0) / 1e6:.0f} |"
          f" {median(store, 'write', 1) / 1e6:.0f} | {median(store, 'read', 1) / 1e6:.0f} |")
print("\nThe rule: a library is taken if it costs less than 1.5 times the sketch in both columns. LMDB and"
      " SQLite\nkeep no checksums of what they store; the sketch and RocksDB do.")
PYTHON
cat RESULT.md
