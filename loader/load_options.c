/* load_options.c - see load_options.h.
 * Room: loader (top). May touch: common. */
#include "loader/load_options.h"

#include "common/config_print.h"

#include <stddef.h>

#define FIELD(field) offsetof(struct load_options, field)
#define END_OF_TABLE                                                                               \
    {                                                                                              \
        NULL, OPTION_FLAG, 0, NULL, NULL                                                           \
    }

static const struct option_row general_rows[] = {
    {"config", OPTION_TEXT, FIELD(config), "FILE", "INI file with families, sources and Redis"},
    {"quiet", OPTION_FLAG, FIELD(is_quiet), NULL, "say nothing but warnings and errors"},
    {"verbose", OPTION_FLAG, FIELD(is_verbose), NULL, "say more"},
    {"now", OPTION_TEXT, FIELD(now), "TIME",
     "take this for the present (for tests and replays); keys then live as long from the true "
     "present on"},
    END_OF_TABLE,
};

static const struct option_row plan_rows[] = {
    {"plan", OPTION_TEXT, FIELD(plan), "FILE", "the plan, as rekindle-predict rank writes it"},
    {"redis", OPTION_TEXT, FIELD(redis), "ADDRESS",
     "host:port or unix:/path; default [redis] address of the config"},
    {"max-plan-age", OPTION_DURATION_SECOND, FIELD(max_plan_age_second), "TIME",
     "refuse a plan whose as_of is older; default 3d"},
    {"allow-removed", OPTION_FLAG, FIELD(is_removal_allowed), NULL,
     "accept a plan that has lost more than 20% of its rows"},
    END_OF_TABLE,
};

static const struct option_row run_rows[] = {
    {"run", OPTION_TEXT, FIELD(run), "DIR",
     "folder of the run; default a name made of event, plan and target, in [run] dir"},
    END_OF_TABLE,
};

static const struct option_row write_rows[] = {
    {"window-ranks", OPTION_COUNT, FIELD(window_ranks), "N",
     "rows fetched together and written in rank order; default 20000"},
    {"rows", OPTION_COUNT, FIELD(rows_per_second), "N",
     "write at most so many rows a second, 0: no limit; default [pace] rows"},
    {"mode", OPTION_TEXT, FIELD(mode), "MODE",
     "keys that exist: nx leaves them alone (default), if-newer replaces older ones, overwrite "
     "all"},
    {"deadline", OPTION_TEXT, FIELD(deadline), "TIME",
     "stop then, with the tail of the plan not warmed (exit 7): 2026-11-11T00:00:00Z, or a "
     "duration "
     "from now on"},
    {"memory-high", OPTION_SHARE, FIELD(memory_high), "SHARE",
     "stop at this share of maxmemory; default [budget] memory_high, or 80%"},
    {"memory-budget", OPTION_BYTES_SOME, FIELD(memory_budget_bytes), "BYTES",
     "what the load may take; needed when Redis has no maxmemory; default [budget] memory"},
    {"growth", OPTION_TEXT, FIELD(growth), "RATE",
     "leave room for what the application adds until the window: 20MiB/h, or measured:10m"},
    {"accept-eviction", OPTION_TEXT, FIELD(accept_eviction), "RATE",
     "load although Redis evicts, up to so many keys a second; default: none"},
    {"max-loss-share", OPTION_SHARE, FIELD(max_loss_share), "SHARE",
     "exit with 1 when more of the planned rows are missing in the source or failed; default 1%"},
    {"waves", OPTION_TEXT, FIELD(waves), "SHARES",
     "warm in waves, 1%,10%,50%,100% of the plan, and watch database and Redis in between"},
    {"waves-by", OPTION_TEXT, FIELD(waves_by), "WHAT",
     "rank (default), or bucket: the users first that `ramp` lets in first"},
    {"soak", OPTION_DURATION_SECOND, FIELD(soak_second), "TIME",
     "how long to watch between two waves; default 5m"},
    {"on-unhealthy", OPTION_TEXT, FIELD(on_unhealthy), "WHAT",
     "then hold (default), stop, or rollback: that wave only"},
    {"holdout", OPTION_SHARE, FIELD(holdout_share), "SHARE",
     "leave a random share of the ids cold, to measure afterwards what warming gained"},
    {"again", OPTION_FLAG, FIELD(is_again), NULL, "warm anew a plan whose run was rolled back"},
    {"lost", OPTION_FLAG, FIELD(is_lost), NULL,
     "Redis is known to have lost keys: warm all again when one of the run's is gone, not a tenth"},
    {"image", OPTION_TEXT, FIELD(image), "FILE",
     "take values from another run's image; what has changed since comes from the source"},
    {"accept-stale", OPTION_FLAG, FIELD(is_stale_accepted), NULL,
     "go on although [mysql] is a replica, which cannot tell what is stale"},
    {"no-recheck", OPTION_FLAG, FIELD(is_recheck_off), NULL,
     "do not look at the source again after writing: only when nobody writes to it"},
    END_OF_TABLE,
};

static const struct option_row verify_rows[] = {
    {"sample", OPTION_TEXT, FIELD(sample), "N",
     "compare so many values with the source, spread over the plan, or all; default 1000"},
    END_OF_TABLE,
};

static const struct option_row ready_rows[] = {
    {"min-coverage", OPTION_SHARE, FIELD(min_coverage), "SHARE",
     "NO-GO when less of the expected benefit is warm; default 95%"},
    {"look-only", OPTION_FLAG, FIELD(is_look_only), NULL, "do not warm again what went missing"},
    {"touch", OPTION_COUNT, FIELD(touch_count), "N",
     "let the first N keys that are there count as used just now, so that they are not evicted "
     "first: at the expense of others, so use it once and late"},
    END_OF_TABLE,
};

static const struct option_row rollback_rows[] = {
    {"run", OPTION_TEXT, FIELD(run), "DIR",
     "folder of the run to take back, or its name in [run] dir"},
    {"wave", OPTION_COUNT_SOME, FIELD(wave), "N", "take back this wave only, 1 being the first"},
    {"delete-overwritten", OPTION_FLAG, FIELD(is_deleting_overwritten), NULL,
     "also of a run that has replaced values: they are removed, not brought back"},
    {"dry-run", OPTION_FLAG, FIELD(is_dry_run), NULL, "look and count; remove nothing"},
    {"rows", OPTION_COUNT, FIELD(rows_per_second), "N",
     "look at so many keys a second at most; default no limit"},
    {"redis", OPTION_TEXT, FIELD(redis), "ADDRESS",
     "host:port or unix:/path; default [redis] address of the config"},
    END_OF_TABLE,
};

static const struct option_row switch_rows[] = {
    {"run", OPTION_TEXT, FIELD(run), "DIR",
     "folder of the run, or its name in [run] dir; default the one that is under way"},
    {"all", OPTION_FLAG, FIELD(is_all), NULL, "every run of this host, also those to come"},
    {"redis", OPTION_TEXT, FIELD(redis), "ADDRESS",
     "host:port or unix:/path; default [redis] address of the config"},
    END_OF_TABLE,
};

static const struct option_row ramp_rows[] = {
    {"event", OPTION_TEXT, FIELD(event), "NAME", "the share is the Redis key rekindle:ramp:NAME"},
    {"steps", OPTION_TEXT, FIELD(steps), "LIST",
     "shares of users in percent; default 1,5,20,50,100"},
    {"tick", OPTION_DURATION_SECOND, FIELD(tick_second), "TIME",
     "how often it looks and decides; default 10s"},
    {"soak", OPTION_DURATION_SECOND, FIELD(ramp_soak_second), "TIME",
     "how long a step must have been well; default 60s"},
    {"min-hit-ratio", OPTION_SHARE, FIELD(min_hit_ratio), "SHARE",
     "raise only above, step back when it held and falls below; default 80%"},
    {"min-reads", OPTION_COUNT, FIELD(min_reads), "N",
     "judge no hit ratio of fewer reads; default 100"},
    {"max-misses", OPTION_NUMBER, FIELD(max_misses), "N",
     "what the source bears, in misses a second: raises leave room for newcomers who all miss; "
     "default no limit"},
    {"probe", OPTION_TEXT, FIELD(probe), "CMD",
     "shell command that prints how long the source takes to answer, in ms"},
    {"max-source-ms", OPTION_NUMBER, FIELD(max_source_ms), "MS",
     "step back when --probe prints more"},
    {"hold", OPTION_DURATION_SECOND, FIELD(hold_second), "TIME",
     "how long the share outlives a dead controller; default 1h"},
    {"give-up", OPTION_DURATION_SECOND, FIELD(give_up_second), "TIME",
     "end at 0 (exit 9) when the source is not well for so long; default 10m"},
    {"nginx", OPTION_TEXT, FIELD(nginx), "FILE",
     "also write the share as a split_clients block to include"},
    {"exec", OPTION_TEXT, FIELD(exec), "CMD",
     "also run this shell command at each change, with REKINDLE_SHARE and REKINDLE_EVENT"},
    {"log", OPTION_TEXT, FIELD(log), "FILE",
     "where decisions are appended as CSV; default standard output"},
    {"redis", OPTION_TEXT, FIELD(redis), "ADDRESS",
     "host:port or unix:/path; default [redis] address of the config"},
    END_OF_TABLE,
};

static const struct option_row guard_rows[] = {
    {"active-plan", OPTION_TEXT, FIELD(active_plan), "FILE",
     "also warm this plan, and first: of rekindle-predict rank --scope all"},
    {"every", OPTION_DURATION_SECOND, FIELD(guard_tick_second), "TIME",
     "how often it looks; default 1s"},
    {"once", OPTION_FLAG, FIELD(is_once), NULL, "look once and end, for cron"},
    {"rows", OPTION_COUNT, FIELD(rows_per_second), "N",
     "warm at most so many rows a second, 0: no limit; default [pace] rows"},
    {"redis", OPTION_TEXT, FIELD(redis), "ADDRESS",
     "host:port or unix:/path; default [redis] address of the config"},
    END_OF_TABLE,
};

static const struct command commands[] = {
    {"check",
     "Tries a plan without writing: keys, bytes, queries, seconds",
     {plan_rows, run_rows, write_rows, general_rows},
     NULL,
     {"rekindle-load check --config rekindle.conf --plan plan.csv",
      "rekindle-load check --config rekindle.conf --plan plan.csv --redis 10.0.0.5:6379"}},
    {"run",
     "Warms the plan's keys in rank order; run again, it resumes",
     {plan_rows, run_rows, write_rows, general_rows},
     NULL,
     {"rekindle-load run --config rekindle.conf --plan plan.csv",
      "rekindle-load run --config rekindle.conf --plan plan.csv --rows 20k"}},
    {"verify",
     "Is what was warmed there, right, and alive past the window?",
     {plan_rows, run_rows, verify_rows, general_rows},
     NULL,
     {"rekindle-load verify --config rekindle.conf --plan plan.csv",
      "rekindle-load verify --config rekindle.conf --plan plan.csv --sample all"}},
    {"ready",
     "Minutes before the event: is it warm? Re-warms; GO or NO-GO",
     {plan_rows, run_rows, ready_rows, write_rows, general_rows},
     NULL,
     {"rekindle-load ready --config rekindle.conf --plan plan.csv",
      "rekindle-load ready --config rekindle.conf --plan plan.csv --look-only --min-coverage 99%"}},
    {"status",
     "Says what runs are doing and what to do",
     {run_rows, general_rows},
     NULL,
     {"rekindle-load status --config rekindle.conf",
      "rekindle-load status --run runs/summer-sale-0123456789abcdef"}},
    {"pause",
     "Lets a run wait, holding nothing in the database",
     {switch_rows, general_rows},
     NULL,
     {"rekindle-load pause --config rekindle.conf",
      "rekindle-load pause --config rekindle.conf --all"}},
    {"resume",
     "Lifts a pause or a stop; nothing else does",
     {switch_rows, general_rows},
     NULL,
     {"rekindle-load resume --config rekindle.conf",
      "rekindle-load resume --config rekindle.conf --run summer-sale-0123456789abcdef"}},
    {"stop",
     "Ends a run after the batch in flight; it can be resumed",
     {switch_rows, general_rows},
     NULL,
     {"rekindle-load stop --config rekindle.conf",
      "rekindle-load stop --config rekindle.conf --all"}},
    {"rollback",
     "Takes back what a run wrote, where it is still as it wrote it",
     {rollback_rows, general_rows},
     NULL,
     {"rekindle-load rollback --config rekindle.conf --run NAME --dry-run",
      "rekindle-load rollback --config rekindle.conf --run NAME"}},
    {"guard",
     "Watches the cache, and warms it again when it was lost",
     {guard_rows, general_rows},
     NULL,
     {"rekindle-load guard --config rekindle.conf --rows 5k",
      "rekindle-load guard --config rekindle.conf --once --active-plan active.csv"}},
    {"ramp",
     "Lets users in step by step while cache and source hold",
     {ramp_rows, general_rows},
     NULL,
     {"rekindle-load ramp --config rekindle.conf --event summer-sale --max-misses 60",
      "rekindle-load ramp --config rekindle.conf --event summer-sale --steps 5,50,100 --soak 5m"}},
    {NULL, NULL, {NULL}, NULL, {NULL, NULL}},
};

const struct program load_program = {
    "rekindle-load",
    "Warms the keys of a plan into Redis, the best first, without hurting the\n"
    "database, the cache or the freshness of the data. What it does can be\n"
    "stopped, resumed, checked and taken back.",
    commands,
    {"rekindle-load check --config rekindle.conf --plan plan.csv",
     "rekindle-load run --config rekindle.conf --plan plan.csv"},
    config_print,
};

void load_options_init(struct load_options *options)
{
    enum { SOAK_SECOND = 300 };
    enum { SECONDS_PER_DAY = 86400, PLAN_AGE_DAYS = 3, MINUTE = 60, TICK = 10, MIN_READS = 100 };
    static const double loss_share = 0.01, coverage = 0.95, hit_ratio = 0.8;
    *options = (struct load_options){
        .rows_per_second = LOAD_ROWS_NOT_GIVEN,
        .max_plan_age_second = PLAN_AGE_DAYS * SECONDS_PER_DAY,
        .max_loss_share = loss_share,
        .sample = "1000",
        .soak_second = SOAK_SECOND,
        .on_unhealthy = "hold",
        .min_coverage = coverage,
        .steps = "1,5,20,50,100",
        .tick_second = TICK,
        .ramp_soak_second = MINUTE,
        .give_up_second = TICK * MINUTE,
        .hold_second = (int64_t)MINUTE * MINUTE,
        .min_hit_ratio = hit_ratio,
        .min_reads = MIN_READS,
        .guard_tick_second = 1,
    };
}

uint64_t load_options_rows(const struct load_options *options, const struct config *config)
{
    return options->rows_per_second != LOAD_ROWS_NOT_GIVEN ? options->rows_per_second
                                                           : (uint64_t)config->pace.rows_per_second;
}
