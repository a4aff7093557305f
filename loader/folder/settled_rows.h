/* settled_rows.h - asks a journal rank by rank what became of each plan row.
 * Room: loader/folder. May touch: the file `journal` of a run's folder.
 * Promises: one sequential pass; memory does not grow with the journal. */
#ifndef REKINDLE_LOADER_SETTLED_ROWS_H
#define REKINDLE_LOADER_SETTLED_ROWS_H

#include "loader/folder/journal.h"

struct settled_rows;

/* Over the whole records that `survey` has counted. */
struct settled_rows *settled_rows_open(const char *journal_path,
                                       const struct journal_survey *survey,
                                       struct error *err) MUST_CHECK;
/* 1 and the row of `rank` and when it was settled; 0 when there is none. Ranks rise from call to call. */
int settled_rows_find(struct settled_rows *settled, uint64_t rank, struct journal_done_row *row,
                      int64_t *at_unix, struct error *err) MUST_CHECK;
void settled_rows_close(struct settled_rows *settled);

#endif
