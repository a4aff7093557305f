/* ranking_sums.c - see ranking_sums.h.
 * Room: predictor/backtest. May touch: nothing. Pure. */
#include "predictor/backtest/ranking_sums.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double shares[RANKING_CUT_COUNT - 1] = {0.01, 0.05, 0.10, 0.20};
static const double logit_limit = 16; /* cells cover -16..16; the last ones hold what is beyond */
static const double p_least = 1e-15;  /* a certain forecast that fails costs 34.5, not infinity */
static const double bytes_unlimited = 1e300;

enum { PLAN_CUT = RANKING_CUT_COUNT - 1 };

/* ---- preparing */

static int compare_rows(const void *a, const void *b)
{
    const struct ranking_row *left = a;
    const struct ranking_row *right = b;
    if (left->p != right->p) {
        return left->p > right->p ? -1 : 1;
    }
    return (left->key > right->key) - (left->key < right->key);
}

static void fill_in(struct ranking_row *row)
{
    double p = fmin(fmax(row->p, p_least), 1 - p_least);
    row->logit = log(p / (1 - p));
    row->log_loss = -(row->has_returned ? log(p) : log1p(-p));
    double place = (row->logit + logit_limit) / (2 * logit_limit) * RANKING_CELL_COUNT;
    row->cell = (uint16_t)fmin(fmax(place, 0), RANKING_CELL_COUNT - 1);
}

/* The end of the rows that are as probable as the one at `begin`. */
static size_t find_group_end(const struct ranking_row *rows, size_t begin, size_t count)
{
    size_t end = begin + 1;
    while (end < count && rows[end].p == rows[begin].p) {
        end++;
    }
    return end;
}

void ranking_sums_prepare(struct ranking_row *rows, size_t count)
{
    qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t begin = 0; begin < count;) {
        size_t end = find_group_end(rows, begin, count);
        size_t below_count =
            count - end + (end - begin) / 2; /* equal rows share their middle's bin */
        for (size_t i = begin; i < end; i++) {
            assert(rows[i].p >= 0 && rows[i].p <= 1);
            fill_in(&rows[i]);
            rows[i].bin = (uint8_t)(below_count * RANKING_BIN_COUNT / count);
        }
        begin = end;
    }
}

/* ---- adding */

struct cut_limit {
    double keys, bytes;
};

/* Weighted sums of the rows of one probability. */
struct group {
    double keys, returns, bytes;
};

/* The cut takes the part of a group that still fits. */
static void take_part(struct ranking_cut *cut, const struct cut_limit *limit,
                      const struct group *group)
{
    double keys = limit->keys - cut->keys;
    double bytes = limit->bytes - cut->bytes;
    double part = 1;
    if (keys <= 0 || bytes <= 0) {
        return;
    }
    if (group->keys > keys || group->bytes > bytes) {
        part = fmin(keys / group->keys, group->bytes > bytes ? bytes / group->bytes : 1);
    }
    cut->keys += part * group->keys;
    cut->returns += part * group->returns;
    cut->bytes += part * group->bytes;
}

static double count_keys(size_t count, const uint8_t *weights)
{
    uint64_t keys = weights == NULL ? count : 0;
    for (size_t i = 0; weights != NULL && i < count; i++) {
        keys += weights[i];
    }
    return (double)keys;
}

static void set_limits(struct cut_limit *limits, double keys, double scale,
                       const struct ranking_plan *plan)
{
    for (size_t i = 0; i < PLAN_CUT; i++) {
        limits[i] = (struct cut_limit){shares[i] * keys, bytes_unlimited};
    }
    limits[PLAN_CUT] = (struct cut_limit){
        .keys = plan->top == 0 ? keys : (double)plan->top * scale,
        .bytes = plan->budget_bytes == 0 ? bytes_unlimited : (double)plan->budget_bytes * scale,
    };
    if (plan->top == 0 && plan->budget_bytes == 0) {
        limits[PLAN_CUT].keys = 0;
    }
}

static void add_row(struct ranking_sums *sums, struct group *group, const struct ranking_row *row,
                    double weight)
{
    double returned = row->has_returned ? weight : 0;
    double miss = row->has_returned ? 1 - row->p : row->p;
    struct ranking_bin *bin = &sums->bins[row->bin];
    struct calibration_point *cell = &sums->cells[row->cell];
    group->keys += weight;
    group->returns += returned;
    group->bytes += weight * row->size_bytes;
    sums->predicted += weight * row->p;
    sums->log_loss += weight * row->log_loss;
    sums->squares += weight * miss * miss;
    bin->keys += weight;
    bin->predicted += weight * row->p;
    bin->returns += returned;
    cell->keys += weight;
    cell->logit_sum += weight * row->logit;
    cell->returns += returned;
}

/* How far down the order one has come. */
struct descent {
    struct cut_limit limits[RANKING_CUT_COUNT];
    struct ranking_cut cuts[RANKING_CUT_COUNT];
    double keys, returns, ordered_pairs, precision_sum;
};

static void add_group(struct descent *descent, const struct group *group)
{
    if (group->keys <= 0) {
        return;
    }
    for (size_t i = 0; i < RANKING_CUT_COUNT; i++) {
        take_part(&descent->cuts[i], &descent->limits[i], group);
    }
    descent->ordered_pairs +=
        (group->keys - group->returns) * (descent->returns + group->returns / 2);
    descent->keys += group->keys;
    descent->returns += group->returns;
    descent->precision_sum += group->returns * descent->returns / descent->keys;
}

static void add_descent(struct ranking_sums *sums, const struct descent *descent)
{
    double base = descent->keys > 0 ? descent->returns / descent->keys : 0;
    sums->keys += descent->keys;
    sums->returns += descent->returns;
    sums->pairs += descent->returns * (descent->keys - descent->returns);
    sums->ordered_pairs += descent->ordered_pairs;
    sums->precision_sum += descent->precision_sum;
    for (size_t i = 0; i < RANKING_CUT_COUNT; i++) {
        sums->cuts[i].keys += descent->cuts[i].keys;
        sums->cuts[i].returns += descent->cuts[i].returns;
        sums->cuts[i].bytes += descent->cuts[i].bytes;
        sums->cuts[i].chance += base * descent->cuts[i].keys;
    }
}

void ranking_sums_add(struct ranking_sums *sums, const struct ranking_row *rows, size_t count,
                      const struct ranking_plan *plan, const uint8_t *weights)
{
    struct descent descent = {0};
    double keys = count_keys(count, weights);
    set_limits(descent.limits, keys, count == 0 ? 0 : keys / (double)count, plan);
    for (size_t begin = 0; begin < count;) {
        struct group group = {0};
        size_t i = begin;
        for (; i < count && rows[i].p == rows[begin].p; i++) {
            uint8_t weight = weights == NULL ? 1 : weights[i];
            if (weight > 0) {
                add_row(sums, &group, &rows[i], weight);
            }
        }
        add_group(&descent, &group);
        begin = i;
    }
    add_descent(sums, &descent);
}

/* The struct is nothing but doubles, so that it can be added as an array. */
_Static_assert(sizeof(struct ranking_sums) ==
                   sizeof(double) *
                       (8 + 4 * RANKING_CUT_COUNT + 3 * RANKING_BIN_COUNT + 3 * RANKING_CELL_COUNT),
               "ranking_sums_merge adds doubles");

void ranking_sums_merge(struct ranking_sums *sums, const struct ranking_sums *other)
{
    double *to = &sums->keys;
    const double *from = &other->keys;
    for (size_t i = 0; i < sizeof *sums / sizeof *to; i++) {
        to[i] += from[i];
    }
}
