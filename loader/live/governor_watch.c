/* governor_watch.c - see governor_watch.h.
 * Room: loader/live. May touch: source_pressure and redis_probe.
 *
 *   source limits ──counts──▶ ┌────────┐ ──orders──▶ source limits
 *   database, Redis ─readings▶│ thread │ ──look────▶ whoever asks
 *   governor_watch_note ─────▶└────────┘
 *
 * The mutex guards what is passed in and out; sums and connections are the thread's alone once it runs. */
#include "loader/live/governor_watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/monotonic.h"
#include "loader/sink/redis_probe.h"
#include "loader/source/source_pressure.h"

enum {
    TICK_US = 100000,
    PRESSURE_EVERY_US = 500000,
    SECOND_EVERY_US = 1000000,
    PING_COUNT = 5 /* the median of so many: one late answer is no sign of load */
};

/* A count that grows, and how fast it did over the last second. */
struct growth {
    double count, per_second;
};

struct governor_watch {
    struct governor_watch_options options;
    struct governor_reach reach;
    struct source_pressure *pressure; /* NULL: no database to watch */
    struct redis_probe *probe;        /* NULL: no Redis */
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_uint_least64_t written_count, failed_count;

    pthread_mutex_t mutex;
    struct governor_settings settings;
    bool has_new_settings;
    struct governor_look look;

    struct governor governor;
    struct governor_signs signs;
    struct chunk_sum seen[GOVERNOR_LANE_COUNT]; /* of the limits' counters */
    struct chunk_sum second;                    /* all lanes, since `second_us` */
    struct growth written, failed, evicted;
    int64_t pings[PING_COUNT];
    size_t ping_count;
    int64_t pressure_us, second_us; /* when they were due last */
    int64_t lost_us;                /* since when the database does not answer; 0: it does */
    struct error trouble;           /* why */
    int64_t blind_us;               /* since when it answers, but not all that is asked; 0: all */
    struct error blind;             /* why */
};

/* ---- readings */

static void note_blindness(struct governor_watch *watch,
                           const struct source_pressure_reading *reading, int64_t now_us)
{
    if (reading->blind.kind == ERROR_NONE || !reading->has_threads) {
        watch->blind_us = 0;
        return;
    }
    watch->blind_us = watch->blind_us == 0 ? now_us : watch->blind_us;
    watch->blind = reading->blind;
}

static void read_pressure(struct governor_watch *watch, int64_t now_us)
{
    struct error trouble = {0}; /* what fails grows old, and that is judged */
    struct source_pressure_reading reading;
    struct health *health = &watch->signs.health;
    if (watch->pressure == NULL ||
        (watch->pressure_us != 0 && now_us - watch->pressure_us < PRESSURE_EVERY_US)) {
        return;
    }
    watch->pressure_us = now_us;
    int result = source_pressure_read(watch->pressure, &reading, &trouble);
    if (reading.has_threads) {
        watch->lost_us = 0;
        health_read(health, HEALTH_THREADS_RUNNING, reading.threads_running, now_us);
    } else if (result != 0) {
        watch->lost_us = watch->lost_us == 0 ? now_us : watch->lost_us;
        watch->trouble = trouble;
    }
    note_blindness(watch, &reading, now_us);
    if (reading.has_lag) {
        health_read(health, HEALTH_REPLICA_LAG_MS, reading.lag_ms, now_us);
    }
    if (reading.has_throttle) {
        health_read(health, HEALTH_THROTTLE_QUERY, reading.throttle, now_us);
    }
}

static int compare_us(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void read_redis(struct governor_watch *watch, int64_t now_us)
{
    struct error ignored = {0};
    int64_t round_trip_us, sorted[PING_COUNT];
    if (watch->probe == NULL || redis_probe_ping(watch->probe, &round_trip_us, &ignored) != 0) {
        return;
    }
    watch->pings[watch->ping_count++ % PING_COUNT] = round_trip_us;
    size_t count = watch->ping_count < PING_COUNT ? watch->ping_count : PING_COUNT;
    size_t middle = count / 2;
    memcpy(sorted, watch->pings, sizeof sorted);
    qsort(sorted, count, sizeof *sorted, compare_us);
    health_read(&watch->signs.health, HEALTH_REDIS_LATENCY_US, (double)sorted[middle], now_us);
}

/* What the questions of each lane took since the last tick. */
static void read_chunks(struct governor_watch *watch)
{
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        struct source_limits *limits = watch->options.limits[i];
        if (limits == NULL) {
            continue;
        }
        struct chunk_sum sum = {.count = atomic_load(&limits->chunk_count),
                                .us_total = atomic_load(&limits->chunk_us_total)};
        watch->signs.chunks[i] = (struct chunk_sum){sum.count - watch->seen[i].count,
                                                    sum.us_total - watch->seen[i].us_total};
        watch->second.count += watch->signs.chunks[i].count;
        watch->second.us_total += watch->signs.chunks[i].us_total;
        watch->seen[i] = sum;
    }
}

static void grow(struct growth *growth, double count, double second)
{
    bool is_same_server = count >= growth->count;
    growth->per_second = is_same_server ? (count - growth->count) / second : 0;
    growth->count = count;
}

/* What is a rate, or a mean over about a second. */
static void read_second(struct governor_watch *watch, int64_t now_us)
{
    struct error ignored = {0};
    struct health *health = &watch->signs.health;
    double second = (double)(now_us - watch->second_us) / US_PER_SECOND;
    uint64_t evicted;
    if (now_us - watch->second_us < SECOND_EVERY_US) {
        return;
    }
    watch->second_us = now_us;
    grow(&watch->written, (double)atomic_load(&watch->written_count), second);
    grow(&watch->failed, (double)atomic_load(&watch->failed_count), second);
    watch->signs.written_per_second = watch->written.per_second;
    health_read(health, HEALTH_ERRORS, watch->failed.per_second, now_us);
    if (watch->second.count > 0) {
        double mean_us = (double)watch->second.us_total / (double)watch->second.count;
        health_read(health, HEALTH_CHUNK_MS, mean_us / US_PER_MS, now_us);
        watch->second = (struct chunk_sum){0};
    }
    if (watch->probe != NULL && redis_probe_evictions(watch->probe, &evicted, &ignored) == 0) {
        grow(&watch->evicted, (double)evicted, second);
        health_read(health, HEALTH_EVICTIONS, watch->evicted.per_second, now_us);
    }
}

/* ---- orders */

static void take_settings(struct governor_watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    if (watch->has_new_settings) {
        watch->has_new_settings = false;
        governor_change(&watch->governor, &watch->settings);
    }
    pthread_mutex_unlock(&watch->mutex);
}

static void publish(struct governor_watch *watch, const struct governor_orders *orders)
{
    for (int i = 0; i < GOVERNOR_LANE_COUNT; i++) {
        struct source_limits *limits = watch->options.limits[i];
        if (limits != NULL) {
            atomic_store(&limits->chunk_rows, orders->lanes[i].rows);
            atomic_store(&limits->rest_percent, orders->lanes[i].rest_percent);
            atomic_store(&limits->rows_per_second, orders->lanes[i].rows_per_second);
            atomic_store(&limits->connections, orders->lanes[i].connections);
        }
    }
    pthread_mutex_lock(&watch->mutex);
    watch->look.health = watch->signs.health;
    watch->look.orders = *orders;
    watch->look.lost_us = watch->lost_us;
    if (watch->lost_us != 0) {
        watch->look.trouble = watch->trouble;
    }
    watch->look.blind_us = watch->blind_us;
    watch->look.blind = watch->blind;
    pthread_mutex_unlock(&watch->mutex);
}

/* The clock is read again after what may take long, so that no reading seems younger than it is. */
static void tick(struct governor_watch *watch)
{
    take_settings(watch);
    read_pressure(watch, monotonic_us());
    read_redis(watch, monotonic_us());
    read_chunks(watch);
    read_second(watch, monotonic_us());
    struct governor_orders orders = governor_tick(&watch->governor, &watch->signs, monotonic_us());
    publish(watch, &orders);
}

static void *run_thread(void *context)
{
    struct governor_watch *watch = context;
    while (!atomic_load(&watch->is_stopping)) {
        const struct timespec pause = {0, TICK_US * (long)NS_PER_US};
        nanosleep(&pause, NULL);
        tick(watch);
    }
    return NULL;
}

/* ---- life */

static bool is_needed(const struct governor_watch_options *options, enum family_source kind)
{
    for (size_t i = 0; i < options->config->family_count; i++) {
        if (options->is_family_needed[i] && options->config->families[i].source == kind) {
            return true;
        }
    }
    return false;
}

static int open_both_ends(struct governor_watch *watch, struct error *err)
{
    const struct governor_watch_options *options = &watch->options;
    if (is_needed(options, SOURCE_MYSQL) &&
        (watch->pressure = source_pressure_open(options->config, err)) == NULL) {
        return -1;
    }
    if (options->redis != NULL &&
        (watch->probe = redis_probe_open(options->redis, options->stop, err)) == NULL) {
        return -1;
    }
    watch->reach = (struct governor_reach){.has_database = watch->pressure != NULL,
                                           .has_redis = watch->probe != NULL,
                                           .has_http = is_needed(options, SOURCE_HTTP)};
    return 0;
}

/* Counts that began long before the watch: only what comes is a rate. */
static void begin_counts(struct governor_watch *watch)
{
    struct error ignored = {0};
    uint64_t evicted;
    if (watch->probe != NULL && redis_probe_evictions(watch->probe, &evicted, &ignored) == 0) {
        watch->evicted.count = (double)evicted;
    }
    watch->second_us = monotonic_us();
}

/* Signals are the main thread's: it waits in calls that they shall cut short. */
static int start_thread(struct governor_watch *watch, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&watch->thread, NULL, run_thread, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? 0 : error_set_errno(err, ERROR_RESOURCE, failed, "cannot start a thread");
}

static void free_watch(struct governor_watch *watch)
{
    source_pressure_close(watch->pressure);
    redis_probe_close(watch->probe);
    pthread_mutex_destroy(&watch->mutex);
    free(watch);
}

struct governor_watch *governor_watch_start(const struct governor_watch_options *options,
                                            struct error *err)
{
    struct governor_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        error_set_memory(err, "starting the governor");
        return NULL;
    }
    watch->options = *options;
    pthread_mutex_init(&watch->mutex, NULL);
    if (open_both_ends(watch, err) != 0) {
        free_watch(watch);
        return NULL;
    }
    begin_counts(watch);
    watch->settings = governor_config_read(options->config, &watch->reach);
    governor_init(&watch->governor, &watch->settings, watch->second_us);
    tick(watch);
    if (start_thread(watch, err) != 0) {
        free_watch(watch);
        return NULL;
    }
    return watch;
}

void governor_watch_stop(struct governor_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    atomic_store(&watch->is_stopping, true);
    pthread_join(watch->thread, NULL);
    free_watch(watch);
}

void governor_watch_change(struct governor_watch *watch, const struct config *config)
{
    struct governor_settings settings = governor_config_read(config, &watch->reach);
    pthread_mutex_lock(&watch->mutex);
    watch->settings = settings;
    watch->has_new_settings = true;
    pthread_mutex_unlock(&watch->mutex);
}

void governor_watch_note(struct governor_watch *watch, uint64_t written_count,
                         uint64_t failed_count)
{
    atomic_store(&watch->written_count, written_count);
    atomic_store(&watch->failed_count, failed_count);
}

void governor_watch_look(struct governor_watch *watch, struct governor_look *look)
{
    pthread_mutex_lock(&watch->mutex);
    *look = watch->look;
    pthread_mutex_unlock(&watch->mutex);
}
