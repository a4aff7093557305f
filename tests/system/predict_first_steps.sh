#!/usr/bin/env bash
# predict_first_steps.sh - what README.md and --help tell somebody new to type, typed: it has to work as it stands.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
export PATH=$BIN:$PATH
cp "$ROOT/README.md" .

# The first config of README.md, its calendar as a spreadsheet saves it, and the log that its [log access] is for.
block() { sed -n '/^## Your own data/,/^## /p' README.md | sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" | sed '/^```/d'; }
block ini >rekindle.conf
block csv | sed '1s/^/\xef\xbb\xbf/; s/$/\r/' >events.csv
day() { date -u -d "2026-01-01 + $1 days" '+%d/%b/%Y:%H:%M:%S +0000'; }
for i in $(seq 0 149); do
    printf '10.0.0.1 - user-%d [%s] "GET /product/P%d?a=1 HTTP/1.1" 200 512 "-" "a browser"\n' $((i % 60)) "$(day "$i")" $((i % 9))
done >access.log
command_of() { sed -n '/^## Your own data/,/^## /p' README.md | grep "^rekindle-predict $1" | sed 's/ *#.*//'; }
ingest=$(command_of ingest | sed 's|/var/log/nginx/||')
check "README's ingest reads a combined log" says 0 "accepted                                      150" bash -c "$ingest --now 2026-05-31"
check "and counts nothing twice" says 0 "counted already" bash -c "$ingest --now 2026-05-31"
check "README's rank writes a plan" says 0 "planned:" bash -c "$(command_of rank) --now 2026-05-31"
check "which names what it left out" grep -q "products: the config has no family of them, so none are planned" "$SCRATCH/stderr"
check "with rows" test "$(wc -l <plan.csv)" -gt 5

# The examples of --help.
cp access.log access.log.1 && gzip access.log.1
example() { rekindle-predict "$@" --help | sed -n '/^Try:/,$p' | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | grep "predict $EXAMPLE" | head -1; }
EXAMPLE=ingest
check "the example of --help" exits_with 0 bash -c "$(example) --now 2026-05-31"
rm -r history
check "and of ingest --help" exits_with 0 bash -c "$(example ingest) --now 2026-05-31"
EXAMPLE=rank
check "and of rank" exits_with 0 bash -c "$(example | sed 's/2026-11-11/2026-06-01/; s/2026-11-14/2026-06-04/') --now 2026-05-31"

# What goes wrong first.
check "a cookie that combined lacks: what to do" says 2 "a web server has to log it, and --format is then nginx:" \
    rekindle-predict ingest --history h2 --format combined --user cookie:uid access.log
check "a log misspelt" says 2 "the config has no section [log acess]; did you mean access?" \
    rekindle-predict ingest --config rekindle.conf --log acess access.log
check "a log without a config" says 2 "give --config FILE" rekindle-predict ingest --history h2 --log access access.log
check "an event misspelt" says 3 "coming: summer-sale; did you mean summer-sale?" \
    rekindle-predict rank --config rekindle.conf --event sumer-sale --out none.csv --now 2026-05-31
check "a field misspelt" says 2 "this format has no such field; did you mean remote_user?" \
    rekindle-predict ingest --history h2 --format combined --user field:remoteuser access.log
check "an event that is over" says 0 "will refuse this plan" \
    rekindle-predict rank --config rekindle.conf --event spring-sale --out none.csv --now 2026-05-31
check "a budget into which nothing fits is said" says 0 "not one key fits into the budget, 100 B" \
    rekindle-predict rank --config rekindle.conf --event summer-sale --budget 100 --out none.csv --now 2026-05-31
check "and that nobody is dormant" says 0 "no key is dormant" \
    rekindle-predict rank --config rekindle.conf --event summer-sale --dormant-after 300d --out none.csv --now 2026-05-31

finish
