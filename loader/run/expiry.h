/* expiry.h - when a warmed key ends: past the window, and not all at once.
 * Room: loader/run. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_EXPIRY_H
#define REKINDLE_LOADER_EXPIRY_H

#include "common/slice.h"

#include <stdint.h>

struct family;

/* Window end + the family's ttl + 0..ttl_jitter seconds picked by a hash of the key's bytes: the same key gets the
 * same second in every run, so that a resumed run and `rollback` recognise what is ours. Never inside the window. */
int64_t expiry_unix(const struct family *family, int64_t window_end_unix, struct slice key);

/* When an entry that says "no such row" ends: the family's negative_ttl from `now_unix` on, since it is only as true as it
 * is young. */
int64_t expiry_negative_unix(const struct family *family, int64_t now_unix);

#endif
