/* outcome.c - see outcome.h.
 * Room: loader/folder. May touch: nothing. */
#include "loader/folder/outcome.h"

#include <assert.h>

static const char *const names[] = {
    [OUTCOME_NOT_REACHED] = "not_reached",
    [OUTCOME_WARMED] = "warmed",
    [OUTCOME_EXISTS] = "exists",
    [OUTCOME_MISSING] = "missing",
    [OUTCOME_NEGATIVE] = "negative",
    [OUTCOME_TOO_BIG] = "too_big",
    [OUTCOME_REFUSED_BUDGET] = "refused_budget",
    [OUTCOME_STALE_REMOVED] = "stale_removed",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_SKIPPED] = "skipped",
    [OUTCOME_HELD_OUT] = "held_out",
    [OUTCOME_ROLLED_BACK] = "rolled_back",
};
_Static_assert(sizeof names / sizeof *names == OUTCOME_COUNT, "every outcome has its word");

const char *outcome_name(enum outcome outcome)
{
    assert(outcome < OUTCOME_COUNT);
    return names[outcome];
}

uint64_t outcome_tally_losses(const struct outcome_tally *tally)
{
    return tally->count[OUTCOME_MISSING] + tally->count[OUTCOME_NEGATIVE] +
           tally->count[OUTCOME_FAILED];
}

uint64_t outcome_tally_sum(const struct outcome_tally *tally)
{
    uint64_t sum = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        sum += tally->count[i];
    }
    return sum;
}
