/* lost_keys.c - see lost_keys.h.
 * Room: loader/warm. May touch: the journal, the sink (looking only).
 * A done record has ranks and outcomes, an intent before it the keys; both in rising rank. The next window's intent may
 * stand between the two, so the last two intents are kept. */
#include "loader/warm/lost_keys.h"

#include <stdlib.h>

#include "common/arena.h"
#include "loader/folder/journal.h"

enum { LOOK_COUNT = 4096, INTENT_COUNT = 2 };

struct intent_key {
    uint64_t rank;
    struct slice key; /* in the arena */
};

struct kept_intent {
    struct arena text;
    struct intent_key *keys; /* [count] */
    size_t count, capacity;
};

struct lost_scan {
    struct journal_cursor *cursor;
    struct sink *sink;
    struct kept_intent intents[INTENT_COUNT]; /* those with keys: the first has the lower ranks */
    struct sink_look looks[LOOK_COUNT];
    size_t look_count;
    struct lost_keys *lost;
};

static int add_key(struct kept_intent *intent, const struct journal_intent_key *key,
                   struct error *err)
{
    if (intent->count == intent->capacity) {
        size_t capacity = intent->capacity == 0 ? LOOK_COUNT : 2 * intent->capacity;
        struct intent_key *grown = realloc(intent->keys, capacity * sizeof *grown);
        if (grown == NULL) {
            return error_set_memory(err, "counting lost keys");
        }
        intent->keys = grown;
        intent->capacity = capacity;
    }
    struct slice copy = arena_copy(&intent->text, key->key);
    if (copy.bytes == NULL) {
        return error_set_memory(err, "counting lost keys");
    }
    intent->keys[intent->count++] = (struct intent_key){key->rank, copy};
    return 0;
}

static void clear(struct kept_intent *intent)
{
    intent->count = 0;
    arena_clear(&intent->text);
}

/* Where an intent from `rank` on goes: it replaces what was said of these ranks, and then the oldest. */
static struct kept_intent *make_place(struct lost_scan *scan, uint64_t rank)
{
    struct kept_intent *intents = scan->intents;
    for (size_t i = 0; i < INTENT_COUNT; i++) { /* said again, the next one being written ahead */
        if (intents[i].count > 0 && intents[i].keys[0].rank == rank) {
            clear(&intents[i]);
            return &intents[i];
        }
    }
    for (size_t i = 0; i < INTENT_COUNT; i++) {
        if (intents[i].count > 0 && intents[i].keys[0].rank >= rank) {
            clear(&intents[i]);
        }
    }
    if (intents[1].count > 0) {
        struct kept_intent oldest = intents[0];
        intents[0] = intents[1];
        intents[1] = oldest;
        clear(&intents[1]);
    }
    return intents[0].count > 0 ? &intents[1] : &intents[0];
}

static int take_intent(struct lost_scan *scan, struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    struct kept_intent *intent = NULL;
    int more = journal_decode_intent(payload, &reader) ? 1 : -1;
    while (more == 1 && (more = journal_next_key(&reader, &key)) == 1) {
        intent = intent == NULL ? make_place(scan, key.rank) : intent;
        if (add_key(intent, &key, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? journal_cursor_complain(scan->cursor, err) : 0;
}

static int look(struct lost_scan *scan, struct error *err)
{
    if (sink_look(scan->sink, SINK_LOOK_PRESENCE, scan->looks, scan->look_count, err) != 0) {
        return -1;
    }
    scan->lost->warmed_count += scan->look_count;
    for (size_t i = 0; i < scan->look_count; i++) {
        scan->lost->gone_count += !scan->looks[i].is_present;
    }
    scan->look_count = 0;
    return 0;
}

/* `at`: how far each kept intent was gone through, ranks rise from call to call. */
static const struct intent_key *find_key(const struct lost_scan *scan, size_t at[INTENT_COUNT],
                                         uint64_t rank)
{
    for (size_t i = 0; i < INTENT_COUNT; i++) {
        const struct kept_intent *intent = &scan->intents[i];
        while (at[i] < intent->count && intent->keys[at[i]].rank < rank) {
            at[i]++;
        }
        if (at[i] < intent->count && intent->keys[at[i]].rank == rank) {
            return &intent->keys[at[i]];
        }
    }
    return NULL;
}

static int take_done(struct lost_scan *scan, struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_done done;
    struct journal_done_row row;
    size_t at[INTENT_COUNT] = {0};
    int more = journal_decode_done(payload, &reader, &done) ? 1 : -1;
    while (more == 1 && (more = journal_next_row(&reader, &row)) == 1) {
        if (row.outcome != OUTCOME_WARMED) {
            continue;
        }
        const struct intent_key *key = find_key(scan, at, row.rank);
        if (key != NULL) {
            scan->looks[scan->look_count++] =
                (struct sink_look){.key = key->key, .kind = RECORD_STRING};
        }
        if (scan->look_count == LOOK_COUNT && look(scan, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? journal_cursor_complain(scan->cursor, err) : look(scan, err);
}

static int scan_journal(struct lost_scan *scan, struct error *err)
{
    struct slice payload;
    int more;
    while ((more = journal_cursor_next(scan->cursor, &payload, err)) == 1) {
        int kind = journal_kind_of(payload);
        int result = kind == JOURNAL_INTENT ? take_intent(scan, payload, err)
                     : kind == JOURNAL_DONE ? take_done(scan, payload, err)
                                            : 0;
        if (result != 0) {
            return -1;
        }
    }
    return more;
}

int lost_keys_count(const char *journal_path, struct sink *sink, struct lost_keys *lost,
                    struct error *err)
{
    struct journal_survey survey = {0};
    struct lost_scan *scan = calloc(1, sizeof *scan);
    int result = -1;
    *lost = (struct lost_keys){0};
    if (scan == NULL) {
        return error_set_memory(err, "counting lost keys");
    }
    scan->sink = sink;
    scan->lost = lost;
    if (journal_survey_read(journal_path, NULL, &survey, err) == 0 &&
        (scan->cursor = journal_cursor_open(journal_path, survey.counts_from, survey.whole_size,
                                            err)) != NULL) {
        result = scan_journal(scan, err);
    }
    journal_cursor_close(scan->cursor);
    journal_survey_free(&survey);
    for (size_t i = 0; i < INTENT_COUNT; i++) {
        arena_free(&scan->intents[i].text);
        free(scan->intents[i].keys);
    }
    free(scan);
    return result;
}
