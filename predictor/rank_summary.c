/* rank_summary.c - see rank_summary.h.
 * Room: predictor (top). May touch: stderr. */
#include "predictor/rank_summary.h"

#include "common/units.h"

#include <inttypes.h>

static void warn_of_heavy_pins(const struct rank_summary *summary)
{
    char pinned[UNITS_TEXT_SIZE];
    char budget[UNITS_TEXT_SIZE];
    uint64_t pinned_bytes = summary->totals->pinned_bytes;
    if (summary->budget_bytes != 0 && pinned_bytes > summary->budget_bytes) {
        message_warn(summary->message, "the pinned keys alone take %s, the budget is %s",
                     units_print_bytes(pinned, pinned_bytes),
                     units_print_bytes(budget, summary->budget_bytes));
    }
}

/* Cron would load nothing, and nobody would know why. */
static void warn_of_empty_plan(const struct rank_summary *summary)
{
    char budget[UNITS_TEXT_SIZE];
    if (summary->totals->planned_count > 0) {
        return;
    }
    if (summary->totals->end == RANK_END_BUDGET) {
        message_warn(summary->message, "the plan is empty: not one key fits into the budget, %s",
                     units_print_bytes(budget, summary->budget_bytes));
    } else {
        message_warn(summary->message,
                     "the plan is empty: no key is dormant; --dormant-after says how long a key "
                     "has to have been quiet, --scope all plans every key");
    }
}

static void warn_of_missing(const struct rank_summary *summary, const struct key_list *list,
                            const char *option)
{
    char names[256];
    size_t count = key_list_print_missing(list, names, sizeof names);
    if (count > 0) {
        message_warn(summary->message,
                     "%s: no key that could be planned has one of these %zu ids: %s", option, count,
                     names);
    }
}

static void say_expected(const struct rank_summary *summary, enum entity entity)
{
    if (summary->request->is_wanted[entity]) {
        message_note(summary->message, "%ss: %" PRIu64 " %s, of whom %.0f are expected to return",
                     entity_name(entity), summary->asked_count[entity],
                     summary->request->dormant_after_second == 0 ? "known" : "dormant",
                     summary->expected_return_count[entity]);
    }
}

void rank_summary_say(const struct rank_summary *summary)
{
    static const char *const ends[] = {
        [RANK_END_ALL] = "all of them",
        [RANK_END_TOP] = "cut by --top",
        [RANK_END_BUDGET] = "cut by the budget",
    };
    char bytes[UNITS_TEXT_SIZE];
    const struct rank_totals *totals = summary->totals;
    for (int i = 0; i < ENTITY_COUNT; i++) {
        say_expected(summary, (enum entity)i);
    }
    message_note(summary->message, "planned: %" PRIu64 " of %" PRIu64 " keys (%s), %s in Redis",
                 totals->planned_count, totals->offered_count, ends[totals->end],
                 units_print_bytes(bytes, totals->planned_bytes));
    warn_of_heavy_pins(summary);
    warn_of_empty_plan(summary);
    warn_of_missing(summary, summary->request->pins, "--pins");
    warn_of_missing(summary, summary->request->exclusions, "--exclude");
}
