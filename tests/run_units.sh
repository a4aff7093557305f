#!/usr/bin/env bash
# run_units.sh TEST... - runs each cmocka binary; silent when it passes, its whole output when it fails.
# Ends with "N passed, N failed" over the single test cases.
set -u
export ASAN_OPTIONS=allocator_may_return_null=1:${ASAN_OPTIONS:-}
passed=0 failed=0
for test in "$@"; do
    output=$("$test" 2>&1)
    status=$?
    ok=$(grep -c '^\[       OK \]' <<<"$output")
    bad=$(grep -c '^\[  FAILED  \] [a-z]' <<<"$output")
    passed=$((passed + ok))
    if [ $status -ne 0 ] || [ "$ok" -eq 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
        failed=$((failed + bad))
        printf '%s\n--- %s ended with %d\n' "$output" "$test" $status
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
