/* origin_run.c - see origin_run.h.
 * Room: predictor/backtest. May touch: what it is handed. */
#include "predictor/backtest/origin_run.h"

#include <assert.h>

struct pass {
    const struct key_stream *stream;
    const struct scorer_kind *kind;
    const struct backtest_origin *origin;
    struct backtest_rows **rows; /* [ENTITY_COUNT] */
    size_t model;
    void *scorers[ENTITY_COUNT];
    size_t at[ENTITY_COUNT]; /* the next row to score */
};

bool origin_run_has_returned(const struct backtest_origin *origin, const struct key_history *key,
                             int64_t bucket_second)
{
    for (size_t i = key->bucket_count; i > 0; i--) {
        int64_t at_unix = key->buckets[i - 1].bucket * bucket_second;
        if (at_unix < origin->start_unix) {
            return false;
        }
        if (at_unix < origin->end_unix) {
            return true;
        }
    }
    return false;
}

static const char *model_name(const struct pass *pass)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (pass->rows[i] != NULL) {
            return pass->rows[i]->models[pass->model];
        }
    }
    return "";
}

static int open_scorers(struct pass *pass, struct error *err)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (pass->rows[i] == NULL) {
            continue;
        }
        pass->at[i] = backtest_rows_begin(pass->rows[i], pass->rows[i]->origin_count - 1);
        pass->scorers[i] =
            pass->kind->open(pass->kind->self, model_name(pass), (enum entity)i, pass->origin, err);
        if (pass->scorers[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static void close_scorers(struct pass *pass)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (pass->scorers[i] != NULL) {
            pass->kind->close(pass->scorers[i]);
        }
    }
}

static int learn(struct pass *pass, struct error *err)
{
    struct key_history key;
    int found;
    pass->stream->rewind(pass->stream->self, model_name(pass), false);
    while ((found = pass->stream->next(pass->stream->self, &key, err)) == 1) {
        if (pass->rows[key.entity] != NULL &&
            pass->kind->observe(pass->scorers[key.entity], &key, err) != 0) {
            return -1;
        }
    }
    for (int i = 0; found == 0 && i < ENTITY_COUNT; i++) {
        if (pass->rows[i] != NULL && pass->kind->fit(pass->scorers[i], err) != 0) {
            return -1;
        }
    }
    return found;
}

static int score_key(struct pass *pass, const struct key_history *key, uint32_t number,
                     struct error *err)
{
    struct backtest_rows *rows = pass->rows[key->entity];
    const void *scorer = pass->scorers[key->entity];
    if (!pass->kind->is_dormant(scorer, key)) {
        return 0;
    }
    double score = pass->kind->score(scorer, key);
    if (pass->model == 0) {
        const struct backtest_row row = {
            .key = number,
            .size_bytes = pass->stream->size_bytes(pass->stream->self, key),
            .has_returned = origin_run_has_returned(pass->origin, key, pass->stream->bucket_second),
        };
        if (backtest_rows_add(rows, &row, err) != 0) {
            return -1;
        }
    }
    size_t at = pass->at[key->entity]++;
    assert(at < rows->row_count && rows->keys[at] == number);
    rows->scores[pass->model][at] = score;
    return 0;
}

static int score_all(struct pass *pass, struct error *err)
{
    struct key_history key;
    uint32_t numbers[ENTITY_COUNT] = {0};
    int found;
    pass->stream->rewind(pass->stream->self, model_name(pass), true);
    while ((found = pass->stream->next(pass->stream->self, &key, err)) == 1) {
        uint32_t number = numbers[key.entity]++;
        if (pass->rows[key.entity] != NULL && score_key(pass, &key, number, err) != 0) {
            return -1;
        }
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (pass->rows[i] != NULL) {
            pass->rows[i]->bands[pass->rows[i]->origin_count - 1][pass->model] =
                pass->kind->band(pass->scorers[i]);
        }
    }
    return found;
}

static int run_model(struct pass *pass, struct error *err)
{
    int result = -1;
    if (open_scorers(pass, err) == 0 && learn(pass, err) == 0) {
        result = score_all(pass, err);
    }
    close_scorers(pass);
    return result;
}

static size_t count_models(struct backtest_rows *const *rows)
{
    size_t count = 0;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        count = rows[i] == NULL ? count : rows[i]->model_count;
    }
    return count;
}

int origin_run(const struct key_stream *stream, const struct scorer_kind *kind,
               const struct backtest_origin *origin, struct backtest_rows *rows[ENTITY_COUNT],
               struct error *err)
{
    int result = 0;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (rows[i] != NULL) {
            backtest_rows_begin_origin(rows[i], origin->as_of_unix);
        }
    }
    size_t model_count = count_models(rows);
    for (size_t i = 0; i < model_count && result == 0; i++) {
        struct pass pass = {
            .stream = stream, .kind = kind, .origin = origin, .rows = rows, .model = i};
        result = run_model(&pass, err);
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (rows[i] != NULL) {
            (void)backtest_rows_drop_empty(rows[i]);
        }
    }
    return result;
}
