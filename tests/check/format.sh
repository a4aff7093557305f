#!/usr/bin/env bash
# format.sh [--fix] - clang-format decides how C looks.
set -u
cd "$(dirname "$0")/../.."
files=$(find common predictor loader tests -name '*.[ch]' | sort)
if [ "${1:-}" = --fix ]; then
    clang-format-14 -i $files
else
    clang-format-14 --dry-run -Werror $files && echo "format: fine"
fi
