#!/usr/bin/env bash
# headers.sh - every header compiles alone, so that its list of includes is its list of dependencies.
set -u
cd "$(dirname "$0")/../.."
failed=0
for header in $(find common predictor loader tests -name '*.h' | sort); do
    gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
        $(pkg-config --cflags libmariadb 2>/dev/null) -fsyntax-only -include "$header" -x c /dev/null || failed=1
done
[ $failed -eq 0 ] && echo "headers: each compiles alone"
exit $failed
