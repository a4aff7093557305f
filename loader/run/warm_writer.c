/* warm_writer.c - see warm_writer.h.
 * Room: loader/run. May touch: the journal, the sink, the recheck's sources, the pulse.
 *
 *   window rows ─┬─ no value ──────────────────────────────────────────┐
 *                └─ items ─ intent ─ write in chunks ─ second look ─ done: one entry a row
 *
 * A batch is a window, or as much of it as half a second of the rate limit lets through. A stop in the middle of a
 * batch settles what was sent: a done record may cover only the beginning of its intent. */
#include "loader/run/warm_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/run/expiry.h"

enum { CHUNK_COUNT = 1000, SHOWN_FAILURES = 20, SHOWN_KEY_SIZE = 200, BATCHES_PER_SECOND = 2 };

struct warm_writer {
    struct warm_writer_options options;
    /* One batch; arrays [capacity], reused. Item i is written for row_of_item[i]. */
    size_t capacity, row_count, item_count;
    const struct window_row *batch_rows; /* [row_count], in the window */
    struct journal_done_row *rows;       /* [row_count] */
    struct sink_item *items;             /* [item_count], as intents and rechecks */
    struct journal_intent_key *intents;
    struct recheck_row *rechecks;
    size_t *row_of_item;
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

void warm_writer_free(struct warm_writer *writer)
{
    if (writer != NULL) {
        free(writer->rows);
        free(writer->items);
        free(writer->intents);
        free(writer->rechecks);
        free(writer->row_of_item);
        journal_buffer_free(&writer->buffer);
        free(writer);
    }
}

static int make_room(struct warm_writer *writer, size_t count, struct error *err)
{
    if (count <= writer->capacity) {
        return 0;
    }
    struct warm_writer old = *writer;
    writer->capacity = 0;
    free(old.rows);
    free(old.items);
    free(old.intents);
    free(old.rechecks);
    free(old.row_of_item);
    writer->rows = calloc(count, sizeof *writer->rows);
    writer->items = calloc(count, sizeof *writer->items);
    writer->intents = calloc(count, sizeof *writer->intents);
    writer->rechecks = calloc(count, sizeof *writer->rechecks);
    writer->row_of_item = calloc(count, sizeof *writer->row_of_item);
    if (writer->rows == NULL || writer->items == NULL || writer->intents == NULL ||
        writer->rechecks == NULL || writer->row_of_item == NULL) {
        return error_set_memory(err, "writing a window");
    }
    writer->capacity = count;
    return 0;
}

/* ---- what becomes of a row, as far as the source decides it */

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

static void add_item(struct warm_writer *writer, const struct window_row *row, size_t row_index,
                     const struct record *record)
{
    const struct family *family = &writer->options.config->families[row->family_index];
    int64_t expire_unix = expiry_unix(family, writer->options.window_end_unix, row->key);
    struct value_digest digest = value_digest_of(record->value);
    size_t i = writer->item_count++;
    writer->row_of_item[i] = row_index;
    writer->items[i] = (struct sink_item){.key = row->key,
                                          .value = record->value,
                                          .kind = record->kind,
                                          .result = SINK_NOT_SENT,
                                          .expire_unix = expire_unix};
    writer->intents[i] = (struct journal_intent_key){.rank = row->rank,
                                                     .key = row->key,
                                                     .version = record->version,
                                                     .digest_high = digest.high,
                                                     .digest_low = digest.low,
                                                     .expire_unix = expire_unix};
    writer->rechecks[i] = (struct recheck_row){.family_index = row->family_index,
                                               .id = row->id,
                                               .version = record->version,
                                               .digest_high = digest.high,
                                               .digest_low = digest.low};
}

static enum outcome sort_row(struct warm_writer *writer, const struct window_row *row,
                             size_t row_index, const struct record *record)
{
    switch (record->kind) {
    case RECORD_STRING:
    case RECORD_HASH:
        add_item(writer, row, row_index, record);
        return OUTCOME_NOT_REACHED; /* until the sink has answered */
    case RECORD_MISSING:
        return OUTCOME_MISSING;
    case RECORD_AMBIGUOUS:
        tell_failure(writer, row->key, "the query gives several, different rows for its id");
        return OUTCOME_FAILED;
    case RECORD_TOO_BIG:
        return OUTCOME_TOO_BIG;
    }
    return OUTCOME_FAILED;
}

static void sort_batch(struct warm_writer *writer, const struct load_window *window, size_t from,
                       size_t count)
{
    writer->batch_rows = &window->rows[from];
    writer->row_count = count;
    writer->item_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct window_row *row = &writer->batch_rows[i];
        writer->rows[i] = (struct journal_done_row){.rank = row->rank};
        writer->rows[i].outcome = sort_row(writer, row, i, load_window_record(window, row));
    }
}

/* ---- what an interrupted run has left behind */

static bool is_wanted(const struct warm_writer *writer, size_t item, const struct owned_key *key)
{
    const struct journal_intent_key *intent = &writer->intents[item];
    return intent->digest_high == key->digest.high && intent->digest_low == key->digest.low &&
           intent->expire_unix == key->expire_unix;
}

/* Ours, but the source says something else by now: taken away, so that the new value can be written. */
static int remove_outdated(struct warm_writer *writer, struct error *err)
{
    size_t item = 0;
    for (size_t i = 0; i < writer->row_count; i++) {
        bool has_item = item < writer->item_count && writer->row_of_item[item] == i;
        const struct owned_key *key =
            owned_keys_find(writer->options.owned, writer->batch_rows[i].rank);
        bool is_outdated = key != NULL && !(has_item && is_wanted(writer, item, key));
        if (is_outdated && owned_keys_remove(key, writer->options.sink, err) != 0) {
            return -1;
        }
        item += has_item;
    }
    return 0;
}

static bool is_open_batch(const struct warm_writer *writer)
{
    return writer->options.owned != NULL && writer->row_count > 0 &&
           writer->batch_rows[0].rank <= writer->options.owned->last_rank;
}

/* ---- intent, write */

static int journal_the_intent(struct warm_writer *writer, struct error *err)
{
    if (writer->options.journal == NULL || writer->item_count == 0) {
        return 0;
    }
    if (journal_encode_intent(&writer->buffer, writer->intents, writer->item_count, err) != 0) {
        return -1;
    }
    return journal_append(writer->options.journal, &writer->buffer, err);
}

/* Takes the answers of items [from, from + count) over into the rows. */
static void read_results(struct warm_writer *writer, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++) {
        struct journal_done_row *row = &writer->rows[writer->row_of_item[i]];
        const struct sink_item *item = &writer->items[i];
        if (item->result == SINK_DONE) {
            row->outcome = OUTCOME_WARMED;
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

static int write_items(struct warm_writer *writer, struct error *err)
{
    struct pulse *pulse = writer->options.pulse;
    bool is_ours_kept = is_open_batch(writer);
    for (size_t at = 0; at < writer->item_count;) {
        int64_t wait_us;
        size_t left = writer->item_count - at;
        if (pulse_beat(pulse, err) != 0) {
            return -1;
        }
        size_t count = (size_t)pace_take(&pulse->pace, left < CHUNK_COUNT ? left : CHUNK_COUNT,
                                         monotonic_us(), &wait_us);
        if (count == 0) {
            if (pulse_wait(pulse, THROTTLE_ROW_RATE, wait_us, err) != 0) {
                return -1;
            }
            continue;
        }
        int result = sink_write(writer->options.sink, &writer->items[at], count, is_ours_kept, err);
        read_results(writer, at, count);
        if (result != 0) {
            return -1;
        }
        at += count;
    }
    return 0;
}

/* ---- second look, done */

/* Moves the items that hold our value to the front of `rechecks`, and their places to `row_of_item`'s front: the items
 * are not needed in their order any more. Returns how many there are. */
static size_t gather_written(struct warm_writer *writer, size_t item_count)
{
    size_t count = 0;
    for (size_t i = 0; i < item_count; i++) {
        if (writer->items[i].result == SINK_DONE) {
            writer->items[count] = writer->items[i];
            writer->rechecks[count] = writer->rechecks[i];
            writer->row_of_item[count++] = writer->row_of_item[i];
        }
    }
    return count;
}

/* Keeps, of the first `count`, those of one verdict in front; returns how many. */
static size_t gather_verdict(struct warm_writer *writer, size_t from, size_t count,
                             enum recheck_verdict verdict)
{
    size_t kept = from;
    for (size_t i = from; i < from + count; i++) {
        if (writer->rechecks[i].verdict == verdict) {
            struct sink_item item = writer->items[kept];
            struct recheck_row recheck = writer->rechecks[kept];
            size_t row = writer->row_of_item[kept];
            writer->items[kept] = writer->items[i];
            writer->rechecks[kept] = writer->rechecks[i];
            writer->row_of_item[kept] = writer->row_of_item[i];
            writer->items[i] = item;
            writer->rechecks[i] = recheck;
            writer->row_of_item[i] = row;
            kept++;
        }
    }
    return kept - from;
}

static int remove_stale(struct warm_writer *writer, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        writer->items[i].result = SINK_NOT_SENT;
    }
    if (count > 0 && sink_remove(writer->options.sink, writer->items, count, err) != 0) {
        return error_add_context(err, "removing values that became stale");
    }
    for (size_t i = 0; i < count; i++) {
        struct journal_done_row *row = &writer->rows[writer->row_of_item[i]];
        *row = (struct journal_done_row){.rank = row->rank, .outcome = OUTCOME_STALE_REMOVED};
    }
    return 0;
}

/* Looks again at what was written, and once more at what was too young to tell. */
static int look_again(struct warm_writer *writer, size_t item_count, int64_t read_us,
                      struct error *err)
{
    struct recheck *recheck = writer->options.recheck;
    if (recheck == NULL) {
        return 0;
    }
    size_t count = gather_written(writer, item_count);
    if (count == 0) {
        return 0;
    }
    if (recheck_judge(recheck, writer->rechecks, count, read_us, err) != 0) {
        return -1;
    }
    size_t stale = gather_verdict(writer, 0, count, RECHECK_STALE);
    size_t young = gather_verdict(writer, stale, count - stale, RECHECK_YOUNG);
    if (remove_stale(writer, stale, err) != 0 || young == 0) {
        return young == 0 ? 0 : -1;
    }
    memmove(writer->items, writer->items + stale, young * sizeof *writer->items);
    memmove(writer->rechecks, writer->rechecks + stale, young * sizeof *writer->rechecks);
    memmove(writer->row_of_item, writer->row_of_item + stale, young * sizeof *writer->row_of_item);
    int64_t wait_us = read_us + RECHECK_YOUNG_US - monotonic_us();
    if (pulse_wait(writer->options.pulse, THROTTLE_RECHECK, wait_us, err) != 0 ||
        recheck_judge(recheck, writer->rechecks, young, read_us, err) != 0) {
        return -1;
    }
    return remove_stale(writer, gather_verdict(writer, 0, young, RECHECK_STALE), err);
}

static void count_rows(struct warm_writer *writer, size_t row_count, double *benefit_ms)
{
    struct run_totals *totals = &writer->options.pulse->totals;
    *benefit_ms = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct journal_done_row *row = &writer->rows[i];
        bool is_warm = row->outcome == OUTCOME_WARMED || row->outcome == OUTCOME_EXISTS;
        *benefit_ms += is_warm ? writer->batch_rows[i].benefit_ms : 0;
        totals->tally.count[row->outcome]++;
        totals->value_bytes += row->outcome == OUTCOME_WARMED ? row->bytes : 0;
    }
    totals->benefit_ms += *benefit_ms;
}

/* Settles the first `row_count` rows of the batch; `last_rank` is the last plan rank that they cover. */
static int journal_the_done(struct warm_writer *writer, size_t row_count, uint64_t last_rank,
                            struct error *err)
{
    struct journal_done done = {.last_rank = last_rank,
                                .at_unix =
                                    (int64_t)time(NULL) - writer->options.clock_shift_second};
    count_rows(writer, row_count, &done.benefit_ms);
    if (writer->options.journal == NULL) {
        return 0;
    }
    if (journal_encode_done(&writer->buffer, &done, writer->rows, row_count, err) != 0) {
        return -1;
    }
    return journal_append(writer->options.journal, &writer->buffer, err);
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
    while (count < writer->item_count && is_settled(writer->items[count].result)) {
        count++;
    }
    return count;
}

/* After a stop, or when Redis is full, what was sent in order is settled; after anything else its fate is for the
 * resumed run to find out. */
static bool can_settle(const struct error *err)
{
    return err->kind == ERROR_STOPPED || err->kind == ERROR_RESOURCE;
}

static int write_batch(struct warm_writer *writer, uint64_t last_rank, int64_t read_us,
                       struct error *err)
{
    if ((is_open_batch(writer) && remove_outdated(writer, err) != 0) ||
        journal_the_intent(writer, err) != 0) {
        return -1;
    }
    int written = write_items(writer, err);
    if (written != 0 && !can_settle(err)) {
        return -1;
    }
    struct error later = {0};
    size_t settled = count_settled(writer);
    size_t row_count =
        settled == writer->item_count ? writer->row_count : writer->row_of_item[settled];
    uint64_t covered = row_count == writer->row_count ? last_rank
                       : row_count > 0                ? writer->rows[row_count - 1].rank
                                                      : 0;
    bool is_done = covered == 0 || (look_again(writer, settled, read_us, &later) == 0 &&
                                    journal_the_done(writer, row_count, covered, &later) == 0);
    if (!is_done && written == 0) {
        *err = later;
    }
    return written != 0 || !is_done ? -1 : 0;
}

/* Half a second of the rate limit: a paced run settles often, so that little is under way when it stops. */
static size_t batch_size(const struct warm_writer *writer, size_t window_count)
{
    double rate = writer->options.pulse->pace.rows_per_second;
    double most = rate / BATCHES_PER_SECOND;
    if (rate <= 0 || most >= (double)window_count) {
        return window_count;
    }
    return most < 1 ? 1 : (size_t)most;
}

int warm_writer_write(struct warm_writer *writer, const struct load_window *window,
                      struct error *err)
{
    size_t size = batch_size(writer, window->count);
    if (make_room(writer, size, err) != 0) {
        return -1;
    }
    size_t from = 0;
    do {
        size_t left = window->count - from;
        size_t count = left < size ? left : size;
        bool is_last = count == left;
        sort_batch(writer, window, from, count);
        uint64_t last_rank = is_last ? window->last_rank : window->rows[from + count - 1].rank;
        if (write_batch(writer, last_rank, window->read_us, err) != 0) {
            return -1;
        }
        from += count;
    } while (from < window->count);
    return 0;
}
