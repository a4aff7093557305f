/* still_there.c - see still_there.h.
 * Room: loader/run. May touch: the journal, the sink (looking only). */
#include "loader/run/still_there.h"

#include <stdlib.h>

enum { LOOK_COUNT = 1000 };

static size_t list_keys(struct slice payload, struct sink_look looks[])
{
    struct journal_reader reader;
    struct journal_intent_key key;
    size_t count = 0;
    if (!journal_decode_intent(payload, &reader)) {
        return 0;
    }
    while (count < LOOK_COUNT && journal_next_key(&reader, &key) == 1) {
        looks[count++] = (struct sink_look){.key = key.key, .kind = RECORD_STRING};
    }
    return count;
}

static int look_at_intent(struct journal_cursor *cursor, struct sink *sink,
                          struct sink_look looks[], size_t *count, struct error *err)
{
    struct slice payload;
    int more;
    *count = 0;
    while ((more = journal_cursor_next(cursor, &payload, err)) == 1) {
        if (journal_kind_of(payload) == JOURNAL_INTENT) {
            *count = list_keys(payload, looks);
            return sink_look(sink, SINK_LOOK_PRESENCE, looks, *count, err);
        }
    }
    return more;
}

static size_t count_gone(const struct sink_look looks[], size_t count)
{
    size_t gone = 0;
    for (size_t i = 0; i < count; i++) {
        gone += !looks[i].is_present;
    }
    return gone;
}

int still_there_check(const char *journal_path, const struct journal_survey *survey,
                      struct sink *sink, double share, enum error_kind kind, struct error *err)
{
    size_t looked = 0;
    struct sink_look *looks = calloc(LOOK_COUNT, sizeof *looks);
    struct journal_cursor *cursor =
        looks == NULL ? NULL : journal_cursor_open(journal_path, 0, survey->whole_size, err);
    int result = looks == NULL ? error_set_memory(err, "looking at an earlier run") : -1;
    if (cursor != NULL) {
        result = look_at_intent(cursor, sink, looks, &looked, err);
    }
    size_t gone = result == 0 ? count_gone(looks, looked) : 0;
    if ((double)gone > share * (double)looked) {
        result = error_set(err, kind,
                           "of the first %zu keys that this run has written, %zu are gone from %s; "
                           "`rekindle-load verify` counts them all, and a run in a new folder "
                           "(--run) writes them again",
                           looked, gone, sink_name(sink));
    }
    journal_cursor_close(cursor);
    free(looks);
    return result;
}
