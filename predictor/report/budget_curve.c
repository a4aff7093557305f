/* budget_curve.c - see budget_curve.h.
 * Room: predictor/report. May touch: the stream it is given. */
#include "predictor/report/budget_curve.h"

#include "common/csv_writer.h"

#include <math.h>
#include <stdbool.h>

enum {
    BIN_COUNT = CURVE_BINS_A_DOUBLING * CURVE_DOUBLINGS + 1,
    POINTS_A_SHARE = 100, /* points in all: as many for the bytes and as many for the benefit */
    AMOUNT_PLACES = 2,
    SHARE_PLACES = 4
};

/* 0 without benefit; else 1 + the position on a scale of logarithms from 2^-64 to 2^64, its ends included. */
static size_t bin_of(double density)
{
    int exponent;
    if (!(density > 0)) {
        return 0;
    }
    double mantissa = frexp(density, &exponent); /* 0.5 <= mantissa < 1 */
    int doubling = exponent + CURVE_DOUBLINGS / 2;
    if (doubling < 0) {
        return 1;
    }
    if (doubling >= CURVE_DOUBLINGS) {
        return BIN_COUNT - 1;
    }
    size_t within = (size_t)((mantissa - 0.5) * 2 * CURVE_BINS_A_DOUBLING);
    return 1 + (size_t)doubling * CURVE_BINS_A_DOUBLING + within;
}

static void add_row(struct curve_sum *sum, const struct plan_row *row)
{
    sum->key_count++;
    sum->size_bytes += row->size_bytes;
    sum->misses += row->p_return;
    sum->benefit_ms += row->benefit_ms;
}

void budget_curve_add(struct budget_curve *curve, const struct plan_row *row)
{
    add_row(&curve->bins[bin_of(plan_row_density(row))], row);
}

void budget_curve_add_planned(struct budget_curve *curve, const struct plan_row *row)
{
    add_row(&curve->planned, row);
}

static struct curve_sum add_sums(const struct curve_sum *a, const struct curve_sum *b)
{
    return (struct curve_sum){
        .key_count = a->key_count + b->key_count,
        .size_bytes = a->size_bytes + b->size_bytes,
        .misses = a->misses + b->misses,
        .benefit_ms = a->benefit_ms + b->benefit_ms,
    };
}

/* `from` and a `share` of `bin`. */
static struct curve_sum add_part(const struct curve_sum *from, const struct curve_sum *bin,
                                 double share)
{
    struct curve_sum part = {
        .key_count = (uint64_t)llround((double)bin->key_count * share),
        .size_bytes = (uint64_t)llround((double)bin->size_bytes * share),
        .misses = bin->misses * share,
        .benefit_ms = bin->benefit_ms * share,
    };
    return add_sums(from, &part);
}

/* What one writing needs. */
struct drawing {
    struct csv_writer csv;
    struct curve_sum total, planned;
    bool has_plan; /* its point is written */
};

static double share_of(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static void put_point(struct drawing *drawing, const struct curve_sum *sum, const char *part)
{
    struct csv_writer *csv = &drawing->csv;
    csv_writer_put_count(csv, sum->size_bytes);
    csv_writer_put_count(csv, sum->key_count);
    csv_writer_put_number(csv, sum->misses, AMOUNT_PLACES);
    csv_writer_put_number(csv, sum->benefit_ms, AMOUNT_PLACES);
    csv_writer_put_number(csv, share_of(sum->misses, drawing->total.misses), SHARE_PLACES);
    csv_writer_put_number(csv, share_of(sum->benefit_ms, drawing->total.benefit_ms), SHARE_PLACES);
    csv_writer_put_word(csv, part);
    csv_writer_end_record(csv);
}

static void put_plan(struct drawing *drawing)
{
    drawing->has_plan = true;
    put_point(drawing, &drawing->planned, "end of plan");
}

static void put_curve_point(struct drawing *drawing, const struct curve_sum *sum)
{
    bool is_beyond = sum->size_bytes > drawing->planned.size_bytes;
    if (is_beyond && !drawing->has_plan) {
        put_plan(drawing);
    }
    put_point(drawing, sum, is_beyond ? "beyond" : "planned");
}

/* From 0 to 2: the share of the bytes and the share of the benefit. Points at even steps of it are close where
 * the curve is steep and where it is long. */
static double progress_of(const struct drawing *drawing, const struct curve_sum *sum)
{
    return share_of((double)sum->size_bytes, (double)drawing->total.size_bytes) +
           share_of(sum->benefit_ms, drawing->total.benefit_ms);
}

/* The points that fall into `bin`, which follows on `before`. */
static void draw_bin(struct drawing *drawing, const struct curve_sum *before,
                     const struct curve_sum *bin, int *step)
{
    struct curve_sum after = add_sums(before, bin);
    double start = progress_of(drawing, before);
    double width = progress_of(drawing, &after) - start;
    for (; *step < 2 * POINTS_A_SHARE; (*step)++) {
        double share = ((double)*step / POINTS_A_SHARE - start) / width;
        if (!(share <= 1)) {
            break;
        }
        struct curve_sum point = add_part(before, bin, share > 0 ? share : 0);
        put_curve_point(drawing, &point);
    }
}

void budget_curve_write(const struct budget_curve *curve, FILE *out)
{
    struct drawing drawing = {.csv = {.out = out}, .planned = curve->planned};
    struct curve_sum sum = {0};
    int step = 1;
    csv_writer_put_header(&drawing.csv, "size_bytes,keys,misses_avoided,benefit_ms,share_of_misses,"
                                        "share_of_benefit,part");
    for (size_t i = 0; i < BIN_COUNT; i++) {
        drawing.total = add_sums(&drawing.total, &curve->bins[i]);
    }
    if (drawing.total.key_count == 0) {
        return;
    }
    for (size_t i = BIN_COUNT; i-- > 0;) {
        if (curve->bins[i].key_count > 0) {
            draw_bin(&drawing, &sum, &curve->bins[i], &step);
            sum = add_sums(&sum, &curve->bins[i]);
        }
    }
    if (drawing.planned.size_bytes < sum.size_bytes) {
        put_curve_point(&drawing, &sum);
    }
    if (!drawing.has_plan) {
        put_plan(&drawing);
    }
}
