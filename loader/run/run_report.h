/* run_report.h - what a run says at its end, on stdout, within 80 columns.
 * Room: loader/run. May touch: the stream it is given. */
#ifndef REKINDLE_LOADER_RUN_REPORT_H
#define REKINDLE_LOADER_RUN_REPORT_H

#include "loader/live/pulse.h"

#include <stdio.h>

/* Outcomes, seconds, rate, the share of the expected benefit that is warm, and what cost time. */
void run_report_print(FILE *out, const struct pulse *pulse, const struct outcome_tally *tally,
                      double elapsed_second);

/* Only the lines of outcomes that are not zero. */
void run_report_print_tally(FILE *out, const struct outcome_tally *tally);

/* Only the lines of reasons that cost some time, in seconds. */
void run_report_print_throttled(FILE *out, const double second[THROTTLE_REASON_COUNT]);

#endif
