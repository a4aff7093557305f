#!/usr/bin/env bash
# run_system.sh TEST... - runs the system tests, JOBS (2) at a time; each brings its own servers, and mostly waits.
# Prints each test's output whole when it ends, and at the end "N passed, N failed, N skipped" over all cases; a test that
# dies counts as one failure.
set -u
cd "$(dirname "$0")/.."
if [ $# -eq 0 ]; then
    echo "there are no tests of this kind yet"
    exit 0
fi
scratch=$(mktemp -d) || exit 1
running=()
# An interrupt ends the tests that run: each cleans up by its own trap.
trap 'kill "${running[@]}" 2>/dev/null; wait; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

passed=0 failed=0 skipped=0
# tell FOLDER: prints what the test said, and counts its cases.
tell() {
    local test output status counts numbers
    test=$(cat "$1/test") output=$(cat "$1/output") status=$(cat "$1/status")
    printf '== %s\n%s\n(%d s)\n' "$test" "$output" "$(cat "$1/seconds")"
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' <<<"$output" | tail -n 1)
    if [ -z "$counts" ]; then
        failed=$((failed + 1))
        echo "FAILED   $test ended with $status before its last line"
        return
    fi
    numbers=($(grep -oE '[0-9]+' <<<"$counts"))
    passed=$((passed + numbers[0]))
    failed=$((failed + numbers[1]))
    skipped=$((skipped + ${numbers[2]:-0}))
    if [ "$status" -ne 0 ] && [ "${numbers[1]}" = 0 ]; then
        failed=$((failed + 1))
        echo "FAILED   $test ended with $status"
    fi
}

# tell_ended: tells of each test that has ended, once.
tell_ended() {
    local folder
    for folder in "$scratch"/*/; do
        [ -f "$folder/seconds" ] || continue
        tell "$folder"
        rm -rf "$folder"
    done
}

run_one() { # TEST FOLDER
    local started=$SECONDS pid
    bash "$1" >"$2/output" 2>&1 &
    pid=$!
    trap 'kill $pid; wait $pid; exit 130' TERM
    wait $pid
    echo $? >"$2/status"
    echo $((SECONDS - started)) >"$2/seconds.new" && mv "$2/seconds.new" "$2/seconds"
}

number=0
for test in "$@"; do
    while [ "$(jobs -pr | wc -l)" -ge "${JOBS:-2}" ]; do
        wait -n
        tell_ended
    done
    number=$((number + 1))
    mkdir "$scratch/$number"
    echo "$test" >"$scratch/$number/test"
    run_one "$test" "$scratch/$number" &
    running=($(jobs -pr))
done
wait
tell_ended
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
