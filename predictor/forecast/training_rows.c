/* training_rows.c - see training_rows.h.
 * Room: predictor/forecast. May touch: memory. */
#include "predictor/forecast/training_rows.h"

#include "predictor/forecast/training_set.h"

#include <math.h>
#include <stdlib.h>

int64_t training_rows_gap_second(const struct forecast_state *state)
{
    const int64_t trained = (int64_t)TRAINING_GAP_DAY * SECONDS_PER_DAY;
    int64_t asked = state->options.dormant_after_second;
    return asked < trained ? asked : trained;
}

/* One key at one origin, before its features are known. */
struct question {
    bool is_asked, is_target, has_returned;
    uint64_t hits, visits; /* accesses, and buckets with any */
};

static struct question ask(const struct forecast_state *state,
                           const struct feature_context *context, struct bucket_list buckets)
{
    struct question question = {.hits = 0};
    struct bucket_list seen = as_of_cut(&state->clock, buckets, context->origin_unix);
    if (seen.count == 0) {
        return question;
    }
    int64_t last_unix = seen.buckets[seen.count - 1].bucket * state->clock.bucket_second;
    question.is_asked = last_unix < context->origin_unix - training_rows_gap_second(state);
    question.is_target = last_unix < context->origin_unix - state->options.dormant_after_second;
    if (question.is_asked) {
        question.hits =
            as_of_count_hits(&state->clock, buckets, context->start_unix, context->end_unix);
        question.has_returned = question.hits > 0;
        question.visits =
            as_of_count_buckets(&state->clock, buckets, context->start_unix, context->end_unix);
    }
    return question;
}

/* Which share of the rows of each label is kept. */
struct row_quota {
    double counts[2], shares[2];
};

static struct row_quota count_rows(struct training_set *set, const struct forecast_state *state,
                                   size_t row_count_max)
{
    struct row_quota quota = {{0, 0}, {1, 1}};
    for (size_t i = 0; i < set->origin_count; i++) {
        struct training_origin *origin = &set->origins[i];
        for (size_t j = 0; j < state->sample.key_count; j++) {
            struct question question =
                ask(state, &origin->context, key_sample_buckets(&state->sample, j));
            quota.counts[question.has_returned] += question.is_asked;
            origin->keys += question.is_target;
            origin->returns += question.is_target && question.has_returned;
        }
    }
    double most = (double)row_count_max;
    quota.shares[1] = fmin(1, most / 2 / fmax(quota.counts[1], 1));
    quota.shares[0] =
        fmin(1, (most - quota.counts[1] * quota.shares[1]) / fmax(quota.counts[0], 1));
    return quota;
}

/* A number within 0..1 that is the same for the same key and origin, and unlike the hash that chose the sample. */
static double dice_of(uint64_t hash, size_t origin)
{
    const uint64_t odd = 0xbf58476d1ce4e5b9U;
    uint64_t mixed = (hash ^ (hash >> 29) ^ ((uint64_t)origin << 17)) * odd;
    mixed = (mixed ^ (mixed >> 32)) * odd;
    return (double)(mixed >> 11) * 0x1p-53;
}

static void add_row(struct training_set *set, const struct forecast_state *state, size_t key,
                    size_t origin, const struct row_quota *quota)
{
    struct training_rows *rows = &set->rows;
    const struct feature_context *context = &set->origins[origin].context;
    struct bucket_list buckets = key_sample_buckets(&state->sample, key);
    struct question question = ask(state, context, buckets);
    double share = quota->shares[question.has_returned];
    if (!question.is_asked || dice_of(state->sample.keys[key].hash, origin) >= share) {
        return;
    }
    struct feature_key feature_key = training_set_key(state, key);
    if (key_features_take(context, &feature_key, &rows->values[rows->count * FEATURE_COUNT])) {
        rows->labels[rows->count] = question.has_returned;
        rows->hits[rows->count] = question.hits > UINT32_MAX ? UINT32_MAX : (uint32_t)question.hits;
        rows->single[rows->count] = question.visits == 1;
        rows->targets[rows->count] = question.is_target;
        rows->weights[rows->count] = (float)(1 / share);
        rows->origins[rows->count] = (uint16_t)origin;
        rows->keys[rows->count] = (uint32_t)key;
        rows->count++;
        set->origins[origin].row_returns += question.has_returned;
    }
}

static int take_rows(struct training_rows *rows, size_t row_count, struct error *err)
{
    rows->values = malloc((row_count + 1) * FEATURE_COUNT * sizeof *rows->values);
    rows->labels = malloc((row_count + 1) * sizeof *rows->labels);
    rows->hits = malloc((row_count + 1) * sizeof *rows->hits);
    rows->targets = malloc((row_count + 1) * sizeof *rows->targets);
    rows->single = malloc((row_count + 1) * sizeof *rows->single);
    rows->weights = malloc((row_count + 1) * sizeof *rows->weights);
    rows->origins = malloc((row_count + 1) * sizeof *rows->origins);
    rows->keys = malloc((row_count + 1) * sizeof *rows->keys);
    if (rows->values == NULL || rows->labels == NULL || rows->hits == NULL ||
        rows->single == NULL || rows->targets == NULL || rows->weights == NULL ||
        rows->origins == NULL || rows->keys == NULL) {
        return error_set_memory(err, "preparing rows to learn from");
    }
    return 0;
}

static size_t kept_rows(const struct training_set *set, const struct forecast_state *state,
                        const struct row_quota *quota)
{
    size_t count = 0;
    for (size_t i = 0; i < set->origin_count; i++) {
        for (size_t j = 0; j < state->sample.key_count; j++) {
            struct question question =
                ask(state, &set->origins[i].context, key_sample_buckets(&state->sample, j));
            count += question.is_asked &&
                     dice_of(state->sample.keys[j].hash, i) < quota->shares[question.has_returned];
        }
    }
    return count;
}

int training_rows_fill(struct training_set *set, const struct forecast_state *state,
                       size_t row_count_max, struct error *err)
{
    struct row_quota quota = count_rows(set, state, row_count_max);
    if (take_rows(&set->rows, kept_rows(set, state, &quota), err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < set->origin_count; i++) {
        set->origins[i].row_begin = set->rows.count;
        for (size_t j = 0; j < state->sample.key_count; j++) {
            add_row(set, state, j, i, &quota);
        }
        set->origins[i].row_end = set->rows.count;
    }
    return 0;
}

void training_rows_free(struct training_rows *rows)
{
    free(rows->values);
    free(rows->labels);
    free(rows->hits);
    free(rows->single);
    free(rows->targets);
    free(rows->weights);
    free(rows->origins);
    free(rows->keys);
    *rows = (struct training_rows){0};
}
