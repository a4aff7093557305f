/* source_asker.h - one question until it is answered, on one connection: rows into records, and again after a failure.
 * Room: loader/source. May touch: clocks, the drivers.
 * Promises: a row whose id is not, byte for byte, one that was asked is not used; what a half-read answer left behind
 * is wiped before the question is asked again. */
#ifndef REKINDLE_LOADER_SOURCE_ASKER_H
#define REKINDLE_LOADER_SOURCE_ASKER_H

#include "loader/source/source_parts.h"

/* Asks for window.asked[begin..end). A deadlock, a time limit and a lost connection are tried again a few times, for
 * 30 s at most; -1 with worker->err. */
int source_asker_ask(struct source_worker *worker, size_t begin, size_t end) MUST_CHECK;

/* Waits until the governor lets this connection ask, or there is nothing left to ask. */
void source_asker_wait(const struct source_worker *worker);
/* Waits until a question of `row_count` ids is due under the limit of rows a second: questions follow each other evenly,
 * so that others find the database free in between. */
void source_asker_take_turn(const struct source *source, size_t row_count);
/* Ids in the next question, at most: what the config and the governor allow. */
size_t source_asker_rows_now(const struct source *source);
bool source_asker_is_stopped(const struct source *source);

#endif
