#!/usr/bin/env bash
# rooms.sh - keeps the law of rooms and doors, from the includes alone.
#   common/ includes only common/.
#   A room includes itself, common/, and the doors of other rooms of its own program.
#   Conductors (predictor/*.c, predictor/*.h and loader/run/) may include any room of their program.
#   File names are unique in the whole tree, but for the two main.c.
set -u
cd "$(dirname "$0")/../.."
failed=0
complain() {
    echo "$1" >&2
    failed=1
}

doors='predictor/(ingest/access_event|history/key_history|calendar/event_window|forecast/demand)\.h
loader/(source/record|source/source|sink/sink)\.h'
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
        [[ $room == loader/run ]] && continue
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
