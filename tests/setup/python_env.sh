#!/usr/bin/env bash
# python_env.sh - prints the path of a Python that has the packages of python-packages.txt, and makes it when it is not
# there: a virtual environment in build/python, made anew when the list has changed. Says nothing else when all is well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${REKINDLE_PYTHON_ENV:-$here/../../build/python}
list=$here/python-packages.txt

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock" # two tests at once make it once
flock 9
if ! cmp -s "$list" "$folder/made-from.txt"; then
    rm -rf "$folder/venv"
    if ! { python3 -m venv "$folder/venv" &&
        "$folder/venv/bin/pip" --quiet --disable-pip-version-check install -r "$list"; } >"$folder/log" 2>&1; then
        cat "$folder/log" >&2
        echo "python_env: cannot make $folder/venv: python3-venv and PyPI are needed" >&2
        exit 1
    fi
    cp "$list" "$folder/made-from.txt"
fi
echo "$folder/venv/bin/python"
