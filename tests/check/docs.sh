#!/usr/bin/env bash
# docs.sh - what the pages say to type exists: commands and options in --help, config keys in --print-config, links to files.
set -u
cd "$(dirname "$0")/../.."
failed=0
complain() {
    echo "$1" >&2
    failed=1
}
pages=(README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md data/README.md)

# blocks KIND PAGE: the lines of the page's ```KIND blocks, continued lines joined.
blocks() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$2" | sed '/^```/d' | sed -e ':a' -e '/\\$/N; s/\\\n//; ta'; }

declare -A help
help_of() { # PROGRAM COMMAND
    [ -n "${help[$1 $2]+x}" ] || help[$1 $2]=$("build/bin/$1" "$2" --help 2>/dev/null)
}
for page in "${pages[@]}"; do
    while read -r program command rest; do
        [[ $program == rekindle-* ]] || continue
        [[ $command == --* ]] && rest="$command $rest" command=""
        [ -z "$command" ] || help_of "$program" "$command"
        [ -z "$command" ] || [ -n "${help[$program $command]}" ] || complain "$page: there is no $program $command"
        for option in $(grep -oE -- '(^| )--[a-z][a-z-]*' <<<"${rest%%#*}"); do
            [ -z "$command" ] || grep -qE -- "^  $option( |\$)" <<<"${help[$program $command]}" ||
                complain "$page: $program $command has no $option"
        done
    done < <(blocks sh "$page"; blocks ini "$page" | sed -n 's/.*\(rekindle-[a-z]* .*\)/\1/p')

    section=""
    while read -r line; do
        case $line in
        \[*) section=${line%%[] ]*} section=${section#\[} ;;
        [a-z]*=*)
            key=${line%%[ =]*}
            build/bin/rekindle-load --print-config | sed -n "/^#\[$section[] ]/,/^#\[/p" | grep -q "^#$key =" ||
                complain "$page: [$section] has no $key"
            ;;
        esac
    done < <(blocks ini "$page")

    for link in $(grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//; s/#.*//'); do
        [[ $link == http* ]] || [ -e "$(dirname "$page")/$link" ] || complain "$page: there is no $link"
    done
done
# The crontab and the units: the same, and no % that cron takes for the end of the command.
while read -r program command rest; do
    help_of "$program" "$command"
    [ -n "${help[$program $command]}" ] || complain "loader/cron, loader/systemd: there is no $program $command"
    for option in $(grep -oE -- '(^| )--[a-z][a-z-]*' <<<"$rest"); do
        grep -qE -- "^  $option( |\$)" <<<"${help[$program $command]}" ||
            complain "loader/cron, loader/systemd: $program $command has no $option"
    done
done < <(grep -hv '^#' loader/cron/* loader/systemd/* | grep -oE 'rekindle-(load|predict) [a-z]+ .*')
grep -v '^#' loader/cron/* | grep -nE '(^|[^\\])%' && complain "loader/cron: a % ends the command of these lines"
grep -q "^PATH=$(sed -n 's/^PREFIX ?= *//p' Makefile)/bin:" loader/cron/rekindle.cron || complain "loader/cron: where make install puts the programs is not in PATH"

[ $failed -eq 0 ] && echo "docs: commands, options, keys and links exist"
exit $failed
