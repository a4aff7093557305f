/* plan_writer.h - writes plan.csv and, beside it, plan.csv.sum.
 * Room: common. May touch: files. Owns: two temporary files until close; a crash leaves the old plan.
 * Promises: a cell that a spreadsheet would run as a formula (first byte = + - @ TAB CR) is written
 * with a leading apostrophe, and plan_reader takes exactly that apostrophe off again: ids and keys come
 * back byte for byte. An id that itself begins with apostrophe(s) followed by such a byte survives too. */
#ifndef REKINDLE_COMMON_PLAN_WRITER_H
#define REKINDLE_COMMON_PLAN_WRITER_H

#include "common/error.h"
#include "common/plan_row.h"

struct plan_writer;

/* Opens `path` ("-" is stdout: no .sum then); free with plan_writer_close or plan_writer_abandon. */
struct plan_writer *plan_writer_open(const char *path, struct error *err) MUST_CHECK;

/* Appends one row; ranks rise: 1, 2, 3..., or with gaps where it is a part of a plan. Times are printed as RFC 3339 in UTC. */
int plan_writer_append(struct plan_writer *writer, const struct plan_row *row,
                       struct error *err) MUST_CHECK;

/* Flushes, fsyncs and renames both files; frees the writer also when it fails. */
int plan_writer_close(struct plan_writer *writer, struct error *err) MUST_CHECK;

/* Removes the temporary files and frees the writer; NULL is fine. */
void plan_writer_abandon(struct plan_writer *writer);

#endif
