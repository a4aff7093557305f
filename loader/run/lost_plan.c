/* lost_plan.c - see lost_plan.h.
 * Room: loader/run. May touch: the plan, the plan it makes. */
#include "loader/run/lost_plan.h"

#include "common/plan_writer.h"
#include "loader/warm/checked_plan.h"

static int copy_lost(struct checked_plan *plan, const struct cache_watch *watch,
                     const struct cache_finding *finding, struct plan_writer *writer,
                     uint64_t *row_count, struct error *err)
{
    struct plan_row row;
    int more;
    while ((more = plan_reader_next(plan->reader, &row, err)) == 1) {
        if (row.action == PLAN_SKIP || !cache_watch_has_lost(watch, finding, row.key)) {
            continue;
        }
        if (plan_writer_append(writer, &row, err) != 0) {
            return -1;
        }
        (*row_count)++;
    }
    return more;
}

int lost_plan_write(const struct load_job *job, const struct cache_watch *watch,
                    const struct cache_finding *finding, const char *path, uint64_t *row_count,
                    struct error *err)
{
    struct checked_plan plan;
    *row_count = 0;
    if (checked_plan_open_wide(&plan, job, err) != 0) {
        return -1;
    }
    struct plan_writer *writer = plan_writer_open(path, err);
    int result = writer == NULL ? -1 : copy_lost(&plan, watch, finding, writer, row_count, err);
    if (result == 0 && *row_count > 0) {
        result = plan_writer_close(writer, err);
    } else {
        plan_writer_abandon(writer);
    }
    checked_plan_close(&plan);
    return result;
}
