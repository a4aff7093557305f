#!/usr/bin/env bash
# load_acl.sh - a Redis user with exactly the commands that the man page lists can do everything, and needs each one.
set -u
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load_lib.sh"

COUNT=300
PASSWORD=kept-out-of-argv

wanted_line() { acl_line "$PASSWORD" "user:*"; }
set_user() {
    local words
    read -ra words < <(wanted_line)
    redis cache "${words[@]}"
}

start_redis cache
printf '%s\n' "$PASSWORD" >"$SCRATCH/password"
chmod 600 "$SCRATCH/password"
make_table "$SCRATCH/users.sqlite" $COUNT
make_plan "$SCRATCH/plan.csv" $COUNT
make_config "$SCRATCH/load.ini" "$SCRATCH/users.sqlite" "$SCRATCH/cache.sock"
sed -i "s/^address = .*/&\nuser = rekindle\npassword_file = password\ndatabase = 1/" "$SCRATCH/load.ini"
# Half of the keys are hashes, so that every script is used.
cat >>"$SCRATCH/load.ini" <<C
[family user-tier]
entity = user
key = user:{id}:tier
source = sqlite
query = SELECT id, tier, points, updated_at AS version FROM users WHERE id IN ({ids})
value = hash
ttl = event_end + 6h
C
awk -F, -v OFS=, 'NR % 2 == 0 {$4 = "user-tier"; sub(":profile", ":tier", $5)} {print}' "$SCRATCH/plan.csv" >"$SCRATCH/both.csv"

loader() {
    local command=$1
    shift
    "$L" "$command" --quiet --config "$SCRATCH/load.ini" --plan "$SCRATCH/both.csv" "$@"
}

check "the man page has the line" grep -q 'SETUSER rekindle .* +set ' <(wanted_line)
check "Redis takes it" is_equal "$(set_user)" OK
check "the line allows nothing else" is_equal "$(redis cache acl getuser rekindle | grep -c -e "^-@all ")" 1
check "check works with it" exits_with 0 loader check
check "run" exits_with 0 loader run
check "every key is there" is_equal "$(redis cache -n 1 dbsize)" $COUNT
check "verify" exits_with 0 loader verify --sample all
check "status" exits_with 0 "$L" status --config "$SCRATCH/load.ini"
check "ready" exits_with 0 loader ready
check "ready --touch needs a command more" says 4 "'touch'" loader ready --touch 10
redis cache acl setuser rekindle +touch >/dev/null
check "and works with it" exits_with 0 loader ready --touch 10
set_user >/dev/null
for mode in overwrite nx; do
    check "mode $mode" exits_with 0 loader run --mode $mode --run "$SCRATCH/$mode"
done
check "the same again" exits_with 0 loader run

# ---- the commands that are not about a plan's first load
sed 's/AS version/AS changed/; s/^ttl = .*/&\nversion_in_value = changed/' "$SCRATCH/load.ini" >"$SCRATCH/newer.ini"
redis cache -n 1 set user:1:profile '{"changed":1}' >/dev/null
redis cache -n 1 del user:2:tier >/dev/null
redis cache -n 1 hset user:2:tier changed 1 >/dev/null
check "mode if-newer" exits_with 0 "$L" run --quiet --config "$SCRATCH/newer.ini" --plan "$SCRATCH/both.csv" --mode if-newer \
    --run "$SCRATCH/newer"
check "for a string and a hash" is_equal "$(redis cache -n 1 hget user:2:tier tier) $(redis cache -n 1 get user:1:profile | grep -c name)" "basic 1"
check "waves" exits_with 0 loader run --waves 50%,100% --soak 1s --again --run "$SCRATCH/waves"
for command in pause resume stop; do
    check "the switch: $command" exits_with 0 "$L" $command --config "$SCRATCH/load.ini" --all
done
"$L" resume --quiet --config "$SCRATCH/load.ini" --all >/dev/null 2>&1
redis-cli -s "$SCRATCH/cache.sock" -n 1 -r -1 -i 0.005 get user:3:profile >/dev/null & # the reads that ramp judges
READER=$!
SERVER_PIDS+=("$READER")
check "ramp" exits_with 0 "$L" ramp --quiet --config "$SCRATCH/load.ini" --event sale --steps 50,100 --soak 0s --tick 1s --min-reads 20
kill "$READER"
check "guard" exits_with 0 "$L" guard --quiet --config "$SCRATCH/load.ini" --once
redis cache flushall >/dev/null
check "guard after a loss" says 0 "warm again after" "$L" guard --config "$SCRATCH/load.ini" --once --active-plan "$SCRATCH/both.csv"
check "warms it again" test "$(redis cache -n 1 dbsize)" -ge $COUNT
redis cache flushall >/dev/null
check "mode overwrite into the void" exits_with 0 loader run --mode overwrite --again --run "$SCRATCH/overwrite"

check "rollback" exits_with 0 "$L" rollback --quiet --delete-overwritten --config "$SCRATCH/load.ini" --run "$SCRATCH/overwrite"
check "takes back every key" is_equal "$(redis cache -n 1 dbsize)" 0
redis cache flushall >/dev/null

# ---- each command is needed: without it the run ends with a sentence that names it
for command in $(wanted_line | tr ' ' '\n' | sed -n 's/^+//p' | grep -v '|slots\|asking'); do
    set_user >/dev/null
    redis cache acl setuser rekindle "-$command" >/dev/null
    check "without $command it says so" says 4 "${command%%|*}" loader check
    check "and run too" says 4 "${command%%|*}" loader run
done
set_user >/dev/null
check "nothing was written by those" is_equal "$(redis cache -n 1 dbsize)" 0

# ---- keys
redis cache acl setuser rekindle resetkeys '~rekindle:*' >/dev/null
check "a user without the keys" says 4 "no permissions to access one of the keys" loader run
redis cache acl setuser rekindle resetkeys '~user:*' >/dev/null
check "or without the control keys" says 4 "no permissions to access one of the keys" loader run

# ---- passwords
set_user >/dev/null
printf 'wrong\n' >"$SCRATCH/password"
check "a wrong password" says 4 "WRONGPASS" loader run
check "which is not shown" test -z "$(grep wrong "$SCRATCH/stderr")"
chmod 644 "$SCRATCH/password"
check "a password file that others may read is refused" says 3 "chmod 600" loader run
rm "$SCRATCH/password"
check "so is none" says 3 "$SCRATCH/password" loader run
sed -i '/^password_file/d' "$SCRATCH/load.ini"
check "a user without a password" says 3 "REKINDLE_REDIS_PASSWORD" loader run
check "the password from the environment" env REKINDLE_REDIS_PASSWORD="$PASSWORD" "$L" run --quiet \
    --config "$SCRATCH/load.ini" --plan "$SCRATCH/both.csv"
finish
