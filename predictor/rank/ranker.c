/* ranker.c - see ranker.h.
 * Room: predictor/rank. May touch: malloc.
 *
 * Rows are kept until they are twice as many as the last pruning left; then they are sorted, those that cannot be
 * in the plan any more are dropped, and the rest moves to a new arena. A row that lies behind the last one kept
 * is not taken at all. The first row that does not fit the budget is kept as well: it closes the budget. */
#include "predictor/rank/ranker.h"

#include "common/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

enum { PRUNE_COUNT_MIN = 64 * 1024, REASON_SLOTS = 8192 };

/* A plan row without what all rows share and what can be computed again. */
struct kept_row {
    double benefit_ms;
    int64_t last_seen_unix;
    const struct family *family;
    const char *reason;
    float p_return, p_low, p_high, expected_hits; /* seven digits; the plan prints six */
    uint32_t size_bytes, active_days;
    uint16_t events_returned, events_seen;
    uint16_t id_size;
    char id[];
};

struct entry {
    double density;
    struct kept_row *row;
};

struct entry_list {
    struct entry *entries; /* [count] */
    size_t count, room;
};

struct ranker {
    const struct rank_frame *frame;
    struct rank_limits limits;
    struct arena arena;
    struct entry_list pinned, others;
    uint64_t pinned_bytes;
    size_t prune_at;      /* others.count that makes it prune; 0: no limits, never */
    struct entry barrier; /* row NULL: none yet; else what lies behind it is not wanted */
    uint64_t offered_count;
    const char *reasons[REASON_SLOTS]; /* many rows have the same one: the last of each hash */
    size_t next;
    char key[KEY_SIZE_MAX];
};

/* ---- the one order */

static struct slice render(const struct kept_row *row, char *key)
{
    struct slice id = {row->id, row->id_size};
    return (struct slice){key, key_template_render(&row->family->key, id, key)};
}

static int compare_keys(const struct kept_row *left, const struct kept_row *right)
{
    char left_key[KEY_SIZE_MAX], right_key[KEY_SIZE_MAX];
    int order = slice_compare(render(left, left_key), render(right, right_key));
    if (order != 0) {
        return order;
    }
    /* Two families with one template: their names keep the order total. */
    return strcmp(left->family->name, right->family->name);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    if (left->density != right->density) {
        return left->density > right->density ? -1 : 1;
    }
    return compare_keys(left->row, right->row);
}

static void sort_list(struct entry_list *list)
{
    if (list->count > 0) {
        qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
    }
}

/* ---- limits */

static uint64_t subtract(uint64_t from, uint64_t part)
{
    return from > part ? from - part : 0;
}

/* How many of the sorted others are in the plan, and why not more. */
static size_t count_planned(const struct ranker *ranker, enum rank_end *end)
{
    const struct rank_limits *limits = &ranker->limits;
    uint64_t top = subtract(limits->top, ranker->pinned.count);
    uint64_t budget_bytes = subtract(limits->budget_bytes, ranker->pinned_bytes);
    uint64_t used_bytes = 0;
    for (size_t i = 0; i < ranker->others.count; i++) {
        used_bytes += ranker->others.entries[i].row->size_bytes;
        if (limits->top > 0 && i == top) {
            *end = RANK_END_TOP;
            return i;
        }
        if (limits->budget_bytes > 0 && used_bytes > budget_bytes) {
            *end = RANK_END_BUDGET;
            return i;
        }
    }
    *end = RANK_END_ALL;
    return ranker->others.count;
}

/* ---- keeping rows */

static const char *keep_reason(struct ranker *ranker, struct slice reason)
{
    const char **slot = &ranker->reasons[XXH3_64bits(reason.bytes, reason.size) % REASON_SLOTS];
    if (*slot != NULL && slice_is_equal(slice_of(*slot), reason)) {
        return *slot;
    }
    const char *copy = arena_copy_text(&ranker->arena, reason);
    if (copy != NULL) {
        *slot = copy;
    }
    return copy;
}

static int set_out_of_memory(struct error *err)
{
    return error_set_memory(err, "ranking; --top or --budget bounds it by the plan");
}

static int add_entry(struct entry_list *list, struct entry entry, struct error *err)
{
    enum { ROOM_FIRST = 1024 };
    if (list->count == list->room) {
        size_t room = list->room == 0 ? ROOM_FIRST : list->room * 2;
        struct entry *entries = realloc(list->entries, room * sizeof *entries);
        if (entries == NULL) {
            return set_out_of_memory(err);
        }
        list->entries = entries;
        list->room = room;
    }
    list->entries[list->count++] = entry;
    return 0;
}

static struct kept_row *move_row(struct ranker *ranker, const struct kept_row *row)
{
    struct kept_row *moved = arena_take(&ranker->arena, sizeof *row + row->id_size);
    const char *reason = keep_reason(ranker, slice_of(row->reason));
    if (moved == NULL || reason == NULL) {
        return NULL;
    }
    memcpy(moved, row, sizeof *row + row->id_size);
    moved->reason = reason;
    return moved;
}

static int move_list(struct ranker *ranker, struct entry_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct kept_row *moved = move_row(ranker, list->entries[i].row);
        if (moved == NULL) {
            return set_out_of_memory(err);
        }
        list->entries[i].row = moved;
    }
    return 0;
}

/* Both lists to a new arena, so that what was dropped gives its memory back. */
static int move_rows(struct ranker *ranker, struct error *err)
{
    struct arena old = ranker->arena;
    ranker->arena = (struct arena){0};
    memset(ranker->reasons, 0, sizeof ranker->reasons);
    int result = move_list(ranker, &ranker->others, err);
    if (result == 0) {
        result = move_list(ranker, &ranker->pinned, err);
    }
    arena_free(&old);
    return result;
}

static int prune(struct ranker *ranker, struct error *err)
{
    enum rank_end end;
    sort_list(&ranker->others);
    size_t planned_count = count_planned(ranker, &end);
    size_t kept_count = planned_count + (end == RANK_END_BUDGET);
    bool is_closed = kept_count < ranker->others.count || end == RANK_END_BUDGET;
    ranker->others.count = kept_count;
    ranker->prune_at = kept_count * 2 > PRUNE_COUNT_MIN ? kept_count * 2 : PRUNE_COUNT_MIN;
    if (move_rows(ranker, err) != 0) {
        return -1;
    }
    ranker->barrier =
        is_closed && kept_count > 0 ? ranker->others.entries[kept_count - 1] : (struct entry){0};
    return 0;
}

static struct kept_row *keep_row(struct ranker *ranker, const struct plan_row *row,
                                 const struct family *family)
{
    struct kept_row *kept = arena_take(&ranker->arena, sizeof *kept + row->id.size);
    const char *reason = keep_reason(ranker, row->reason);
    if (kept == NULL || reason == NULL) {
        return NULL;
    }
    *kept = (struct kept_row){
        .benefit_ms = row->benefit_ms,
        .last_seen_unix = row->last_seen_unix,
        .family = family,
        .reason = reason,
        .p_return = (float)row->p_return,
        .p_low = (float)row->p_low,
        .p_high = (float)row->p_high,
        .expected_hits = (float)row->expected_hits,
        .size_bytes = row->size_bytes < UINT32_MAX ? (uint32_t)row->size_bytes : UINT32_MAX,
        .active_days = (uint32_t)row->active_days,
        .events_returned = (uint16_t)row->events_returned,
        .events_seen = (uint16_t)row->events_seen,
        .id_size = (uint16_t)row->id.size,
    };
    memcpy(kept->id, row->id.bytes, row->id.size);
    return kept;
}

/* Cheap for most: only a tie in density has to look at the keys. */
static bool is_behind_barrier(const struct ranker *ranker, const struct plan_row *row,
                              double density)
{
    const struct entry *barrier = &ranker->barrier;
    if (barrier->row == NULL || density > barrier->density) {
        return false;
    }
    if (density < barrier->density) {
        return true;
    }
    char key[KEY_SIZE_MAX];
    return slice_compare(row->key, render(barrier->row, key)) > 0;
}

int ranker_add(struct ranker *ranker, const struct plan_row *row, const struct family *family,
               bool is_pinned, struct error *err)
{
    double density = plan_row_density(row);
    assert(row->id.size <= ENTITY_ID_SIZE_MAX && density >= 0);
    ranker->offered_count++;
    if (!is_pinned && is_behind_barrier(ranker, row, density)) {
        return 0;
    }
    struct entry entry = {density, keep_row(ranker, row, family)};
    if (entry.row == NULL) {
        return set_out_of_memory(err);
    }
    if (is_pinned) {
        ranker->pinned_bytes += entry.row->size_bytes;
        return add_entry(&ranker->pinned, entry, err);
    }
    if (add_entry(&ranker->others, entry, err) != 0) {
        return -1;
    }
    bool is_full = ranker->prune_at > 0 && ranker->others.count >= ranker->prune_at;
    return is_full ? prune(ranker, err) : 0;
}

/* ---- the door */

struct ranker *ranker_new(const struct rank_frame *frame, const struct rank_limits *limits,
                          struct error *err)
{
    struct ranker *ranker = calloc(1, sizeof *ranker);
    if (ranker == NULL) {
        set_out_of_memory(err);
        return NULL;
    }
    ranker->frame = frame;
    ranker->limits = *limits;
    ranker->prune_at = limits->top > 0 || limits->budget_bytes > 0 ? PRUNE_COUNT_MIN : 0;
    return ranker;
}

void ranker_finish(struct ranker *ranker, struct rank_totals *totals)
{
    sort_list(&ranker->pinned);
    sort_list(&ranker->others);
    *totals = (struct rank_totals){
        .offered_count = ranker->offered_count,
        .pinned_count = ranker->pinned.count,
        .pinned_bytes = ranker->pinned_bytes,
    };
    ranker->others.count = count_planned(ranker, &totals->end);
    if (totals->end == RANK_END_ALL &&
        totals->offered_count > ranker->pinned.count + ranker->others.count) {
        totals->end = RANK_END_TOP; /* what was behind the barrier is gone */
    }
    totals->planned_count = ranker->pinned.count + ranker->others.count;
    const struct entry_list *lists[] = {&ranker->pinned, &ranker->others};
    for (size_t list = 0; list < 2; list++) {
        for (size_t i = 0; i < lists[list]->count; i++) {
            totals->planned_bytes += lists[list]->entries[i].row->size_bytes;
            totals->planned_benefit_ms += lists[list]->entries[i].row->benefit_ms;
        }
    }
    ranker->next = 0;
}

static void fill_row(struct ranker *ranker, const struct kept_row *kept, struct plan_row *row)
{
    const struct rank_frame *frame = ranker->frame;
    *row = (struct plan_row){
        .rank = ranker->next,
        .entity = kept->family->entity,
        .id = {kept->id, kept->id_size},
        .family = slice_of(kept->family->name),
        .key = render(kept, ranker->key),
        .action = PLAN_WARM,
        .p_return = (double)kept->p_return,
        .p_low = (double)kept->p_low,
        .p_high = (double)kept->p_high,
        .expected_hits = (double)kept->expected_hits,
        .benefit_ms = kept->benefit_ms,
        .size_bytes = kept->size_bytes,
        .days_dormant = (double)(frame->as_of_unix - kept->last_seen_unix) / SECONDS_PER_DAY,
        .last_seen_unix = kept->last_seen_unix,
        .active_days = kept->active_days,
        .events_returned = kept->events_returned,
        .events_seen = kept->events_seen,
        .reason = slice_of(kept->reason),
        .event = slice_of(frame->window->name),
        .window_start_unix = frame->window->start_unix,
        .window_end_unix = frame->window->end_unix,
        .as_of_unix = frame->as_of_unix,
    };
}

int ranker_next(struct ranker *ranker, struct plan_row *row)
{
    size_t at = ranker->next;
    if (at >= ranker->pinned.count + ranker->others.count) {
        return 0;
    }
    const struct entry *entry = at < ranker->pinned.count
                                    ? &ranker->pinned.entries[at]
                                    : &ranker->others.entries[at - ranker->pinned.count];
    ranker->next++;
    fill_row(ranker, entry->row, row);
    return 1;
}

void ranker_free(struct ranker *ranker)
{
    if (ranker == NULL) {
        return;
    }
    free(ranker->pinned.entries);
    free(ranker->others.entries);
    arena_free(&ranker->arena);
    free(ranker);
}
