/* line_fate.c - see line_fate.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/line_fate.h"

#include <stddef.h>

static const char *const texts[LINE_FATE_COUNT] = {
    [LINE_WITH_EVENT] = "with events",
    [LINE_IGNORED_HEADER] = "header line",
    [LINE_IGNORED_BLANK] = "blank line",
    [LINE_IGNORED_STATUS] = "status not wanted",
    [LINE_IGNORED_AGENT] = "user agent not wanted",
    [LINE_IGNORED_NO_ID] = "no user and no product",
    [LINE_IGNORED_UNFINISHED] = "unfinished last line",
    [LINE_BAD_TOO_LONG] = "line too long",
    [LINE_BAD_NUL] = "NUL byte",
    [LINE_BAD_SHAPE] = "not of this format",
    [LINE_BAD_COLUMN_COUNT] = "wrong number of columns",
    [LINE_BAD_QUOTES] = "quotes are broken",
    [LINE_BAD_JSON] = "not one JSON object",
    [LINE_BAD_VALUE_KIND] = "value is a list or an object",
    [LINE_BAD_TIME] = "not a time",
    [LINE_BAD_FUTURE] = "time in the future",
    [LINE_BAD_EARLY] = "time before 1990",
    [LINE_BAD_STATUS] = "status is not a number",
    [LINE_BAD_NUMBER] = "size or cost is not a number",
    [LINE_BAD_ID_SIZE] = "id too long",
    [LINE_BAD_ID_NUL] = "NUL in id",
};

const char *line_fate_text(enum line_fate fate)
{
    return texts[fate];
}
