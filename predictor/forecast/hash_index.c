/* hash_index.c - see hash_index.h: an open table; the hashes are good ones, so their low bits are the place.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/hash_index.h"

#include <stdlib.h>

enum { SLOTS_AT_FIRST = 64 };

static size_t find_slot(const struct hash_index *index, uint64_t hash)
{
    size_t at = (size_t)hash & (index->slot_count - 1);
    while (index->numbers[at] != 0 && index->hashes[at] != hash) {
        at = (at + 1) & (index->slot_count - 1);
    }
    return at;
}

static int grow(struct hash_index *index)
{
    struct hash_index wider = {.slot_count =
                                   index->slot_count == 0 ? SLOTS_AT_FIRST : index->slot_count * 2,
                               .count = index->count};
    wider.hashes = malloc(wider.slot_count * sizeof *wider.hashes);
    wider.numbers = calloc(wider.slot_count, sizeof *wider.numbers);
    if (wider.hashes == NULL || wider.numbers == NULL) {
        hash_index_free(&wider);
        return -1;
    }
    for (size_t i = 0; i < index->slot_count; i++) {
        if (index->numbers[i] != 0) {
            size_t at = find_slot(&wider, index->hashes[i]);
            wider.hashes[at] = index->hashes[i];
            wider.numbers[at] = index->numbers[i];
        }
    }
    free(index->hashes);
    free(index->numbers);
    index->hashes = wider.hashes;
    index->numbers = wider.numbers;
    index->slot_count = wider.slot_count;
    return 0;
}

uint32_t hash_index_put(struct hash_index *index, uint64_t hash)
{
    if (index->count >= index->slot_count / 4 * 3 && grow(index) != 0) {
        return HASH_INDEX_NONE;
    }
    size_t at = find_slot(index, hash);
    if (index->numbers[at] == 0) {
        index->hashes[at] = hash;
        index->numbers[at] = (uint32_t)++index->count;
    }
    return index->numbers[at] - 1;
}

uint32_t hash_index_find(const struct hash_index *index, uint64_t hash)
{
    if (index->slot_count == 0) {
        return HASH_INDEX_NONE;
    }
    uint32_t number = index->numbers[find_slot(index, hash)];
    return number == 0 ? HASH_INDEX_NONE : number - 1;
}

void hash_index_free(struct hash_index *index)
{
    free(index->hashes);
    free(index->numbers);
    *index = (struct hash_index){0};
}
