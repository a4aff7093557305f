#!/usr/bin/env bash
# predict_bad_input.sh - what goes wrong at night: each a clear error, the right exit code, the last good state.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$SCRATCH"
P=$BIN/rekindle-predict
csv() { "$P" ingest --history h --format csv --columns time=ts,user=user --now 2026-02-01 "$@"; }
dump_sum() { "$P" inspect --history "$1" --dump | md5sum; }

printf 'ts,user\n1767225600,ann\n1767225601,bob\n1767232800,ann\n' >good.csv
check "a good log" csv good.csv
good=$(dump_sum h)
unchanged() { is_equal "$(dump_sum h)" "$good"; }

: >empty.csv
check "an empty file is nothing, and said" says 0 "empty" csv empty.csv
check "a file that is not there" says 3 "absent.csv" csv absent.csv
check "a folder is not a log" says 3 "$SCRATCH" csv "$SCRATCH"
printf 'time,who\n1767225600,ann\n' >other.csv
check "a column that is not there" says 3 "ts" csv other.csv
printf 'ts,user\nyesterday,ann\n' >words.csv
check "a time that is none: line and value" says 3 "yesterday" csv words.csv
check "names file and line" says 3 "words.csv:2" csv words.csv
check "an unknown zone" says 3 "Mars/Olympus" csv --zone Mars/Olympus good.csv
check "an unknown format" says 2 "xml" "$P" ingest --history h --format xml good.csv
check "an unknown option" says 2 "--colums" csv --colums x good.csv
check "no file" says 2 "FILE" csv
iconv -f UTF-8 -t UTF-16 good.csv >wide.csv
check "UTF-16: what to do" says 3 "wide.csv is UTF-16; save it in UTF-8" csv wide.csv
printf '\3757zXZ\000\000\004' >good.csv.xz
check "xz: what to do" says 3 "good.csv.xz is packed by xz, and gzip and zstd are what is read; pipe it: xzcat" csv good.csv.xz
tr '\n' '\r' <good.csv >mac.csv
check "CR alone ends no line: what to do" says 3 "mac.csv: its lines end with CR alone" csv mac.csv
printf 'PK\003\004\024\000' >sheet.csv
check "a workbook is no CSV" says 3 "sheet.csv is a zip file or a workbook" csv sheet.csv
check "nor is it a calendar" says 3 "sheet.csv:1: the file is a workbook (.xlsx, .ods); save it as CSV in UTF-8" \
    "$P" rank --history h --event x --events sheet.csv --out none.csv
printf 'ts,user\r' >begun.csv
check "but a CRLF may be half written" exits_with 0 csv begun.csv
gzip -c good.csv >whole.csv.gz
head -c 30 whole.csv.gz >cut.csv.gz
check "a truncated gzip" says 3 "cut.csv.gz" csv cut.csv.gz
seq 1 20000 | sed 's/^/1767225600,u/; 1i ts,user' | zstd -q -c >whole.csv.zst
head -c 2000 whole.csv.zst >cut.csv.zst
check "a truncated zstd" says 3 "cut.csv.zst" csv cut.csv.zst
printf 'ts,user\n1767225600,ann\n1893456000,bob\n1767225600,cid\n1767225600,dan\n1767225600,eve\n1767225600,fay\n' >future.csv
check "a time in the future is a bad line" says 0 "future" csv future.csv
check "everything before this left the content alone but for good lines" test "$(dump_sum h)" != "$good"
good=$(dump_sum h)

{ echo ts,user; seq 2000 | sed 's/.*/1767225600,ann/'; printf '1767225600,nul\0user\n'; head -c 3000000 /dev/zero | tr '\0' x; echo; } >odd.csv
check "NUL bytes and a very long line are bad lines with reasons" says 0 "too long" csv odd.csv
good=$(dump_sum h)
giant() { { echo ts,user; echo 1767225600,ann; head -c 1073741824 /dev/zero | tr '\0' x; echo; echo 1767225600,bob; } | "$P" ingest --history giant \
    --format csv --columns time=ts,user=user --now 2026-02-01 --max-bad-share 90% -; }
check "a line of 1 GiB" says 0 "too long" giant

printf 'ts,user\n1767225600,"o""brien, \xf0\x9f\x98\x80"\n1767225600,"two\tparts"\n1767225600,%%00\n1767225600,=1+1\n' >ids.csv
check "ids with quotes, emoji, formulas" "$P" ingest --history odd --format csv --columns time=ts,user=user --now 2026-02-01 ids.csv
check "come out as they went in" bash -c "'$P' inspect --history odd --dump | grep -qF '\"o\"\"brien, 😀\"'"

if [ "$(id -u)" != 0 ]; then
    chmod 500 h
    check "a read-only history" says 3 "h" csv odd.csv
    chmod 700 h
elif mkdir -p ro && mount -t tmpfs -o size=64k tmpfs ro 2>/dev/null; then
    cp -r h/. ro/
    mount -o remount,ro ro
    check "a read-only history" says 3 "ro" "$P" ingest --history ro --format csv --columns time=ts,user=user --now 2026-02-01 future.csv odd.csv words.csv
    mount -o remount,rw ro
    seq 1 100000 | sed 's/^/1767225600,user-with-a-long-name-/; 1i ts,user' >large.csv
    check "a full disk" says 5 "No space left" "$P" ingest --history ro --format csv --columns time=ts,user=user --now 2026-02-01 large.csv
    check "leaves the last good state" is_equal "$(dump_sum ro)" "$good"
    umount ro
else
    skip "a read-only history and a full disk" "no tmpfs can be mounted here"
fi

seq 1 100000 | sed 's/^/1767225600,user-with-a-long-name-/; 1i ts,user' >large.csv
check "a file beyond ulimit -f is an error, no death" says 5 "File too large" \
    bash -c "ulimit -f 64; exec '$P' ingest --history limited --format csv --columns time=ts,user=user --now 2026-02-01 large.csv"
cp -r h damaged
segment=$(ls damaged/segment-* | head -n 1)
printf '\xff' | dd of="$segment" bs=1 seek=100 conv=notrunc status=none
check "a damaged segment is named" says 3 "$(basename "$segment")" "$P" inspect --history damaged --dump
check "no history" says 3 "no history" "$P" rank --history nowhere --window 2026-02-01/2026-02-03 --out -
check "a window that ends before it starts" says 2 "ends before it starts" "$P" rank --history h --window 2026-02-03/2026-02-01 --out -
check "neither event nor window" says 2 "--window" "$P" rank --history h --out -
check "an unknown model" says 2 "oracle" "$P" rank --history h --as-of 2026-01-02 --window 2026-02-03/2026-02-05 --model oracle --out -
printf '[famly x]\nkey = 1\n' >bad.conf
check "an unknown section of the config: file and line" says 3 "bad.conf:" "$P" inspect --config bad.conf
check "an old history is refused" says 3 "--max-history-age" "$P" rank --history h --as-of 2026-01-20 --window 2026-02-03/2026-02-05 --out -
finish
