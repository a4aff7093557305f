/* results_writer.h - results.csv: what became of every plan row, in rank order.
 * Room: loader/folder. May touch: the plan, the journal, results.csv in the run's folder.
 * Promises: streams the journal beside the plan, so memory does not grow with either; the file is whole or absent.
 *
 *   rank,key,outcome,bytes,ttl_seconds,at
 *   bytes        of the value, where this run wrote one; else 0
 *   ttl_seconds  how long after the END of the window the key lives (the family's ttl and its jitter): the same
 *                number however often the run was interrupted; 0 where this run wrote nothing
 *   at           when the row was settled; empty for skipped and not_reached */
#ifndef REKINDLE_LOADER_RESULTS_WRITER_H
#define REKINDLE_LOADER_RESULTS_WRITER_H

#include "common/plan_reader.h"
#include "loader/folder/outcome.h"
#include "loader/folder/run_folder.h"

#include <stdint.h>

/* Rewinds `plan` and reads it to its end. `rest`: what became of the rows that the journal does not settle. `tally` (may be NULL) takes the outcome of every row. */
int results_writer_write(const struct run_folder *folder, struct plan_reader *plan,
                         enum outcome rest, struct outcome_tally *tally,
                         struct error *err) MUST_CHECK;

#endif
