/* redis_info.h - reads the text that INFO answers.
 * Room: loader/sink. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_REDIS_INFO_H
#define REKINDLE_LOADER_REDIS_INFO_H

#include "common/slice.h"
#include "loader/sink/sink.h"

#include <stdbool.h>
#include <stdint.h>

/* The value of `field` in INFO's `text`; empty when it is not there. Borrowed from `text`. */
struct slice redis_info_find(struct slice text, const char *field);

/* Fills `status`; fields that are not there become 0 or empty. `database`: whose keys are counted. */
void redis_info_read(struct slice text, int64_t database, struct sink_status *status);

/* Is `version` (7.0.15) at least major.minor? */
bool redis_info_is_since(const char *version, int major, int minor);

#endif
