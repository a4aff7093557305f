/* pipeline_fit.c - the conductor of `fit`: a summary table to a model's parameters.
 * Room: predictor (top). May touch: predictor/forecast, stdout. */
#include "predictor/pipeline.h"

#include "common/file_io.h"

#include "predictor/forecast/fit_command.h"

int pipeline_fit(const struct pipeline *pipeline, struct error *err)
{
    const struct predict_options *options = pipeline->options;
    if (options->model == NULL || options->input == NULL) {
        return error_set(err, ERROR_USAGE, "fit needs --model NAME and --input FILE");
    }
    struct file_draft *out = file_draft_open("-", err);
    if (out == NULL) {
        return -1;
    }
    if (fit_command_run(options->model, options->input, file_draft_stream(out), err) != 0) {
        file_draft_abandon(out);
        return -1;
    }
    return file_draft_commit(out, err);
}
