/* ramp_signs.c - see ramp_signs.h.
 * Room: loader/run. May touch: INFO of the cache, the database's status, the operator's probe. */
#include "loader/run/ramp_signs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/monotonic.h"
#include "loader/live/governor_watch.h"
#include "loader/live/run_switch.h"
#include "loader/load_options.h"
#include "loader/run/shell_call.h"
#include "loader/sink/redis_probe.h"

struct ramp_watch {
    const struct load_job *job;
    struct redis_probe *probe;
    struct governor_watch *governor;
    struct health_limits limits;
    bool *is_family_needed; /* [family_count], all true */
    bool has_counts;
    uint64_t hit_count, miss_count; /* at the last look */
    double source_ms;
    char trouble[RAMP_WHY_SIZE];
};

/* ---- looking */

/* A server that began to count anew is one that was restarted: its counts are the next tick's. */
static void read_cache(struct ramp_watch *watch, struct ramp_signs *signs)
{
    struct error ignored = {0};
    uint64_t hits, misses;
    bool is_read = redis_probe_reads(watch->probe, &hits, &misses, &ignored) == 0;
    if (!is_read) {
        watch->has_counts = false;
        return;
    }
    signs->is_cache_known =
        watch->has_counts && hits >= watch->hit_count && misses >= watch->miss_count;
    if (signs->is_cache_known) {
        signs->miss_count = misses - watch->miss_count;
        signs->read_count = hits - watch->hit_count + signs->miss_count;
    }
    watch->has_counts = true;
    watch->hit_count = hits;
    watch->miss_count = misses;
}

static void read_source(struct ramp_watch *watch, struct ramp_signs *signs)
{
    const struct load_options *options = watch->job->options;
    struct governor_look look;
    struct error err = {0};
    char text[HEALTH_TEXT_SIZE];
    governor_watch_look(watch->governor, &look);
    struct health_verdict verdict = health_judge(&look.health, &watch->limits, monotonic_us());
    watch->trouble[0] = '\0';
    watch->source_ms = NAN;
    if (verdict.level != HEALTH_GOOD) {
        snprintf(watch->trouble, sizeof watch->trouble, "%s", health_print(text, &verdict));
    }
    if (options->probe != NULL) {
        double ms;
        if (shell_call_for_number(options->probe, options->tick_second * MS_PER_SECOND, &ms,
                                  &err) != 0) {
            snprintf(watch->trouble, sizeof watch->trouble, "%.150s", err.text);
        } else {
            watch->source_ms = ms;
        }
        if (watch->source_ms > options->max_source_ms) {
            snprintf(watch->trouble, sizeof watch->trouble, "the source takes %g ms, limit %g",
                     watch->source_ms, options->max_source_ms);
        }
    }
    signs->trouble = watch->trouble[0] == '\0' ? NULL : watch->trouble;
}

/* ---- opening */

static int open_both_ends(struct ramp_watch *watch, struct error *err)
{
    const struct load_job *job = watch->job;
    watch->is_family_needed = calloc(job->config->family_count + 1, sizeof(bool));
    if (watch->is_family_needed == NULL) {
        return error_set_memory(err, "opening the ramp");
    }
    struct governor_reach reach = {.has_redis = true};
    for (size_t i = 0; i < job->config->family_count; i++) {
        watch->is_family_needed[i] = true;
        reach.has_database |= job->config->families[i].source == SOURCE_MYSQL;
    }
    struct governor_watch_options options = {.config = job->config,
                                             .redis = &job->redis,
                                             .is_family_needed = watch->is_family_needed,
                                             .stop = run_switch_stop_flag()};
    watch->limits = governor_config_read(job->config, &reach).limits;
    watch->governor = governor_watch_start(&options, err);
    watch->probe =
        watch->governor == NULL ? NULL : redis_probe_open(&job->redis, run_switch_stop_flag(), err);
    return watch->probe == NULL ? -1 : 0;
}

struct ramp_watch *ramp_watch_open(const struct load_job *job, struct error *err)
{
    struct ramp_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        error_set_memory(err, "opening the ramp");
        return NULL;
    }
    watch->job = job;
    watch->source_ms = NAN;
    if (open_both_ends(watch, err) != 0) {
        ramp_watch_close(watch);
        return NULL;
    }
    struct ramp_signs ignored = {0};
    read_cache(watch, &ignored); /* what was counted before is not the first tick's */
    return watch;
}

void ramp_watch_close(struct ramp_watch *watch)
{
    if (watch != NULL) {
        governor_watch_stop(watch->governor);
        redis_probe_close(watch->probe);
        free(watch->is_family_needed);
        free(watch);
    }
}

void ramp_watch_read(struct ramp_watch *watch, struct ramp_signs *signs)
{
    read_cache(watch, signs);
    read_source(watch, signs);
}

double ramp_watch_source_ms(const struct ramp_watch *watch)
{
    return watch->source_ms;
}
