/* ready_coverage.h - how much of a plan's expected benefit is warm, tenth by tenth, and whether that is enough.
 * Room: loader/rules. May touch: nothing. Pure.
 *
 * A tenth holds a tenth of the plan's expected benefit, in rank order: the first one few keys that matter much, the
 * last one many that matter little. Keys that nobody can warm (no such row, too big) or wants to (held out) are left
 * out; keys that the run did not reach count as cold, unless the application has filled them itself. */
#ifndef REKINDLE_LOADER_READY_COVERAGE_H
#define REKINDLE_LOADER_READY_COVERAGE_H

#include "loader/folder/outcome.h"

#include <stdbool.h>
#include <stdint.h>

enum { READY_TENTH_COUNT = 10 };

/* One tenth, or the whole. */
struct ready_tenth {
    uint64_t key_count;
    uint64_t found_count;    /* present at the first look */
    uint64_t rewarmed_count; /* present only at the second */
    uint64_t early_count;    /* present, but expiring before the window ends */
    double benefit_ms, found_benefit_ms, rewarmed_benefit_ms;
};

struct ready_coverage {
    double benefit_ms; /* of all warm rows of the plan; 0: each row weighs the same */
    uint64_t row_count;
    double benefit_seen_ms; /* of the rows added so far */
    uint64_t rows_seen;
    struct ready_tenth tenths[READY_TENTH_COUNT];
};

/* What a row of the plan says of itself and Redis of its key. */
struct ready_row {
    double benefit_ms;
    bool is_present;
    bool is_early; /* present, and expires before the window ends */
};

/* `benefit_ms` and `row_count`: of all the rows that will be added or passed over. */
void ready_coverage_init(struct ready_coverage *coverage, double benefit_ms, uint64_t row_count);

/* Whether a row with this outcome is one that can be warm at all. */
bool ready_coverage_is_warmable(enum outcome outcome);
/* Whether a row with this outcome, whose key is not there, has gone missing and is to be warmed again. */
bool ready_coverage_is_lost(enum outcome outcome);

/* Rows come in rank order, each of the plan's warm rows by one of these. The tenth it fell in is returned. */
int ready_coverage_add(struct ready_coverage *coverage, const struct ready_row *row);
void ready_coverage_pass(struct ready_coverage *coverage, double benefit_ms);
/* A key of `tenth` that was missing stands there again. */
void ready_coverage_rewarm(struct ready_coverage *coverage, int tenth, double benefit_ms);

struct ready_tenth ready_coverage_total(const struct ready_coverage *coverage);
/* Share of the benefit (of the keys, where there is no benefit) that is warm, 0..1: at the first look, and now.
 * 1 where there is nothing to warm. */
double ready_coverage_share_before(const struct ready_tenth *tenth);
double ready_coverage_share(const struct ready_tenth *tenth);

#endif
