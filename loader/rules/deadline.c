/* deadline.c - see deadline.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/deadline.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "common/civil_time.h"
#include "common/monotonic.h"
#include "common/units.h"

int deadline_parse(const char *text, int64_t now_unix, int64_t *at_unix, struct error *err)
{
    int64_t duration_second;
    if (units_parse_duration_second(text, &duration_second, err) == 0) {
        *at_unix = now_unix + duration_second;
        return 0;
    }
    error_clear(err);
    if (civil_parse_time(text, NULL, at_unix, err) == 0) {
        return 0;
    }
    return error_set(err, ERROR_USAGE,
                     "--deadline: '%.60s' is neither a time, as 2026-11-11T00:00:00Z, nor a "
                     "duration from now on, as 2h30m",
                     text);
}

bool deadline_is_over(const struct deadline *deadline, int64_t now_us)
{
    return deadline->at_us != 0 && now_us >= deadline->at_us;
}

/* Rows are settled a batch at a time: the time since the last batch counts when the next one is through, or when it takes
 * longer than that one did. Else the rate would sag between two batches. */
void deadline_measure(struct deadline *deadline, uint64_t settled_count, int64_t active_us)
{
    static const double FADING_SECOND = 60;
    double second = (double)(active_us - deadline->measured_us) / US_PER_SECOND;
    if (settled_count <= deadline->measured_count || second <= 0) {
        double overdue = second - deadline->interval_second;
        deadline->overdue_second = overdue > 0 ? overdue : 0;
        return;
    }
    double kept = exp(-second / FADING_SECOND);
    deadline->rows = deadline->rows * kept + (double)(settled_count - deadline->measured_count);
    deadline->second = deadline->second * kept + second;
    deadline->measured_count = settled_count;
    deadline->measured_us = active_us;
    deadline->interval_second = second;
    deadline->overdue_second = 0;
}

static double rate_of(const struct deadline *deadline, double limit_rows_per_second)
{
    double second = deadline->second + deadline->overdue_second;
    double measured = deadline->second > 0 ? deadline->rows / second : 0;
    bool is_limited =
        limit_rows_per_second > 0 && (measured <= 0 || measured > limit_rows_per_second);
    return is_limited ? limit_rows_per_second : measured;
}

static double left_second(const struct deadline *deadline, int64_t now_us)
{
    return now_us < deadline->at_us ? (double)(deadline->at_us - now_us) / US_PER_SECOND : 0;
}

struct deadline_projection deadline_project(const struct deadline *deadline,
                                            const struct benefit_curve *curve,
                                            uint64_t settled_count, uint64_t warm_count,
                                            double limit_rows_per_second, int64_t now_us)
{
    double rate = rate_of(deadline, limit_rows_per_second);
    if (deadline->at_us == 0 || rate <= 0) {
        return (struct deadline_projection){0};
    }
    uint64_t left = warm_count > settled_count ? warm_count - settled_count : 0;
    double fitting = rate * left_second(deadline, now_us);
    struct deadline_projection projection = {.is_known = true,
                                             .is_fitting = fitting >= (double)left,
                                             .rows_per_second = rate,
                                             .warm_count = warm_count};
    projection.row_count =
        projection.is_fitting ? settled_count + left : settled_count + (uint64_t)fitting;
    projection.benefit_share =
        projection.is_fitting ? 1 : benefit_curve_share(curve, projection.row_count);
    return projection;
}

size_t deadline_window_rows(const struct deadline *deadline, size_t row_count_max, int64_t now_us)
{
    enum { ROWS_UNKNOWN = 200, ROWS_LEAST = 50 };
    static const double SHARE_OF_THE_REST =
        0.25; /* two windows are under way, read and looked at again */
    if (deadline->at_us == 0) {
        return row_count_max;
    }
    double rate = rate_of(deadline, 0);
    double rows =
        rate > 0 ? rate * left_second(deadline, now_us) * SHARE_OF_THE_REST : ROWS_UNKNOWN;
    if (rows >= (double)row_count_max) {
        return row_count_max;
    }
    size_t least = row_count_max < ROWS_LEAST ? row_count_max : ROWS_LEAST;
    return rows < (double)least ? least : (size_t)rows;
}

bool deadline_is_news(struct deadline *deadline, const struct deadline_projection *projection,
                      int64_t now_us)
{
    enum { REPEAT_US = 30 * US_PER_SECOND };
    static const double SHARE_CHANGE = 0.05;
    if (!projection->is_known || (!deadline->has_told && projection->is_fitting)) {
        return false;
    }
    bool is_turned = deadline->has_told && deadline->is_told_fitting != projection->is_fitting;
    bool is_moved = fabs(projection->benefit_share - deadline->told_share) >= SHARE_CHANGE;
    bool is_due = now_us - deadline->told_us >= REPEAT_US;
    if (deadline->has_told && !(is_due && (is_turned || is_moved))) {
        return false;
    }
    deadline->has_told = true;
    deadline->is_told_fitting = projection->is_fitting;
    deadline->told_share = projection->benefit_share;
    deadline->told_us = now_us;
    return true;
}

const char *deadline_print(char *text, const struct deadline *deadline,
                           const struct deadline_projection *projection)
{
    static const double PERCENT = 100;
    char time[CIVIL_TEXT_SIZE], rate[UNITS_TEXT_SIZE];
    civil_print_rfc3339(time, deadline->at_unix, NULL);
    units_print_count(rate, (uint64_t)(projection->rows_per_second + 0.5));
    if (projection->is_fitting) {
        snprintf(text, DEADLINE_TEXT_SIZE, "at %s keys/s all %" PRIu64 " keys fit by %s", rate,
                 projection->warm_count, time);
    } else {
        snprintf(text, DEADLINE_TEXT_SIZE,
                 "at %s keys/s %" PRIu64 " of %" PRIu64
                 " keys fit by %s: %.1f%% of the expected benefit",
                 rate, projection->row_count, projection->warm_count, time,
                 projection->benefit_share * PERCENT);
    }
    return text;
}
