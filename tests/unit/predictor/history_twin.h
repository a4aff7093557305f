/* history_twin.h - test help: a stupid, obviously right history, and events to give to both.
 * Room: tests. May touch: malloc. */
#ifndef REKINDLE_TESTS_HISTORY_TWIN_H
#define REKINDLE_TESTS_HISTORY_TWIN_H

#include "predictor/history/bucket.h"
#include "predictor/history/key_merge.h"
#include "predictor/ingest/access_event.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { TWIN_ID_SIZE = 48, TWIN_EVENT_COUNT_MAX = 20000 };

struct twin_event {
    enum entity entity;
    size_t id_size;
    char id[TWIN_ID_SIZE];
    int32_t bucket;
    uint32_t size_bytes, cost_us;
};

struct twin {
    struct twin_event *events;
    size_t event_count;
    uint32_t bucket_second;
};

static inline uint64_t twin_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline void twin_init(struct twin *twin, uint32_t bucket_second)
{
    twin->events = calloc(TWIN_EVENT_COUNT_MAX, sizeof *twin->events);
    assert_non_null(twin->events);
    twin->event_count = 0;
    twin->bucket_second = bucket_second;
}

static inline void twin_take(struct twin *twin, const struct access_event *event)
{
    assert_true(twin->event_count < TWIN_EVENT_COUNT_MAX);
    struct twin_event *copy = &twin->events[twin->event_count++];
    copy->entity = event->entity;
    copy->id_size = event->id.size;
    memcpy(copy->id, event->id.bytes, event->id.size);
    copy->bucket = (int32_t)bucket_floor(event->at_unix, twin->bucket_second);
    copy->size_bytes = event->size_bytes;
    copy->cost_us = event->cost_us;
}

/* An event whose key is one of some hundreds: short and long ids, shared beginnings, NUL and high bytes. `id` is
 * [TWIN_ID_SIZE] and lent to the event. */
static inline struct access_event twin_random_event(uint64_t *state, char *id)
{
    static const char *const beginnings[] = {"", "user-", "user-00000000", "\xc3\xa9",
                                             "a-rather-long-beginning-of-an-id-"};
    uint64_t random = twin_random(state);
    const char *beginning = beginnings[random % 5];
    size_t size = (size_t)snprintf(id, TWIN_ID_SIZE, "%s%d", beginning, (int)(random >> 8) % 61);
    if ((random >> 20) % 7 == 0) {
        id[size++] = '\0';
    }
    if ((random >> 24) % 11 == 0) {
        id[size++] = (char)0xff;
    }
    uint64_t other = twin_random(state);
    bool has_measures = other % 3 == 0;
    return (struct access_event){.at_unix = (int64_t)(other >> 8) % 2000000 - 500000,
                                 .id = {id, size},
                                 .size_bytes = has_measures ? (uint32_t)(other >> 40) % 1000 : 0,
                                 .cost_us = has_measures ? (uint32_t)(other >> 50) % 1000 : 0,
                                 .entity = random >> 63 != 0 ? ENTITY_PRODUCT : ENTITY_USER};
}

static inline int twin_compare(const void *a, const void *b)
{
    const struct twin_event *left = a, *right = b;
    if (left->entity != right->entity) {
        return (int)left->entity - (int)right->entity;
    }
    int order = slice_compare((struct slice){left->id, left->id_size},
                              (struct slice){right->id, right->id_size});
    return order != 0 ? order : (left->bucket > right->bucket) - (left->bucket < right->bucket);
}

/* The twin's key that begins at its event `at`, compared with `key`; returns where the next key begins. */
static inline size_t twin_check_key(const struct twin *twin, size_t at,
                                    const struct key_history *key)
{
    struct slice id = {twin->events[at].id, twin->events[at].id_size};
    uint64_t size_sum = 0, size_count = 0, cost_sum = 0, cost_count = 0;
    size_t bucket_at = 0, first = at;
    uint32_t count = 0;
    assert_int_equal(key->entity, twin->events[at].entity);
    assert_true(slice_is_equal(key->id, id));
    for (; at < twin->event_count && twin->events[at].entity == key->entity &&
           slice_is_equal(key->id, (struct slice){twin->events[at].id, twin->events[at].id_size});
         at++) {
        const struct twin_event *event = &twin->events[at];
        if (at > first && event->bucket != twin->events[at - 1].bucket) {
            assert_int_equal(key->buckets[bucket_at++].count, count);
            count = 0;
        }
        assert_true(bucket_at < key->bucket_count);
        assert_int_equal(key->buckets[bucket_at].bucket, event->bucket);
        count++;
        size_sum += event->size_bytes;
        size_count += event->size_bytes != 0;
        cost_sum += event->cost_us;
        cost_count += event->cost_us != 0;
    }
    assert_int_equal(key->buckets[bucket_at].count, count);
    assert_int_equal(key->bucket_count, bucket_at + 1);
    assert_int_equal(key->size_bytes_sum, size_sum);
    assert_int_equal(key->size_count, size_count);
    assert_int_equal(key->cost_us_sum, cost_sum);
    assert_int_equal(key->cost_count, cost_count);
    return at;
}

/* Reads `source` to its end: it must hold exactly what the twin holds. */
static inline void twin_check(struct twin *twin, struct key_source source)
{
    struct key_history key;
    struct error err;
    size_t at = 0;
    qsort(twin->events, twin->event_count, sizeof *twin->events, twin_compare);
    while (at < twin->event_count) {
        assert_int_equal(source.next(source.self, &key, &err), 1);
        at = twin_check_key(twin, at, &key);
    }
    assert_int_equal(source.next(source.self, &key, &err), 0);
}

#endif
