#!/usr/bin/env bash
# lint.sh [FILE...] - clang-tidy is the one analyser that gates; its checks stand in .clang-tidy.
set -u
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- $(find common predictor loader -name '*.c' | sort)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tidy() {
    clang-tidy-14 --quiet --warnings-as-errors='*' "$@" -- -std=c17 -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
        '-DREKINDLE_VERSION="lint"' $(pkg-config --cflags libmariadb 2>/dev/null) 2>/dev/null
}
export -f tidy
printf '%s\n' "$@" | xargs -P 2 -n 8 bash -c 'tidy "$@"' _ >"$log"
status=$?
[ $status -eq 0 ] && echo "lint: fine" || cat "$log" >&2
exit $status
