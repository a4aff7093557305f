/* traffic.h - a day's visits become a day's accesses, in order of time.
 * Room: predictor/simulate. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_TRAFFIC_H
#define REKINDLE_PREDICTOR_TRAFFIC_H

#include "predictor/simulate/access_writer.h"
#include "predictor/simulate/crowd.h"
#include "predictor/simulate/shelf.h"

struct traffic {
    struct access *accesses; /* [count]: the day's, in order of time */
    size_t count, room;
    struct access *unsorted; /* [room] */
    uint32_t *starts;        /* [SECONDS_PER_DAY + 1]: scratch of the counting sort */
    gsl_rng *visit_rng;      /* when, and what is looked at */
    gsl_rng
        *answer_rng; /* sizes, durations, failures, crawlers: nothing that counts as an access */
};

/* Free with traffic_free, also after an error. */
int traffic_init(struct traffic *traffic, uint64_t seed, struct error *err) MUST_CHECK;
void traffic_free(struct traffic *traffic);

/* Spreads the visits of `crowd` over `day` and over the products of `shelf`, adds failures and crawlers,
 * notes every access that counts in the tallies of both, and sorts. Accesses with a status of 400 or more
 * and those of crawlers do not count; a failure is followed by a success, so the truth is not touched. */
int traffic_fill(struct traffic *traffic, struct crowd *crowd, struct shelf *shelf, int32_t day,
                 struct error *err) MUST_CHECK;

#endif
