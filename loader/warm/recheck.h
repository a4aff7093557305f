/* recheck.h - looks at the source again after writing: was what we wrote still true when it was written?
 * Room: loader/warm. May touch: a source set of its own, so that it never waits for the fetching ahead.
 *
 * NX alone does not close the race "we read the row; the application changes it and deletes the key; we write the old
 * row". A second look, in a new snapshot after the write, does: a change that was committed before it is seen here, and
 * one committed later is followed by the application's own delete of the key.
 * A version is compared where it can be trusted (a counter, or a time with fractions of a second); elsewhere the whole
 * row is read and rendered again and its digest compared. */
#ifndef REKINDLE_LOADER_RECHECK_H
#define REKINDLE_LOADER_RECHECK_H

#include "loader/warm/source_set.h"

enum { RECHECK_YOUNG_US = 2000000 };

enum recheck_verdict {
    RECHECK_FRESH, /* the source still says what was written */
    RECHECK_STALE, /* it says something else, or has no such row any more */
    RECHECK_YOUNG, /* the same, but so young that it must be looked at again, RECHECK_YOUNG_US after it was read */
};

/* One key that was written. */
struct recheck_row {
    size_t family_index;
    struct slice id, version;
    bool is_negative;                 /* what was written says that the source has no such row */
    uint64_t digest_high, digest_low; /* XXH3-128 of the value */
    enum recheck_verdict verdict;     /* comes out */
};

struct pulse;

struct recheck {
    struct source_set *sources; /* borrowed */
    struct pulse *
        pulse; /* beats between questions, and knows how many; NULL: nobody does; NULL after init */
    bool is_by_value;  /* compare values also where versions could be trusted; false after init */
    struct slice *ids; /* of one family's rows */
    size_t *places;    /* which row each id belongs to */
    size_t capacity;
    struct record_batch batch;
};

void recheck_init(struct recheck *recheck, struct source_set *sources);
void recheck_free(struct recheck *recheck);

/* Gives each row its verdict. `read_us` (monotonic): when their values began to be read. */
int recheck_judge(struct recheck *recheck, struct recheck_row rows[], size_t count, int64_t read_us,
                  struct error *err) MUST_CHECK;

/* Whether a version of this kind and text, equal on both looks, is too young for trust. `now_unix_us` is the
 * database's clock at the second look, `since_read_us` the time from the first look to it. Pure. */
bool recheck_is_young(enum version_kind kind, struct slice version, int64_t now_unix_us,
                      int64_t since_read_us);

#endif
