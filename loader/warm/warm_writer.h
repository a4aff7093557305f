/* warm_writer.h - writes one fetched window: intent, commands in rank order, second look, done.
 * Room: loader/warm. May touch: the journal, the sink, the recheck's sources, and through the pulse all that beats.
 * Promises: nothing is sent before its intent is on the disk, and the done of the batch before it; nothing is reported as
 * warm before the second look. */
#ifndef REKINDLE_LOADER_WARM_WRITER_H
#define REKINDLE_LOADER_WARM_WRITER_H

#include "loader/folder/journal.h"
#include "loader/warm/batch_filler.h"
#include "loader/warm/load_bounds.h"
#include "loader/warm/load_window.h"
#include "loader/warm/owned_keys.h"
#include "loader/live/pulse.h"
#include "loader/warm/recheck.h"

struct message;

/* Whom the writer works with; all borrowed. */
struct warm_writer_options {
    const struct config *config;
    const struct message *message;
    struct sink *sink;
    struct pulse *pulse;
    enum sink_mode mode;        /* what becomes of keys that exist */
    struct load_bounds *bounds; /* NULL: nothing ends the load early */
    struct journal *journal;    /* NULL: nothing is written down (a dry run) */
    struct recheck *recheck;    /* NULL: no second look */
    bool is_ours_kept; /* a key that stands there with our value and expiry counts as warmed */
    const struct owned_keys *owned; /* NULL: this is no resumed run */
    int64_t window_end_unix;        /* by the system's clock: with the clock shift */
    int64_t clock_shift_second; /* taken off again for what is written down as a time of the run */
};

struct warm_writer;

struct warm_writer *warm_writer_new(const struct warm_writer_options *options,
                                    struct error *err) MUST_CHECK;
void warm_writer_free(struct warm_writer *writer);

/* Writes the window's rows. ERROR_STOPPED, ERROR_DEADLINE, ERROR_RESOURCE: what was sent is settled, the rest is not
 * reached. Other errors: what was sent in the last batch stays an open intent, which a resumed run settles. */
int warm_writer_write(struct warm_writer *writer, struct load_window *window,
                      struct error *err) MUST_CHECK;

/* What prepares windows for this writer. */
struct batch_filler warm_writer_filler(const struct warm_writer *writer);

#endif
