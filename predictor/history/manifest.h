/* manifest.h - the one file that says what a history is: its segments and the logs that were counted.
 * Room: predictor/history. May touch: files.
 * Promises: it is replaced by one rename, which makes everything new visible at once; a changed byte is refused.
 *
 *   rekindle-history 1
 *   bucket_second 3600
 *   next_segment 3
 *   segment NUMBER USERS PRODUCTS PAIRS EVENTS FIRST_BUCKET LAST_BUCKET BYTES CHECKSUM
 *   log NAME RULES EVENTS COMPLETE WHOLE          a mark is SIZE:DIGEST:HEAD_SIZE:HEAD
 *   tail ENTITY ID AT_UNIX SIZE_BYTES COST_US     of the log above
 *   end CHECKSUM                                  XXH3-64 of all lines before
 *
 * Lines end with a newline, words are parted by one blank; in NAME, RULES and ID each byte that is not a visible
 * ASCII character, and `%`, is written %XX, and an empty one is `%`. Digests and checksums are hexadecimal. */
#ifndef REKINDLE_PREDICTOR_MANIFEST_H
#define REKINDLE_PREDICTOR_MANIFEST_H

#include "common/error.h"
#include "predictor/history/log_ledger.h"
#include "predictor/history/segment_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_NAME "MANIFEST"

enum { MANIFEST_VERSION = 1, MANIFEST_SEGMENT_NAME_SIZE = 40 };

struct manifest_segment {
    uint64_t number; /* the file is manifest_segment_path() */
    struct segment_totals totals;
};

/* All zero is empty; free with manifest_free. */
struct manifest {
    uint32_t bucket_second;
    uint64_t next_segment; /* the number of the next one; numbers are never used twice */
    struct manifest_segment *segments;
    size_t segment_count;
    struct log_ledger ledger;
};

/* Reads the manifest of the folder `dir`: 1, 0 when there is none, -1. */
int manifest_load(const char *dir, struct manifest *manifest, struct error *err) MUST_CHECK;
/* Puts it in place of the old one, durably. */
int manifest_save(const char *dir, const struct manifest *manifest, struct error *err) MUST_CHECK;
/* Parses a manifest's text; `path` is for messages. Pure. */
int manifest_parse(const char *path, struct slice text, struct manifest *manifest,
                   struct error *err) MUST_CHECK;
void manifest_free(struct manifest *manifest);

int manifest_add_segment(struct manifest *manifest, const struct manifest_segment *segment,
                         struct error *err) MUST_CHECK;
/* `segment-000012`, to `name` [MANIFEST_SEGMENT_NAME_SIZE], returned. */
const char *manifest_segment_name(char *name, uint64_t number);
/* The same with its folder; the caller's to free(); NULL when out of memory. */
char *manifest_segment_path(const char *dir, uint64_t number, struct error *err) MUST_CHECK;

#endif
