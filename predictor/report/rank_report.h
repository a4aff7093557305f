/* rank_report.h - what `rank --report DIR` leaves for people: summary.csv and budget-curve.csv.
 * Room: predictor/report. May touch: files in the folder it is given.
 * Promises: memory does not grow with the rows; each file is whole or absent. */
#ifndef REKINDLE_PREDICTOR_RANK_REPORT_H
#define REKINDLE_PREDICTOR_RANK_REPORT_H

#include "common/error.h"
#include "common/plan_row.h"

#include <stdbool.h>

struct rank_report;

struct rank_report *rank_report_new(struct error *err) MUST_CHECK;
void rank_report_free(struct rank_report *report);

/* A candidate, whether it will fit or not; `is_first` in the first of the rows of one (entity, id), so that
 * ids with several families count once. The row needs no rank. */
void rank_report_add(struct rank_report *report, const struct plan_row *row, bool is_first);
/* A row of the plan; it was a candidate before. */
void rank_report_add_planned(struct rank_report *report, const struct plan_row *row);

/* Writes both files into `folder`, which is made when absent. */
int rank_report_save(const struct rank_report *report, const char *folder,
                     struct error *err) MUST_CHECK;

#endif
