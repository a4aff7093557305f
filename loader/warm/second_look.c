/* second_look.c - see second_look.h.
 * Room: loader/warm. May touch: the recheck's sources, the sink, the pulse. */
#include "loader/warm/second_look.h"

#include "common/monotonic.h"

static int remove_stale(const struct second_look *look, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        look->batch->items[i].result = SINK_NOT_SENT;
    }
    if (count > 0 && (sink_remove(look->sink, look->batch->items, count, err) != 0 ||
                      sink_secure(look->sink, look->batch->items, count, err) != 0)) {
        return error_add_context(err, "removing values that became stale");
    }
    for (size_t i = 0; i < count; i++) {
        const struct sink_item *item = &look->batch->items[i];
        if (item->result == SINK_FAILED) {
            return error_set(err, ERROR_BACKEND, "cannot remove a value that became stale: %s",
                             item->reason);
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct journal_done_row *row = &look->batch->rows[look->batch->row_of_item[i]];
        *row = (struct journal_done_row){.rank = row->rank, .outcome = OUTCOME_STALE_REMOVED};
    }
    return 0;
}

/* Judges the first `*count` items and removes what is stale; those too young to tell come out in front, `*count`. */
static int look_once(const struct second_look *look, size_t *count, int64_t read_us,
                     struct error *err)
{
    struct write_batch *batch = look->batch;
    if (recheck_judge(look->recheck, batch->rechecks, *count, read_us, err) != 0) {
        return -1;
    }
    size_t stale = write_batch_gather(batch, 0, *count, RECHECK_STALE);
    size_t young = write_batch_gather(batch, stale, *count - stale, RECHECK_YOUNG);
    *count = young;
    if (remove_stale(look, stale, err) != 0) {
        return -1;
    }
    write_batch_drop(batch, stale, young);
    return 0;
}

int second_look_take(const struct second_look *look, size_t item_count, int64_t read_us,
                     struct error *err)
{
    size_t count = write_batch_gather_written(look->batch, item_count);
    if (count > 0 && look_once(look, &count, read_us, err) != 0) {
        return -1;
    }
    if (count == 0) {
        return 0;
    }
    int64_t wait_us = read_us + RECHECK_YOUNG_US - monotonic_us();
    if (pulse_settle(look->pulse, THROTTLE_RECHECK, wait_us, err) != 0) {
        return -1;
    }
    bool is_too_soon = monotonic_us() - read_us < RECHECK_YOUNG_US;
    return is_too_soon ? remove_stale(look, count, err) : look_once(look, &count, read_us, err);
}
