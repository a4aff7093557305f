/* rollback_report.h - what became of each key that a run had written: rollback.csv, and results.csv brought up to date.
 * Room: loader/run. May touch: the journal (reading only), both files in the run's folder. */
#ifndef REKINDLE_LOADER_ROLLBACK_REPORT_H
#define REKINDLE_LOADER_ROLLBACK_REPORT_H

#include "loader/run/rollback_pass.h"

/*   rank,key,outcome    one row for every key of an intent; outcome: rolled_back, rewritten or gone */
int rollback_report_write(const struct run_folder *folder, const struct rollback_verdicts *verdicts,
                          struct error *err) MUST_CHECK;
/* Rows of results.csv whose keys were taken back become `rolled_back`. Nothing where there is no results.csv. */
int rollback_report_mend_results(const struct run_folder *folder,
                                 const struct rollback_verdicts *verdicts, int64_t now_unix,
                                 struct error *err) MUST_CHECK;

#endif
