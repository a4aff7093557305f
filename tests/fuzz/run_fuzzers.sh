#!/usr/bin/env bash
# run_fuzzers.sh SECONDS FUZZER... - each libFuzzer target for so long, two at a time, from its seeds in tests/fuzz/seeds/NAME.
# What it finds stays in build/fuzz/found; a finding is a failure.
set -u
seconds=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

fuzz_one() { # FUZZER
    local name found corpus seeds=()
    name=$(basename "$1") found=build/fuzz/found/$name corpus=build/fuzz/corpus/$name
    [ ! -d "$here/seeds/$name" ] || seeds=("$here/seeds/$name")
    "$1" -max_total_time="$seconds" -artifact_prefix="$found/" -rss_limit_mb=2048 -timeout=10 \
        "$corpus" "${seeds[@]}" >"$found/log" 2>&1
    echo $? >"$found/status"
}

for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    mkdir -p "build/fuzz/found/$name" "build/fuzz/corpus/$name"
    rm -f "build/fuzz/found/$name/status"
    [ "$(jobs -pr | wc -l)" -lt 2 ] || wait -n
    fuzz_one "$fuzzer" &
done
wait

passed=0 failed=0
for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    found=build/fuzz/found/$name
    if [ "$(cat "$found/status" 2>/dev/null)" = 0 ]; then
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
