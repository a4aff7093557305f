/* plan_sum.h - plan.csv.sum: what rank wrote, so that what became of the plan since can be told.
 * Room: common. May touch: files. */
#ifndef REKINDLE_COMMON_PLAN_SUM_H
#define REKINDLE_COMMON_PLAN_SUM_H

#include "common/error.h"
#include "common/plan_digest.h"

#include <stdio.h>

struct plan_sum {
    uint64_t row_count;
    char digest[PLAN_DIGEST_TEXT_SIZE]; /* empty: the file tells none */
};

/* PLAN.sum to `sum_path` [size]; ERROR_INPUT when that is too short. */
int plan_sum_path(const char *plan_path, char *sum_path, size_t size, struct error *err) MUST_CHECK;

/* Reads the file at `sum_path`; ERROR_INPUT when it does not tell the number of rows. */
int plan_sum_read(const char *sum_path, struct plan_sum *sum, struct error *err) MUST_CHECK;

/* Errors are the stream's. */
void plan_sum_write(const struct plan_sum *sum, FILE *out);

#endif
