/* run_table.h - the keys of a run, each once and numbered, found by hash.
 * Room: predictor/history. May touch: malloc, mmap. Not for several threads at once.
 *
 * A key is 12 bytes: a head (entity and length) and the id, when it has at most 11 bytes; a longer one has its
 * place in `long_ids` there. The slots repeat the 12 bytes, so that a short id that is known costs one random
 * access to memory and no more: with millions of keys those accesses are the whole cost. */
#ifndef REKINDLE_PREDICTOR_RUN_TABLE_H
#define REKINDLE_PREDICTOR_RUN_TABLE_H

#include "common/slice.h"
#include "predictor/history/key_history.h"
#include "predictor/history/page_memory.h"

#include <stddef.h>
#include <stdint.h>

enum { RUN_KEY_SIZE = 12, RUN_SHORT_ID_SIZE_MAX = RUN_KEY_SIZE - 1 };

struct run_key {
    uint8_t bytes[RUN_KEY_SIZE];
};

/* What a key is compared by: the 12 bytes of a short one; the head and 64 bits of the hash of a long one. */
struct run_probe {
    uint32_t head;
    uint32_t hash; /* its high bits say which slot is looked at first */
    uint64_t rest;
};

struct run_slot {
    uint32_t number_after; /* the key's number + 1; 0: the slot is free */
    uint32_t head;
    uint64_t rest;
};

/* All zero is empty, and needs run_table_reserve before use. */
struct run_table {
    struct page_memory slots, keys, long_ids;
    size_t long_ids_used;
    unsigned slot_bits;
    uint32_t key_count;
    uint64_t seed; /* another in every process: a log cannot easily be made to collide */
};

/* Makes room for `key_count` more keys of the longest kind; -1 when out of memory. */
int run_table_reserve(struct run_table *table, uint32_t key_count);
/* Hashes a key; ids have 1 to ENTITY_ID_SIZE_MAX bytes. */
struct run_probe run_table_probe(const struct run_table *table, enum entity entity,
                                 struct slice id);
/* The key's number, a new one when it is new; there must be room (run_table_reserve). */
uint32_t run_table_intern(struct run_table *table, const struct run_probe *probe, struct slice id);
/* Frees the slots: keys can be read by number but not found any more. */
void run_table_seal(struct run_table *table);
void run_table_free(struct run_table *table);
/* Bytes in use for keys and long ids, without the slots. */
size_t run_table_key_bytes(const struct run_table *table);

/* The id of a key of this table; borrowed from `key` or from the table. */
struct slice run_table_id(const struct run_table *table, const struct run_key *key);
enum entity run_key_entity(const struct run_key *key);

static inline struct run_slot *run_table_home(const struct run_table *table,
                                              const struct run_probe *probe)
{
    return (struct run_slot *)table->slots.bytes + (probe->hash >> (32 - table->slot_bits));
}

static inline const struct run_key *run_table_key(const struct run_table *table, uint32_t number)
{
    return (const struct run_key *)table->keys.bytes + number;
}

#endif
