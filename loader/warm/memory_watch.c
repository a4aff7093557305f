/* memory_watch.c - see memory_watch.h.
 * Room: loader/warm. May touch: the sink (its status only), the pulse. */
#include "loader/warm/memory_watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/load_options.h"
#include "loader/warm/checked_plan.h"
#include "loader/folder/journal.h"

_Static_assert((int)MEMORY_NODE_MAX == (int)SINK_NODE_MAX, "a reading for each node");

static const double PERCENT = 100;
enum { WAIT_US = 200000, SAMPLE_LEAST_SECOND = 60, PATIENCE_DEFAULT_MS = 30 * 1000 };

/* ---- options */

static int set_growth(struct memory_watch *watch, const char *text, struct memory_limits *limits,
                      struct error *err)
{
    static const char measured[] = "measured:";
    double bytes_per_second = 0;
    int64_t left_second = watch->window_start_unix - watch->now_unix;
    if (text == NULL) {
        return 0;
    }
    if (strncmp(text, measured, sizeof measured - 1) == 0) {
        if (units_parse_duration_second(text + sizeof measured - 1, &watch->sample_second, err) !=
            0) {
            return -1;
        }
        return watch->sample_second >= SAMPLE_LEAST_SECOND
                   ? 0
                   : error_set(
                         err, ERROR_USAGE,
                         "'%.60s': what is seen in seconds says nothing of hours; measure for "
                         "at least a minute, as measured:10m",
                         text);
    }
    if (memory_budget_parse_rate(text, &bytes_per_second, err) != 0) {
        return -1;
    }
    limits->growth_bytes = left_second > 0 ? bytes_per_second * (double)left_second : 0;
    return 0;
}

/* `500` or `500/s` */
static int set_evictions(const char *text, struct memory_limits *limits, struct error *err)
{
    enum { WORD_SIZE = 32 };
    static const char suffix[] = "/s";
    char word[WORD_SIZE];
    uint64_t count;
    if (text == NULL) {
        return 0;
    }
    snprintf(word, sizeof word, "%s", text);
    size_t size = strlen(word);
    if (size > 2 && strcmp(word + size - 2, suffix) == 0) {
        word[size - 2] = '\0';
    }
    if (units_parse_count(word, &count, err) != 0) {
        return -1;
    }
    limits->evictions_per_second = (double)count;
    return 0;
}

static int read_limits(struct memory_watch *watch, const struct load_job *job,
                       struct memory_limits *limits, struct error *err)
{
    const struct load_options *options = job->options;
    const struct config *config = job->config;
    *limits = (struct memory_limits){
        .high_share = options->memory_high > 0 ? options->memory_high : config->budget_memory_high,
        .budget_bytes = options->memory_budget_bytes > 0 ? options->memory_budget_bytes
                                                         : config->budget_memory_bytes,
    };
    if (set_growth(watch, options->growth != NULL ? options->growth : config->budget_growth, limits,
                   err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--growth, or [budget] growth");
    }
    if (set_evictions(options->accept_eviction != NULL ? options->accept_eviction
                                                       : config->budget_accept_eviction,
                      limits, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--accept-eviction, or [budget] accept_eviction");
    }
    return 0;
}

/* ---- readings */

static int take_reading(struct memory_watch *watch, struct error *err)
{
    struct memory_reading readings[MEMORY_NODE_MAX];
    if (sink_node_statuses(watch->sink, watch->statuses, &watch->status_count, err) != 0) {
        return error_add_context(err, "asking for memory");
    }
    for (size_t i = 0; i < watch->status_count; i++) {
        const struct sink_status *status = &watch->statuses[i];
        uint64_t uncounted = status->uncounted_bytes < status->used_bytes ? status->uncounted_bytes
                                                                          : status->used_bytes;
        readings[i] = (struct memory_reading){
            .identity = XXH3_64bits(status->run_id, strlen(status->run_id)),
            .used_bytes = status->used_bytes - uncounted,
            .max_bytes = status->max_bytes,
            .evicted_count = status->evicted_count,
        };
    }
    memory_budget_read(&watch->budget, readings, watch->status_count, monotonic_us());
    return 0;
}

static int refuse_unbounded(const struct memory_watch *watch, struct error *err)
{
    for (size_t i = 0; i < watch->status_count; i++) {
        if (watch->statuses[i].max_bytes == 0 && watch->budget.limits.budget_bytes == 0) {
            return error_set(err, ERROR_USAGE,
                             "the Redis at %s has no maxmemory, so nothing tells how much it may "
                             "hold: say what the load may take with --memory-budget 2GiB or "
                             "[budget] memory, or set maxmemory",
                             watch->statuses[i].address);
        }
    }
    return 0;
}

static double mean_planned_bytes(const struct checked_plan *plan)
{
    const struct plan_identity *identity = &plan->identity;
    return identity->warm_count > 0 ? (double)identity->size_bytes / (double)identity->warm_count
                                    : 0;
}

/* As memory_budget_add would have counted it, with the mean size of the keys' names. */
void memory_watch_resume(struct memory_watch *watch, const struct checked_plan *plan,
                         const struct journal_survey *survey)
{
    double warm_count = (double)plan->identity.warm_count;
    double name_bytes = warm_count > 0 ? (double)plan->key_bytes / warm_count : 0;
    watch->budget.loaded_bytes =
        (double)survey->value_bytes +
        (double)survey->tally.count[OUTCOME_WARMED] * (name_bytes + MEMORY_KEY_OVERHEAD_BYTES);
}

int memory_watch_open(struct memory_watch *watch, const struct load_job *job,
                      const struct checked_plan *plan, struct sink *sink, struct error *err)
{
    struct memory_limits limits;
    *watch =
        (struct memory_watch){.sink = sink,
                              .message = job->message,
                              .window_start_unix = plan->identity.window_start_unix,
                              .now_unix = job->now_unix,
                              .curve = plan->curve,
                              .patience_ms = job->config->patience_ms > 0 ? job->config->patience_ms
                                                                          : PATIENCE_DEFAULT_MS,
                              .told_share = 1};
    watch->statuses = calloc(SINK_NODE_MAX, sizeof *watch->statuses);
    if (watch->statuses == NULL) {
        return error_set_memory(err, "watching the memory of Redis");
    }
    if (read_limits(watch, job, &limits, err) != 0) {
        return -1;
    }
    memory_budget_init(&watch->budget, &limits, mean_planned_bytes(plan));
    return take_reading(watch, err) != 0 || refuse_unbounded(watch, err) != 0 ? -1 : 0;
}

void memory_watch_close(struct memory_watch *watch)
{
    free(watch->statuses);
    watch->statuses = NULL;
}

/* ---- words */

const char *memory_watch_print_mark(char *text, const struct memory_watch *watch, size_t node)
{
    char max[UNITS_TEXT_SIZE], growth[UNITS_TEXT_SIZE];
    const struct memory_limits *limits = &watch->budget.limits;
    int size =
        snprintf(text, MEMORY_TEXT_SIZE, "%g%% of maxmemory %s", limits->high_share * PERCENT,
                 units_print_bytes(max, watch->budget.nodes[node].max_bytes));
    if (limits->growth_bytes > 0) {
        double here = limits->growth_bytes / (double)watch->budget.node_count;
        snprintf(text + size, MEMORY_TEXT_SIZE - (size_t)size,
                 ", less %s for growth until the window",
                 units_print_bytes(growth, (uint64_t)here));
    }
    return text;
}

static int refuse_full(struct memory_watch *watch, const struct memory_verdict *verdict,
                       struct error *err)
{
    char used[UNITS_TEXT_SIZE], mark[UNITS_TEXT_SIZE], words[MEMORY_TEXT_SIZE];
    return error_set(err, ERROR_RESOURCE,
                     "the Redis at %s holds %s, which is up to the mark of %s (%s); give it more "
                     "memory, plan fewer keys, or raise --memory-high; the same command goes on",
                     watch->statuses[verdict->node].address,
                     units_print_bytes(used, verdict->used_bytes),
                     units_print_bytes(mark, verdict->mark_bytes),
                     memory_watch_print_mark(words, watch, verdict->node));
}

static int refuse_evicting(struct memory_watch *watch, const struct memory_verdict *verdict,
                           struct error *err)
{
    double accepted = watch->budget.limits.evictions_per_second;
    if (accepted > 0) {
        return error_set(err, ERROR_RESOURCE,
                         "%s evicts %.0f keys a second, more than the %.0f of --accept-eviction",
                         sink_name(watch->sink), verdict->evictions_per_second, accepted);
    }
    return error_set(err, ERROR_RESOURCE,
                     "%s evicts keys (%" PRIu64 " just now), and no live key shall lose its place: "
                     "give it more memory, or say with --accept-eviction RATE how many a second "
                     "it may",
                     sink_name(watch->sink), verdict->evicted_count);
}

static int refuse(struct memory_watch *watch, const struct memory_verdict *verdict,
                  struct error *err)
{
    char budget[UNITS_TEXT_SIZE];
    watch->has_refused = true;
    if (verdict->state == MEMORY_EVICTING) {
        return refuse_evicting(watch, verdict, err);
    }
    if (verdict->state == MEMORY_SPENT) {
        return error_set(err, ERROR_RESOURCE,
                         "the memory budget of %s is spent; the same command with a larger "
                         "--memory-budget goes on",
                         units_print_bytes(budget, verdict->mark_bytes));
    }
    return refuse_full(watch, verdict, err);
}

/* What will not fit is said before it happens. */
static void tell_fitting(struct memory_watch *watch, const struct pulse *pulse)
{
    enum { REPEAT_US = 30 * US_PER_SECOND };
    static const double SHARE_CHANGE = 0.05;
    uint64_t settled = outcome_tally_sum(&pulse->totals.tally);
    uint64_t left = pulse->warm_count > settled ? pulse->warm_count - settled : 0;
    uint64_t fitting = memory_budget_fitting(&watch->budget);
    int64_t now_us = monotonic_us();
    double share = fitting >= left ? 1 : benefit_curve_share(watch->curve, settled + fitting);
    bool is_due = watch->told_us == 0 || now_us - watch->told_us >= REPEAT_US;
    if (is_due && fabs(share - watch->told_share) >= SHARE_CHANGE) {
        watch->told_share = share;
        watch->told_us = now_us;
        message_note(watch->message,
                     "memory: about %" PRIu64 " of %" PRIu64
                     " planned keys fit: %.1f%% of the expected benefit",
                     fitting >= left ? pulse->warm_count : settled + fitting, pulse->warm_count,
                     share * PERCENT);
    }
}

/* ---- before the first key */

/* A Redis that is far from full, or has never evicted, does not evict now. */
static bool may_be_evicting(const struct memory_watch *watch)
{
    static const double NEARLY_FULL = 0.9;
    const struct memory_budget *budget = &watch->budget;
    for (size_t i = 0; i < budget->node_count; i++) {
        const struct memory_reading *node = &budget->nodes[i];
        if (node->evicted_count > 0 &&
            (double)node->used_bytes >= NEARLY_FULL * (double)node->max_bytes) {
            return true;
        }
    }
    return false;
}

static double sum_used(const struct memory_budget *budget)
{
    double sum = 0;
    for (size_t i = 0; i < budget->node_count; i++) {
        sum += (double)budget->nodes[i].used_bytes;
    }
    return sum;
}

/* Waits and reads again: evictions are counted by the budget, growth here. */
static int sample(struct memory_watch *watch, struct pulse *pulse, int64_t second,
                  struct error *err)
{
    char growth[UNITS_TEXT_SIZE];
    if (take_reading(watch, err) != 0) {
        return -1;
    }
    double before = sum_used(&watch->budget);
    if (pulse_wait(pulse, THROTTLE_MEMORY, second * US_PER_SECOND, err) != 0 ||
        take_reading(watch, err) != 0) {
        return -1;
    }
    int64_t left_second = watch->window_start_unix - watch->now_unix;
    if (watch->sample_second > 0 && left_second > 0) {
        double per_second = fmax(sum_used(&watch->budget) - before, 0) / (double)second;
        watch->budget.limits.growth_bytes = per_second * (double)left_second;
        message_note(watch->message,
                     "memory: by the growth of the last %" PRId64
                     " s the application will add %s until the window",
                     second,
                     units_print_bytes(growth, (uint64_t)watch->budget.limits.growth_bytes));
        return take_reading(watch, err);
    }
    return 0;
}

int memory_watch_begin(struct memory_watch *watch, struct pulse *pulse, struct error *err)
{
    enum { EVICTION_SAMPLE_SECOND = 2 };
    int64_t second = watch->sample_second;
    if (second == 0 && may_be_evicting(watch)) {
        second = EVICTION_SAMPLE_SECOND;
    }
    if (second > 0 && sample(watch, pulse, second, err) != 0) {
        return -1;
    }
    struct memory_verdict verdict = memory_budget_judge(&watch->budget, monotonic_us());
    if (verdict.state != MEMORY_FREE) {
        return refuse(watch, &verdict, err);
    }
    tell_fitting(watch, pulse);
    return 0;
}

/* ---- while it goes on */

/* A server that is away for a moment is waited for as long as writes are; meanwhile single keys go out, for the sink to
 * find out what became of it. `*is_known`: there is a reading. */
static int read_again(struct memory_watch *watch, struct pulse *pulse, bool *is_known,
                      struct error *err)
{
    int64_t now_us = monotonic_us();
    *is_known = take_reading(watch, err) == 0;
    if (*is_known) {
        watch->lost_us = 0;
        tell_fitting(watch, pulse);
        return 0;
    }
    bool is_first = watch->lost_us == 0;
    watch->lost_us = is_first ? now_us : watch->lost_us;
    if (err->kind != ERROR_BACKEND ||
        now_us - watch->lost_us > watch->patience_ms * (int64_t)US_PER_MS) {
        return -1;
    }
    error_clear(err);
    return is_first ? 0 : pulse_wait(pulse, THROTTLE_REDIS, WAIT_US, err);
}

int memory_watch_ask(struct memory_watch *watch, struct pulse *pulse, size_t wanted,
                     size_t *allowed, struct error *err)
{
    for (;;) {
        int64_t now_us = monotonic_us();
        bool is_known = true;
        if (memory_budget_needs_reading(&watch->budget, now_us) &&
            read_again(watch, pulse, &is_known, err) != 0) {
            return -1;
        }
        if (!is_known) {
            *allowed = 1;
            return 0;
        }
        struct memory_verdict verdict = memory_budget_judge(&watch->budget, now_us);
        if (verdict.state == MEMORY_FREE) {
            *allowed = memory_budget_allow(&watch->budget, wanted);
            return 0;
        }
        if (verdict.state != MEMORY_HIGH) {
            return refuse(watch, &verdict, err);
        }
        if (pulse_wait(pulse, THROTTLE_MEMORY, WAIT_US, err) != 0) {
            return -1;
        }
    }
}

void memory_watch_wrote(struct memory_watch *watch, const struct sink_item items[], size_t count)
{
    uint64_t written = 0, bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_written = items[i].result == SINK_DONE;
        written += is_written;
        bytes += is_written ? items[i].key.size + items[i].value.size : 0;
        watch->has_refused = watch->has_refused || items[i].result == SINK_REFUSED;
    }
    memory_budget_add(&watch->budget, written, bytes);
}
