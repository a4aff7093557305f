/* fit_command.h - the command `fit`: a table of keys in, the parameters of a model out.
 * Room: predictor/forecast. May touch: files, GSL. */
#ifndef REKINDLE_PREDICTOR_FIT_COMMAND_H
#define REKINDLE_PREDICTOR_FIT_COMMAND_H

#include "common/error.h"

#include <stdio.h>

/* Fits the model called `model_name` to the summary CSV at `input_path` ("-" is stdin; see summary_csv.h) and prints
 * to `out`: `model,parameter,value,standard_error`, a row for each parameter, then log_likelihood, keys, rows,
 * and how many keys have how many repeats beside what the model expects (repeat_table.h). Nothing is
 * printed when it fails. ERROR_USAGE for an unknown model, ERROR_INPUT for a file or data that cannot be fitted. */
int fit_command_run(const char *model_name, const char *input_path, FILE *out,
                    struct error *err) MUST_CHECK;

#endif
