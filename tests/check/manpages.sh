#!/usr/bin/env bash
# manpages.sh - every command and option that --help names stands in the man page, and the other way round; and no line
# of --help is wider than 80 columns.
set -u
cd "$(dirname "$0")/../.."
failed=0
for page in predictor/rekindle-predict.1 loader/rekindle-load.1; do
    program=build/bin/$(basename "$page" .1)
    commands=$("$program" --help | sed -n '/^Commands:/,/^$/p' | awk 'NR > 1 && NF {print $1}')
    helped=$(for command in $commands; do "$program" "$command" --help; done | grep -oE '^  --[a-z-]+' | sort -u | tr -d ' ')
    wide=$(for command in "" $commands; do "$program" $command --help; done | awk 'length > 80')
    [ -z "$wide" ] || { printf '%s --help is wider than 80 columns:\n%s\n' "$program" "$wide" >&2; failed=1; }
    documented=$(sed 's/\\-/-/g' "$page" | grep -E '^\.' | grep -oE -- '--[a-z][a-z-]+' | sort -u)
    for command in $commands; do
        grep -qE "^\.SS $command( |,|$)|^\.SS .*\b$command\b" "$page" || { echo "$page: no section for $command" >&2; failed=1; }
    done
    difference=$(diff <(echo "$helped") <(echo "$documented"))
    [ -z "$difference" ] || { printf '%s (< --help, > page):\n%s\n' "$page" "$difference" >&2; failed=1; }
done
[ $failed -eq 0 ] && echo "man pages: agree with --help"
exit $failed
