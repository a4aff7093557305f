#!/usr/bin/env bash
# run_system.sh TEST... - runs the system tests one after the other; each brings its own servers.
# Ends with "N passed, N failed, N skipped" over their cases; a test that dies counts as one failure.
set -u
cd "$(dirname "$0")/.."
if [ $# -eq 0 ]; then
    echo "there are no tests of this kind yet"
    exit 0
fi
passed=0 failed=0 skipped=0
for test in "$@"; do
    echo "== $test"
    started=$SECONDS
    output=$(bash "$test" 2>&1)
    status=$?
    printf '%s\n(%d s)\n' "$output" $((SECONDS - started))
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' <<<"$output" | tail -n 1)
    if [ -z "$counts" ]; then
        failed=$((failed + 1))
        echo "FAILED   $test ended with $status before its last line"
        continue
    fi
    numbers=($(grep -oE '[0-9]+' <<<"$counts"))
    passed=$((passed + numbers[0]))
    failed=$((failed + numbers[1]))
    skipped=$((skipped + ${numbers[2]:-0}))
    if [ $status -ne 0 ] && [ "${numbers[1]}" = 0 ]; then
        failed=$((failed + 1))
        echo "FAILED   $test ended with $status"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
