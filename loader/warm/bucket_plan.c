/* bucket_plan.c - see bucket_plan.h.
 * Room: loader/warm. May touch: the plan, the plan it makes. */
#include "loader/warm/bucket_plan.h"

#include <stdio.h>
#include <string.h>

#include "common/plan_writer.h"
#include "common/user_bucket.h"
#include "loader/load_options.h"
#include "loader/warm/checked_plan.h"

/* The wave of a row: the first whose limit, in buckets, it lies below. */
static int wave_of(const struct plan_row *row, uint64_t last_rank, const struct wave_plan *limits)
{
    uint64_t place =
        row->entity == ENTITY_USER
            ? (uint64_t)user_bucket_of(row->id)
            : (uint64_t)((double)(row->rank - 1) / (double)last_rank * USER_BUCKET_COUNT);
    int wave = 0;
    while (wave < limits->count - 1 && place >= limits->end_ranks[wave]) {
        wave++;
    }
    return wave;
}

static int write_wave(struct checked_plan *plan, const struct wave_plan *limits, int wave,
                      struct plan_writer *writer, uint64_t *rank, struct error *err)
{
    struct plan_row row;
    int more;
    if (plan_reader_rewind(plan->reader, err) != 0) {
        return -1;
    }
    while ((more = plan_reader_next(plan->reader, &row, err)) == 1) {
        if (wave_of(&row, plan->identity.last_rank, limits) != wave) {
            continue;
        }
        row.rank = ++*rank;
        if (plan_writer_append(writer, &row, err) != 0) {
            return -1;
        }
    }
    return more;
}

/* A wave that nobody is in does not count. */
static int write_waves(struct checked_plan *plan, const struct wave_plan *limits,
                       struct plan_writer *writer, struct wave_plan *waves, struct error *err)
{
    uint64_t rank = 0;
    *waves = (struct wave_plan){0};
    for (int wave = 0; wave < limits->count; wave++) {
        uint64_t before = rank;
        if (write_wave(plan, limits, wave, writer, &rank, err) != 0) {
            return -1;
        }
        if (rank > before) {
            waves->end_ranks[waves->count++] = rank;
        }
    }
    return 0;
}

int bucket_plan_is_wanted(const struct load_options *options, bool *is_wanted, struct error *err)
{
    const char *by = options->waves_by;
    *is_wanted = by != NULL && strcmp(by, "bucket") == 0;
    if (by != NULL && !*is_wanted && strcmp(by, "rank") != 0) {
        return error_set(err, ERROR_USAGE, "--waves-by is '%s', not rank or bucket", by);
    }
    return *is_wanted && options->waves == NULL
               ? error_set(err, ERROR_USAGE, "--waves-by bucket needs --waves")
               : 0;
}

int bucket_plan_write(const struct load_job *job, char *path, size_t size, struct wave_plan *waves,
                      struct error *err)
{
    struct wave_plan limits;
    struct checked_plan plan;
    if (wave_plan_parse(job->options->waves, USER_BUCKET_COUNT, &limits, err) != 0 ||
        checked_plan_open_wide(&plan, job, err) != 0) {
        return -1;
    }
    snprintf(path, size, "%s.waves.csv", job->options->plan);
    struct plan_writer *writer = plan_writer_open(path, err);
    int result = writer == NULL ? -1 : write_waves(&plan, &limits, writer, waves, err);
    if (result == 0) {
        result = plan_writer_close(writer, err);
    } else {
        plan_writer_abandon(writer);
    }
    checked_plan_close(&plan);
    return result;
}
