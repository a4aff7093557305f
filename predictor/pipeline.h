/* pipeline.h - the conductors of rekindle-predict: each calls the rooms in order for one command.
 * Room: predictor (top). May touch: everything in predictor/ and common/. */
#ifndef REKINDLE_PREDICTOR_PIPELINE_H
#define REKINDLE_PREDICTOR_PIPELINE_H

#include "common/config.h"
#include "common/error.h"
#include "common/message.h"
#include "common/progress.h"

#include "predictor/history/history_writer.h"
#include "predictor/predict_options.h"

/* What every command is given; all borrowed. */
struct pipeline {
    const struct predict_options *options;
    const struct config *config;
    const struct command_line *line;
    const struct message *message;
    int64_t now_unix;
};

/* The folder of the history, from the command line or the config; NULL and ERROR_USAGE when neither tells. */
const char *pipeline_history_dir(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* A progress line on the message's stream, silent under --quiet. */
struct progress pipeline_progress(const struct pipeline *pipeline, const char *title,
                                  const char *noun, enum progress_unit unit, uint64_t total);

/* Logs to history: reads the files of the command line, commits them all at once or not at all. */
int pipeline_ingest(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* Merges the segments of a history into one. */
int pipeline_compact(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* The same for a writer that is open, when there are more than `segment_count_max`. */
int pipeline_compact_writer(const struct pipeline *pipeline, struct history_writer *writer,
                            size_t segment_count_max, struct error *err) MUST_CHECK;
/* Prints what a history holds, one key of it, or all of it. */
int pipeline_inspect(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* History to plan.csv and reports. */
int pipeline_rank(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* A history to measures of how well each model would have forecast it. */
int pipeline_backtest(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* A summary table to a model's parameters. */
int pipeline_fit(const struct pipeline *pipeline, struct error *err) MUST_CHECK;
/* A seed to logs with a known truth. */
int pipeline_simulate(const struct pipeline *pipeline, struct error *err) MUST_CHECK;

#endif
