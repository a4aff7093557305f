/* warm_writer.c - see warm_writer.h.
 * Room: loader/warm. May touch: the journal, the sink, the recheck's sources, the pulse.
 *
 *   window rows ─┬─ no value ──────────────────────────────────────────┐
 *                └─ items ─ intent ─ write in chunks ─ second look ─ done: one entry a row
 *
 * A batch is a window, which comes prepared, or as much of it as half a second of the rate limit lets through. Its done
 * reaches the disk with the next intent at the latest: one wait for both. A stop in the middle of a
 * batch settles what was sent: a done record may cover only the beginning of its intent. So does a pause of the
 * governor, or a limit that was lowered: what was written is looked at again soon, the rest is another batch. */
#include "loader/warm/warm_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/warm/batch_filler.h"
#include "loader/warm/second_look.h"
#include "loader/warm/stale_renewal.h"
#include "loader/warm/write_batch.h"

enum {
    CHUNK_COUNT = 4000, /* between two of them Redis has nothing to do for a moment */
    CHUNK_BYTES = 8 << 20,
    SHOWN_FAILURES = 20,
    SHOWN_KEY_SIZE = 200,
    UNDER_WAY_US = 2000000 /* so long at most a value waits for its second look to begin */
};

struct warm_writer {
    struct warm_writer_options options;
    struct write_batch *batch;  /* what is under way: the window's, or our own */
    bool is_intended;           /* its intent is on the disk already */
    struct write_batch own;     /* of a part of a window */
    struct load_window *window; /* whose rows the batch has */
    struct stale_renewal renewal;
    struct journal_buffer buffer;
    uint64_t failure_count; /* of this session, to show the first few */
};

struct warm_writer *warm_writer_new(const struct warm_writer_options *options, struct error *err)
{
    struct warm_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        error_set_memory(err, "writing");
        return NULL;
    }
    writer->options = *options;
    return writer;
}

struct batch_filler warm_writer_filler(const struct warm_writer *writer)
{
    const struct warm_writer_options *options = &writer->options;
    return (struct batch_filler){.config = options->config,
                                 .mode = options->mode,
                                 .window_end_unix = options->window_end_unix};
}

void warm_writer_free(struct warm_writer *writer)
{
    if (writer != NULL) {
        write_batch_free(&writer->own);
        stale_renewal_free(&writer->renewal);
        journal_buffer_free(&writer->buffer);
        free(writer);
    }
}

/* ---- what is said of rows that fail */

/* Says so for the first few keys only; the rest is in results.csv. */
static void tell_failure(struct warm_writer *writer, struct slice key, const char *reason)
{
    struct error line;
    if (++writer->failure_count > SHOWN_FAILURES) {
        return;
    }
    int shown = (int)(key.size < SHOWN_KEY_SIZE ? key.size : SHOWN_KEY_SIZE);
    error_set(&line, ERROR_BACKEND, "key %.*s: %s", shown, key.bytes, reason);
    message_warn(writer->options.message, "%s", line.text);
}

static void tell_ambiguous(struct warm_writer *writer)
{
    for (size_t i = 0; i < writer->batch->row_count; i++) {
        if (writer->batch->rows[i].outcome == OUTCOME_FAILED) {
            tell_failure(writer, writer->batch->window_rows[i].key,
                         "the query gives several, different rows for its id");
        }
    }
}

/* ---- what an interrupted run has left behind */

static bool is_open_batch(const struct warm_writer *writer)
{
    return writer->options.owned != NULL && writer->batch->row_count > 0 &&
           writer->batch->window_rows[0].rank <= writer->options.owned->last_rank;
}

/* ---- intent, write */

static int journal_the_intent(struct warm_writer *writer, struct error *err)
{
    struct write_batch *batch = writer->batch;
    if (writer->options.journal == NULL || batch->item_count == 0 || writer->is_intended) {
        return 0;
    }
    if (batch->intent.size == 0 && write_batch_encode_intent(batch, err) != 0) {
        return -1;
    }
    return journal_append(writer->options.journal, &batch->intent, err);
}

/* Takes the answers of items [from, from + count) over into the rows. */
static void read_results(struct warm_writer *writer, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++) {
        struct journal_done_row *row = &writer->batch->rows[writer->batch->row_of_item[i]];
        const struct sink_item *item = &writer->batch->items[i];
        if (item->result == SINK_DONE) {
            row->outcome =
                writer->batch->rechecks[i].is_negative ? OUTCOME_NEGATIVE : OUTCOME_WARMED;
            row->bytes = item->value.size;
            row->expire_unix = item->expire_unix;
        } else if (item->result == SINK_KEPT) {
            row->outcome = OUTCOME_EXISTS;
        } else if (item->result == SINK_FAILED) {
            row->outcome = OUTCOME_FAILED;
            tell_failure(writer, item->key, item->reason != NULL ? item->reason : "refused");
        }
    }
}

/* Shall the batch end behind what was written, for the rest to be another one? */
static bool is_cut_short(const struct warm_writer *writer, size_t written, int64_t started_us)
{
    return written > 0 &&
           (pulse_is_held(writer->options.pulse) || monotonic_us() - started_us > UNDER_WAY_US);
}

/* How many of the items from `at` on go out between two looks at everything else. */
static size_t next_chunk(const struct write_batch *batch, size_t at, size_t most)
{
    size_t left = batch->item_count - at, count = 0, bytes = 0;
    most = most < CHUNK_COUNT ? most : CHUNK_COUNT;
    most = most < left ? most : left;
    while (count < most && bytes < CHUNK_BYTES) {
        bytes += batch->items[at + count++].value.size;
    }
    return count;
}

static int write_items(struct warm_writer *writer, bool is_ours_kept, struct error *err)
{
    struct pulse *pulse = writer->options.pulse;
    struct load_bounds *bounds = writer->options.bounds;
    int64_t started_us = monotonic_us();
    for (size_t at = 0; at < writer->batch->item_count && !is_cut_short(writer, at, started_us);) {
        size_t count = next_chunk(writer->batch, at, pulse_burst_rows(pulse));
        if (pulse_beat(pulse, err) != 0 ||
            (bounds != NULL && load_bounds_ask(bounds, pulse, count, &count, err) != 0) ||
            pulse_take(pulse, &writer->batch->items[at], count, &count, err) != 0) {
            return -1;
        }
        int result =
            sink_write(writer->options.sink, &writer->batch->items[at], count, is_ours_kept, err);
        pulse_spend(pulse, &writer->batch->items[at], count);
        read_results(writer, at, count);
        if (bounds != NULL) {
            load_bounds_wrote(bounds, &writer->batch->items[at], count);
        }
        if (result != 0) {
            return -1;
        }
        at += count;
    }
    return 0;
}

static uint64_t count_restarts(const struct warm_writer *writer)
{
    return sink_account(writer->options.sink).restart_count;
}

/* A server that was restarted or replaced meanwhile may have lost what it had acknowledged: all is written again. */
static int write_for_good(struct warm_writer *writer, struct error *err)
{
    struct write_batch *batch = writer->batch;
    bool is_ours_kept = writer->options.is_ours_kept || is_open_batch(writer);
    uint64_t restarts;
    do {
        restarts = count_restarts(writer);
        if (write_items(writer, is_ours_kept, err) != 0 ||
            sink_secure(writer->options.sink, batch->items, batch->item_count, err) != 0) {
            return -1;
        }
        for (size_t i = 0; restarts != count_restarts(writer) && i < batch->item_count; i++) {
            bool is_written = batch->items[i].result == SINK_DONE;
            batch->items[i].result = is_written ? SINK_NOT_SENT : batch->items[i].result;
        }
        is_ours_kept = true;
    } while (restarts != count_restarts(writer));
    return 0;
}

/* ---- second look, done */

static int look_again(struct warm_writer *writer, size_t item_count, int64_t read_us,
                      struct error *err)
{
    struct second_look look = {.batch = writer->batch,
                               .recheck = writer->options.recheck,
                               .sink = writer->options.sink,
                               .pulse = writer->options.pulse};
    return look.recheck == NULL ? 0 : second_look_take(&look, item_count, read_us, err);
}

static void count_rows(struct warm_writer *writer, size_t row_count, struct journal_done *done)
{
    struct run_totals *totals = &writer->options.pulse->totals;
    for (size_t i = 0; i < row_count; i++) {
        const struct journal_done_row *row = &writer->batch->rows[i];
        struct window_row *window_row = &writer->batch->window_rows[i];
        bool is_warm = row->outcome == OUTCOME_WARMED || row->outcome == OUTCOME_EXISTS;
        done->benefit_ms += is_warm ? window_row->benefit_ms : 0;
        totals->tally.count[row->outcome]++;
        totals->value_bytes += row->outcome == OUTCOME_WARMED ? row->bytes : 0;
        window_row->settled = *row;
        window_row->settled_unix = done->at_unix;
    }
    totals->benefit_ms += done->benefit_ms;
}

/* Settles the first `row_count` rows of the batch; `last_rank` is the last plan rank that they cover. */
static int journal_the_done(struct warm_writer *writer, size_t row_count, uint64_t last_rank,
                            struct error *err)
{
    struct journal_done done = {.last_rank = last_rank,
                                .at_unix =
                                    (int64_t)time(NULL) - writer->options.clock_shift_second};
    count_rows(writer, row_count, &done);
    if (writer->options.journal == NULL) {
        return 0;
    }
    if (journal_encode_done(&writer->buffer, &done, writer->batch->rows, row_count, err) != 0) {
        return -1;
    }
    return journal_append_soon(writer->options.journal, &writer->buffer, err);
}

/* ---- one batch */

static bool is_settled(enum sink_result result)
{
    return result == SINK_DONE || result == SINK_KEPT || result == SINK_FAILED;
}

/* How many items from the first on have their answer. */
static size_t count_settled(const struct warm_writer *writer)
{
    size_t count = 0;
    while (count < writer->batch->item_count && is_settled(writer->batch->items[count].result)) {
        count++;
    }
    return count;
}

/* Writes again, as the source has it now, what came from an image and was stale. A stop leaves the batch an open intent. */
static int renew_stale(struct warm_writer *writer, size_t row_count, struct error *err)
{
    struct batch_filler filler = warm_writer_filler(writer);
    struct write_batch *whole = writer->batch;
    const struct renewal_options options = {.recheck = writer->options.recheck,
                                            .filler = &filler,
                                            .window = writer->window,
                                            .whole = whole,
                                            .row_count = row_count};
    int count =
        options.recheck == NULL ? 0 : stale_renewal_prepare(&writer->renewal, &options, err);
    if (count <= 0) {
        return count;
    }
    if (writer->options.journal != NULL &&
        journal_append(writer->options.journal, &whole->intent, err) != 0) {
        return -1;
    }
    writer->batch = &writer->renewal.batch;
    int result = write_for_good(writer, err);
    if (result == 0) {
        result = look_again(writer, count_settled(writer), writer->renewal.view.read_us, err);
    }
    writer->batch = whole;
    stale_renewal_take_over(&writer->renewal, whole);
    return result;
}

/* The answers of a server that is not what it was say nothing any more. */
static int check_same_servers(const struct warm_writer *writer, uint64_t restarts,
                              struct error *err)
{
    if (restarts == count_restarts(writer)) {
        return 0;
    }
    return error_set(err, ERROR_BACKEND,
                     "%s was restarted, or replaced by its replica, while a batch was settled; the "
                     "same command resumes",
                     sink_name(writer->options.sink));
}

/* After a stop, at a deadline, or when Redis is full, what was sent in order is settled; after anything else its fate is for the
 * resumed run to find out. */
static bool can_settle(const struct error *err)
{
    return err->kind == ERROR_STOPPED || err->kind == ERROR_DEADLINE || err->kind == ERROR_RESOURCE;
}

/* `*row_count`: how many of the batch's rows are settled; those behind them were not touched. */
static int write_one_batch(struct warm_writer *writer, uint64_t last_rank, int64_t read_us,
                           size_t *row_count, struct error *err)
{
    if ((is_open_batch(writer) && owned_keys_remove_outdated(writer->options.owned, writer->batch,
                                                             writer->options.sink, err) != 0) ||
        journal_the_intent(writer, err) != 0) {
        return -1;
    }
    uint64_t restarts = count_restarts(writer);
    int written = write_for_good(writer, err);
    if (written == 0) {
        restarts = count_restarts(writer);
    }
    if (written != 0 && !can_settle(err)) {
        return -1;
    }
    struct error later = {0};
    size_t settled = count_settled(writer);
    *row_count = writer->batch->row_count;
    uint64_t covered = last_rank;
    if (settled < writer->batch->item_count) {
        *row_count = writer->batch->row_of_item[settled];
        covered = *row_count > 0 ? writer->batch->rows[*row_count - 1].rank : 0;
    }
    bool is_done =
        covered == 0 || (look_again(writer, settled, read_us, &later) == 0 &&
                         (written != 0 || renew_stale(writer, *row_count, &later) == 0) &&
                         check_same_servers(writer, restarts, &later) == 0 &&
                         journal_the_done(writer, *row_count, covered, &later) == 0);
    if (!is_done && written == 0) {
        *err = later;
    }
    return written != 0 || !is_done ? -1 : 0;
}

/* The batch of the `count` rows from the `from`th on. */
static int choose_batch(struct warm_writer *writer, struct load_window *window, size_t from,
                        size_t count, struct error *err)
{
    struct batch_filler filler = warm_writer_filler(writer);
    writer->window = window;
    if (window->is_prepared && count == window->count) {
        writer->batch = window->batch;
        writer->is_intended = window->is_intended;
        return 0;
    }
    writer->batch = &writer->own;
    writer->is_intended = false;
    return batch_filler_fill(&filler, writer->batch, window, from, count, err);
}

int warm_writer_write(struct warm_writer *writer, struct load_window *window, struct error *err)
{
    /* A paced run settles often, so that little is under way when it stops. */
    size_t size = pulse_batch_rows(writer->options.pulse, window->count);
    size_t from = 0, settled = 0;
    do {
        if (pulse_hold(writer->options.pulse, err) != 0) {
            return -1;
        }
        size_t left = window->count - from;
        size_t count = left < size ? left : size;
        bool is_last = count == left;
        uint64_t last_rank = is_last ? window->last_rank : window->rows[from + count - 1].rank;
        if (choose_batch(writer, window, from, count, err) != 0) {
            return -1;
        }
        tell_ambiguous(writer);
        if (write_one_batch(writer, last_rank, window->read_us, &settled, err) != 0) {
            return -1;
        }
        from += settled;
    } while (from < window->count);
    return 0;
}
