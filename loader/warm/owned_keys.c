/* owned_keys.c - see owned_keys.h.
 * Room: loader/warm. May touch: the journal, the sink. */
#include "loader/warm/owned_keys.h"

#include <stdlib.h>

enum { LOOK_COUNT = 256, CAPACITY_MIN = 1024, MS_PER_SECOND = 1000 };

/* ---- the keys of open intents */

static int add_key(struct owned_keys *owned, const struct journal_intent_key *key,
                   struct error *err)
{
    if (owned->count == owned->capacity) {
        size_t capacity = owned->capacity == 0 ? CAPACITY_MIN : 2 * owned->capacity;
        struct owned_key *keys = realloc(owned->keys, capacity * sizeof *keys);
        if (keys == NULL) {
            return error_set_memory(err, "resuming");
        }
        owned->keys = keys;
        owned->capacity = capacity;
    }
    struct slice text = arena_copy(&owned->text, key->key);
    if (text.bytes == NULL) {
        return error_set_memory(err, "resuming");
    }
    owned->keys[owned->count++] = (struct owned_key){.rank = key->rank,
                                                     .key = text,
                                                     .digest = {key->digest_high, key->digest_low},
                                                     .expire_unix = key->expire_unix};
    owned->last_rank = key->rank > owned->last_rank ? key->rank : owned->last_rank;
    return 0;
}

static int load_intent(struct owned_keys *owned, struct journal_cursor *cursor, uint64_t done_rank,
                       struct error *err)
{
    struct slice payload;
    struct journal_reader reader;
    struct journal_intent_key key;
    int more = journal_cursor_next(cursor, &payload, err);
    if (more != 1) {
        return more;
    }
    more = journal_decode_intent(payload, &reader) ? 1 : -1;
    while (more == 1 && (more = journal_next_key(&reader, &key)) == 1) {
        if (key.rank > done_rank && add_key(owned, &key, err) != 0) {
            return -1;
        }
    }
    return more < 0 ? journal_cursor_complain(cursor, err) : 0;
}

static int load_intents(struct owned_keys *owned, const char *journal_path,
                        const struct journal_survey *survey, struct error *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < survey->intent_count; i++) {
        struct journal_cursor *cursor =
            journal_cursor_open(journal_path, survey->intents[i].offset, survey->whole_size, err);
        result = cursor == NULL ? -1 : load_intent(owned, cursor, survey->done_rank, err);
        journal_cursor_close(cursor);
    }
    return result;
}

/* ---- which of them are ours */

static bool is_ours(const struct owned_key *key, const struct sink_look *look)
{
    struct value_digest digest = value_digest_of(look->value);
    return look->is_present && !look->is_other_kind && digest.high == key->digest.high &&
           digest.low == key->digest.low &&
           look->expire_unix_ms == key->expire_unix * MS_PER_SECOND;
}

/* An intent does not say whether it is a string or a hash: ask for one, and where it is another for the other. */
static int look_at_keys(const struct owned_key keys[], size_t count, enum record_kind kind,
                        struct sink *sink, struct sink_look looks[], struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        looks[i] = (struct sink_look){.key = keys[i].key, .kind = kind};
    }
    return sink_look(sink, SINK_LOOK_VALUE, looks, count, err);
}

static int mark_ours(const struct owned_key keys[], size_t count, struct sink *sink, bool ours[],
                     struct error *err)
{
    static const enum record_kind kinds[] = {RECORD_STRING, RECORD_HASH};
    struct sink_look looks[LOOK_COUNT];
    bool is_any_other = true;
    for (size_t i = 0; i < count; i++) {
        ours[i] = false;
    }
    for (size_t pass = 0; is_any_other && pass < sizeof kinds / sizeof *kinds; pass++) {
        if (look_at_keys(keys, count, kinds[pass], sink, looks, err) != 0) {
            return -1;
        }
        is_any_other = false;
        for (size_t i = 0; i < count; i++) {
            ours[i] = ours[i] || is_ours(&keys[i], &looks[i]);
            is_any_other = is_any_other || looks[i].is_other_kind;
        }
    }
    return 0;
}

static int keep_ours(struct owned_keys *owned, struct sink *sink, struct error *err)
{
    bool ours[LOOK_COUNT];
    size_t kept = 0;
    for (size_t from = 0; from < owned->count; from += LOOK_COUNT) {
        size_t left = owned->count - from;
        size_t count = left < LOOK_COUNT ? left : LOOK_COUNT;
        if (mark_ours(&owned->keys[from], count, sink, ours, err) != 0) {
            return -1;
        }
        for (size_t i = 0; i < count; i++) {
            if (ours[i]) {
                owned->keys[kept++] = owned->keys[from + i];
            }
        }
    }
    owned->count = kept;
    return 0;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct owned_key *left = a, *right = b;
    return (left->rank > right->rank) - (left->rank < right->rank);
}

int owned_keys_load(struct owned_keys *owned, const char *journal_path,
                    const struct journal_survey *survey, struct sink *sink, struct error *err)
{
    *owned = (struct owned_keys){0};
    if (load_intents(owned, journal_path, survey, err) != 0 || keep_ours(owned, sink, err) != 0) {
        return error_add_context(err, "looking at what an interrupted run has written");
    }
    if (owned->count > 0) {
        qsort(owned->keys, owned->count, sizeof *owned->keys, compare_ranks);
    }
    return 0;
}

void owned_keys_free(struct owned_keys *owned)
{
    free(owned->keys);
    arena_free(&owned->text);
    *owned = (struct owned_keys){0};
}

const struct owned_key *owned_keys_find(const struct owned_keys *owned, uint64_t rank)
{
    size_t low = 0, high = owned->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (owned->keys[middle].rank < rank) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < owned->count && owned->keys[low].rank == rank ? &owned->keys[low] : NULL;
}

static int remove_key(const struct owned_key *key, struct sink *sink, struct error *err)
{
    struct sink_look look = {.key = key->key, .kind = RECORD_STRING};
    if (sink_look(sink, SINK_LOOK_VALUE, &look, 1, err) != 0) {
        return -1;
    }
    if (look.is_other_kind) {
        look = (struct sink_look){.key = key->key, .kind = RECORD_HASH};
        if (sink_look(sink, SINK_LOOK_VALUE, &look, 1, err) != 0) {
            return -1;
        }
    }
    if (!is_ours(key, &look)) {
        return 0;
    }
    /* The value lies in the sink's own memory only until its next call: it must be ours for that call. */
    struct arena memory = {0};
    struct sink_item item = {.key = key->key,
                             .kind = look.kind,
                             .value = arena_copy(&memory, look.value),
                             .expire_unix = key->expire_unix};
    int result = item.value.bytes == NULL ? error_set_memory(err, "resuming")
                                          : sink_remove(sink, &item, 1, err);
    arena_free(&memory);
    return result;
}

static bool is_wanted(const struct write_batch *batch, size_t item, const struct owned_key *key)
{
    const struct journal_intent_key *intent = &batch->intents[item];
    return intent->digest_high == key->digest.high && intent->digest_low == key->digest.low &&
           intent->expire_unix == key->expire_unix;
}

int owned_keys_remove_outdated(const struct owned_keys *owned, const struct write_batch *batch,
                               struct sink *sink, struct error *err)
{
    size_t item = 0;
    for (size_t i = 0; i < batch->row_count; i++) {
        bool has_item = item < batch->item_count && batch->row_of_item[item] == i;
        const struct owned_key *key = owned_keys_find(owned, batch->window_rows[i].rank);
        bool is_outdated = key != NULL && !(has_item && is_wanted(batch, item, key));
        if (is_outdated && remove_key(key, sink, err) != 0) {
            return -1;
        }
        item += has_item;
    }
    return 0;
}
