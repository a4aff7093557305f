/* outcome.h - what became of a plan row: the words of results.csv.
 * Room: loader/folder. May touch: nothing. The words are a contract, the numbers stand in journals: both are pinned. */
#ifndef REKINDLE_LOADER_OUTCOME_H
#define REKINDLE_LOADER_OUTCOME_H

#include <stdint.h>

enum outcome {
    OUTCOME_NOT_REACHED = 0,    /* the run ended before it */
    OUTCOME_WARMED = 1,         /* written by this run, and fresh when it was looked at again */
    OUTCOME_EXISTS = 2,         /* the key was there already and was left alone */
    OUTCOME_MISSING = 3,        /* the source has no such id, byte for byte */
    OUTCOME_NEGATIVE = 4,       /* the same, and a short entry says so to the application */
    OUTCOME_TOO_BIG = 5,        /* larger than the family's max_value */
    OUTCOME_REFUSED_BUDGET = 6, /* did not fit into the memory allowed */
    OUTCOME_STALE_REMOVED = 7,  /* changed in the source while it was written; taken away again */
    OUTCOME_FAILED = 8,         /* Redis refused this one key */
    OUTCOME_SKIPPED = 9,        /* the reviewer set action to skip */
    OUTCOME_HELD_OUT = 10,      /* left out on purpose, to measure what warming gains */
    OUTCOME_ROLLED_BACK = 11,   /* was warmed, and removed by `rollback` */
    OUTCOME_COUNT = 12
};

/* One counter for each outcome. */
struct outcome_tally {
    uint64_t count[OUTCOME_COUNT];
};

/* The word of results.csv; never NULL for a valid outcome. */
const char *outcome_name(enum outcome outcome);

/* What counts against --max-loss-share: the planned key is cold although nobody wanted it so.
 * Not `too_big` and `refused_budget`, which a person chose, and not `stale_removed`, which the application refills. */
uint64_t outcome_tally_losses(const struct outcome_tally *tally);

uint64_t outcome_tally_sum(const struct outcome_tally *tally);

#endif
