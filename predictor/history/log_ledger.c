/* log_ledger.c - see log_ledger.h.
 * Room: predictor/history. May touch: malloc. */
#include "predictor/history/log_ledger.h"

#include <assert.h>
#include <stdlib.h>

enum { ENTRIES_FIRST = 16 };

const struct log_mark *log_entry_identity(const struct log_entry *entry)
{
    return entry->complete.size > 0 ? &entry->complete : &entry->whole;
}

/* Below 0 when `a` comes before `b`. */
static int compare_identities(const struct log_mark *a, const struct log_mark *b)
{
    if (a->size != b->size) {
        return a->size > b->size ? -1 : 1;
    }
    if (a->digest.high != b->digest.high) {
        return a->digest.high < b->digest.high ? -1 : 1;
    }
    return (a->digest.low > b->digest.low) - (a->digest.low < b->digest.low);
}

const struct log_entry *log_ledger_next_candidate(const struct log_ledger *ledger, const void *head,
                                                  size_t head_size, const struct log_entry *after)
{
    struct log_digest digest = {0};
    uint64_t digested_size = UINT64_MAX;
    const struct log_entry *entry = after == NULL ? ledger->entries : after + 1;
    const struct log_entry *end = ledger->entries + ledger->entry_count;
    for (; ledger->entry_count > 0 && entry < end; entry++) {
        const struct log_mark *identity = log_entry_identity(entry);
        if (identity->head_size > head_size) {
            continue;
        }
        if (identity->head_size != digested_size) {
            digested_size = identity->head_size;
            digest = log_digest_of(head, (size_t)digested_size);
        }
        if (log_digest_is_equal(digest, identity->head)) {
            return entry;
        }
    }
    return NULL;
}

static struct access_event *copy_events(struct arena *arena, const struct log_entry *entry)
{
    struct access_event *copies =
        arena_take(arena, entry->tail_event_count * sizeof *entry->tail_events);
    for (size_t i = 0; copies != NULL && i < entry->tail_event_count; i++) {
        copies[i] = entry->tail_events[i];
        copies[i].id = arena_copy(arena, entry->tail_events[i].id);
        if (copies[i].id.bytes == NULL) {
            return NULL;
        }
    }
    return copies;
}

static int copy_entry(struct arena *arena, const struct log_entry *entry, struct log_entry *copy)
{
    *copy = *entry;
    copy->name = arena_copy(arena, entry->name);
    copy->rules = arena_copy(arena, entry->rules);
    copy->tail_events = copy_events(arena, entry);
    return copy->name.bytes != NULL && copy->rules.bytes != NULL && copy->tail_events != NULL ? 0
                                                                                              : -1;
}

static void remove_entry(struct log_ledger *ledger, size_t at)
{
    ledger->entry_count--;
    memmove(&ledger->entries[at], &ledger->entries[at + 1],
            (ledger->entry_count - at) * sizeof *ledger->entries);
}

/* Where an entry with this identity stands or would stand. */
static size_t find_place(const struct log_ledger *ledger, const struct log_mark *identity)
{
    size_t low = 0, high = ledger->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_identities(log_entry_identity(&ledger->entries[middle]), identity) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int reserve_entry(struct log_ledger *ledger)
{
    if (ledger->entry_count < ledger->entry_capacity) {
        return 0;
    }
    size_t capacity = ledger->entry_capacity == 0 ? ENTRIES_FIRST : 2 * ledger->entry_capacity;
    struct log_entry *entries = realloc(ledger->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return -1;
    }
    ledger->entries = entries;
    ledger->entry_capacity = capacity;
    return 0;
}

int log_ledger_put(struct log_ledger *ledger, const struct log_entry *replaced,
                   const struct log_entry *entry, struct error *err)
{
    struct log_entry copy;
    size_t replaced_at = replaced == NULL ? 0 : (size_t)(replaced - ledger->entries);
    assert(entry->tail_event_count <= LOG_TAIL_EVENT_COUNT_MAX);
    assert(entry->whole.size >= entry->complete.size);
    assert(replaced == NULL || replaced_at < ledger->entry_count);
    if (entry->whole.size == 0) {
        return 0;
    }
    if (copy_entry(&ledger->arena, entry, &copy) != 0 || reserve_entry(ledger) != 0) {
        return error_set_memory(err, "remembering a log");
    }
    if (replaced != NULL) {
        remove_entry(ledger, replaced_at);
    }
    const struct log_mark *identity = log_entry_identity(&copy);
    size_t at = find_place(ledger, identity);
    if (at < ledger->entry_count &&
        log_mark_is_equal(log_entry_identity(&ledger->entries[at]), identity)) {
        ledger->entries[at] = copy;
        return 0;
    }
    memmove(&ledger->entries[at + 1], &ledger->entries[at],
            (ledger->entry_count - at) * sizeof *ledger->entries);
    ledger->entries[at] = copy;
    ledger->entry_count++;
    return 0;
}

void log_ledger_free(struct log_ledger *ledger)
{
    free(ledger->entries);
    arena_free(&ledger->arena);
    *ledger = (struct log_ledger){0};
}
