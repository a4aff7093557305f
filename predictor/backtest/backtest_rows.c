/* backtest_rows.c - see backtest_rows.h.
 * Room: predictor/backtest. May touch: memory only. */
#include "predictor/backtest/backtest_rows.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 1024 };

struct backtest_rows *backtest_rows_new(const char *const *models, size_t model_count,
                                        struct error *err)
{
    struct backtest_rows *rows = calloc(1, sizeof *rows);
    assert(model_count <= BACKTEST_MODELS_MAX);
    if (rows == NULL) {
        (void)error_set_memory(err, "preparing the backtest");
        return NULL;
    }
    rows->model_count = model_count;
    for (size_t i = 0; i < model_count; i++) {
        rows->models[i] = models[i];
    }
    return rows;
}

void backtest_rows_free(struct backtest_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    for (size_t i = 0; i < rows->model_count; i++) {
        free(rows->scores[i]);
    }
    free(rows->keys);
    free(rows->sizes);
    free(rows->labels);
    free(rows);
}

void backtest_rows_begin_origin(struct backtest_rows *rows, int64_t origin_unix)
{
    assert(rows->origin_count < BACKTEST_ORIGINS_MAX);
    size_t at = rows->origin_count++;
    rows->origins_unix[at] = origin_unix;
    rows->ends[at] = rows->row_count;
    for (size_t i = 0; i < rows->model_count; i++) {
        rows->bands[at][i] = (struct backtest_band){NAN, NAN, NAN};
    }
}

/* realloc of one column; what it was stays the owner's when it fails. */
static bool grow_column(void **column, size_t capacity, size_t cell_size)
{
    void *grown = realloc(*column, capacity * cell_size);
    if (grown == NULL) {
        return false;
    }
    *column = grown;
    return true;
}

static int grow(struct backtest_rows *rows, struct error *err)
{
    size_t capacity = rows->capacity == 0 ? CAPACITY_FIRST : rows->capacity * 2;
    void *keys = rows->keys;
    void *sizes = rows->sizes;
    void *labels = rows->labels;
    bool is_grown = grow_column(&keys, capacity, sizeof *rows->keys) &&
                    grow_column(&sizes, capacity, sizeof *rows->sizes) &&
                    grow_column(&labels, capacity, sizeof *rows->labels);
    rows->keys = keys;
    rows->sizes = sizes;
    rows->labels = labels;
    for (size_t i = 0; is_grown && i < rows->model_count; i++) {
        void *scores = rows->scores[i];
        is_grown = grow_column(&scores, capacity, sizeof *rows->scores[i]);
        rows->scores[i] = scores;
    }
    if (!is_grown) {
        return error_set_memory(err, "keeping the scores of the backtest");
    }
    rows->capacity = capacity;
    return 0;
}

int backtest_rows_add(struct backtest_rows *rows, const struct backtest_row *row, struct error *err)
{
    assert(rows->origin_count > 0);
    if (rows->row_count == rows->capacity && grow(rows, err) != 0) {
        return -1;
    }
    size_t at = rows->row_count++;
    rows->keys[at] = row->key;
    rows->sizes[at] = row->size_bytes;
    rows->labels[at] = row->has_returned;
    for (size_t i = 0; i < rows->model_count; i++) {
        rows->scores[i][at] = 0;
    }
    rows->ends[rows->origin_count - 1] = rows->row_count;
    return 0;
}

size_t backtest_rows_begin(const struct backtest_rows *rows, size_t origin)
{
    return origin == 0 ? 0 : rows->ends[origin - 1];
}

bool backtest_rows_drop_empty(struct backtest_rows *rows)
{
    assert(rows->origin_count > 0);
    size_t last = rows->origin_count - 1;
    if (rows->ends[last] > backtest_rows_begin(rows, last)) {
        return false;
    }
    rows->origin_count = last;
    return true;
}
