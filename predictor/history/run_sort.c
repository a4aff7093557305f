/* run_sort.c - see run_sort.h.
 * Room: predictor/history. May touch: malloc, mmap.
 * Ids of one shop tend to begin alike ("user-000123"), so what all have in common is left out first; the eight
 * bytes behind it nearly always decide, and where they do not the next eight do. */
#include "predictor/history/run_sort.h"

#include <string.h>

enum { WORD_SIZE = 8, BYTE_VALUES = 256, INSERTION_MAX = 24 };

/* A key and the eight bytes at the depth being sorted by, the first the most significant, zeros past its end. */
struct sort_key {
    uint64_t word;
    uint32_t number;
};

struct sorter {
    const struct run_table *table;
    struct sort_key *spare; /* as long as all keys */
};

static struct slice id_of(const struct run_table *table, uint32_t number)
{
    return run_table_id(table, run_table_key(table, number));
}

static uint64_t word_at(struct slice id, size_t depth)
{
    uint64_t word = 0;
    size_t size = id.size > depth ? id.size - depth : 0;
    size = size < WORD_SIZE ? size : WORD_SIZE;
    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)(uint8_t)id.bytes[depth + i] << (8 * (WORD_SIZE - 1 - i));
    }
    return word;
}

static bool is_after(const struct sorter *sorter, const struct sort_key *a,
                     const struct sort_key *b)
{
    if (a->word != b->word) {
        return a->word > b->word;
    }
    return slice_compare(id_of(sorter->table, a->number), id_of(sorter->table, b->number)) > 0;
}

static void sort_few(const struct sorter *sorter, struct sort_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct sort_key moved = keys[i];
        size_t at = i;
        for (; at > 0 && is_after(sorter, &keys[at - 1], &moved); at--) {
            keys[at] = keys[at - 1];
        }
        keys[at] = moved;
    }
}

/* One stable pass by the byte at `shift`; false when all keys agree in it and nothing was moved. */
static bool pass_by_byte(const struct sort_key *from, struct sort_key *to, size_t count,
                         const size_t *histogram, unsigned shift)
{
    size_t starts[BYTE_VALUES];
    size_t start = 0;
    for (size_t value = 0; value < BYTE_VALUES; value++) {
        if (histogram[value] == count) {
            return false;
        }
        starts[value] = start;
        start += histogram[value];
    }
    for (size_t i = 0; i < count; i++) {
        to[starts[(from[i].word >> shift) % BYTE_VALUES]++] = from[i];
    }
    return true;
}

static void sort_by_word(const struct sorter *sorter, struct sort_key *keys, size_t count)
{
    size_t histograms[WORD_SIZE][BYTE_VALUES] = {{0}};
    struct sort_key *from = keys, *to = sorter->spare;
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < WORD_SIZE; byte++) {
            histograms[byte][(keys[i].word >> (8 * byte)) % BYTE_VALUES]++;
        }
    }
    for (unsigned byte = 0; byte < WORD_SIZE; byte++) {
        if (pass_by_byte(from, to, count, histograms[byte], 8 * byte)) {
            struct sort_key *swapped = from;
            from = to;
            to = swapped;
        }
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}

/* All ids are alike up to `depth`. Recursion: at most ENTITY_ID_SIZE_MAX / WORD_SIZE deep, because past the
 * longest id only the lengths can differ, and they are then the word. */
static void sort_from_depth(const struct sorter *sorter, struct sort_key *keys, size_t count,
                            size_t depth)
{
    bool is_past_end = depth >= ENTITY_ID_SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        struct slice id = id_of(sorter->table, keys[i].number);
        keys[i].word = is_past_end ? id.size : word_at(id, depth);
    }
    if (count <= INSERTION_MAX) {
        sort_few(sorter, keys, count);
        return;
    }
    sort_by_word(sorter, keys, count);
    for (size_t start = 0, end; start < count && !is_past_end; start = end) {
        for (end = start + 1; end < count && keys[end].word == keys[start].word;) {
            end++;
        }
        if (end - start > 1) {
            sort_from_depth(sorter, keys + start, end - start, depth + WORD_SIZE);
        }
    }
}

/* Numbers of the entity's keys to `keys`; returns how many there are, and in `*depth` how many bytes all their
 * ids have in common. */
static size_t collect_keys(const struct run_table *table, enum entity entity, struct sort_key *keys,
                           size_t *depth)
{
    size_t count = 0;
    struct slice common = {0};
    for (uint32_t number = 0; number < table->key_count; number++) {
        if (run_key_entity(run_table_key(table, number)) != entity) {
            continue;
        }
        struct slice id = id_of(table, number);
        if (count == 0 || id.size < common.size) {
            common = (struct slice){count == 0 ? id.bytes : common.bytes, id.size};
        }
        while (memcmp(common.bytes, id.bytes, common.size) != 0) {
            common.size--;
        }
        keys[count++] = (struct sort_key){.number = number};
    }
    *depth = common.size;
    return count;
}

int run_sort_keys(const struct run_table *table, struct page_memory *numbers)
{
    struct page_memory keys = {0}, spare = {0};
    size_t size = (size_t)table->key_count * sizeof(struct sort_key), sorted_count = 0;
    int result = -1;
    if (page_memory_take(&keys, size) != 0 || page_memory_take(&spare, size) != 0 ||
        page_memory_take(numbers, (size_t)table->key_count * sizeof(uint32_t)) != 0) {
        goto done;
    }
    struct sorter sorter = {.table = table, .spare = spare.bytes};
    struct sort_key *all = keys.bytes;
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        size_t depth;
        size_t count = collect_keys(table, (enum entity)entity, all + sorted_count, &depth);
        sort_from_depth(&sorter, all + sorted_count, count, depth);
        sorted_count += count;
    }
    for (size_t i = 0; i < sorted_count; i++) {
        ((uint32_t *)numbers->bytes)[i] = all[i].number;
    }
    result = 0;
done:
    page_memory_free(&keys);
    page_memory_free(&spare);
    return result;
}
