# first_touch.awk - one line for each dormant key, for judging a choice of keys by what really happened.
# Usage: awk -v seed=N -f first_touch.awk truth.csv all.csv plan.csv
#   truth.csv  what `simulate` drew: entity,id,p_true,returned,hits,first_touch,last_seen
#   all.csv    a plan without a limit: every dormant key
#   plan.csv   the plan to be judged
# Prints, with tabs: returned (0 or 1), is in the plan (0 or 1), p_true, last seen, a random number, the cache key.
# Only columns before `reason` are read: they hold no commas in a simulated shop. Plain awk (mawk) is enough.

BEGIN { FS = ","; OFS = "\t"; srand(seed) }

FNR == 1 {
    file++
    split("", at)
    for (i = 1; i <= NF; i++) at[$i] = i
    next
}

{ id = $at["entity"] SUBSEP $at["id"] }

file == 1 {
    returned[id] = $at["returned"]
    p_true[id] = $at["p_true"]
    last_seen[id] = $at["last_seen"]
}

file == 2 { key[id] = $at["key"] }

file == 3 && $at["action"] == "warm" { is_planned[id] = 1 }

END {
    for (id in key)
        print returned[id] + 0, is_planned[id] + 0, p_true[id] + 0, last_seen[id], rand(), key[id]
}
