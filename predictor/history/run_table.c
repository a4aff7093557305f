/* run_table.c - see run_table.h.
 * Room: predictor/history. May touch: xxHash.
 *
 *   head  bit 7: the entity; bits 0..6: the length of a short id, or LONG_ID */
#define XXH_INLINE_ALL
#include "predictor/history/run_table.h"

#include <assert.h>
#include <xxhash.h>

#include "predictor/history/varint.h"

enum {
    SLOT_BITS_FIRST = 9,
    SLOT_BITS_MAX = 31,
    ENTITY_SHIFT = 7,
    LENGTH_MASK = 127,
    LONG_ID = 127
};
enum { LONG_SIZE_BYTES = 2, PLACE_OFFSET = 4 };

_Static_assert(ENTITY_COUNT == 2, "the head has one bit for the entity");
_Static_assert(sizeof(struct run_slot) == 16, "four slots a cache line");

/* Seven of eight slots may be in use. */
static uint64_t max_keys(unsigned slot_bits)
{
    uint64_t slot_count = UINT64_C(1) << slot_bits;
    return slot_count - slot_count / 8;
}

/* Multiplications by large odd numbers, and shifts that bring the mixed high bits down. */
static uint32_t hash_short(uint64_t seed, uint32_t head, uint64_t rest)
{
    uint64_t hash = (rest ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = ((hash ^ (hash >> 32)) + head) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 29)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(hash >> 32);
}

static uint32_t hash_of(const struct run_table *table, uint32_t head, uint64_t rest)
{
    return (head & LENGTH_MASK) == LONG_ID ? (uint32_t)(rest >> 32)
                                           : hash_short(table->seed, head, rest);
}

/* The first eight and the next three bytes of a short id, zeros past its end, by loads that overlap: a copy of
 * a length that is known only at run time would cost more than the rest of the probe. */
static inline void load_short(struct slice id, uint64_t *first, uint64_t *next)
{
    const uint8_t *bytes = (const uint8_t *)id.bytes;
    *next = 0;
    if (id.size >= 8) {
        *first = word_get_64(bytes);
        *next = (uint64_t)word_get_32(bytes + id.size - 4) >> (8 * (12 - id.size));
    } else if (id.size >= 4) {
        uint64_t last = (uint64_t)word_get_32(bytes + id.size - 4) >> (8 * (8 - id.size));
        *first = word_get_32(bytes) | last << 32;
    } else {
        *first = bytes[0];
        for (size_t i = 1; i < id.size; i++) {
            *first |= (uint64_t)bytes[i] << (8 * i);
        }
    }
}

struct run_probe run_table_probe(const struct run_table *table, enum entity entity, struct slice id)
{
    struct run_probe probe;
    uint32_t entity_bit = (uint32_t)entity << ENTITY_SHIFT;
    if (id.size > RUN_SHORT_ID_SIZE_MAX) {
        probe.head = entity_bit | LONG_ID;
        probe.rest = XXH3_64bits_withSeed(id.bytes, id.size, table->seed + (uint64_t)entity);
    } else {
        uint64_t first, next;
        load_short(id, &first, &next);
        probe.head = entity_bit | (uint32_t)id.size | (uint32_t)first << 8;
        probe.rest = first >> 24 | next << 40;
    }
    probe.hash = hash_of(table, probe.head, probe.rest);
    return probe;
}

static void place_slot(struct run_table *table, const struct run_slot *slot)
{
    struct run_slot *slots = table->slots.bytes;
    size_t mask = ((size_t)1 << table->slot_bits) - 1;
    size_t at = hash_of(table, slot->head, slot->rest) >> (32 - table->slot_bits);
    while (slots[at].number_after != 0) {
        at = (at + 1) & mask;
    }
    slots[at] = *slot;
}

/* The home is the hash's high bits, so the old slots are met in about the order in which the new ones lie. */
static int grow_slots(struct run_table *table, unsigned slot_bits)
{
    struct page_memory old = table->slots;
    size_t old_count = table->slot_bits == 0 ? 0 : (size_t)1 << table->slot_bits;
    struct page_memory larger;
    if (slot_bits > SLOT_BITS_MAX ||
        page_memory_take(&larger, sizeof(struct run_slot) << slot_bits) != 0) {
        return -1;
    }
    table->slots = larger;
    table->slot_bits = slot_bits;
    const struct run_slot *slots = old.bytes;
    for (size_t i = 0; i < old_count; i++) {
        if (slots[i].number_after != 0) {
            place_slot(table, &slots[i]);
        }
    }
    page_memory_free(&old);
    return 0;
}

int run_table_reserve(struct run_table *table, uint32_t key_count)
{
    unsigned slot_bits = table->slot_bits < SLOT_BITS_FIRST ? SLOT_BITS_FIRST : table->slot_bits;
    while (max_keys(slot_bits) < (uint64_t)table->key_count + key_count) {
        slot_bits++;
    }
    if (slot_bits != table->slot_bits && grow_slots(table, slot_bits) != 0) {
        return -1;
    }
    size_t keys = (size_t)table->key_count + key_count;
    size_t long_ids =
        table->long_ids_used + (size_t)key_count * (LONG_SIZE_BYTES + ENTITY_ID_SIZE_MAX);
    return page_memory_grow(&table->keys, keys * sizeof(struct run_key)) == 0 &&
                   page_memory_grow(&table->long_ids, long_ids) == 0
               ? 0
               : -1;
}

static struct slice long_id(const struct run_table *table, const struct run_key *key)
{
    const uint8_t *at =
        (const uint8_t *)table->long_ids.bytes + word_get_64(key->bytes + PLACE_OFFSET);
    size_t size = at[0] | (size_t)at[1] << 8;
    return (struct slice){(const char *)at + LONG_SIZE_BYTES, size};
}

struct slice run_table_id(const struct run_table *table, const struct run_key *key)
{
    uint8_t length = key->bytes[0] & LENGTH_MASK;
    if (length == LONG_ID) {
        return long_id(table, key);
    }
    return (struct slice){(const char *)key->bytes + 1, length};
}

enum entity run_key_entity(const struct run_key *key)
{
    return (enum entity)(key->bytes[0] >> ENTITY_SHIFT);
}

static void add_key(struct run_table *table, const struct run_probe *probe, struct slice id)
{
    struct run_key *key = (struct run_key *)table->keys.bytes + table->key_count++;
    uint64_t rest = probe->rest;
    if (id.size > RUN_SHORT_ID_SIZE_MAX) {
        uint8_t *at = (uint8_t *)table->long_ids.bytes + table->long_ids_used;
        rest = table->long_ids_used;
        at[0] = (uint8_t)id.size;
        at[1] = (uint8_t)(id.size >> 8);
        memcpy(at + LONG_SIZE_BYTES, id.bytes, id.size);
        table->long_ids_used += LONG_SIZE_BYTES + id.size;
    }
    word_put_64(word_put_32(key->bytes, probe->head), rest);
}

uint32_t run_table_intern(struct run_table *table, const struct run_probe *probe, struct slice id)
{
    struct run_slot *slots = table->slots.bytes;
    size_t mask = ((size_t)1 << table->slot_bits) - 1;
    size_t at = probe->hash >> (32 - table->slot_bits);
    assert(id.size > 0 && id.size <= ENTITY_ID_SIZE_MAX);
    for (; slots[at].number_after != 0; at = (at + 1) & mask) {
        if (slots[at].rest == probe->rest && slots[at].head == probe->head) {
            uint32_t number = slots[at].number_after - 1;
            if (id.size <= RUN_SHORT_ID_SIZE_MAX ||
                slice_is_equal(long_id(table, run_table_key(table, number)), id)) {
                return number;
            }
        }
    }
    slots[at] = (struct run_slot){table->key_count + 1, probe->head, probe->rest};
    add_key(table, probe, id);
    return table->key_count - 1;
}

void run_table_seal(struct run_table *table)
{
    page_memory_free(&table->slots);
    table->slot_bits = 0;
}

void run_table_free(struct run_table *table)
{
    page_memory_free(&table->slots);
    page_memory_free(&table->keys);
    page_memory_free(&table->long_ids);
    *table = (struct run_table){.seed = table->seed};
}

size_t run_table_key_bytes(const struct run_table *table)
{
    return (size_t)table->key_count * sizeof(struct run_key) + table->long_ids_used;
}
