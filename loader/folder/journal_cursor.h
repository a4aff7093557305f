/* journal_cursor.h - reads a journal record by record, for surveys, results.csv and resuming.
 * Room: loader/folder. May touch: the file `journal` of a run's folder, reading only. */
#ifndef REKINDLE_LOADER_JOURNAL_CURSOR_H
#define REKINDLE_LOADER_JOURNAL_CURSOR_H

#include "common/error.h"
#include "common/slice.h"

#include <stdint.h>

struct journal_cursor;

/* Reads from `offset` (0: the start) up to `end` bytes; neither beyond the file. */
struct journal_cursor *journal_cursor_open(const char *path, uint64_t offset, uint64_t end,
                                           struct error *err) MUST_CHECK;
/* 1 and the next payload, which lives until the next call; 0 at the end; -1, also for a record that is damaged. */
int journal_cursor_next(struct journal_cursor *cursor, struct slice *payload,
                        struct error *err) MUST_CHECK;
/* The same, but a record that is not whole is 0 too: what a survey asks before it knows where the whole ones end. */
int journal_cursor_try(struct journal_cursor *cursor, struct slice *payload,
                       struct error *err) MUST_CHECK;
/* After journal_cursor_try gave 0: is there a whole record somewhere behind? Then what stands here is damage and not a
 * torn tail, for a process that dies in an append leaves nothing behind it. 1, 0 or -1. */
int journal_cursor_find_behind(struct journal_cursor *cursor, struct error *err) MUST_CHECK;

const char *journal_cursor_path(const struct journal_cursor *cursor);
/* Where the next record would begin, and where the last one handed out began. */
uint64_t journal_cursor_offset(const struct journal_cursor *cursor);
uint64_t journal_cursor_record_at(const struct journal_cursor *cursor);

/* Fills `err` for damage at the place of the next record; returns -1. */
int journal_cursor_refuse(const struct journal_cursor *cursor, struct error *err);
/* Fills `err` for a payload of a whole record that could not be decoded; returns -1. */
int journal_cursor_complain(const struct journal_cursor *cursor, struct error *err);
void journal_cursor_close(struct journal_cursor *cursor);

#endif
