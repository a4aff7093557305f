#!/usr/bin/env bash
# run_fuzzers.sh SECONDS FUZZER... - each libFuzzer target for so long, from its seeds in tests/fuzz/seeds/NAME.
# What it finds stays in build/fuzz/found; a finding is a failure.
set -u
seconds=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    found=build/fuzz/found/$name
    corpus=build/fuzz/corpus/$name
    mkdir -p "$found" "$corpus"
    seeds=()
    [ ! -d "$here/seeds/$name" ] || seeds=("$here/seeds/$name")
    if "$fuzzer" -max_total_time="$seconds" -artifact_prefix="$found/" -rss_limit_mb=2048 -timeout=10 "$corpus" "${seeds[@]}" >"$found/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok       $name: $(grep -oE 'Done [0-9]+ runs' "$found/log" | tail -n 1)"
    else
        failed=$((failed + 1))
        echo "FAILED   $name: see $found/log"
        tail -n 30 "$found/log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
