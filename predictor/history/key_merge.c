/* key_merge.c - see key_merge.h.
 * Room: predictor/history. May touch: malloc.
 * A binary heap of the sources' present keys; those with the smallest are taken off together, combined, and
 * moved on only by the next call, because what they lend is valid that long. */
#include "predictor/history/key_merge.h"

#include <stdbool.h>
#include <stdlib.h>

enum { BUCKETS_FIRST = 64 };

struct bucket_list {
    struct active_bucket *buckets;
    size_t capacity;
};

struct merge_input {
    struct key_source source;
    struct key_history key;
};

struct key_merge {
    struct merge_input *inputs;
    size_t input_count;
    struct merge_input **heap; /* [heap_count], the smallest key first */
    size_t heap_count;
    struct merge_input **taken; /* [taken_count], whose keys were handed out and are to move on */
    size_t taken_count;
    struct bucket_list combined, spare;
};

struct key_merge *key_merge_new(const struct key_source *sources, size_t source_count,
                                struct error *err)
{
    struct key_merge *merge = calloc(1, sizeof *merge);
    if (merge != NULL) {
        merge->input_count = source_count;
        merge->inputs = calloc(source_count + 1, sizeof *merge->inputs);
        merge->heap = calloc(source_count + 1, sizeof *merge->heap);
        merge->taken = calloc(source_count + 1, sizeof *merge->taken);
    }
    if (merge == NULL || merge->inputs == NULL || merge->heap == NULL || merge->taken == NULL) {
        key_merge_free(merge);
        error_set_memory(err, "merging segments");
        return NULL;
    }
    for (size_t i = 0; i < source_count; i++) {
        merge->inputs[i].source = sources[i];
    }
    key_merge_restart(merge);
    return merge;
}

void key_merge_free(struct key_merge *merge)
{
    if (merge != NULL) {
        free(merge->inputs);
        free(merge->heap);
        free(merge->taken);
        free(merge->combined.buckets);
        free(merge->spare.buckets);
        free(merge);
    }
}

void key_merge_restart(struct key_merge *merge)
{
    merge->heap_count = 0;
    merge->taken_count = merge->input_count;
    for (size_t i = 0; i < merge->input_count; i++) {
        merge->taken[i] = &merge->inputs[i];
    }
}

static int compare_inputs(const struct merge_input *a, const struct merge_input *b)
{
    if (a->key.entity != b->key.entity) {
        return (int)a->key.entity - (int)b->key.entity;
    }
    return slice_compare(a->key.id, b->key.id);
}

static void push(struct key_merge *merge, struct merge_input *input)
{
    size_t at = merge->heap_count++;
    while (at > 0 && compare_inputs(input, merge->heap[(at - 1) / 2]) < 0) {
        merge->heap[at] = merge->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->heap[at] = input;
}

static struct merge_input *pop(struct key_merge *merge)
{
    struct merge_input *smallest = merge->heap[0];
    struct merge_input *moved = merge->heap[--merge->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= merge->heap_count) {
            break;
        }
        if (child + 1 < merge->heap_count &&
            compare_inputs(merge->heap[child + 1], merge->heap[child]) < 0) {
            child++;
        }
        if (compare_inputs(moved, merge->heap[child]) <= 0) {
            break;
        }
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at] = moved;
    return smallest;
}

static int move_taken_on(struct key_merge *merge, struct error *err)
{
    for (size_t i = 0; i < merge->taken_count; i++) {
        struct merge_input *input = merge->taken[i];
        int got = input->source.next(input->source.self, &input->key, err);
        if (got < 0) {
            return -1;
        }
        if (got == 1) {
            push(merge, input);
        }
    }
    merge->taken_count = 0;
    return 0;
}

static int reserve(struct bucket_list *list, size_t count, struct error *err)
{
    if (count <= list->capacity) {
        return 0;
    }
    size_t capacity = list->capacity == 0 ? BUCKETS_FIRST : list->capacity;
    while (capacity < count) {
        capacity *= 2;
    }
    struct active_bucket *buckets = realloc(list->buckets, capacity * sizeof *buckets);
    if (buckets == NULL) {
        return error_set_memory(err, "merging segments");
    }
    list->buckets = buckets;
    list->capacity = capacity;
    return 0;
}

/* Two ascending lists become one in `out`, which has room for both; returns its length. */
static size_t merge_buckets(const struct key_history *a, const struct key_history *b,
                            struct active_bucket *out)
{
    size_t i = 0, j = 0, count = 0;
    while (i < a->bucket_count && j < b->bucket_count) {
        struct active_bucket left = a->buckets[i], right = b->buckets[j];
        if (left.bucket == right.bucket) {
            left.count = count_add_32(left.count, right.count);
        }
        i += left.bucket <= right.bucket;
        j += right.bucket <= left.bucket;
        out[count++] = left.bucket <= right.bucket ? left : right;
    }
    size_t left_count = a->bucket_count - i, right_count = b->bucket_count - j;
    memcpy(out + count, a->buckets + i, left_count * sizeof *out);
    count += left_count;
    memcpy(out + count, b->buckets + j, right_count * sizeof *out);
    return count + right_count;
}

/* `key` takes in `other`; its buckets then lie in `combined`, and the old ones in `spare`. */
static int combine(struct key_merge *merge, struct key_history *key,
                   const struct key_history *other, struct error *err)
{
    struct bucket_list list = merge->spare;
    merge->spare = merge->combined;
    merge->combined = list;
    if (reserve(&merge->combined, key->bucket_count + other->bucket_count, err) != 0) {
        return -1;
    }
    key->bucket_count = merge_buckets(key, other, merge->combined.buckets);
    key->buckets = merge->combined.buckets;
    key->size_bytes_sum = count_add_64(key->size_bytes_sum, other->size_bytes_sum);
    key->size_count = count_add_64(key->size_count, other->size_count);
    key->cost_us_sum = count_add_64(key->cost_us_sum, other->cost_us_sum);
    key->cost_count = count_add_64(key->cost_count, other->cost_count);
    return 0;
}

int key_merge_next(struct key_merge *merge, struct key_history *key, struct error *err)
{
    if (move_taken_on(merge, err) != 0) {
        return -1;
    }
    if (merge->heap_count == 0) {
        return 0;
    }
    struct merge_input *first = pop(merge);
    *key = first->key;
    merge->taken[merge->taken_count++] = first;
    while (merge->heap_count > 0 && compare_inputs(merge->heap[0], first) == 0) {
        struct merge_input *other = pop(merge);
        merge->taken[merge->taken_count++] = other;
        if (combine(merge, key, &other->key, err) != 0) {
            return -1;
        }
    }
    return 1;
}
