/* family_digest.h - what the families of a plan make of a row, as a short text: has the config changed since?
 * Room: loader/warm. May touch: xxHash. Pure. */
#ifndef REKINDLE_LOADER_FAMILY_DIGEST_H
#define REKINDLE_LOADER_FAMILY_DIGEST_H

#include "common/config.h"

enum { FAMILY_DIGEST_SIZE = 17 };

/* 16 hex digits and a NUL to `text` [FAMILY_DIGEST_SIZE], over name, source, query, encoding and lifetime of those of the
 * config's families that are needed [family_count] (NULL: all), in their order. The key is not in it: every row is checked for it. */
void family_digest_print(const struct config *config, const bool is_needed[], char *text);

#endif
