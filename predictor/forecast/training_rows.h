/* training_rows.h - the rows of a training set: dormant keys at past origins, and whether they came.
 * Room: predictor/forecast. May touch: memory. */
#ifndef REKINDLE_PREDICTOR_TRAINING_ROWS_H
#define REKINDLE_PREDICTOR_TRAINING_ROWS_H

#include "predictor/forecast/forecast_state.h"

#include <stddef.h>
#include <stdint.h>

/* Keys silent for this long teach about longer silence too, and there are more of them. */
enum { TRAINING_GAP_DAY = 14 };

struct training_set;

/* What is asked of one key at one origin. */
struct training_rows {
    float *values; /* [count][FEATURE_COUNT] */
    uint8_t *labels;
    uint32_t *hits;    /* accesses in the window; 0 where the label is */
    uint8_t *single;   /* 1: and all of them in one bucket */
    float *weights;    /* how many such rows one stands for */
    uint16_t *origins; /* position in the set's origins, ascending */
    uint32_t *keys;    /* position in the sample */
    uint8_t
        *targets; /* 1: dormant beyond the threshold, not only for the shorter one of training */
    size_t count;
};

/* Fills the rows of a set whose origins are known, at most `row_count_max`; of each label the same share everywhere, all
 * returns before others. Counts each origin's keys and returns. */
int training_rows_fill(struct training_set *set, const struct forecast_state *state,
                       size_t row_count_max, struct error *err) MUST_CHECK;
void training_rows_free(struct training_rows *rows);
/* How long a key has to be silent to be a row: TRAINING_GAP_DAY, or the threshold if that is shorter. */
int64_t training_rows_gap_second(const struct forecast_state *state);

#endif
