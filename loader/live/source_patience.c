/* source_patience.c - see source_patience.h.
 * Room: loader/live. May touch: the message. */
#include "loader/live/source_patience.h"

#include "common/monotonic.h"
#include "common/units.h"

/* A database that is away for a while is waited for; one that stays away ends the run, which can be resumed. */
static int judge_database(const struct governor_look *look, int64_t patience_us, int64_t now_us,
                          struct error *err)
{
    char duration[UNITS_TEXT_SIZE];
    int64_t away_us = look->lost_us == 0 ? 0 : now_us - look->lost_us;
    if (away_us <= patience_us) {
        return 0;
    }
    *err = look->trouble;
    err->kind = ERROR_BACKEND;
    units_print_duration(duration, (double)away_us / US_PER_SECOND);
    return error_add_context(err,
                             "the database has not answered for %s, longer than [run] patience, so "
                             "this run gives up; the same command resumes it",
                             duration);
}

static bool is_waiting_blind(const struct governor_look *look)
{
    return look->blind_us != 0 && look->orders.state != GOVERNOR_RUNNING &&
           look->orders.why.is_stale;
}

static int judge_blind(struct source_patience *patience, const struct governor_look *look,
                       int64_t patience_us, int64_t now_us, const struct message *message,
                       struct error *err)
{
    char duration[UNITS_TEXT_SIZE];
    int64_t away_us = now_us - look->blind_us, most_us = SOURCE_PATIENCE_BLIND * patience_us;
    if (!is_waiting_blind(look)) {
        patience->is_told = false;
        return 0;
    }
    if (!patience->is_told) {
        message_warn(message, "the run waits: %s; it gives up after %s", look->blind.text,
                     units_print_duration(duration, (double)most_us / US_PER_SECOND));
        patience->is_told = true;
    }
    if (away_us <= most_us) {
        return 0;
    }
    *err = look->blind;
    err->kind = ERROR_BACKEND;
    units_print_duration(duration, (double)away_us / US_PER_SECOND);
    return error_add_context(err,
                             "for %s nothing has told whether the database bears the load, so this "
                             "run gives up; the same command resumes it",
                             duration);
}

int source_patience_judge(struct source_patience *patience, const struct governor_look *look,
                          int64_t patience_us, int64_t now_us, const struct message *message,
                          struct error *err)
{
    return judge_database(look, patience_us, now_us, err) == 0
               ? judge_blind(patience, look, patience_us, now_us, message, err)
               : -1;
}
