#!/usr/bin/env bash
# rooms.sh - keeps the law of rooms and doors, from the includes alone.
#   common/ includes only common/.
#   A room includes itself, common/, and the doors of other rooms of its own program.
#   Conductors may include any room of their program: predictor/*.c and predictor/*.h; in the loader three storeys, each of
#   which may also use the ones below it: loader/live, loader/warm, loader/run.
#   File names are unique in the whole tree, but for the two main.c.
set -u
cd "$(dirname "$0")/../.."
failed=0
complain() {
    echo "$1" >&2
    failed=1
}

# Of a file of the loader: 0 for a room, 1 to 3 for a storey of conductors.
storey_of() {
    case $1 in
    loader/live/*) echo 1 ;;
    loader/warm/*) echo 2 ;;
    loader/run/*) echo 3 ;;
    *) echo 0 ;;
    esac
}

doors='predictor/(ingest/access_event|history/key_history|calendar/event_window|forecast/demand)\.h
loader/(source/record|source/source|sink/sink|rules/pace|folder/outcome)\.h'
doors=$(paste -sd'|' <<<"$doors")

while IFS=: read -r file line include; do
    path=${include#*\"}
    path=${path%%\"*}
    where="$file:$line includes \"$path\""
    [ -f "$path" ] || { complain "$where, which is not a path from the root"; continue; }
    case $file in
    common/*) [[ $path == common/* ]] || complain "$where: common knows nothing of the programs" ;;
    predictor/*/* | loader/*/*)
        room=$(dirname "$file")
        [[ $path == common/* || $path == "$room"/* ]] && continue
        [[ $path == ${file%%/*}/* ]] || { complain "$where: the programs do not know each other"; continue; }
        storey=$(storey_of "$file")
        if [ "$storey" -gt 0 ]; then
            [ "$(storey_of "$path")" -lt "$storey" ] || complain "$where: that is a storey above"
            continue
        fi
        [[ $path =~ ^($doors)$ ]] || complain "$where: that is not a door"
        ;;
    predictor/* | loader/*)
        [[ $path == common/* || $path == ${file%%/*}/* ]] || complain "$where: the programs do not know each other"
        ;;
    esac
done < <(find common predictor loader -name '*.[ch]' | sort | xargs grep -nE '^#include "')

twice=$(find common predictor loader tests -name '*.[ch]' -o -name '*.sh' | xargs -n1 basename | grep -vx main.c | sort | uniq -d)
[ -z "$twice" ] || complain "file names that stand twice in the tree: $twice"
[ $failed -eq 0 ] && echo "rooms and doors: fine"
exit $failed
