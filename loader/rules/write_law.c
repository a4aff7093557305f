/* write_law.c - see write_law.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/write_law.h"

enum { JUDGE_EVERY_US = 500000, STEPS_TO_CEILING = 20 };

static void slow_down(struct write_law *law, double written)
{
    if (law->rate <= 0) {
        law->ceiling = written > WRITE_LAW_RATE_MIN ? written : WRITE_LAW_RATE_MIN;
    }
    double from = law->rate > 0 && law->rate < law->ceiling ? law->rate : law->ceiling;
    law->rate = from / 2 > WRITE_LAW_RATE_MIN ? from / 2 : WRITE_LAW_RATE_MIN;
}

void write_law_note(struct write_law *law, bool is_slow, double written, int64_t now_us)
{
    if (law->judged_us != 0 && now_us - law->judged_us < JUDGE_EVERY_US) {
        return;
    }
    law->judged_us = now_us;
    if (is_slow) {
        slow_down(law, written);
    } else if (law->rate > 0) {
        law->rate += law->ceiling / STEPS_TO_CEILING;
        if (law->rate >= 2 * law->ceiling) {
            law->rate = 0;
        }
    }
}
