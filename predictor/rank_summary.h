/* rank_summary.h - what `rank` says when the plan is written.
 * Room: predictor (top). May touch: stderr. */
#ifndef REKINDLE_PREDICTOR_RANK_SUMMARY_H
#define REKINDLE_PREDICTOR_RANK_SUMMARY_H

#include "predictor/rank_request.h"

#include "predictor/rank/ranker.h"

struct rank_summary {
    const struct message *message;
    const struct rank_request *request;
    const struct rank_totals *totals;
    const uint64_t *asked_count;         /* [ENTITY_COUNT]: dormant keys, or all by --scope */
    const double *expected_return_count; /* [ENTITY_COUNT]: of these */
    uint64_t budget_bytes;               /* 0: none */
};

/* The totals, and a warning for each thing in them that nobody wanted. */
void rank_summary_say(const struct rank_summary *summary);

#endif
