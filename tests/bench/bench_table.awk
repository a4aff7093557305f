# bench_table.awk - medians and spread of one row of the bench, each side beside the first; CPU is the command's own.
# Input, with tabs: side, seconds, peak MiB, CPU seconds; the sides in the order in which they first appear.

function sort_numbers(values, count,    i, j, held) {
    for (i = 2; i <= count; i++) {
        held = values[i]
        for (j = i - 1; j > 0 && values[j] > held; j--) values[j + 1] = values[j]
        values[j + 1] = held
    }
}

function median(values, count) {
    sort_numbers(values, count)
    return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
}

BEGIN { FS = "\t" }

!($1 in runs) { sides[++side_count] = $1 }
{
    runs[$1]++
    seconds[$1, runs[$1]] = $2
    mib[$1, runs[$1]] = $3
    cpu[$1, runs[$1]] = $4
}

END {
    printf "  %-34s %4s %9s %15s %6s %9s %8s %8s\n", "", "runs", "median s", "min..max s", "CPU s", "peak MiB", "time", "memory"
    for (s = 1; s <= side_count; s++) {
        side = sides[s]
        for (i = 1; i <= runs[side]; i++) {
            times[i] = seconds[side, i] + 0
            sizes[i] = mib[side, i] + 0
            work[i] = cpu[side, i] + 0
        }
        memory = median(sizes, runs[side])
        time = median(times, runs[side])
        if (s == 1) {
            our_time = time
            our_memory = memory
        }
        printf "  %-34s %4d %9.2f %7.2f..%6.2f %6.2f %9.0f %7.2fx %7.2fx\n", side, runs[side], time,
               times[1], times[runs[side]], median(work, runs[side]), memory, time / our_time, memory / our_memory
    }
}
