/* rank_score.h - forecast, cost and size of one key become one row of the plan.
 * Room: predictor/rank. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_RANK_SCORE_H
#define REKINDLE_PREDICTOR_RANK_SCORE_H

#include "common/config.h"
#include "common/plan_row.h"

#include "predictor/forecast/demand.h"
#include "predictor/rank/rank_facts.h"

/* What a key costs Redis beside its name and value, in bytes. Redis 7.0.15 was measured at 194, 642 and 1154
 * bytes a key for values of 50, 500 and 1000 bytes under a name of 21 bytes and with an expiry: 121 to 133. */
enum { REDIS_KEY_OVERHEAD_BYTES = 125 };

/* Of a family that tells none, for a key of which the log told none. */
enum { MISS_COST_DEFAULT_MS = 10, VALUE_SIZE_DEFAULT_BYTES = 512 };

/* Fills everything of `row` but its rank. Benefit = P(return) * cost of a miss: the family's miss_cost, else the
 * mean duration of the key's answers in the log, else the default; times 1 + the herd, the requests that arrive on average
 * while the first miss is being filled. Size = name + value + what Redis adds; the value
 * as large as the family's size, else as the key's mean answer, else the default: an answer is a whole page, and the
 * config knows what is cached of it. `key` [KEY_SIZE_MAX] holds the rendered key; the row borrows it, `id`, the
 * family's name, the demand's reason and the window's name. */
void rank_score_fill(const struct rank_frame *frame, const struct family *family, struct slice id,
                     const struct rank_facts *facts, const struct demand *demand, char *key,
                     struct plan_row *row);

#endif
