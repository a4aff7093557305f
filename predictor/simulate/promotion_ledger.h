/* promotion_ledger.h - how strong each promotion was, and what came of it, users and products apart.
 * Room: predictor/simulate. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_PROMOTION_LEDGER_H
#define REKINDLE_PREDICTOR_PROMOTION_LEDGER_H

#include "common/entity.h"
#include "predictor/simulate/crowd.h"
#include "predictor/simulate/shelf.h"

/* One promotion, one entity. Dormant: TALLY_DORMANT_SECOND without a touch when the promotion began. */
struct promotion_outcome {
    double
        strength; /* returns expected of the keys that are dormant when the coming promotion begins, at
                        this promotion's multiplier, by their mean over the past promotions of its kind;
                        without any of its kind, by those of an ordinary window of that length */
    uint64_t dormant_count;
    double expected_returns; /* of those */
    uint64_t returned_count; /* of those */
};

struct promotion_ledger {
    struct promotion_outcome (*outcomes)[ENTITY_COUNT]; /* [past_count + 1] */
    double *room;                                       /* scratch of shelf_foretell */
    float *p_users, *p_products;                        /* scratch */
};

/* Free with promotion_ledger_free, also after an error. */
int promotion_ledger_init(struct promotion_ledger *ledger, const struct crowd *crowd,
                          const struct shelf *shelf, struct error *err) MUST_CHECK;
void promotion_ledger_free(struct promotion_ledger *ledger);

/* `promotion` begins: foretells it into the tallies; for the coming one also all strengths. */
void promotion_ledger_begin(struct promotion_ledger *ledger, const struct promotion *promotion,
                            struct crowd *crowd, struct shelf *shelf);
/* It has ended: counts who came. */
void promotion_ledger_end(struct promotion_ledger *ledger, const struct promotion *promotion,
                          const struct crowd *crowd, const struct shelf *shelf);

#endif
