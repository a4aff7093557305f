/* redis_lane.c - see redis_lane.h.
 * Room: loader/sink. May touch: sockets, clocks. */
#include "loader/sink/redis_lane.h"

#include "common/monotonic.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_info.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACK_OFF_FIRST_MS = 20,
    BACK_OFF_MAX_MS = 1000,
    VERSION_MAJOR_MIN = 7, /* PEXPIRETIME, by which our own values are recognised */
    VERSION_MINOR_MIN = 0
};

/* Each command of a cluster may be preceded by ASKING, so the ring holds twice the window. */
int redis_lane_init(struct redis_lane *lane, const struct redis_address *address, size_t window,
                    struct error *err)
{
    *lane = (struct redis_lane){.address = *address, .back_off_ms = BACK_OFF_FIRST_MS};
    lane->ring_size = 1;
    while (lane->ring_size < 2 * window) {
        lane->ring_size *= 2;
    }
    lane->ring = calloc(lane->ring_size, sizeof *lane->ring);
    return lane->ring == NULL ? error_set_memory(err, "preparing the pipeline") : 0;
}

void redis_lane_release(struct redis_lane *lane)
{
    redis_link_close(lane->link);
    free(lane->ring);
    *lane = (struct redis_lane){0};
}

int redis_lane_status(struct redis_lane *lane, const struct redis_login *login, int64_t database,
                      struct sink_status *status, struct error *err)
{
    const struct slice arguments[] = {slice_of("INFO")};
    redisReply *reply = NULL;
    if (redis_link_call(lane->link, arguments, 1, redis_login_timeout_ms(login), &reply, err) !=
        0) {
        return -1;
    }
    int result = 0;
    if (reply->type == REDIS_REPLY_ERROR) {
        result = redis_fault_explain(lane->link->name, reply->str, err);
    } else if (reply->type != REDIS_REPLY_STRING) {
        result = error_set(err, ERROR_BACKEND, "%s answers INFO with something else than text",
                           lane->link->name);
    } else {
        redis_info_read((struct slice){reply->str, (size_t)reply->len}, database, status);
    }
    freeReplyObject(reply);
    return result;
}

static int check_server(struct redis_lane *lane, const struct redis_login *login,
                        bool *is_restarted, struct error *err)
{
    struct sink_status status = {0};
    if (redis_lane_status(lane, login, 0, &status, err) != 0) {
        return -1;
    }
    if (!redis_info_is_since(status.version, VERSION_MAJOR_MIN, VERSION_MINOR_MIN)) {
        return error_set(err, ERROR_BACKEND,
                         "%s is version %s: 7.0 or later is needed (PEXPIRETIME)", lane->link->name,
                         status.version);
    }
    *is_restarted = lane->run_id[0] != '\0' && strcmp(lane->run_id, status.run_id) != 0;
    memcpy(lane->run_id, status.run_id, sizeof lane->run_id);
    memcpy(lane->role, status.role, sizeof lane->role);
    lane->link->replica_count = status.replica_count;
    return 0;
}

_Static_assert(sizeof((struct sink_status *)0)->role == REDIS_ROLE_SIZE, "one size of roles");
_Static_assert(sizeof((struct sink_status *)0)->run_id == REDIS_RUN_ID_SIZE, "one size of run ids");

int redis_lane_connect(struct redis_lane *lane, const struct redis_login *login, bool *is_restarted,
                       struct error *err)
{
    assert(lane->link == NULL && redis_lane_in_flight(lane) == 0);
    lane->link = redis_link_open(login, &lane->address, err);
    if (lane->link == NULL) {
        return -1;
    }
    if (check_server(lane, login, is_restarted, err) != 0) {
        redis_link_close(lane->link);
        lane->link = NULL;
        return -1;
    }
    return 0;
}

bool redis_lane_has_room(const struct redis_lane *lane, size_t window)
{
    size_t in_flight = redis_lane_in_flight(lane);
    bool is_in_bytes = lane->bytes_in_flight < REDIS_IN_FLIGHT_BYTES_MAX || in_flight == 0;
    return in_flight < window && is_in_bytes;
}

void redis_lane_depart(struct redis_lane *lane, size_t index, size_t size)
{
    if (lane->head == lane->tail) {
        lane->heard_ms = monotonic_ms();
    }
    lane->ring[lane->tail++ & (lane->ring_size - 1)] =
        (struct redis_flight){.index = index, .size = size};
    lane->bytes_in_flight += size;
}

struct redis_flight redis_lane_land(struct redis_lane *lane)
{
    assert(lane->head != lane->tail);
    struct redis_flight flight = lane->ring[lane->head++ & (lane->ring_size - 1)];
    lane->bytes_in_flight -= flight.size;
    return flight;
}

/* Many replies of one window say the same; they are one reason to pause, not hundreds. */
void redis_lane_pause(struct redis_lane *lane, int64_t now_ms)
{
    if (now_ms < lane->resume_ms) {
        return;
    }
    lane->resume_ms = now_ms + lane->back_off_ms;
    lane->back_off_ms *= 2;
    if (lane->back_off_ms > BACK_OFF_MAX_MS) {
        lane->back_off_ms = BACK_OFF_MAX_MS;
    }
}

void redis_lane_calm(struct redis_lane *lane)
{
    lane->back_off_ms = BACK_OFF_FIRST_MS;
}
