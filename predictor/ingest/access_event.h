/* access_event.h - the door of the ingest room: who was touched, when, how big, how dear.
 * Room: predictor/ingest. May touch: common. */
#ifndef REKINDLE_PREDICTOR_ACCESS_EVENT_H
#define REKINDLE_PREDICTOR_ACCESS_EVENT_H

#include "common/entity.h"
#include "common/error.h"
#include "common/slice.h"

#include <stddef.h>
#include <stdint.h>

struct access_event {
    int64_t at_unix; /* seconds, UTC */
    struct slice id; /* 1..ENTITY_ID_SIZE_MAX bytes; borrowed for the call it is handed over in */
    uint32_t size_bytes; /* of the answer, as the log says; 0: not known */
    uint32_t cost_us;    /* time the answer took; 0: not known */
    enum entity entity;
};

/* Where ingest hands its events. One receiver a worker thread; calls on one receiver never overlap. */
struct event_receiver {
    /* Takes `count` events in batches (of some hundreds, for the caches' sake); -1 ends the ingest. */
    int (*take)(void *self, const struct access_event *events, size_t count, struct error *err);
    void *self;
};

#endif
