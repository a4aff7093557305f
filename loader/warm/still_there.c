/* still_there.c - see still_there.h.
 * Room: loader/warm. May touch: the journal, the sink (looking only). */
#include "loader/warm/still_there.h"

#include <stdlib.h>

#include "common/arena.h"

enum { LOOK_COUNT = 1000, KEYS_AN_INTENT = 20, INTENTS_LOOKED_AT = LOOK_COUNT / KEYS_AN_INTENT };

/* Some keys of every so many-th intent, from all over it: the first ones are the hottest, and may be there for another
 * reason. Those behind `settled_count` wait for their done. */
struct key_sample {
    struct sink_look looks[LOOK_COUNT];
    uint64_t ranks[LOOK_COUNT];
    size_t count, settled_count;
    struct arena text;
};

/* What an earlier intent says of ranks from `rank` on is replaced: it was never settled. */
static void drop_waiting(struct key_sample *sample, uint64_t rank)
{
    while (sample->count > sample->settled_count && sample->ranks[sample->count - 1] >= rank) {
        sample->count--;
    }
}

/* `most`: how many of its keys are sampled; 0: it only replaces what was said before. */
static int take_keys(struct key_sample *sample, struct slice payload, uint64_t most,
                     struct error *err)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    if (!journal_decode_intent(payload, &reader)) {
        return 0;
    }
    uint64_t stride = most == 0 ? 0 : (reader.left + most - 1) / most;
    for (uint64_t at = 0; journal_next_key(&reader, &key) == 1; at++) {
        if (at == 0) {
            drop_waiting(sample, key.rank);
        }
        if (most == 0 || sample->count == LOOK_COUNT) {
            return 0;
        }
        if (at % stride != 0) {
            continue;
        }
        struct slice text = arena_copy(&sample->text, key.key);
        if (text.bytes == NULL) {
            return error_set_memory(err, "looking at an earlier run");
        }
        sample->looks[sample->count] = (struct sink_look){.key = text, .kind = RECORD_STRING};
        sample->ranks[sample->count++] = key.rank;
    }
    return 0;
}

/* Of the waiting keys that this done is about it keeps those that it calls warm: the others are somebody's choice. Those
 * behind it, of an intent that was written ahead, wait on. */
static void settle_keys(struct key_sample *sample, struct slice payload)
{
    struct journal_reader reader;
    struct journal_done done;
    struct journal_done_row row = {0};
    size_t at = sample->settled_count, kept = at;
    if (!journal_decode_done(payload, &reader, &done)) {
        return;
    }
    for (int more = 1; at < sample->count && sample->ranks[at] <= done.last_rank; at++) {
        while (more == 1 && row.rank < sample->ranks[at]) {
            more = journal_next_row(&reader, &row);
        }
        bool is_warm = row.outcome == OUTCOME_WARMED || row.outcome == OUTCOME_EXISTS;
        if (row.rank == sample->ranks[at] && is_warm) {
            sample->looks[kept++] = sample->looks[at];
        }
    }
    sample->settled_count = kept;
    for (; at < sample->count; at++, kept++) {
        sample->looks[kept] = sample->looks[at];
        sample->ranks[kept] = sample->ranks[at];
    }
    sample->count = kept;
}

static int take_sample(struct key_sample *sample, struct journal_cursor *cursor,
                       uint64_t done_count, struct error *err)
{
    struct slice payload;
    uint64_t intent_count = 0, stride = done_count / INTENTS_LOOKED_AT + 1;
    uint64_t most = stride > 1 || done_count == 0 ? KEYS_AN_INTENT : LOOK_COUNT / done_count;
    int more;
    while ((more = journal_cursor_next(cursor, &payload, err)) == 1) {
        int kind = journal_kind_of(payload);
        if (kind == JOURNAL_INTENT &&
            take_keys(sample, payload, intent_count++ % stride == 0 ? most : 0, err) != 0) {
            return -1;
        }
        if (kind == JOURNAL_DONE) {
            settle_keys(sample, payload);
        }
    }
    sample->count = sample->settled_count;
    return more;
}

int still_there_look(const char *journal_path, const struct journal_survey *survey,
                     struct sink *sink, struct still_there *still_there, struct error *err)
{
    *still_there = (struct still_there){0};
    struct key_sample *sample = calloc(1, sizeof *sample);
    if (sample == NULL) {
        return error_set_memory(err, "looking at an earlier run");
    }
    struct journal_cursor *cursor =
        journal_cursor_open(journal_path, survey->counts_from, survey->whole_size, err);
    int result = cursor == NULL ? -1 : take_sample(sample, cursor, survey->done_count, err);
    if (result == 0) {
        result = sink_look(sink, SINK_LOOK_PRESENCE, sample->looks, sample->count, err);
    }
    if (result == 0) {
        still_there->looked_count = sample->count;
        for (size_t i = 0; i < sample->count; i++) {
            still_there->gone_count += !sample->looks[i].is_present;
        }
    }
    journal_cursor_close(cursor);
    arena_free(&sample->text);
    free(sample);
    return result;
}

bool still_there_is_lost(const struct still_there *still_there, bool is_known)
{
    static const double LOST_SHARE = 0.1;
    if (is_known) {
        return still_there->gone_count > 0;
    }
    return (double)still_there->gone_count > LOST_SHARE * (double)still_there->looked_count;
}
