#!/usr/bin/env bash
# install_packages.sh LIST... - installs the Debian packages of tests/setup/packages-LIST.txt that are missing.
# As root or with a sudo that asks for nothing; otherwise prints the exact line to run and fails.
# On a system without dpkg it says what is needed and goes on: the compiler will say what is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

wanted=()
for list in "$@"; do
    while read -r name; do
        wanted+=("$name")
    done < <(grep -vE '^(#|$)' "$here/packages-$list.txt")
done

if ! command -v dpkg-query >/dev/null; then
    echo "this is not Debian: please install the equivalents of: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for name in "${wanted[@]}"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

line="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
    run=(env DEBIAN_FRONTEND=noninteractive)
elif sudo -n true 2>/dev/null; then
    run=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
    printf 'these packages are missing and installing them needs root; run:\n  sudo %s\n' "$line" >&2
    exit 1
fi

echo "installing: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing() {
    "${run[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
# A fresh or old machine has no usable package lists: fetch them and try once more.
if ! install_missing; then
    "${run[@]}" apt-get update >"$log" 2>&1 || true
    if ! install_missing; then
        tail -n 20 "$log" >&2
        printf 'installing failed; try:\n  apt-get update && %s\n' "$line" >&2
        exit 1
    fi
fi
