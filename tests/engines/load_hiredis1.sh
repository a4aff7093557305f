#!/usr/bin/env bash
# load_hiredis1.sh - the loader with hiredis 1.x: Debian 12 has 0.14, everybody else 1.x, and one source serves both.
# Goal: the source that PyPI's hiredis brings along is built, the loader compiled and linked against it without a warning,
# the tests of its sink pass, and a plan goes to Redis with every value equal to its row.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"
cd "$SCRATCH"
COUNT=5000
HIREDIS=hiredis==3.5.0 # of PyPI; it holds hiredis 1.x in vendor/hiredis
BUILD=$ROOT/build/hiredis1

# The headers as <hiredis/...>, the library as libhiredis.a: what a -L before the system's finds first.
make_hiredis() {
    python3 -m pip download --quiet --disable-pip-version-check --no-binary :all: --no-deps "$HIREDIS" &&
        tar xzf hiredis-*.tar.gz && mkdir -p "$BUILD/include" "$BUILD/lib" && rm -rf "$BUILD/include/hiredis" &&
        cp -r hiredis-*/vendor/hiredis "$BUILD/include/hiredis" &&
        for file in alloc async hiredis net read sds sockcompat; do
            gcc -O2 -fPIE -w -c "$BUILD/include/hiredis/$file.c" -o "$file.o" || return 1
        done &&
        rm -f "$BUILD/lib/libhiredis.a" && ar rcs "$BUILD/lib/libhiredis.a" ./*.o
}
make_here() {
    make -C "$ROOT" -j2 CONFIG=san B="$BUILD" EXTRA_CFLAGS="-isystem $BUILD/include" EXTRA_LDFLAGS="-L$BUILD/lib" "$@"
}

check "hiredis 1.x can be had and built" make_hiredis
check "it is 1.x" grep -qE '^#define HIREDIS_MAJOR 1$' "$BUILD/include/hiredis/hiredis.h"
check "the loader is built with it" make_here "$BUILD/bin/rekindle-load"
check "and has nothing of the system's" bash -c "! ldd '$BUILD/bin/rekindle-load' | grep hiredis"
check "so are the tests of its sink" make_here "$BUILD/tests/loader/sink_test" "$BUILD/tests/loader/sink_cluster_test"
check "one server" "$BUILD/tests/loader/sink_test"
check "a cluster" "$BUILD/tests/loader/sink_cluster_test"

L=$BUILD/bin/rekindle-load
start_redis cache
make_table shop.db $COUNT
make_plan plan.csv $COUNT
make_config shop.conf "$SCRATCH/shop.db" "$SCRATCH/cache.sock"
check "check" "$L" check --config shop.conf --plan plan.csv
check "run" "$L" run --config shop.conf --plan plan.csv
check "every value equals its row" is_equal "$(all_values cache | sort | md5sum)" "$(expected_values shop.db | sort | md5sum)"
check "verify agrees" "$L" verify --config shop.conf --plan plan.csv --sample all
check "rollback takes it all back" "$L" rollback --config shop.conf --run "$(dirname "$(results_file)")"
check "to the last key" is_equal "$(redis cache dbsize)" 0
finish
