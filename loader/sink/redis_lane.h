/* redis_lane.h - one server of a pipeline: its connection, what is in flight on it, when to come back.
 * Room: loader/sink. May touch: sockets, clocks.
 * Owns: the link; a lane without one dials again when its back-off is over. */
#ifndef REKINDLE_LOADER_REDIS_LANE_H
#define REKINDLE_LOADER_REDIS_LANE_H

#include "common/error.h"
#include "loader/sink/redis_link.h"
#include "loader/sink/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDIS_IN_FLIGHT_BYTES_MAX = 1024 * 1024, /* a larger single command goes alone */
    REDIS_RUN_ID_SIZE = 64,
    REDIS_ROLE_SIZE = 16
};

/* A command that was sent and not yet answered. */
struct redis_flight {
    size_t
        index; /* in the job; REDIS_FLIGHT_ASKING for what precedes a command that was asked over */
    size_t size; /* bytes of the command */
};

#define REDIS_FLIGHT_ASKING SIZE_MAX

struct redis_lane {
    struct redis_address address;
    struct redis_link *link;   /* NULL: not connected */
    struct redis_flight *ring; /* [ring_size], a power of two */
    size_t ring_size;
    size_t head, tail; /* counted up for ever; tail - head are in flight */
    size_t bytes_in_flight;
    int64_t heard_ms;    /* when bytes last came, or the first of these flights left */
    int64_t resume_ms;   /* nothing is sent or dialled before */
    size_t slot_count;   /* of a cluster, that keys of are sent here */
    bool is_demoted;     /* it answered READONLY: the connection is to be given up */
    int64_t back_off_ms; /* the next pause */
    char run_id
        [REDIS_RUN_ID_SIZE];    /* of the server that was connected last; empty before the first */
    char role[REDIS_ROLE_SIZE]; /* of the same: master or slave */
};

/* `window` commands may be in flight. */
int redis_lane_init(struct redis_lane *lane, const struct redis_address *address, size_t window,
                    struct error *err) MUST_CHECK;
void redis_lane_release(struct redis_lane *lane);

/* Dials, logs in, checks the server's version. `*is_restarted`: it is not the process that it was. */
int redis_lane_connect(struct redis_lane *lane, const struct redis_login *login, bool *is_restarted,
                       struct error *err) MUST_CHECK;
/* INFO of the lane's server; nothing may be in flight. */
int redis_lane_status(struct redis_lane *lane, const struct redis_login *login, int64_t database,
                      struct sink_status *status, struct error *err) MUST_CHECK;

static inline size_t redis_lane_in_flight(const struct redis_lane *lane)
{
    return lane->tail - lane->head;
}
/* Is there room for one more command? */
bool redis_lane_has_room(const struct redis_lane *lane, size_t window);
/* Remembers a command that was just written to the link's output, `size` bytes of it. */
void redis_lane_depart(struct redis_lane *lane, size_t index, size_t size);
/* The oldest flight, which the next reply answers; there is one. */
struct redis_flight redis_lane_land(struct redis_lane *lane);

/* Sends nothing for a while; longer each time until redis_lane_calm. */
void redis_lane_pause(struct redis_lane *lane, int64_t now_ms);
void redis_lane_calm(struct redis_lane *lane);

#endif
