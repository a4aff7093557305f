/* pulse.c - see pulse.h.
 * Room: loader/run. May touch: stderr, the status file, the lease, signals' flags; sleeps. */
#include "loader/run/pulse.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/monotonic.h"
#include "loader/run/run_metrics.h"

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

/* Progress line, status file and lease. THROTTLE_REASON_COUNT: it does not wait. */
static int show(struct pulse *pulse, enum throttle_reason reason, struct error *err)
{
    int64_t now_us = monotonic_us();
    bool is_paused = reason == THROTTLE_PAUSE;
    show_progress(pulse, reason);
    if (now_us - pulse->saved_us >= SAVE_EVERY_US || is_paused != pulse->is_saved_as_paused) {
        pulse->saved_us = now_us;
        pulse->is_saved_as_paused = is_paused;
        save_status(pulse, is_paused ? "paused" : "running",
                    is_paused                         ? pulse->run_switch.why
                    : reason != THROTTLE_REASON_COUNT ? pace_reason_text(reason)
                                                      : NULL);
    }
    return pulse->lock == NULL ? 0 : run_lock_renew(pulse->lock, now_us, err);
}

void pulse_start(struct pulse *pulse, const char *host_folder)
{
    run_switch_init(&pulse->run_switch, pulse->folder == NULL ? NULL : pulse->folder->path,
                    host_folder);
    pulse->started_us = monotonic_us();
    pulse->started_unix = (int64_t)time(NULL);
    pulse->settled_before = outcome_tally_sum(&pulse->totals.tally);
    save_status(pulse, "running", NULL);
    pulse->saved_us = pulse->started_us;
}

/* Looks at the switch; while it says pause, waits here. */
static int beat(struct pulse *pulse, enum throttle_reason reason, struct error *err)
{
    enum run_wish wish;
    while ((wish = run_switch_look(&pulse->run_switch, monotonic_us())) == WISH_PAUSE) {
        int64_t before_us = monotonic_us();
        if (show(pulse, THROTTLE_PAUSE, err) != 0) {
            return -1;
        }
        sleep_us(SLICE_US);
        pace_account(&pulse->pace, THROTTLE_PAUSE, monotonic_us() - before_us);
    }
    if (wish == WISH_STOP) {
        run_switch_raise_stop();
        return error_set(err, ERROR_STOPPED, "%s", pulse->run_switch.why);
    }
    return show(pulse, reason, err);
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

void pulse_end(struct pulse *pulse, const char *state, const char *note)
{
    progress_clear(&pulse->progress);
    save_status(pulse, state, note);
}
