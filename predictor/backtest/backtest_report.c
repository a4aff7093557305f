/* backtest_report.c - see backtest_report.h.
 * Room: predictor/backtest. May touch: the streams it is given. */
#include "predictor/backtest/backtest_report.h"

#include "common/csv_writer.h"

#include <math.h>

enum { PLACES = 6, CUT_10_PERCENT = 2 };

/* Where a row of the CSV belongs. */
struct report_place {
    const struct backtest_rows *rows;
    enum entity entity;
    size_t model, slice;
};

void backtest_report_write_header(FILE *out)
{
    struct csv_writer csv = {.out = out};
    csv_writer_put_header(&csv, "origin,entity,model,metric,value,low,high");
}

static void put_row(struct csv_writer *csv, const struct report_place *place, const char *metric,
                    const struct backtest_interval *interval)
{
    if (!isfinite(interval->value)) {
        return;
    }
    if (place->slice < place->rows->origin_count) {
        csv_writer_put_time(csv, place->rows->origins_unix[place->slice]);
    } else {
        csv_writer_put_word(csv, "all");
    }
    csv_writer_put_word(csv, entity_name(place->entity));
    csv_writer_put_word(csv, place->rows->models[place->model]);
    csv_writer_put_word(csv, metric);
    csv_writer_put_number(csv, interval->value, PLACES);
    csv_writer_put_number(csv, interval->low, PLACES);
    csv_writer_put_number(csv, interval->high, PLACES);
    csv_writer_end_record(csv);
}

static void put_differences(struct csv_writer *csv, const struct report_place *place,
                            const struct backtest_evaluation *evaluation,
                            const struct backtest_cell *cell)
{
    enum { NAME_SIZE = 128 };
    char metric[RANKING_NAME_SIZE];
    char name[NAME_SIZE];
    for (size_t i = 0; i < BACKTEST_COMPARED_COUNT; i++) {
        size_t best = evaluation->best[i];
        if (best != place->model) {
            (void)snprintf(name, sizeof name, "%s_minus_%s",
                           ranking_metrics_name(backtest_evaluation_compared[i], metric),
                           place->rows->models[best]);
            put_row(csv, place, name, &cell->differences[i]);
        }
    }
}

static void put_cell(struct csv_writer *csv, const struct report_place *place,
                     const struct backtest_evaluation *evaluation)
{
    char name[RANKING_NAME_SIZE];
    const struct backtest_cell *cell =
        backtest_evaluation_cell(evaluation, place->model, place->slice);
    for (size_t i = 0; i < RANKING_METRIC_COUNT; i++) {
        put_row(csv, place, ranking_metrics_name(i, name), &cell->metrics[i]);
    }
    const struct backtest_interval band = {cell->band.expected, cell->band.low, cell->band.high};
    const struct backtest_interval covers = {cell->band_covers, NAN, NAN};
    put_row(csv, place, "expected_returns", &band);
    put_row(csv, place, "expected_returns_band_covers", &covers);
    put_differences(csv, place, evaluation, cell);
}

void backtest_report_write(const struct backtest_evaluation *evaluation,
                           const struct backtest_rows *rows, enum entity entity, FILE *out)
{
    struct csv_writer csv = {.out = out};
    for (size_t i = 0; i < evaluation->slice_count; i++) {
        for (size_t j = 0; j < evaluation->model_count; j++) {
            const struct report_place place = {
                .rows = rows, .entity = entity, .model = j, .slice = i};
            put_cell(&csv, &place, evaluation);
        }
    }
}

/* ---- for a person */

/* A number of the table, or a dash where it is not defined; `text` [NUMBER_SIZE]. */
enum { NUMBER_SIZE = 16 };
static const char *print_cell(char *text, int width, int places, double value)
{
    if (isfinite(value)) {
        (void)snprintf(text, NUMBER_SIZE, "%*.*f", width, places, value);
    } else {
        (void)snprintf(text, NUMBER_SIZE, "%*s", width, "-");
    }
    return text;
}

/* Low to high, or a dash; `text` [NUMBER_SIZE]. */
static const char *print_range(char *text, const struct backtest_interval *interval)
{
    if (isfinite(interval->low) && isfinite(interval->high)) {
        (void)snprintf(text, NUMBER_SIZE, "%.3f-%.3f", interval->low, interval->high);
    } else {
        (void)snprintf(text, NUMBER_SIZE, "%-11s", "-");
    }
    return text;
}

static void say_model(const struct backtest_evaluation *evaluation, const char *name, size_t model,
                      const struct message *message)
{
    const struct backtest_interval *metrics =
        backtest_evaluation_cell(evaluation, model, evaluation->slice_count - 1)->metrics;
    const struct {
        int width, places;
        double value;
    } columns[] = {
        {6, 3, metrics[METRIC_AVERAGE_PRECISION].value},
        {8, 4, metrics[METRIC_LOG_LOSS].value},
        {7, 2, metrics[METRIC_SLOPE].value},
        {7, 2, metrics[METRIC_PREDICTED_OVER_RETURNED].value},
        {7, 1, 100 * metrics[METRIC_PRECISION + CUT_10_PERCENT].value},
        {6, 2, metrics[METRIC_LIFT + CUT_10_PERCENT].value},
    };
    enum { COLUMN_COUNT = sizeof columns / sizeof *columns };
    char auc[NUMBER_SIZE], range[NUMBER_SIZE], texts[COLUMN_COUNT][NUMBER_SIZE];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        (void)print_cell(texts[i], columns[i].width, columns[i].places, columns[i].value);
    }
    message_note(message, "  %-10.10s %s %s %s %s %s %s %s%% %s", name,
                 print_cell(auc, 5, 3, metrics[METRIC_AUC].value),
                 print_range(range, &metrics[METRIC_AUC]), texts[0], texts[1], texts[2], texts[3],
                 texts[4], texts[5]);
}

/* Why a column of the table is empty. */
static void say_why_empty(const struct backtest_interval *metrics, const struct message *message)
{
    double returned = metrics[METRIC_RETURNED].value;
    if (returned <= 0) {
        message_note(message, "  -: nobody came back, so there is no one to rank first");
    } else if (returned >= metrics[METRIC_KEYS].value) {
        message_note(message, "  -: everybody came back, so there is no one to rank last");
    } else if (!isfinite(metrics[METRIC_AUC].low)) {
        message_note(message, "  -: too few keys for an interval");
    }
}

static const char *verdict_on(const struct backtest_interval *difference)
{
    if (!isfinite(difference->low) || !isfinite(difference->high)) {
        return "not to be told";
    }
    if (difference->high < 0) {
        return "better";
    }
    return difference->low > 0 ? "worse" : "within chance";
}

/* Where compared metrics hold log-loss: by it models are judged, since it sees order and calibration. */
static size_t find_log_loss(void)
{
    size_t at = 0;
    while (backtest_evaluation_compared[at] != METRIC_LOG_LOSS) {
        at++;
    }
    return at;
}

static void say_verdict(const struct backtest_evaluation *evaluation,
                        const struct backtest_rows *rows, size_t model,
                        const struct message *message)
{
    enum { INTERVAL_SIZE = 64 };
    size_t which = find_log_loss();
    char interval[INTERVAL_SIZE] = "";
    const struct backtest_interval *difference =
        &backtest_evaluation_cell(evaluation, model, evaluation->slice_count - 1)
             ->differences[which];
    if (isfinite(difference->low) && isfinite(difference->high)) {
        (void)snprintf(interval, sizeof interval, " (%+.4f to %+.4f)", difference->low,
                       difference->high);
    }
    message_note(message, "  %s: log-loss %+.4f%s beside %s: %s", rows->models[model],
                 difference->value, interval, rows->models[evaluation->best[which]],
                 verdict_on(difference));
}

void backtest_report_say(const struct backtest_evaluation *evaluation,
                         const struct backtest_rows *rows, enum entity entity,
                         const struct message *message)
{
    size_t all = evaluation->slice_count - 1;
    const struct backtest_interval *metrics = backtest_evaluation_cell(evaluation, 0, all)->metrics;
    message_note(message, "%ss: %zu origin%s, %.0f times dormant, %.0f returned (%.1f%%)",
                 entity_name(entity), rows->origin_count, rows->origin_count == 1 ? "" : "s",
                 metrics[METRIC_KEYS].value, metrics[METRIC_RETURNED].value,
                 100 * metrics[METRIC_RETURNED].value / metrics[METRIC_KEYS].value);
    message_note(message,
                 "  model      AUC   90%%          avg.pr. logloss  slope  sum/came  best 10%%:");
    message_note(message,
                 "                                                             prec.   lift");
    for (size_t i = 0; i < evaluation->model_count; i++) {
        say_model(evaluation, rows->models[i], i, message);
    }
    say_why_empty(metrics, message);
    for (size_t i = evaluation->baseline_count; i < evaluation->model_count; i++) {
        say_verdict(evaluation, rows, i, message);
    }
}
