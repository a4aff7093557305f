/* chunk_law.h - how many connections ask, how many ids at once, and how long they rest: AIMD toward a chunk time.
 * Room: loader/rules. May touch: nothing: the time is an argument. Pure.
 * Promises: one question takes about the target or less; what is too slow shrinks by half at most and at least by a
 * twentieth, what has room grows step by step, so it settles and never swings further and further. */
#ifndef REKINDLE_LOADER_CHUNK_LAW_H
#define REKINDLE_LOADER_CHUNK_LAW_H

#include <stdbool.h>
#include <stdint.h>

struct chunk_law_settings {
    int rows_max;        /* ids in a question, from 1 */
    int connections_max; /* from 1 */
    int rest_percent;    /* of a question's time, even when all is well: the nice ratio */
    int64_t target_us;   /* of a question */
};

/* What questions took since the last call. */
struct chunk_sum {
    int64_t count, us_total;
};

struct chunk_law {
    struct chunk_law_settings settings;
    int rows, connections, rest_percent; /* what is in force */
    struct chunk_sum seen;               /* since `judged_us` */
    int64_t judged_us;                   /* 0: never */
    int64_t crowded_us;                  /* when connections were last taken away; 0: never */
    bool is_holding;                     /* was too slow to grow, and has not grown back since */
};

/* Begins small: one connection, few ids. */
void chunk_law_init(struct chunk_law *law, const struct chunk_law_settings *settings);

/* Other settings for a law that is at work; what is in force is cut to them, not begun anew. */
void chunk_law_change(struct chunk_law *law, const struct chunk_law_settings *settings);

/* As after a pause: what has been learned about the ids stays, connections begin with one. */
void chunk_law_restart(struct chunk_law *law);

/* Takes note, and about four times a second judges. True when something in force changed. */
bool chunk_law_note(struct chunk_law *law, const struct chunk_sum *sum, int64_t now_us);

/* Is less in force than the settings allow, because the database was too slow for more? */
bool chunk_law_is_holding(const struct chunk_law *law);

#endif
