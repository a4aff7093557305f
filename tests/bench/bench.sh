#!/usr/bin/env bash
# bench.sh [ROW...] - runs the rows of the bench, all by default, and prints their tables; `make bench` calls it.
# A row is tests/bench/row_NAME.sh: both sides on the same work, runs interleaved, medians, results compared.
# Files go to build/bench. Run it on an idle machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bench=${BENCH_FOLDER:-$here/../../build/bench}
mkdir -p "$bench"

rows=("$@")
if [ ${#rows[@]} -eq 0 ]; then
    for script in "$here"/row_*.sh; do
        name=${script##*/row_}
        rows+=("${name%.sh}")
    done
fi

failed=()
for row in "${rows[@]}"; do
    [ -f "$here/row_$row.sh" ] || { echo "bench: there is no row '$row' (see tests/bench/row_*.sh)" >&2; exit 2; }
    echo "== $row" >&2
    bash "$here/row_$row.sh" >"$bench/$row.report" || failed+=("$row")
done

printf '\nMedians; "time" and "memory" are multiples of the first side.\n'
for row in "${rows[@]}"; do
    cat "$bench/$row.report"
done
[ ${#failed[@]} -eq 0 ] || { echo "bench: failed: ${failed[*]}" >&2; exit 1; }
