/* plain_hits.c - see plain_hits.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/plain_hits.h"

#include "predictor/forecast/forecast_state.h"

#include <math.h>
#include <stdlib.h>

enum plain_column { COLUMN_CONSTANT, COLUMN_HITS_PER_DAY, COLUMN_DAYS, COLUMN_GAP, COLUMN_COUNT };

static const struct count_fit unfitted = {
    .column_count = COLUMN_COUNT,
    .is_bounded = {[COLUMN_HITS_PER_DAY] = true, [COLUMN_DAYS] = true, [COLUMN_GAP] = true},
};

static void set_columns(const struct as_of_snapshot *snapshot, double *columns)
{
    columns[COLUMN_CONSTANT] = 1;
    columns[COLUMN_HITS_PER_DAY] = log((double)snapshot->hits / snapshot->active_days);
    columns[COLUMN_DAYS] = log(snapshot->active_days);
    columns[COLUMN_GAP] = log1p(snapshot->gap_day);
}

static struct forecast_window past_window(const struct forecast_state *state)
{
    int64_t lead_and_length = state->window.end_unix - state->window.origin_unix;
    return (struct forecast_window){.origin_unix = state->window.origin_unix - lead_and_length,
                                    .start_unix = state->window.start_unix - lead_and_length,
                                    .end_unix = state->window.origin_unix};
}

/* Accesses in the window of a sampled key that was dormant before it; 0 of any other. */
static uint64_t ask(const struct forecast_state *state, const struct forecast_window *window,
                    size_t key, struct as_of_snapshot *snapshot)
{
    struct bucket_list buckets = key_sample_buckets(&state->sample, key);
    if (!as_of_take(&state->clock, buckets, window->origin_unix, snapshot) ||
        !forecast_state_is_dormant(state, window, snapshot)) {
        return 0;
    }
    return as_of_count_hits(&state->clock, buckets, window->start_unix, window->end_unix);
}

int plain_hits_learn(struct plain_hits *hits, const struct forecast_state *state, struct error *err)
{
    const struct forecast_window window = past_window(state);
    struct count_row *rows = malloc((state->sample.key_count + 1) * sizeof *rows);
    size_t count = 0;
    double sum = 0;
    *hits = (struct plain_hits){.counts = unfitted, .most = 1};
    if (rows == NULL) {
        return error_set_memory(err, "learning how often keys come");
    }
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct as_of_snapshot snapshot;
        double accesses = (double)ask(state, &window, i, &snapshot);
        if (accesses > 0) {
            rows[count].beyond = accesses - 1;
            rows[count].weight = 1;
            set_columns(&snapshot, rows[count++].columns);
            sum += accesses;
            hits->most = fmax(hits->most, accesses);
        }
    }
    hits->average = (sum + 1) / ((double)count + 1); /* as if one more had come once */
    count_fit_rows(&hits->counts, rows, count);
    free(rows);
    return 0;
}

double plain_hits_mean(const struct plain_hits *hits, const struct as_of_snapshot *snapshot)
{
    double columns[COUNT_COLUMNS_MAX];
    set_columns(snapshot, columns);
    return fmin(count_fit_mean(&hits->counts, columns), hits->most);
}
