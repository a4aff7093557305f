/* redis_pool_fuzz.c - any bytes as a cluster's answer to CLUSTER SLOTS and as its MOVED: every slot stays with a lane that
 * there is, and each lane knows how many it has. Connections are stand-ins. */
#include "loader/sink/redis_pool.h"

#include "loader/sink/redis_cluster.h"
#include "loader/sink/redis_reader.h"
#include "loader/sink/redis_sentinel.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const uint8_t *answer; /* RESP, to every call */
static size_t answer_size;

/* ---- the stand-ins */

struct redis_login *redis_login_new(const struct redis_config *redis, const atomic_int *stop,
                                    struct error *err)
{
    static int login;
    (void)redis, (void)stop, (void)err;
    return (struct redis_login *)(void *)&login;
}

void redis_login_free(struct redis_login *login)
{
    (void)login;
}

int64_t redis_login_timeout_ms(const struct redis_login *login)
{
    (void)login;
    return 1;
}

struct redis_link *redis_link_open(const struct redis_login *login,
                                   const struct redis_address *address, struct error *err)
{
    static struct redis_link link = {.name = "Redis at fuzz"};
    (void)login, (void)address, (void)err;
    return &link;
}

void redis_link_close(struct redis_link *link)
{
    (void)link;
}

int redis_link_call(struct redis_link *link, const struct slice arguments[], size_t count,
                    int64_t timeout_ms, redisReply **reply, struct error *err)
{
    void *object = NULL;
    redisReader *reader = redis_reader_new();
    (void)link, (void)arguments, (void)count, (void)timeout_ms;
    if (reader == NULL || redisReaderFeed(reader, (const char *)answer, answer_size) != REDIS_OK ||
        redisReaderGetReply(reader, &object) != REDIS_OK || object == NULL) {
        redisReaderFree(reader);
        return error_set(err, ERROR_BACKEND, "no RESP");
    }
    redisReaderFree(reader);
    *reply = object;
    return 0;
}

int redis_lane_init(struct redis_lane *lane, const struct redis_address *address, size_t window,
                    struct error *err)
{
    (void)window, (void)err;
    *lane = (struct redis_lane){.address = *address};
    return 0;
}

void redis_lane_release(struct redis_lane *lane)
{
    (void)lane;
}

int redis_lane_connect(struct redis_lane *lane, const struct redis_login *login, bool *is_restarted,
                       struct error *err)
{
    (void)lane, (void)login, (void)err;
    *is_restarted = false;
    return 0;
}

int redis_lane_status(struct redis_lane *lane, const struct redis_login *login, int64_t database,
                      struct sink_status *status, struct error *err)
{
    (void)lane, (void)login, (void)database, (void)status, (void)err;
    return 0;
}

int redis_sentinel_find(const struct redis_login *login, const struct redis_target *target,
                        const char *master, struct redis_address *address, struct error *err)
{
    (void)login, (void)target, (void)master, (void)address;
    return error_set(err, ERROR_BACKEND, "no Sentinel");
}

/* ---- the target */

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_map(const struct redis_pool *pool)
{
    size_t counts[REDIS_LANE_MAX] = {0};
    require(pool->lane_count >= 1 && pool->lane_count <= REDIS_LANE_MAX);
    for (size_t slot = 0; slot < REDIS_SLOT_COUNT; slot++) {
        require(pool->slots->lane_of[slot] < pool->lane_count);
        counts[pool->slots->lane_of[slot]]++;
    }
    for (size_t i = 0; i < pool->lane_count; i++) {
        require(counts[i] == pool->lanes[i].slot_count);
    }
}

/* The bytes up to the first NUL are RESP, the rest is a redirection. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct redis_pool pool;
    struct redis_config config = {.address = "127.0.0.1:7000", .is_cluster = true};
    struct error err = {0};
    const uint8_t *border = size == 0 ? NULL : memchr(bytes, '\0', size);
    answer = bytes;
    answer_size = border == NULL ? size : (size_t)(border - bytes);
    int opened = redis_pool_init(&pool, &config, NULL, &err);
    require(opened == 0 || err.text[0] != '\0');
    if (pool.slots != NULL) {
        check_map(&pool);
        size_t text_size = size - answer_size;
        char *text = malloc(text_size + 1);
        require(text != NULL);
        memcpy(text, bytes + answer_size, text_size);
        text[text_size] = '\0';
        const char *moved = text_size == 0 ? text : text + 1;
        struct redis_lane *lane = redis_pool_redirect(&pool, &pool.lanes[0], moved, true);
        require(lane == NULL || (lane >= pool.lanes && lane < pool.lanes + pool.lane_count));
        check_map(&pool);
        free(text);
    }
    redis_pool_release(&pool);
    return 0;
}
