/* parse_crew.h - threads that read chunks side by side, and one order in which their results are folded.
 * Room: predictor/ingest. May touch: threads.
 * Promises: memory is a fixed ring of chunks; folding is in the order of submitting, one call at a time. */
#ifndef REKINDLE_PREDICTOR_PARSE_CREW_H
#define REKINDLE_PREDICTOR_PARSE_CREW_H

#include "common/error.h"

#include "predictor/ingest/line_chunk.h"

#include <stddef.h>

enum { PARSE_CREW_SIZE_MAX = 64 };

struct parse_crew;

/* Called with each chunk once it is read; by any thread, never by two at once. */
typedef int (*chunk_fold)(void *self, const struct line_chunk *chunk, struct error *err);

struct parse_crew *parse_crew_new(const struct log_layout *layout, size_t thread_count,
                                  chunk_fold fold, void *self, struct error *err) MUST_CHECK;
/* Waits for the threads; NULL is fine. */
void parse_crew_free(struct parse_crew *crew);

/* Who gets the events from here on: [thread_count]; only while nothing is under way. */
void parse_crew_set_receivers(struct parse_crew *crew, const struct event_receiver *receivers);
/* A chunk to fill, waiting for one to be free; NULL when a thread has failed: then drain tells why. */
struct line_chunk *parse_crew_take(struct parse_crew *crew);
/* Gives the taken chunk to the threads. A taken chunk need not be submitted. */
void parse_crew_submit(struct parse_crew *crew);
/* Waits until all that was submitted is folded. -1 with the first error of a thread. */
int parse_crew_drain(struct parse_crew *crew, struct error *err) MUST_CHECK;

#endif
