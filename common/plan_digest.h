/* plan_digest.h - what a plan asks for, as 128 bits: the same however its rows are sorted.
 * Room: common. May touch: nothing. */
#ifndef REKINDLE_COMMON_PLAN_DIGEST_H
#define REKINDLE_COMMON_PLAN_DIGEST_H

#include "common/plan_row.h"

enum { PLAN_DIGEST_TEXT_SIZE = 33 };

/* All zero is the digest of no rows. */
struct plan_digest {
    uint64_t low, high;
};

/* Adds rank, family, id and action of `row`; the order of calls does not matter. */
void plan_digest_add(struct plan_digest *digest, const struct plan_row *row);
/* Adds the rows of another digest. */
void plan_digest_join(struct plan_digest *digest, const struct plan_digest *other);
/* 32 hex digits and a NUL to `text` [PLAN_DIGEST_TEXT_SIZE]. */
void plan_digest_print(const struct plan_digest *digest, char *text);

#endif
