/* guard_rule.c - see guard_rule.h.
 * Room: loader/rules. May touch: nothing. Pure. */
#include "loader/rules/guard_rule.h"

#include <string.h>

enum { BEHIND_PART = 10, BEHIND_COUNT_MIN = 100 };

/* Less than half of the keys left, without the marker: nobody deletes or evicts so many between two looks. */
static bool has_lost_most(const struct guard_look *before, const struct guard_look *now)
{
    return now->key_count < before->key_count / 2;
}

/* Another process with so much less than was there a moment ago was behind, or read an old file. */
static bool is_behind(const struct guard_look *before, const struct guard_look *now)
{
    return now->is_whole_count &&
           now->key_count + BEHIND_COUNT_MIN + before->key_count / BEHIND_PART < before->key_count;
}

enum guard_verdict guard_rule_judge(const struct guard_look *before, const struct guard_look *now)
{
    if (!now->is_answering) {
        return GUARD_SILENT;
    }
    if (before == NULL) {
        return now->has_marker ? GUARD_FINE : GUARD_FIRST;
    }
    bool is_other_process = strcmp(before->run_id, now->run_id) != 0;
    if (now->has_marker) {
        return is_other_process && is_behind(before, now) ? GUARD_LOST : GUARD_FINE;
    }
    return is_other_process || has_lost_most(before, now) ? GUARD_LOST : GUARD_EVICTED;
}

double guard_rule_predict_second(uint64_t key_count, double rows_per_second, uint64_t rows_limit)
{
    double rate = rows_per_second;
    if (rows_limit > 0 && (rate <= 0 || (double)rows_limit < rate)) {
        rate = (double)rows_limit;
    }
    return rate > 0 ? (double)key_count / rate : 0;
}
