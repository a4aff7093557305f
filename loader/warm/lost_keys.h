/* lost_keys.h - after a server was restarted or replaced: how many of the keys that this run has warmed are gone?
 * Room: loader/warm. May touch: the journal, the sink (looking only). */
#ifndef REKINDLE_LOADER_LOST_KEYS_H
#define REKINDLE_LOADER_LOST_KEYS_H

#include "loader/sink/sink.h"

#include <stdint.h>

struct lost_keys {
    uint64_t warmed_count; /* settled as warmed, in the whole journal */
    uint64_t gone_count;   /* of these */
};

/* Looks at every key that the journal calls warmed. Cost: one pass over the journal and a million keys a second or so;
 * memory is that of one batch. */
int lost_keys_count(const char *journal_path, struct sink *sink, struct lost_keys *lost,
                    struct error *err) MUST_CHECK;

#endif
