/* ready_coverage.c - see ready_coverage.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/ready_coverage.h"

void ready_coverage_init(struct ready_coverage *coverage, double benefit_ms, uint64_t row_count)
{
    *coverage = (struct ready_coverage){.benefit_ms = benefit_ms, .row_count = row_count};
}

bool ready_coverage_is_warmable(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_MISSING:
    case OUTCOME_NEGATIVE:
    case OUTCOME_TOO_BIG:
    case OUTCOME_HELD_OUT:
    case OUTCOME_SKIPPED:
        return false;
    default:
        return true;
    }
}

bool ready_coverage_is_lost(enum outcome outcome)
{
    return outcome == OUTCOME_WARMED || outcome == OUTCOME_EXISTS ||
           outcome == OUTCOME_STALE_REMOVED;
}

/* Where the middle of the row lies; its beginning would put one that weighs half the plan into the first tenth. */
static int find_tenth(const struct ready_coverage *coverage, double benefit_ms)
{
    static const double HALF = 0.5;
    double middle = coverage->benefit_ms > 0
                        ? (coverage->benefit_seen_ms + benefit_ms * HALF) / coverage->benefit_ms
                        : ((double)coverage->rows_seen + HALF) / (double)coverage->row_count;
    int tenth = (int)(middle * READY_TENTH_COUNT);
    return tenth < 0 ? 0 : tenth >= READY_TENTH_COUNT ? READY_TENTH_COUNT - 1 : tenth;
}

void ready_coverage_pass(struct ready_coverage *coverage, double benefit_ms)
{
    coverage->benefit_seen_ms += benefit_ms;
    coverage->rows_seen++;
}

int ready_coverage_add(struct ready_coverage *coverage, const struct ready_row *row)
{
    int index = find_tenth(coverage, row->benefit_ms);
    struct ready_tenth *tenth = &coverage->tenths[index];
    tenth->key_count++;
    tenth->benefit_ms += row->benefit_ms;
    if (row->is_present) {
        tenth->found_count++;
        tenth->found_benefit_ms += row->benefit_ms;
        tenth->early_count += row->is_early;
    }
    ready_coverage_pass(coverage, row->benefit_ms);
    return index;
}

void ready_coverage_rewarm(struct ready_coverage *coverage, int tenth, double benefit_ms)
{
    coverage->tenths[tenth].rewarmed_count++;
    coverage->tenths[tenth].rewarmed_benefit_ms += benefit_ms;
}

struct ready_tenth ready_coverage_total(const struct ready_coverage *coverage)
{
    struct ready_tenth total = {0};
    for (int i = 0; i < READY_TENTH_COUNT; i++) {
        const struct ready_tenth *tenth = &coverage->tenths[i];
        total.key_count += tenth->key_count;
        total.found_count += tenth->found_count;
        total.rewarmed_count += tenth->rewarmed_count;
        total.early_count += tenth->early_count;
        total.benefit_ms += tenth->benefit_ms;
        total.found_benefit_ms += tenth->found_benefit_ms;
        total.rewarmed_benefit_ms += tenth->rewarmed_benefit_ms;
    }
    return total;
}

static double share_of(const struct ready_tenth *tenth, uint64_t count, double benefit_ms)
{
    if (tenth->key_count == 0) {
        return 1;
    }
    return tenth->benefit_ms > 0 ? benefit_ms / tenth->benefit_ms
                                 : (double)count / (double)tenth->key_count;
}

double ready_coverage_share_before(const struct ready_tenth *tenth)
{
    return share_of(tenth, tenth->found_count, tenth->found_benefit_ms);
}

double ready_coverage_share(const struct ready_tenth *tenth)
{
    return share_of(tenth, tenth->found_count + tenth->rewarmed_count,
                    tenth->found_benefit_ms + tenth->rewarmed_benefit_ms);
}
