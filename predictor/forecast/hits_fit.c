/* hits_fit.c - see hits_fit.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/hits_fit.h"

#include "predictor/forecast/return_link.h"

#include <math.h>
#include <stdlib.h>

enum hits_column {
    COLUMN_CONSTANT,
    COLUMN_HITS_PER_DAY,
    COLUMN_RATE,
    COLUMN_GAP,
    COLUMN_ALIVE,
    COLUMN_VISITS,   /* ln of the visits that P(return) stands for */
    COLUMN_TARGET,   /* 1: dormant beyond the threshold */
    COLUMN_RELEVANT, /* 1: a window of the sort that is asked for */
    COLUMN_COUNT
};

/* P(return) has bounds of its own, and may be higher in a strong event than it ever was. */
static const struct count_fit unfitted = {
    .column_count = COLUMN_COUNT,
    .is_bounded = {[COLUMN_HITS_PER_DAY] = true,
                   [COLUMN_RATE] = true,
                   [COLUMN_GAP] = true,
                   [COLUMN_ALIVE] = true},
    .expected = {[COLUMN_VISITS] = 1}, /* accesses are in proportion to visits */
};

static double ln_visits(double p_return)
{
    const double least = 1e-9;
    double p = fmin(fmax(p_return, least), 1 - 1e-6);
    return log(-log1p(-p) / p);
}

static void set_columns(const float *row, double p_return, bool is_target, bool is_relevant,
                        double *columns)
{
    columns[COLUMN_CONSTANT] = 1;
    columns[COLUMN_HITS_PER_DAY] = (double)row[FEATURE_HITS_PER_DAY];
    columns[COLUMN_RATE] = (double)row[FEATURE_RATE];
    columns[COLUMN_GAP] = (double)row[FEATURE_GAP];
    columns[COLUMN_ALIVE] = (double)row[FEATURE_ALIVE];
    columns[COLUMN_VISITS] = ln_visits(p_return);
    columns[COLUMN_TARGET] = is_target;
    columns[COLUMN_RELEVANT] = is_relevant;
}

static void set_row(const struct hits_rows *source, size_t at, struct count_row *row)
{
    const struct training_rows *rows = &source->set->rows;
    size_t origin = rows->origins[at];
    double score = source->levels[origin] + (double)source->scores.scores[at];
    double p = return_link_probability(score, window_level_ground(source->scores, at));
    set_columns(&rows->values[at * FEATURE_COUNT], p, rows->targets[at] != 0,
                source->is_relevant[origin], row->columns);
    row->beyond = (double)rows->hits[at] - 1;
    row->weight = (double)rows->weights[at];
}

int hits_fit_rows(struct hits_fit *fit, const struct hits_rows *source, struct error *err)
{
    const struct training_rows *rows = &source->set->rows;
    size_t count = 0;
    *fit = (struct hits_fit){.counts = unfitted, .most = 1};
    for (size_t i = 0; i < rows->count; i++) {
        count += rows->labels[i] != 0;
    }
    struct count_row *taken = malloc((count + 1) * sizeof *taken);
    if (taken == NULL) {
        return error_set_memory(err, "learning how often keys come");
    }
    count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->labels[i] != 0) {
            bool is_relevant = source->is_relevant[rows->origins[i]];
            set_row(source, i, &taken[count++]);
            fit->most = is_relevant ? fmax(fit->most, (double)rows->hits[i]) : fit->most;
        }
    }
    count_fit_rows(&fit->counts, taken, count);
    free(taken);
    return 0;
}

double hits_fit_mean(const struct hits_fit *fit, const float row[FEATURE_COUNT], double p_return)
{
    double columns[COUNT_COLUMNS_MAX];
    set_columns(row, p_return, true, true, columns);
    return fmin(count_fit_mean(&fit->counts, columns), fit->most);
}
