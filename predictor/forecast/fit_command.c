/* fit_command.c - see fit_command.h.
 * Room: predictor/forecast. May touch: files, GSL. */
#include "predictor/forecast/fit_command.h"

#include "predictor/forecast/btyd_fit.h"
#include "predictor/forecast/repeat_table.h"
#include "predictor/forecast/summary_csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* bgbb counts opportunities: a fraction of one means that the file is in another unit, and so do more uses than there
 * were opportunities to the last. */
static int check_opportunities(const struct btyd_model *model, const struct triple_table *table,
                               const char *path, struct error *err)
{
    if (model != &bgbb_model) {
        return 0;
    }
    for (size_t i = 0; i < table->time_count; i++) {
        if (table->times[i] != floor(table->times[i])) {
            return error_set(err, ERROR_INPUT,
                             "%s: bgbb counts whole opportunities, but there is a time of %g", path,
                             table->times[i]);
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct triple *triple = &table->triples[i];
        if (triple->x > table->times[triple->last]) {
            return error_set(err, ERROR_INPUT,
                             "%s: bgbb counts opportunities, but of the first %g someone used %u",
                             path, table->times[triple->last], triple->x);
        }
    }
    return 0;
}

/* Observed and expected keys by their repeats: whoever sees that they differ much has the wrong model. */
static void print_repeats(const struct btyd_fit *fit, const struct triple_table *table, FILE *out)
{
    const struct repeat_table repeats = repeat_table_make(fit, table);
    for (int i = 0; i < REPEAT_TABLE_CELLS; i++) {
        const char *more = i + 1 == REPEAT_TABLE_CELLS ? "_or_more" : "";
        (void)fprintf(out, "%s,keys_%d%s_repeats,%.0f,\n", fit->model->name, i, more,
                      repeats.keys[i]);
        (void)fprintf(out, "%s,expected_keys_%d%s_repeats,%.1f,\n", fit->model->name, i, more,
                      repeats.expected[i]);
    }
}

static int print_fit(const struct btyd_fit *fit, const struct triple_table *table,
                     uint64_t row_count, FILE *out, struct error *err)
{
    const char *name = fit->model->name;
    (void)fprintf(out, "model,parameter,value,standard_error\n");
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        (void)fprintf(out, "%s,%s,%.8f,%.8f\n", name, fit->model->parameters[i], fit->parameters[i],
                      fit->standard_errors[i]);
    }
    (void)fprintf(out, "%s,log_likelihood,%.6f,\n", name, fit->log_likelihood);
    (void)fprintf(out, "%s,keys,%.0f,\n", name, fit->key_count);
    (void)fprintf(out, "%s,rows,%llu,\n", name, (unsigned long long)row_count);
    print_repeats(fit, table, out);
    if (fflush(out) != 0 || ferror(out)) {
        return error_set_errno(err, ERROR_RESOURCE, errno, "cannot write the parameters");
    }
    return 0;
}

int fit_command_run(const char *model_name, const char *input_path, FILE *out, struct error *err)
{
    struct triple_table table = {0};
    struct btyd_fit fit;
    uint64_t row_count = 0;
    int result = -1;
    const struct btyd_model *model = btyd_model_find(model_name);
    if (model == NULL) {
        return error_set(err, ERROR_USAGE, "--model: there is no model '%s' to fit; there are %s",
                         model_name, btyd_model_names());
    }
    /* "-" is opened by a name, so that the reader's messages have one */
    const char *path = strcmp(input_path, "-") == 0 ? "/dev/stdin" : input_path;
    if (summary_csv_read(path, &table, &row_count, err) != 0 ||
        check_opportunities(model, &table, path, err) != 0) {
        goto done;
    }
    if (btyd_fit_table(model, &table, 0, &fit, err) != 0) {
        (void)error_add_context(err, "%s", path);
        goto done;
    }
    result = print_fit(&fit, &table, row_count, out, err);
done:
    triple_table_free(&table);
    return result;
}
