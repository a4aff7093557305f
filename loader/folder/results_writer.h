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

#include "loader/folder/journal_record.h"

#include <stdint.h>

/* Rewinds `plan` and reads it to its end. `rest`: what became of the rows that the journal does not settle. `tally` (may be NULL) takes the outcome of every row. */
int results_writer_write(const struct run_folder *folder, struct plan_reader *plan,
                         enum outcome rest, struct outcome_tally *tally,
                         struct error *err) MUST_CHECK;

/* The same file made row by row while the run goes on, for a run that settles the whole plan in one go. It is called
 * results.csv only by results_draft_commit. */
struct results_draft;

/* Also removes drafts that killed runs left in the folder: nobody else may be at work there. */
struct results_draft *results_draft_open(const struct run_folder *folder,
                                         struct error *err) MUST_CHECK;
/* The next row of the plan, in rank order. `at_unix`: when it was settled; 0: it was not, as a skipped row. */
void results_draft_put(struct results_draft *draft, struct slice key,
                       const struct journal_done_row *row, int64_t at_unix);
/* How many rows were put, and what became of them. */
const struct outcome_tally *results_draft_tally(const struct results_draft *draft);
/* Both free the draft; abandoning NULL is fine. */
int results_draft_commit(struct results_draft *draft, struct error *err) MUST_CHECK;
void results_draft_abandon(struct results_draft *draft);

#endif
