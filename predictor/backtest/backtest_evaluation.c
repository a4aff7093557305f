/* backtest_evaluation.c - see backtest_evaluation.h: one origin of a model after the other is laid out and sorted. Two
 * threads take models in turn; each writes to its model's cells only, so that it does not matter who took what.
 * Room: predictor/backtest. May touch: memory, a thread, GSL (quantiles). */
#include "predictor/backtest/backtest_evaluation.h"

#include "predictor/backtest/key_weights.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { REPLICATES_MIN = 100, REPLICATES_MAX = 500, SEED = 20101101 };
static const double replicated_rows = 1e8;
static const double interval_low = 0.05;
static const double interval_high = 0.95;

const enum ranking_metric backtest_evaluation_compared[BACKTEST_COMPARED_COUNT] = {
    METRIC_AUC,   METRIC_AVERAGE_PRECISION, METRIC_LOG_LOSS,
    METRIC_BRIER, METRIC_PRECISION + 2,     METRIC_PRECISION + RANKING_CUT_COUNT - 1,
};

/* Everything of one evaluation that is under way. */
struct work {
    const struct backtest_rows *rows;
    const struct ranking_plan *plan;
    struct backtest_evaluation *evaluation;
    size_t replicate_count;
    struct key_weights *weights; /* [replicate_count] */
    double *compared; /* [model_count][slice_count][BACKTEST_COMPARED_COUNT][replicate_count] */
    atomic_size_t *next_model;
    /* of one thread */
    struct ranking_row *sorted;  /* [the most rows of an origin] */
    uint8_t *row_weights;        /* of `sorted` in one replicate */
    struct ranking_sums *pooled; /* [replicate_count + 1]; the last: without weights */
    double *replicates;          /* [RANKING_METRIC_COUNT][replicate_count] of one cell */
    double *scratch;             /* [replicate_count] */
};

static size_t count_replicates(size_t row_count)
{
    double wanted = replicated_rows / (double)(row_count + 1);
    return (size_t)fmin(fmax(wanted, REPLICATES_MIN), REPLICATES_MAX);
}

static int no_memory(struct error *err)
{
    (void)error_set_memory(err, "preparing the bootstrap");
    return -1;
}

static size_t largest_origin(const struct backtest_rows *rows)
{
    size_t largest = 0;
    for (size_t i = 0; i < rows->origin_count; i++) {
        size_t count = rows->ends[i] - backtest_rows_begin(rows, i);
        largest = count > largest ? count : largest;
    }
    return largest;
}

static int open_buffers(struct work *work, struct error *err)
{
    size_t count = work->replicate_count;
    size_t row_count = largest_origin(work->rows) + 1;
    work->sorted = calloc(row_count, sizeof *work->sorted);
    work->row_weights = calloc(row_count, sizeof *work->row_weights);
    work->pooled = calloc(count + 1, sizeof *work->pooled);
    work->replicates = calloc(RANKING_METRIC_COUNT * count, sizeof *work->replicates);
    work->scratch = calloc(count, sizeof *work->scratch);
    if (work->sorted == NULL || work->row_weights == NULL || work->pooled == NULL ||
        work->replicates == NULL || work->scratch == NULL) {
        return no_memory(err);
    }
    return 0;
}

static void close_buffers(struct work *work)
{
    free(work->sorted);
    free(work->row_weights);
    free(work->pooled);
    free(work->replicates);
    free(work->scratch);
}

static int open_work(struct work *work, struct error *err)
{
    size_t cell_count = work->evaluation->model_count * work->evaluation->slice_count;
    work->weights = calloc(work->replicate_count, sizeof *work->weights);
    work->compared = calloc(cell_count * BACKTEST_COMPARED_COUNT * work->replicate_count,
                            sizeof *work->compared);
    work->evaluation->cells = calloc(cell_count, sizeof *work->evaluation->cells);
    if (work->weights == NULL || work->compared == NULL || work->evaluation->cells == NULL) {
        return no_memory(err);
    }
    return open_buffers(work, err) != 0
               ? -1
               : key_weights_draw(work->weights, work->replicate_count, SEED, err);
}

static void close_work(struct work *work)
{
    close_buffers(work);
    free(work->weights);
    free(work->compared);
}

static struct backtest_cell *cell_at(const struct backtest_evaluation *evaluation, size_t model,
                                     size_t slice)
{
    return &evaluation->cells[model * evaluation->slice_count + slice];
}

static double *compared_at(const struct work *work, size_t model, size_t slice, size_t which)
{
    size_t cell = model * work->evaluation->slice_count + slice;
    return &work->compared[(cell * BACKTEST_COMPARED_COUNT + which) * work->replicate_count];
}

/* Low and high of the finite values among `values` [replicate_count]; none when half are not finite. */
static void find_interval(const struct work *work, const double *values,
                          struct backtest_interval *interval)
{
    size_t count = 0;
    for (size_t i = 0; i < work->replicate_count; i++) {
        if (isfinite(values[i])) {
            work->scratch[count++] = values[i];
        }
    }
    interval->low = interval->high = NAN;
    if (count * 2 > work->replicate_count && isfinite(interval->value)) {
        gsl_sort(work->scratch, 1, count);
        interval->low = gsl_stats_quantile_from_sorted_data(work->scratch, 1, count, interval_low);
        interval->high =
            gsl_stats_quantile_from_sorted_data(work->scratch, 1, count, interval_high);
    }
}

static void keep_replicate(const struct work *work, const struct ranking_sums *sums,
                           size_t replicate)
{
    double values[RANKING_METRIC_COUNT];
    ranking_metrics_from_sums(sums, values);
    for (size_t i = 0; i < RANKING_METRIC_COUNT; i++) {
        work->replicates[i * work->replicate_count + replicate] = values[i];
    }
}

/* Counts of keys are what they are: only what depends on who happens to be there has an interval. */
static bool has_interval(size_t metric)
{
    return metric > METRIC_PREDICTED &&
           (metric < METRIC_BIN_KEYS || metric >= METRIC_BIN_PREDICTED);
}

static void fill_cell(const struct work *work, size_t model, size_t slice,
                      const struct ranking_sums *sums)
{
    struct backtest_cell *cell = cell_at(work->evaluation, model, slice);
    double values[RANKING_METRIC_COUNT];
    ranking_metrics_from_sums(sums, values);
    for (size_t i = 0; i < RANKING_METRIC_COUNT; i++) {
        cell->metrics[i] = (struct backtest_interval){values[i], NAN, NAN};
        if (has_interval(i)) {
            find_interval(work, &work->replicates[i * work->replicate_count], &cell->metrics[i]);
        }
    }
    for (size_t i = 0; i < BACKTEST_COMPARED_COUNT; i++) {
        const double *from =
            &work->replicates[backtest_evaluation_compared[i] * work->replicate_count];
        double *to = compared_at(work, model, slice, i);
        for (size_t j = 0; j < work->replicate_count; j++) {
            to[j] = from[j];
        }
    }
}

/* ---- one model */

static size_t lay_out(const struct work *work, size_t model, size_t origin)
{
    const struct backtest_rows *rows = work->rows;
    size_t begin = backtest_rows_begin(rows, origin);
    size_t count = rows->ends[origin] - begin;
    for (size_t i = 0; i < count; i++) {
        work->sorted[i] = (struct ranking_row){
            .p = rows->scores[model][begin + i],
            .key = rows->keys[begin + i],
            .size_bytes = rows->sizes[begin + i],
            .has_returned = rows->labels[begin + i],
        };
    }
    ranking_sums_prepare(work->sorted, count);
    return count;
}

static void draw_weights(const struct work *work, size_t count, size_t replicate)
{
    for (size_t i = 0; i < count; i++) {
        work->row_weights[i] = key_weights_of(&work->weights[replicate], work->sorted[i].key);
    }
}

static void evaluate_origin(const struct work *work, size_t model, size_t origin)
{
    struct ranking_sums sums;
    size_t count = lay_out(work, model, origin);
    for (size_t i = 0; i < work->replicate_count; i++) {
        sums = (struct ranking_sums){0};
        draw_weights(work, count, i);
        ranking_sums_add(&sums, work->sorted, count, work->plan, work->row_weights);
        ranking_sums_merge(&work->pooled[i], &sums);
        keep_replicate(work, &sums, i);
    }
    sums = (struct ranking_sums){0};
    ranking_sums_add(&sums, work->sorted, count, work->plan, NULL);
    ranking_sums_merge(&work->pooled[work->replicate_count], &sums);
    fill_cell(work, model, origin, &sums);
}

static void judge_bands(const struct work *work, size_t model)
{
    size_t origin_count = work->rows->origin_count;
    struct backtest_cell *all = cell_at(work->evaluation, model, origin_count);
    double banded = 0;
    double covered = 0;
    for (size_t i = 0; i < origin_count; i++) {
        struct backtest_cell *cell = cell_at(work->evaluation, model, i);
        double returned = cell->metrics[METRIC_RETURNED].value;
        cell->band = work->rows->bands[i][model];
        cell->band_covers = NAN;
        if (isfinite(cell->band.low) && isfinite(cell->band.high)) {
            cell->band_covers = returned >= cell->band.low && returned <= cell->band.high;
            banded++;
            covered += cell->band_covers;
        }
    }
    all->band = (struct backtest_band){NAN, NAN, NAN};
    all->band_covers = banded > 0 ? covered / banded : NAN;
}

static void evaluate_model(const struct work *work, size_t model)
{
    size_t origin_count = work->rows->origin_count;
    for (size_t i = 0; i <= work->replicate_count; i++) {
        work->pooled[i] = (struct ranking_sums){0};
    }
    for (size_t i = 0; i < origin_count; i++) {
        evaluate_origin(work, model, i);
    }
    for (size_t i = 0; i < work->replicate_count; i++) {
        keep_replicate(work, &work->pooled[i], i);
    }
    fill_cell(work, model, origin_count, &work->pooled[work->replicate_count]);
    judge_bands(work, model);
}

static void *evaluate_models(void *argument)
{
    const struct work *work = argument;
    size_t model;
    while ((model = atomic_fetch_add(work->next_model, 1)) < work->rows->model_count) {
        evaluate_model(work, model);
    }
    return NULL;
}

/* With a second thread if there is memory for one. */
static void evaluate_all(struct work *work)
{
    struct work second = *work;
    struct error unused;
    pthread_t thread;
    bool has_second = open_buffers(&second, &unused) == 0 &&
                      pthread_create(&thread, NULL, evaluate_models, &second) == 0;
    (void)evaluate_models(work);
    if (has_second) {
        (void)pthread_join(thread, NULL);
    }
    close_buffers(&second);
}

/* ---- models compared */

static bool is_better(enum ranking_metric metric, double a, double b)
{
    if (!isfinite(a) || !isfinite(b)) {
        return isfinite(a);
    }
    return metric == METRIC_LOG_LOSS || metric == METRIC_BRIER ? a < b : a > b;
}

static void find_best(struct backtest_evaluation *evaluation)
{
    size_t all = evaluation->slice_count - 1;
    for (size_t i = 0; i < BACKTEST_COMPARED_COUNT; i++) {
        enum ranking_metric metric = backtest_evaluation_compared[i];
        size_t best = 0;
        for (size_t j = 1; j < evaluation->baseline_count; j++) {
            if (is_better(metric, cell_at(evaluation, j, all)->metrics[metric].value,
                          cell_at(evaluation, best, all)->metrics[metric].value)) {
                best = j;
            }
        }
        evaluation->best[i] = best;
    }
}

static void compare(const struct work *work, size_t model, size_t slice, size_t which)
{
    const struct backtest_evaluation *evaluation = work->evaluation;
    enum ranking_metric metric = backtest_evaluation_compared[which];
    size_t best = evaluation->best[which];
    struct backtest_cell *cell = cell_at(evaluation, model, slice);
    const double *ours = compared_at(work, model, slice, which);
    const double *others = compared_at(work, best, slice, which);
    for (size_t i = 0; i < work->replicate_count; i++) {
        work->replicates[i] = ours[i] - others[i];
    }
    cell->differences[which].value =
        cell->metrics[metric].value - cell_at(evaluation, best, slice)->metrics[metric].value;
    find_interval(work, work->replicates, &cell->differences[which]);
}

static void compare_all(const struct work *work)
{
    for (size_t i = 0; i < work->evaluation->model_count; i++) {
        for (size_t j = 0; j < work->evaluation->slice_count; j++) {
            for (size_t k = 0; k < BACKTEST_COMPARED_COUNT; k++) {
                compare(work, i, j, k);
            }
        }
    }
}

/* ---- the whole */

struct backtest_evaluation *backtest_evaluation_make(const struct backtest_rows *rows,
                                                     size_t baseline_count,
                                                     const struct ranking_plan *plan,
                                                     struct error *err)
{
    struct backtest_evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation == NULL) {
        (void)no_memory(err);
        return NULL;
    }
    evaluation->model_count = rows->model_count;
    evaluation->baseline_count = baseline_count;
    evaluation->slice_count = rows->origin_count + 1;
    atomic_size_t next_model = 0;
    struct work work = {.rows = rows,
                        .next_model = &next_model,
                        .plan = plan,
                        .evaluation = evaluation,
                        .replicate_count = count_replicates(rows->row_count)};
    int result = open_work(&work, err);
    if (result == 0) {
        evaluate_all(&work);
        find_best(evaluation);
        compare_all(&work);
    }
    close_work(&work);
    if (result != 0) {
        backtest_evaluation_free(evaluation);
        return NULL;
    }
    return evaluation;
}

void backtest_evaluation_free(struct backtest_evaluation *evaluation)
{
    if (evaluation != NULL) {
        free(evaluation->cells);
        free(evaluation);
    }
}

const struct backtest_cell *backtest_evaluation_cell(const struct backtest_evaluation *evaluation,
                                                     size_t model, size_t slice)
{
    return cell_at(evaluation, model, slice);
}
