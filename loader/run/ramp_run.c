/* ramp_run.c - the conductor of `ramp`: looks, asks the rule, publishes, until all users are in or none.
 * Room: loader/run. May touch: the control keys, INFO of the cache, the database's status, the operator's commands.
 *
 * DESIGN
 *  1. One controller an event: a lease in the control Redis. A share that an earlier one left is gone on from.
 *  2. At each tick: what the key holds, hits and misses since the last tick, the governor's readings of both ends, and
 *     the operator's probe. What cannot be read is not good.
 *  3. The rule decides (ramp_rule.h); the share is published at every tick, so that its time to live starts anew, the
 *     degradation keys too, with a life of three ticks. A decision is a line of CSV.
 *  4. The end: at 100 the key stays for ever; at 0 it says 0 for ever, and the exit code is 9. Stopped by a signal, or
 *     dead, the controller lets nobody more in: the share stays for --hold, and is then missing, which means 0. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/process.h"
#include "loader/folder/ramp_note.h"
#include "loader/live/run_switch.h"
#include "loader/load_options.h"
#include "loader/rules/ramp_rule.h"
#include "loader/run/publish_keys.h"
#include "loader/run/ramp_log.h"
#include "loader/run/ramp_metrics.h"
#include "loader/run/ramp_signs.h"
#include "loader/run/shell_call.h"
#include "loader/sink/redis_control.h"

enum {
    SLICE_NS = 50 * 1000 * 1000,
    LEASE_TICKS = 3,
    HOLD_SECOND_MIN = 5,
    OWNER_SIZE = 96,
    KEY_SIZE = 256,
    LINE_SIZE = 64,
    EVENT_SIZE_MAX = 200
};

struct ramp_session {
    const struct load_job *job;
    struct ramp_settings settings;
    struct ramp_state state;
    struct redis_control *control;
    struct ramp_watch *watch;
    struct ramp_log log;
    struct ramp_metrics metrics;
    char lease_key[KEY_SIZE], owner[OWNER_SIZE];
    struct ramp_note note; /* as it stands on the disk; no event: it does not */
};

/* ---- opening */

static int read_settings(struct ramp_session *session, struct error *err)
{
    const struct load_options *options = session->job->options;
    if (options->event == NULL || strlen(options->event) > EVENT_SIZE_MAX) {
        return error_set(err, ERROR_USAGE, "ramp needs --event NAME, of at most %d bytes",
                         EVENT_SIZE_MAX);
    }
    if ((options->probe == NULL) != (options->max_source_ms <= 0)) {
        return error_set(err, ERROR_USAGE, "--probe and --max-source-ms belong together");
    }
    if (options->tick_second < 1 || options->max_misses < 0) {
        return error_set(err, ERROR_USAGE, "--tick must be 1s or more, --max-misses not negative");
    }
    session->settings = (struct ramp_settings){
        .soak_us = options->ramp_soak_second * US_PER_SECOND,
        .give_up_us = options->give_up_second * US_PER_SECOND,
        .min_hit_ratio = options->min_hit_ratio,
        .max_miss_per_second = options->max_misses,
        .min_read_count = options->min_reads,
    };
    return ramp_rule_parse_steps(options->steps, &session->settings, err);
}

static int take_lease(struct ramp_session *session, struct error *err)
{
    char holder[LEASE_OWNER_SIZE];
    int64_t life_ms = LEASE_TICKS * session->job->options->tick_second * MS_PER_SECOND;
    int taken = redis_control_take_lease(session->control, session->lease_key, session->owner,
                                         life_ms, holder, err);
    if (taken == 0) {
        return error_set(err, ERROR_LOCKED,
                         "another ramp of %.100s is under way: %.100s; one that died is out of the "
                         "way after %d ticks",
                         session->job->options->event, holder, LEASE_TICKS);
    }
    return taken < 0 ? -1 : 0;
}

static int open_session(struct ramp_session *session, struct error *err)
{
    char host[OWNER_SIZE / 2] = "";
    if (read_settings(session, err) != 0 || run_switch_install(err) != 0) {
        return -1;
    }
    ramp_metrics_init(&session->metrics, session->job);
    gethostname(host, sizeof host - 1);
    snprintf(session->owner, sizeof session->owner, "%s/pid%ld/%" PRId64, host, (long)getpid(),
             process_start(getpid())); /* containers may share a name, and all have a process 1 */
    snprintf(session->lease_key, sizeof session->lease_key, "rekindle:ramp-lease:%s",
             session->job->options->event);
    session->control = redis_control_open_until(&session->job->redis, run_switch_abort_flag(), err);
    if (session->control == NULL || take_lease(session, err) != 0 ||
        (session->watch = ramp_watch_open(session->job, err)) == NULL ||
        ramp_log_open(&session->log, session->job->options->log, err) != 0) {
        return -1;
    }
    ramp_rule_begin(&session->state,
                    publish_keys_found_share(session->control, session->job->options->event),
                    monotonic_us());
    return 0;
}

static void close_session(struct ramp_session *session)
{
    struct error ignored = {0};
    if (session->control != NULL) {
        int released = redis_control_release_lease(session->control, session->lease_key,
                                                   session->owner, &ignored);
        (void)released;
    }
    ramp_watch_close(session->watch);
    redis_control_close(session->control);
    ramp_log_close(&session->log);
}

/* ---- one tick */

static bool is_end(const struct ramp_decision *decision)
{
    return decision->move == RAMP_END_FULL || decision->move == RAMP_END_ZERO;
}

/* Redis first: it is what counts. What fails is tried again at the next tick. A key is made only where one was known to
 * be missing, so that a Redis that comes back empty between reading and writing gets no share from before. True: the
 * share is published. */
static bool publish(const struct ramp_session *session, const struct ramp_decision *decision,
                    bool was_missing, bool is_changed)
{
    struct error err = {0};
    const struct load_job *job = session->job;
    const struct load_options *options = job->options;
    char share[RAMP_SHARE_SIZE], line[LINE_SIZE];
    int64_t life_second = LEASE_TICKS * options->tick_second;
    bool is_published =
        !session->state.has_begun ||
        publish_keys_share(session->control, options->event, decision->share,
                           is_end(decision) ? 0 : options->hold_second, was_missing, &err) == 0;
    if (!is_published) {
        message_warn(job->message, "the share is not published: %s", err.text);
    } else if (publish_keys_degrade(session->control, job->config, decision->is_degraded,
                                    life_second < HOLD_SECOND_MIN ? HOLD_SECOND_MIN : life_second,
                                    &err) != 0) {
        message_warn(job->message, "the degradation keys are not published: %s", err.text);
    }
    if (is_changed && options->nginx != NULL &&
        publish_keys_nginx(options->nginx, options->event, decision->share, &err) != 0) {
        message_warn(job->message, "--nginx: %s", err.text);
    }
    ramp_rule_print_share(share, decision->share);
    const struct shell_variable variables[] = {
        {"REKINDLE_SHARE", share}, {"REKINDLE_EVENT", options->event}, {NULL, NULL}};
    if (is_changed && options->exec != NULL &&
        shell_call(options->exec, variables, options->tick_second * MS_PER_SECOND, line,
                   sizeof line, &err) != 0) {
        message_warn(job->message, "--exec: %s", err.text);
    }
    return is_published;
}

/* Who ended with a share that runs out would let nobody in some time later. At 0 that is as good as published. */
static void take_back_end(struct ramp_decision *decision)
{
    if (decision->move == RAMP_END_FULL) {
        decision->move = RAMP_HOLD;
        snprintf(decision->why, sizeof decision->why,
                 "all is well, but Redis does not take the share");
    }
}

/* For guard, should the keys be lost. */
static void keep_note(struct ramp_session *session, const struct ramp_decision *decision)
{
    struct error err = {0};
    const struct load_job *job = session->job;
    struct ramp_note note = {.share = decision->share,
                             .is_ended = is_end(decision),
                             .pid = (int64_t)getpid(),
                             .pid_start = process_start(getpid())};
    snprintf(note.event, sizeof note.event, "%s", job->options->event);
    bool is_known = session->note.event[0] != '\0' && session->note.share == note.share &&
                    session->note.is_ended == note.is_ended;
    if (!session->state.has_begun || is_known) {
        return;
    }
    if (ramp_note_save(job->config->run_dir, &note, &err) != 0) {
        message_warn(job->message, "guard will not know this share: %s", err.text);
    }
    session->note = note;
}

static void write_log(struct ramp_session *session, const struct ramp_log_entry *entry)
{
    struct error err = {0};
    if (ramp_log_write(&session->log, entry, &err) < 0) {
        message_warn(session->job->message, "%s; the ramp goes on", err.text);
    }
}

/* One tick: 1 when it was the last one. */
static int do_tick(struct ramp_session *session, struct error *err)
{
    struct ramp_signs signs = {0};
    struct error trouble = {0};
    const char *event = session->job->options->event;
    int before = session->state.share;
    char from[RAMP_SHARE_SIZE], to[RAMP_SHARE_SIZE];
    if (take_lease(session, &trouble) != 0 && trouble.kind == ERROR_LOCKED) {
        *err = trouble;
        return -1;
    }
    signs.found_share = publish_keys_found_share(session->control, event);
    ramp_watch_read(session->watch, &signs);
    if (signs.trouble == NULL && publish_keys_is_warming(session->control)) {
        signs.trouble = "guard warms the lost cache again";
    }
    struct ramp_decision decision =
        ramp_rule_tick(&session->state, &session->settings, &signs, monotonic_us());
    if (!publish(session, &decision, signs.found_share == RAMP_KEY_LOST,
                 decision.share != before)) {
        take_back_end(&decision);
    }
    keep_note(session, &decision);
    struct ramp_log_entry entry = {.at_unix = (int64_t)time(NULL),
                                   .event = event,
                                   .signs = &signs,
                                   .decision = &decision,
                                   .source_ms = ramp_watch_source_ms(session->watch)};
    write_log(session, &entry);
    ramp_metrics_tell(&session->metrics, session->job, &entry);
    if (decision.share != before && !session->log.is_for_people) {
        message_note(session->job->message, "%s: %s%% to %s%%: %s", event,
                     ramp_rule_print_share(from, before), ramp_rule_print_share(to, decision.share),
                     decision.why);
    }
    if (decision.move == RAMP_END_ZERO) {
        return error_set(err, ERROR_NO_GO, "the ramp of %.100s ended at 0: %s", event,
                         decision.why);
    }
    return decision.move == RAMP_END_FULL;
}

static bool is_stopped(void)
{
    return atomic_load(run_switch_stop_flag()) != 0;
}

/* A lost share is no matter for the next tick: guard may wait for it to be published again, as 0, before it warms. */
static bool is_key_lost(const struct ramp_session *session)
{
    return session->state.has_begun &&
           publish_keys_found_share(session->control, session->job->options->event) ==
               RAMP_KEY_LOST;
}

/* 1: all users are in; 0: stopped; -1. */
static int climb(struct ramp_session *session, struct error *err)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    int64_t tick_us = session->job->options->tick_second * US_PER_SECOND;
    int64_t due_us = monotonic_us() + tick_us; /* counts of no time are no rate */
    int64_t look_us = monotonic_us();
    while (!is_stopped()) {
        if (monotonic_us() >= look_us && is_key_lost(session)) {
            due_us = monotonic_us();
        }
        look_us = monotonic_us() >= look_us ? monotonic_us() + US_PER_SECOND : look_us;
        if (monotonic_us() < due_us) {
            nanosleep(&slice, NULL);
            continue;
        }
        int result = do_tick(session, err);
        if (result != 0) {
            return result;
        }
        due_us = due_us + tick_us > monotonic_us() ? due_us + tick_us : monotonic_us() + tick_us;
    }
    return 0;
}

static int end_climb(struct ramp_session *session, int climbed, struct error *err)
{
    const struct load_job *job = session->job;
    char share[RAMP_SHARE_SIZE];
    if (climbed > 0) {
        message_note(job->message, "%s: all users are in", job->options->event);
        return publish_keys_end_degrade(session->control, job->config, err);
    }
    if (climbed == 0) {
        ramp_metrics_stop(&session->metrics, job, session->state.share, (int64_t)time(NULL));
        return error_set(err, ERROR_STOPPED,
                         "stopped with %s%% of the users in; the share stays for --hold, the same "
                         "command goes on, and `redis-cli set rekindle:ramp:%.100s 0` lets nobody "
                         "in",
                         ramp_rule_print_share(share, session->state.share), job->options->event);
    }
    return -1;
}

int ramp_run(const struct load_job *job, struct error *err)
{
    struct ramp_session session = {.job = job};
    int result = open_session(&session, err);
    if (result == 0) {
        result = end_climb(&session, climb(&session, err), err);
    }
    close_session(&session);
    return result;
}
