/* lost_keys.c - see lost_keys.h.
 * Room: loader/warm. May touch: the journal, the sink (looking only).
 * A done record has ranks and outcomes, the intent before it the keys; both in rising rank. */
#include "loader/warm/lost_keys.h"

#include <stdlib.h>

#include "common/arena.h"
#include "loader/folder/journal.h"

enum { LOOK_COUNT = 4096 };

struct intent_key {
    uint64_t rank;
    struct slice key; /* in the arena */
};

struct lost_scan {
    struct journal_cursor *cursor;
    struct sink *sink;
    struct arena text;       /* of the latest intent */
    struct intent_key *keys; /* [key_count] of the latest intent */
    size_t key_count, key_capacity;
    struct sink_look looks[LOOK_COUNT];
    size_t look_count;
    struct lost_keys *lost;
};

static int add_key(struct lost_scan *scan, const struct journal_intent_key *key, struct error *err)
{
    if (scan->key_count == scan->key_capacity) {
        size_t capacity = scan->key_capacity == 0 ? LOOK_COUNT : 2 * scan->key_capacity;
        struct intent_key *grown = realloc(scan->keys, capacity * sizeof *grown);
        if (grown == NULL) {
            return error_set_memory(err, "counting lost keys");
        }
        scan->keys = grown;
        scan->key_capacity = capacity;
    }
    struct slice copy = arena_copy(&scan->text, key->key);
    if (copy.bytes == NULL) {
        return error_set_memory(err, "counting lost keys");
    }
    scan->keys[scan->key_count++] = (struct intent_key){key->rank, copy};
    return 0;
}

static int take_intent(struct lost_scan *scan, struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    scan->key_count = 0;
    arena_clear(&scan->text);
    int more = journal_decode_intent(payload, &reader) ? 1 : -1;
    while (more == 1 && (more = journal_next_key(&reader, &key)) == 1) {
        if (add_key(scan, &key, err) != 0) {
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

static int take_done(struct lost_scan *scan, struct slice payload, struct error *err)
{
    struct journal_reader reader;
    struct journal_done done;
    struct journal_done_row row;
    size_t at = 0;
    int more = journal_decode_done(payload, &reader, &done) ? 1 : -1;
    while (more == 1 && (more = journal_next_row(&reader, &row)) == 1) {
        if (row.outcome != OUTCOME_WARMED) {
            continue;
        }
        while (at < scan->key_count && scan->keys[at].rank < row.rank) {
            at++;
        }
        if (at < scan->key_count && scan->keys[at].rank == row.rank) {
            scan->looks[scan->look_count++] =
                (struct sink_look){.key = scan->keys[at].key, .kind = RECORD_STRING};
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
    arena_free(&scan->text);
    free(scan->keys);
    free(scan);
    return result;
}
