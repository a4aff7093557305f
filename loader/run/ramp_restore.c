/* ramp_restore.c - see ramp_restore.h.
 * Room: loader/run. May touch: the control keys, the ramps' notes in [run] dir. */
#include "loader/run/ramp_restore.h"

#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/process.h"
#include "loader/folder/ramp_note.h"
#include "loader/live/run_switch.h"
#include "loader/rules/ramp_rule.h"
#include "loader/run/publish_keys.h"

enum {
    SLICE_NS = 100 * 1000 * 1000,
    WAIT_SECOND = 5 /* for a controller, which looks for its key each second */
};

struct restore {
    const struct load_job *job;
    struct redis_control *control;
    void (*beat)(void *context);
    void *context;
};

static bool is_alive(const struct ramp_note *note)
{
    return process_is_alive(note->pid, note->pid_start);
}

/* ---- while all is well */

static int observe(void *context, const struct ramp_note *note, struct error *err)
{
    const struct restore *restore = context;
    const char *folder = restore->job->config->run_dir;
    int found = publish_keys_found_share(restore->control, note->event);
    if (found == RAMP_KEY_UNKNOWN || (!note->is_ended && is_alive(note))) {
        return 0;
    }
    if (found == RAMP_KEY_LOST) { /* it ran out, or was removed: as good as 0 */
        ramp_note_remove(folder, note);
    } else if (found < note->share) {
        struct ramp_note smaller = *note;
        smaller.share = found;
        return ramp_note_save(folder, &smaller, err);
    }
    return 0;
}

int ramp_restore_observe(const struct load_job *job, struct redis_control *control,
                         struct error *err)
{
    struct restore restore = {.job = job, .control = control};
    return ramp_note_each(job->config->run_dir, observe, &restore, err);
}

/* ---- after a loss */

static int wait_for_controller(const struct restore *restore, const struct ramp_note *note,
                               struct error *err)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    int64_t until_us = monotonic_us() + WAIT_SECOND * (int64_t)US_PER_SECOND;
    while (publish_keys_found_share(restore->control, note->event) == RAMP_KEY_LOST &&
           is_alive(note) && monotonic_us() < until_us) {
        if (atomic_load(run_switch_stop_flag()) != 0) {
            return error_set(err, ERROR_STOPPED, "stopped by a signal");
        }
        restore->beat(restore->context);
        nanosleep(&slice, NULL);
    }
    return 0;
}

static int restore_one(void *context, const struct ramp_note *note, struct error *err)
{
    const struct restore *restore = context;
    char text[RAMP_SHARE_SIZE];
    int share = note->is_ended ? note->share : 0;
    if (!note->is_ended && is_alive(note)) {
        return wait_for_controller(restore, note, err);
    }
    if (publish_keys_found_share(restore->control, note->event) != RAMP_KEY_LOST) {
        return 0; /* the keys are not in the cache that was lost, or somebody was faster */
    }
    message_warn(restore->job->message, "the ramp of %.100s is published again: %s%%%s",
                 note->event, ramp_rule_print_share(text, share),
                 note->is_ended ? ", as it ended" : ", nobody drives it any more");
    return publish_keys_share(restore->control, note->event, share, 0, true, err);
}

int ramp_restore_publish(const struct load_job *job, struct redis_control *control,
                         void (*beat)(void *context), void *context, struct error *err)
{
    struct restore restore = {.job = job, .control = control, .beat = beat, .context = context};
    return ramp_note_each(job->config->run_dir, restore_one, &restore, err);
}
