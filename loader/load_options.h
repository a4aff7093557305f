/* load_options.h - the command line of rekindle-load as one table, and the struct it fills.
 * Room: loader (top). May touch: common. */
#ifndef REKINDLE_LOADER_LOAD_OPTIONS_H
#define REKINDLE_LOADER_LOAD_OPTIONS_H

#include "common/config.h"
#include "common/options.h"

#define LOAD_ROWS_NOT_GIVEN UINT64_MAX

/* One struct for all commands: a command reads the fields of the tables it names. NULL and 0: not given. */
struct load_options {
    const char *config, *now;
    bool is_quiet, is_verbose;
    const char *plan, *run, *redis;
    uint64_t window_ranks;    /* 0: as the config says */
    uint64_t rows_per_second; /* 0: no limit; LOAD_ROWS_NOT_GIVEN: as the config says */
    const char *mode;         /* nx, if-newer or overwrite */
    const char *deadline;     /* a time or a duration */
    double memory_high;
    uint64_t memory_budget_bytes;
    const char *growth, *accept_eviction;
    int64_t max_plan_age_second;
    bool is_removal_allowed;
    bool is_stale_accepted;
    bool is_recheck_off;
    double max_loss_share;
    const char *sample;  /* a count or `all` */
    double min_coverage; /* 0..1 */
    uint64_t touch_count;
    bool is_look_only;
    const char *waves;    /* NULL: one */
    const char *waves_by; /* rank or bucket; NULL: rank */
    int64_t soak_second;
    const char *on_unhealthy;
    double holdout_share; /* 0..1 */
    uint64_t wave;        /* 1..; 0: all of a run */
    bool is_dry_run;
    bool is_deleting_overwritten;
    bool is_again;     /* warm anew what was rolled back */
    bool is_lost;      /* the cache is known to have lost keys */
    const char *image; /* of another run; NULL: this run's own */
    bool is_all;       /* every run of this host */
    const char *event, *steps, *nginx, *exec, *probe, *log;
    int64_t tick_second, ramp_soak_second, give_up_second, hold_second;
    double min_hit_ratio, max_misses, max_source_ms;
    uint64_t min_reads;
    const char *active_plan;
    int64_t guard_tick_second;
    bool is_once;
};

extern const struct program load_program;

/* The defaults. */
void load_options_init(struct load_options *options);

/* The rows a second that a load may write by command line, else by [pace] rows; 0: no limit. */
uint64_t load_options_rows(const struct load_options *options, const struct config *config);

#endif
