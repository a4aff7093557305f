/* line_judge.h - one line to at most two events, or the reason why not.
 * Room: predictor/ingest. May touch: nothing. One judge a thread; the layout is shared. */
#ifndef REKINDLE_PREDICTOR_LINE_JUDGE_H
#define REKINDLE_PREDICTOR_LINE_JUDGE_H

#include "common/error.h"

#include "predictor/ingest/access_event.h"
#include "predictor/ingest/line_fate.h"
#include "predictor/ingest/line_filter.h"
#include "predictor/ingest/log_layout.h"
#include "predictor/ingest/log_time.h"
#include "predictor/ingest/parse_scratch.h"

#include <stdbool.h>
#include <stddef.h>

struct line_judge {
    const struct log_layout *layout;
    struct parse_scratch scratch;
    struct log_clock clock;
    struct agent_cache agents;
    bool is_free_of_nul; /* the caller has looked: no line that comes holds a NUL byte */
    struct slice line;   /* the present one */
    size_t column;       /* of the last bad line: where (from 1) reading stopped */
};

int line_judge_init(struct line_judge *judge, const struct log_layout *layout,
                    struct error *err) MUST_CHECK;
void line_judge_free(struct line_judge *judge);

/* Is there scratch enough for a line of `size`? Else hand on the events, then line_judge_forget. */
static inline bool line_judge_has_room(const struct line_judge *judge, size_t size)
{
    return judge->scratch.used + size + SCRATCH_ID_ROOM <= SCRATCH_SIZE;
}

/* Forgets the decoded bytes of all events given so far. */
static inline void line_judge_forget(struct line_judge *judge)
{
    judge->scratch.used = 0;
}

/* Judges `line` (without its end, at most LINE_SIZE_MAX bytes); with LINE_WITH_EVENT `*count` events are in
 * `events`, whose ids lie in the line or in the judge's scratch. */
enum line_fate line_judge_read(struct line_judge *judge, struct slice line,
                               struct access_event events[ENTITY_COUNT], size_t *count);

#endif
