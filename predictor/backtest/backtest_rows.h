/* backtest_rows.h - what every model said of every dormant key at every origin, and whether the key came.
 * Room: predictor/backtest. May touch: memory only: 9 bytes a row and 8 for each model.
 * One table is for one entity. Rows are in order of origin, then key; all models score the same rows. */
#ifndef REKINDLE_PREDICTOR_BACKTEST_ROWS_H
#define REKINDLE_PREDICTOR_BACKTEST_ROWS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACKTEST_ORIGINS_MAX = 100, BACKTEST_MODELS_MAX = 16 };

/* The total a model itself expected of the dormant keys; NaN where it tells none. */
struct backtest_band {
    double expected, low, high;
};

struct backtest_rows {
    size_t model_count;
    const char *models[BACKTEST_MODELS_MAX]; /* names, borrowed */
    size_t origin_count;
    int64_t origins_unix[BACKTEST_ORIGINS_MAX];
    size_t ends[BACKTEST_ORIGINS_MAX]; /* the rows of origin i begin where those of i - 1 end */
    struct backtest_band bands[BACKTEST_ORIGINS_MAX][BACKTEST_MODELS_MAX];
    size_t row_count, capacity;
    uint32_t *keys;  /* the key's number among those of its entity in the history */
    uint32_t *sizes; /* bytes in Redis */
    uint8_t *labels; /* 1: came in the window */
    double *scores[BACKTEST_MODELS_MAX];
};

struct backtest_row {
    uint32_t key, size_bytes;
    bool has_returned;
};

/* `models` [model_count] are borrowed, at most BACKTEST_MODELS_MAX. Free with backtest_rows_free. */
struct backtest_rows *backtest_rows_new(const char *const *models, size_t model_count,
                                        struct error *err) MUST_CHECK;
void backtest_rows_free(struct backtest_rows *rows);

/* The rows that follow belong to this origin; at most BACKTEST_ORIGINS_MAX. */
void backtest_rows_begin_origin(struct backtest_rows *rows, int64_t origin_unix);
/* Adds a row with all scores 0. */
int backtest_rows_add(struct backtest_rows *rows, const struct backtest_row *row,
                      struct error *err) MUST_CHECK;
/* Takes the last origin back when it has no rows; true then. */
bool backtest_rows_drop_empty(struct backtest_rows *rows);
/* Where the rows of an origin begin. */
size_t backtest_rows_begin(const struct backtest_rows *rows, size_t origin);

#endif
