/* line_fate.h - what can become of a line: events, ignored by rule, or bad for a reason.
 * Room: predictor/ingest. May touch: nothing.
 * Promises: each line has exactly one fate, so the counts of all fates add up to the lines. */
#ifndef REKINDLE_PREDICTOR_LINE_FATE_H
#define REKINDLE_PREDICTOR_LINE_FATE_H

#include <stdbool.h>

/* One list: events first, then the ignored, then the bad; LINE_BAD_FIRST parts them. */
enum line_fate {
    LINE_WITH_EVENT,
    LINE_IGNORED_HEADER,
    LINE_IGNORED_BLANK,
    LINE_IGNORED_STATUS,
    LINE_IGNORED_AGENT,
    LINE_IGNORED_NO_ID,
    LINE_IGNORED_UNFINISHED,
    LINE_BAD_FIRST,
    LINE_BAD_TOO_LONG = LINE_BAD_FIRST,
    LINE_BAD_NUL,
    LINE_BAD_SHAPE,
    LINE_BAD_COLUMN_COUNT,
    LINE_BAD_QUOTES,
    LINE_BAD_JSON,
    LINE_BAD_VALUE_KIND,
    LINE_BAD_TIME,
    LINE_BAD_FUTURE,
    LINE_BAD_EARLY,
    LINE_BAD_STATUS,
    LINE_BAD_NUMBER,
    LINE_BAD_ID_SIZE,
    LINE_BAD_ID_NUL,
    LINE_FATE_COUNT,
};

static inline bool line_fate_is_bad(enum line_fate fate)
{
    return fate >= LINE_BAD_FIRST;
}

static inline bool line_fate_is_ignored(enum line_fate fate)
{
    return fate > LINE_WITH_EVENT && fate < LINE_BAD_FIRST;
}

/* For a person: "no user and no product", "time in the future". Never NULL for a valid fate. */
const char *line_fate_text(enum line_fate fate);

#endif
