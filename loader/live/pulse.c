/* pulse.c - see pulse.h.
 * Room: loader/live. May touch: stderr, the status file, the lease, signals' flags; sleeps. */
#include "loader/live/pulse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/monotonic.h"
#include "common/process.h"
#include "common/units.h"
#include "loader/folder/run_metrics.h"

enum { SLICE_US = 100000, SAVE_EVERY_US = 1000000 };

static void sleep_us(int64_t us)
{
    struct timespec duration = {.tv_sec = us / US_PER_SECOND,
                                .tv_nsec = us % US_PER_SECOND * NS_PER_US};
    nanosleep(&duration, NULL);
}

double pulse_benefit_share(const struct pulse *pulse)
{
    return pulse->benefit_ms > 0 ? pulse->totals.benefit_ms / pulse->benefit_ms : 1;
}

static void save_status(struct pulse *pulse, const char *state, const char *note)
{
    struct error ignored = {0};
    double second = (double)(monotonic_us() - pulse->started_us) / US_PER_SECOND;
    uint64_t settled = outcome_tally_sum(&pulse->totals.tally);
    struct run_status status = {
        .pid = getpid(),
        .pid_start = process_start(getpid()),
        .started_unix = pulse->started_unix,
        .updated_unix = (int64_t)time(NULL),
        .settled_count = settled,
        .warm_count = pulse->warm_count,
        .rows_per_second = second > 0 ? (double)(settled - pulse->settled_before) / second : 0,
        .benefit_share = pulse_benefit_share(pulse),
        .deadline_unix = pulse->outlook.deadline_unix,
        .fitting_count = pulse->outlook.is_short ? pulse->outlook.row_count : pulse->warm_count,
        .fitting_share = pulse->outlook.is_short ? pulse->outlook.benefit_share : 1,
        .tally = pulse->totals.tally,
    };
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        status.throttled_second[i] = (double)pulse->pace.throttled_us[i] / US_PER_SECOND;
    }
    snprintf(status.state, sizeof status.state, "%s", state);
    snprintf(status.note, sizeof status.note, "%s", note == NULL ? "" : note);
    struct run_metrics metrics = {.run = pulse->folder == NULL ? "" : pulse->folder->name,
                                  .status = &status,
                                  .pace = &pulse->pace,
                                  .value_bytes = pulse->totals.value_bytes};
    /* Both are a courtesy: a full disk shows in the journal. */
    bool is_saved =
        (pulse->folder == NULL || run_status_save(pulse->folder, &status, &ignored) == 0) &&
        (pulse->metrics_path == NULL ||
         run_metrics_save(pulse->metrics_path, &metrics, &ignored) == 0);
    (void)is_saved;
}

/* "benefit 41.5%; wait: rate", or "benefit 41.5% (93.1% by deadline)", so that the progress line stays within 80 columns. */
static void show_progress(struct pulse *pulse, enum throttle_reason reason)
{
    enum { NOTE_SIZE = 64 };
    static const double PERCENT = 100;
    char note[NOTE_SIZE], fitting[NOTE_SIZE / 2] = "";
    bool is_waiting = reason != THROTTLE_REASON_COUNT;
    if (pulse->outlook.is_short) {
        snprintf(fitting, sizeof fitting, " (%.1f%% by deadline)",
                 pulse->outlook.benefit_share * PERCENT);
    }
    snprintf(note, sizeof note, "benefit %.1f%%%s%s%s", pulse_benefit_share(pulse) * PERCENT,
             fitting, is_waiting ? "; wait: " : "", is_waiting ? pace_reason_word(reason) : "");
    progress_update(&pulse->progress,
                    outcome_tally_sum(&pulse->totals.tally) - pulse->settled_before, note);
}

/* ---- the governor */

static enum throttle_reason reason_of(const struct governor_orders *orders)
{
    if (orders->state == GOVERNOR_HIBERNATING) {
        return THROTTLE_HIBERNATE;
    }
    switch (orders->why.gauge) {
    case HEALTH_REPLICA_LAG_MS:
        return THROTTLE_LAG;
    case HEALTH_THROTTLE_QUERY:
        return THROTTLE_QUERY;
    case HEALTH_THREADS_RUNNING:
    case HEALTH_CHUNK_MS:
    case HEALTH_REDIS_LATENCY_US:
    case HEALTH_EVICTIONS:
    case HEALTH_ERRORS:
    case HEALTH_GAUGE_COUNT:
        break;
    }
    return THROTTLE_THREADS;
}

static bool is_redis_slow(const struct pulse *pulse)
{
    double redis = pulse->look.orders.rows_per_second;
    double rows = (double)pulse->in_force.pace.rows_per_second;
    return redis > 0 && (rows <= 0 || redis < rows);
}

/* The limits in force: the control file's, and what the governor thinks Redis bears. */
static void set_limits(struct pulse *pulse, int64_t now_us)
{
    double rows = (double)pulse->in_force.pace.rows_per_second;
    double bytes = (double)pulse->in_force.pace.bytes_per_second;
    rows = is_redis_slow(pulse) ? pulse->look.orders.rows_per_second : rows;
    pace_set_rows(&pulse->pace, rows, now_us);
    pace_set_bytes(&pulse->pace, bytes, now_us);
}

static void look_at_governor(struct pulse *pulse)
{
    int64_t now_us = monotonic_us();
    if (pulse->base == NULL) {
        return;
    }
    bool is_changed =
        control_file_look(&pulse->control, pulse->base, &pulse->in_force, pulse->message, now_us);
    if (pulse->watch != NULL) {
        const struct outcome_tally *tally = &pulse->totals.tally;
        if (is_changed) {
            governor_watch_change(pulse->watch, &pulse->in_force);
        }
        governor_watch_note(pulse->watch, outcome_tally_sum(tally), tally->count[OUTCOME_FAILED]);
        governor_watch_look(pulse->watch, &pulse->look);
    }
    set_limits(pulse, now_us);
}

/* What is asked of the source keeps step with the row limit: who waits for a window then waits for the limit, unless the
 * source has fallen behind by more than what is fetched ahead. */
static bool is_in_step(const struct pulse *pulse)
{
    enum { AHEAD_SECOND = 3 };
    double limit = (double)pulse->in_force.pace.rows_per_second;
    double second = (double)(monotonic_us() - pulse->started_us) / US_PER_SECOND;
    double settled = (double)(outcome_tally_sum(&pulse->totals.tally) - pulse->settled_before);
    return limit > 0 && settled >= limit / 2 * (second - AHEAD_SECOND);
}

enum throttle_reason pulse_source_reason(const struct pulse *pulse)
{
    const struct governor_orders *orders = &pulse->look.orders;
    if (orders->state != GOVERNOR_RUNNING) {
        return reason_of(orders);
    }
    if (orders->is_source_slow) {
        return THROTTLE_CHUNKS;
    }
    return is_in_step(pulse) ? THROTTLE_ROW_RATE : THROTTLE_SOURCE;
}

/* "row rate limit", or the reading that is to blame. */
static const char *describe(const struct pulse *pulse, enum throttle_reason reason,
                            char text[HEALTH_TEXT_SIZE])
{
    const struct governor_orders *orders = &pulse->look.orders;
    if (reason == THROTTLE_REASON_COUNT) {
        return NULL;
    }
    if (orders->state == GOVERNOR_RUNNING || reason != reason_of(orders)) {
        return pace_reason_text(reason);
    }
    return health_print(text, &orders->why);
}

/* ---- one beat */

/* Progress line, status file and lease. THROTTLE_REASON_COUNT: it does not wait. */
static int show(struct pulse *pulse, enum throttle_reason reason, struct error *err)
{
    int64_t now_us = monotonic_us();
    if (reason == THROTTLE_REASON_COUNT && pulse_is_held(pulse)) {
        reason = reason_of(&pulse->look.orders);
    }
    bool is_paused = reason == THROTTLE_PAUSE;
    show_progress(pulse, reason);
    if (now_us - pulse->saved_us >= SAVE_EVERY_US || is_paused != pulse->is_saved_as_paused) {
        pulse->saved_us = now_us;
        pulse->is_saved_as_paused = is_paused;
        char text[HEALTH_TEXT_SIZE];
        save_status(pulse, is_paused ? "paused" : "running",
                    is_paused ? pulse->run_switch.why : describe(pulse, reason, text));
    }
    return pulse->lock == NULL ? 0 : run_lock_renew(pulse->lock, now_us, err);
}

void pulse_be_nice(const struct pace_config *pace)
{
    errno = 0;
    int now = getpriority(PRIO_PROCESS, 0);
    if (errno == 0 && now < pace->nice && setpriority(PRIO_PROCESS, 0, (int)pace->nice) != 0) {
        return; /* a courtesy, too */
    }
}

void pulse_start(struct pulse *pulse, const char *host_folder)
{
    run_switch_init(&pulse->run_switch, pulse->folder == NULL ? NULL : pulse->folder->path,
                    host_folder);
    control_file_init(&pulse->control, pulse->folder);
    if (pulse->base != NULL) {
        pulse->in_force = *pulse->base;
        pulse_be_nice(&pulse->base->pace);
    }
    pulse->started_us = monotonic_us();
    pulse->started_unix = (int64_t)time(NULL);
    pulse->settled_before = outcome_tally_sum(&pulse->totals.tally);
    save_status(pulse, "running", NULL);
    pulse->saved_us = pulse->started_us;
}

static int check_deadline(const struct pulse *pulse, struct error *err)
{
    if (pulse->deadline_us == 0 || monotonic_us() < pulse->deadline_us) {
        return 0;
    }
    return error_set(err, ERROR_DEADLINE, "the deadline is reached");
}

static int check_sources(struct pulse *pulse, struct error *err)
{
    return pulse->base == NULL ? 0
                               : source_patience_judge(&pulse->patience, &pulse->look,
                                                       source_patience_ms(pulse->base) * US_PER_MS,
                                                       monotonic_us(), pulse->message, err);
}

/* Looks at the switch; while it says pause, waits here. */
static int beat(struct pulse *pulse, enum throttle_reason reason, struct error *err)
{
    enum run_wish wish;
    while ((wish = run_switch_look(&pulse->run_switch, monotonic_us())) == WISH_PAUSE) {
        int64_t before_us = monotonic_us();
        if (show(pulse, THROTTLE_PAUSE, err) != 0 || check_deadline(pulse, err) != 0) {
            return -1;
        }
        sleep_us(SLICE_US);
        pace_account(&pulse->pace, THROTTLE_PAUSE, monotonic_us() - before_us);
    }
    if (wish == WISH_STOP) {
        run_switch_raise_stop();
        return error_set(err, ERROR_STOPPED, "%s", pulse->run_switch.why);
    }
    look_at_governor(pulse);
    return show(pulse, reason, err) != 0 || check_deadline(pulse, err) != 0 ||
                   check_sources(pulse, err) != 0
               ? -1
               : 0;
}

int pulse_beat(struct pulse *pulse, struct error *err)
{
    return beat(pulse, THROTTLE_REASON_COUNT, err);
}

int pulse_wait(struct pulse *pulse, enum throttle_reason reason, int64_t wait_us, struct error *err)
{
    int64_t started_us = monotonic_us(), until_us = started_us + wait_us;
    int64_t paused_us = pulse->pace.throttled_us[THROTTLE_PAUSE];
    int result = 0;
    for (int64_t now_us = started_us; result == 0 && now_us < until_us; now_us = monotonic_us()) {
        int64_t left_us = until_us - now_us;
        sleep_us(left_us < SLICE_US ? left_us : SLICE_US);
        result = beat(pulse, reason, err);
    }
    paused_us = pulse->pace.throttled_us[THROTTLE_PAUSE] - paused_us;
    pace_account(&pulse->pace, reason, monotonic_us() - started_us - paused_us);
    return result;
}

int pulse_breathe(struct pulse *pulse, struct error *err)
{
    look_at_governor(pulse);
    return show(pulse, THROTTLE_REASON_COUNT, err);
}

int pulse_settle(struct pulse *pulse, enum throttle_reason reason, int64_t wait_us,
                 struct error *err)
{
    int64_t started_us = monotonic_us(), now_us = started_us;
    int result = 0;
    while (result == 0 && now_us - started_us < wait_us &&
           atomic_load(run_switch_stop_flag()) == 0) {
        int64_t left_us = started_us + wait_us - now_us;
        sleep_us(left_us < SLICE_US ? left_us : SLICE_US);
        look_at_governor(pulse);
        result = show(pulse, reason, err);
        now_us = monotonic_us();
    }
    pace_account(&pulse->pace, reason, now_us - started_us);
    return result;
}

bool pulse_is_held(const struct pulse *pulse)
{
    return pulse->look.orders.state != GOVERNOR_RUNNING;
}

int pulse_hold(struct pulse *pulse, struct error *err)
{
    int result = pulse_beat(pulse, err);
    while (result == 0 && pulse_is_held(pulse)) {
        result = pulse_wait(pulse, reason_of(&pulse->look.orders), SLICE_US, err);
    }
    return result;
}

/* ---- writing */

/* How many of the next items the byte limit lets through; a value larger than it can ever be goes alone. */
static size_t fit_bytes(struct pulse *pulse, const struct sink_item items[], size_t count)
{
    uint64_t left = pace_bytes_now(&pulse->pace, monotonic_us());
    uint64_t most = pace_bytes_most(&pulse->pace);
    size_t fitting = 0;
    bool is_full = left >= most;
    while (fitting < count && items[fitting].value.size <= left) {
        left -= items[fitting++].value.size;
    }
    return fitting == 0 && is_full ? 1 : fitting;
}

int pulse_take(struct pulse *pulse, const struct sink_item items[], size_t count, size_t *allowed,
               struct error *err)
{
    int result;
    while ((result = pulse_beat(pulse, err)) == 0) {
        int64_t wait_us = PACE_SLOT_US;
        enum throttle_reason reason = THROTTLE_BYTE_RATE;
        size_t fitting = fit_bytes(pulse, items, count);
        if (fitting > 0) {
            *allowed = (size_t)pace_take(&pulse->pace, fitting, monotonic_us(), &wait_us);
            if (*allowed > 0) {
                return 0;
            }
            reason = is_redis_slow(pulse) ? THROTTLE_REDIS : THROTTLE_ROW_RATE;
        }
        if (pulse_wait(pulse, reason, wait_us, err) != 0) {
            return -1;
        }
    }
    return result;
}

size_t pulse_burst_rows(const struct pulse *pulse)
{
    enum { BURSTS_PER_SECOND = 100 };
    double rows = pace_rows_per_second(&pulse->pace);
    double burst = rows / BURSTS_PER_SECOND;
    return rows <= 0 ? SIZE_MAX : burst < 1 ? 1 : (size_t)burst;
}

void pulse_spend(struct pulse *pulse, const struct sink_item items[], size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += items[i].value.size;
    }
    pace_spend(&pulse->pace, count, bytes, monotonic_us());
}

size_t pulse_batch_rows(const struct pulse *pulse, size_t most)
{
    enum { BATCHES_PER_SECOND = 2 };
    double rows = pace_rows_per_second(&pulse->pace);
    double bytes = (double)pulse->in_force.pace.bytes_per_second;
    double warmed = (double)pulse->totals.tally.count[OUTCOME_WARMED];
    if (bytes > 0 && warmed > 0 && pulse->totals.value_bytes > 0) {
        double by_bytes = bytes * warmed / (double)pulse->totals.value_bytes;
        rows = rows <= 0 || by_bytes < rows ? by_bytes : rows;
    }
    double half = rows / BATCHES_PER_SECOND;
    if (rows <= 0 || half >= (double)most) {
        return most;
    }
    return half < 1 ? 1 : (size_t)half;
}

size_t pulse_window_rows(const struct pulse *pulse, size_t most)
{
    enum { LEAST = 100 };
    size_t rows = pulse_batch_rows(pulse, most);
    rows = rows < most / 2 ? 2 * rows : most;
    return rows >= LEAST ? rows : most < LEAST ? most : LEAST;
}

size_t pulse_recheck_rows(const struct pulse *pulse, size_t most)
{
    enum { QUESTIONS = 8 };
    const struct governor_lane_orders *lane = &pulse->look.orders.lanes[GOVERNOR_RECHECK];
    size_t rows = (size_t)lane->rows * (size_t)lane->connections * QUESTIONS;
    return pulse->watch == NULL || rows >= most ? most : rows < 1 ? 1 : rows;
}

void pulse_end(struct pulse *pulse, const char *state, const char *note)
{
    progress_clear(&pulse->progress);
    save_status(pulse, state, note);
}
