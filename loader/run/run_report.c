/* run_report.c - see run_report.h.
 * Room: loader/run. May touch: the stream it is given. */
#include "loader/run/run_report.h"

#include <inttypes.h>

#include "common/civil_time.h"
#include "common/monotonic.h"
#include "common/terminal.h"
#include "common/units.h"

/* The order in which a reader wants them: what is warm, what is not and why, what was not wanted. */
static const enum outcome print_order[] = {
    OUTCOME_WARMED,        OUTCOME_EXISTS,  OUTCOME_MISSING,  OUTCOME_NEGATIVE,
    OUTCOME_STALE_REMOVED, OUTCOME_TOO_BIG, OUTCOME_FAILED,   OUTCOME_REFUSED_BUDGET,
    OUTCOME_ROLLED_BACK,   OUTCOME_SKIPPED, OUTCOME_HELD_OUT, OUTCOME_NOT_REACHED,
};
_Static_assert(sizeof print_order / sizeof *print_order == OUTCOME_COUNT, "all outcomes print");

void run_report_print_tally(FILE *out, const struct outcome_tally *tally)
{
    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        uint64_t count = tally->count[print_order[i]];
        if (count > 0) {
            fprintf(out, "  %-16s %12" PRIu64 "\n", outcome_name(print_order[i]), count);
        }
    }
}

void run_report_print_throttled(FILE *out, const double second[THROTTLE_REASON_COUNT])
{
    char duration[UNITS_TEXT_SIZE];
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        static const double WORTH_A_LINE_SECOND = 0.05;
        if (second[i] >= WORTH_A_LINE_SECOND) {
            fprintf(out, "  %-36s %s\n", pace_reason_text((enum throttle_reason)i),
                    units_print_duration(duration, second[i]));
        }
    }
}

static void print_pace(FILE *out, const struct pace *pace)
{
    double second[THROTTLE_REASON_COUNT];
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        second[i] = (double)pace->throttled_us[i] / US_PER_SECOND;
    }
    run_report_print_throttled(out, second);
}

void run_report_print(FILE *out, const struct pulse *pulse, const struct outcome_tally *tally,
                      double elapsed_second)
{
    char time[CIVIL_TEXT_SIZE], duration[UNITS_TEXT_SIZE], rate[UNITS_TEXT_SIZE],
        bytes[UNITS_TEXT_SIZE];
    static const double PERCENT = 100, SHORTEST_SECOND = 1e-3;
    uint64_t settled = outcome_tally_sum(&pulse->totals.tally);
    uint64_t now = settled - pulse->settled_before;
    double second = elapsed_second < SHORTEST_SECOND ? SHORTEST_SECOND : elapsed_second;
    terminal_print(
        out, "%" PRIu64 " of %" PRIu64 " planned keys settled, %" PRIu64 " now in %s (%s/s)\n",
        settled, pulse->warm_count, now, units_print_duration(duration, elapsed_second),
        units_print_count(rate, (uint64_t)((double)now / second)));
    run_report_print_tally(out, tally);
    terminal_print(out, "values written: %s\n",
                   units_print_bytes(bytes, pulse->totals.value_bytes));
    terminal_print(out, "share of the expected benefit that is warm: %.1f%%\n",
                   pulse_benefit_share(pulse) * PERCENT);
    if (pulse->outlook.deadline_unix != 0) {
        terminal_print(out, "deadline: %s\n",
                       civil_print_rfc3339(time, pulse->outlook.deadline_unix, NULL));
    }
    print_pace(out, &pulse->pace);
}
