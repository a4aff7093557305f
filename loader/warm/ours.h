/* ours.h - do the keys of an intent still hold what the run has written: the same digest and the same expiry?
 * Room: loader/warm. May touch: the sink (looking only).
 * Why both: an application that refills the key writes the same bytes, but not with our second of expiry. */
#ifndef REKINDLE_LOADER_OURS_H
#define REKINDLE_LOADER_OURS_H

#include "common/arena.h"
#include "loader/folder/value_digest.h"
#include "loader/sink/sink.h"

/* What an intent says of a key. */
struct ours_key {
    struct slice key;
    struct value_digest digest;
    int64_t expire_unix;
};

enum ours_state { OURS_GONE, OURS_REWRITTEN, OURS_STILL };

enum { OURS_LOOK_MAX = 512 };

/* Some keys, and what was found; reused from look to look. */
struct ours {
    struct ours_key keys[OURS_LOOK_MAX]; /* [count]: the question */
    size_t count;
    enum ours_state states[OURS_LOOK_MAX]; /* [count]: the answer */
    struct sink_item
        items[OURS_LOOK_MAX]; /* [item_count]: those that are still ours, ready for sink_remove */
    size_t places[OURS_LOOK_MAX]; /* which key each item is */
    size_t item_count;
    struct arena values; /* of the items */
};

int ours_look(struct ours *ours, struct sink *sink, struct error *err) MUST_CHECK;
void ours_free(struct ours *ours);

#endif
