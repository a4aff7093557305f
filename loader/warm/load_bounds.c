/* load_bounds.c - see load_bounds.h.
 * Room: loader/warm. May touch: the sink (its status only), the pulse, stderr. */
#include "loader/warm/load_bounds.h"

#include <inttypes.h>

#include "common/civil_time.h"
#include "common/message.h"
#include "common/monotonic.h"

enum { LOOK_EVERY_US = 200000 };

/* ---- the deadline */

static void project(struct load_bounds *bounds, struct pulse *pulse, int64_t now_us)
{
    struct deadline *deadline = &bounds->deadline;
    char text[DEADLINE_TEXT_SIZE];
    uint64_t settled = outcome_tally_sum(&pulse->totals.tally);
    int64_t paused_us = pulse->pace.throttled_us[THROTTLE_PAUSE];
    deadline_measure(deadline, settled - pulse->settled_before,
                     now_us - pulse->started_us - paused_us);
    struct deadline_projection projection =
        deadline_project(deadline, bounds->curve, settled, pulse->warm_count,
                         pace_rows_per_second(&pulse->pace), now_us);
    pulse->outlook =
        (struct pulse_outlook){.deadline_unix = deadline->at_unix,
                               .is_short = projection.is_known && !projection.is_fitting,
                               .row_count = projection.row_count,
                               .benefit_share = projection.benefit_share};
    if (deadline_is_news(deadline, &projection, now_us)) {
        progress_clear(&pulse->progress);
        message_note(bounds->message, "%s", deadline_print(text, deadline, &projection));
    }
}

int load_bounds_set_deadline(struct load_bounds *bounds, const char *text, int64_t now_unix,
                             struct error *err)
{
    struct deadline *deadline = &bounds->deadline;
    if (text == NULL) {
        return 0;
    }
    if (deadline_parse(text, now_unix, &deadline->at_unix, err) != 0) {
        return -1;
    }
    deadline->at_us = monotonic_us() + (deadline->at_unix - now_unix) * US_PER_SECOND;
    return 0;
}

static int refuse_deadline(const struct load_bounds *bounds, const struct pulse *pulse,
                           struct error *err)
{
    char time[CIVIL_TEXT_SIZE];
    return error_set(err, ERROR_DEADLINE,
                     "the deadline %s is reached with %" PRIu64 " of %" PRIu64
                     " planned keys settled; the same command with a later --deadline goes on",
                     civil_print_rfc3339(time, bounds->deadline.at_unix, NULL),
                     outcome_tally_sum(&pulse->totals.tally), pulse->warm_count);
}

int load_bounds_look(struct load_bounds *bounds, struct pulse *pulse, struct error *err)
{
    int64_t now_us = monotonic_us();
    if (bounds->deadline.at_us == 0) {
        return 0;
    }
    if (deadline_is_over(&bounds->deadline, now_us)) {
        return refuse_deadline(bounds, pulse, err);
    }
    if (now_us - bounds->looked_us >= LOOK_EVERY_US) {
        bounds->looked_us = now_us;
        project(bounds, pulse, now_us);
    }
    return 0;
}

int load_bounds_ask(struct load_bounds *bounds, struct pulse *pulse, size_t wanted, size_t *allowed,
                    struct error *err)
{
    *allowed = wanted;
    if (load_bounds_look(bounds, pulse, err) != 0) {
        return -1;
    }
    return bounds->memory.statuses == NULL
               ? 0
               : memory_watch_ask(&bounds->memory, pulse, wanted, allowed, err);
}

void load_bounds_wrote(struct load_bounds *bounds, const struct sink_item items[], size_t count)
{
    if (bounds->memory.statuses != NULL) {
        memory_watch_wrote(&bounds->memory, items, count);
    }
}

void load_bounds_tell_end(const struct load_bounds *bounds, const struct pulse *pulse,
                          struct error *err)
{
    if (err->kind == ERROR_DEADLINE) {
        int told = refuse_deadline(bounds, pulse, err);
        (void)told;
    }
}
