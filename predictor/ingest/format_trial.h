/* format_trial.h - the first lines of a log are read on trial, so that a wrong format fails at once.
 * Room: predictor/ingest. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_FORMAT_TRIAL_H
#define REKINDLE_PREDICTOR_FORMAT_TRIAL_H

#include "common/error.h"

#include "predictor/ingest/line_chunk.h"
#include "predictor/ingest/line_judge.h"

#include <stdint.h>

enum { FORMAT_TRIAL_LINES = 1000, FORMAT_TRIAL_FEW = 20 };

struct format_trial {
    const char *format; /* as the user gave it */
    const char *name;   /* of the log */
    uint64_t line_base; /* lines before the chunk */
    double max_bad_share;
};

/* Judges the first FORMAT_TRIAL_LINES of `chunk`. ERROR_INPUT with the first bad line, the reason and what might
 * help, when none can be read, or, from FORMAT_TRIAL_FEW lines on, when more than `max_bad_share` are bad. */
int format_trial_run(const struct format_trial *trial, struct line_judge *judge,
                     const struct line_chunk *chunk, struct error *err) MUST_CHECK;

#endif
