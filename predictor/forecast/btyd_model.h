/* btyd_model.h - a buy-till-you-die model as four parameters and four functions; the table of them.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * A new model is a file with a `const struct btyd_model` and a row in btyd_model.c.
 * Sources: facts and formulae in the headers of the files; x, t_x, T as in triple_table.h. */
#ifndef REKINDLE_PREDICTOR_BTYD_MODEL_H
#define REKINDLE_PREDICTOR_BTYD_MODEL_H

#include "common/error.h"

#include "predictor/forecast/triple_table.h"

#include <stdbool.h>

enum { BTYD_PARAMETERS = 4, BTYD_STARTS = 3 };

/* What is known of one key, in the unit of the parameters (opportunities for bgbb). */
struct btyd_key {
    double x, last, age; /* x, t_x, T */
};

/* The log-likelihood of a table and its derivatives by the parameters themselves (not their logarithms). */
struct btyd_likelihood {
    double value;
    double gradient[BTYD_PARAMETERS];
    double hessian[BTYD_PARAMETERS][BTYD_PARAMETERS]; /* filled by models with has_hessian only */
};

struct btyd_model {
    const char *name;
    const char *parameters[BTYD_PARAMETERS];
    bool has_hessian;
    /* Plausible parameters to begin a search from; `which` < BTYD_STARTS. The table has x_sum > 0. */
    void (*start)(const struct triple_table *table, int which, double parameters[BTYD_PARAMETERS]);
    /* Fills `out`; -1 only when out of memory. O(distinct triples). */
    int (*likelihood)(const struct triple_table *table, const double parameters[BTYD_PARAMETERS],
                      struct btyd_likelihood *out);
    /* P(the key is still alive at T). */
    double (*p_alive)(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key);
    /* P(at least one access in (T + from, T + to]), 0 <= from <= to. */
    double (*p_return)(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key,
                       double from, double to);
    /* E(accesses in (T, T + to]). */
    double (*expected)(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key,
                       double to);
    /* P(a key has `repeats` repeat accesses by the age `age`), of a key of which nothing else is known. O(repeats), for
     * bgbb O(age). */
    double (*p_repeats)(const double parameters[BTYD_PARAMETERS], double age, unsigned repeats);
};

extern const struct btyd_model bgnbd_model, mbgnbd_model, paretonbd_model, bgbb_model;

/* NULL when there is none of that name. */
const struct btyd_model *btyd_model_find(const char *name);
/* "bgnbd, mbgnbd, paretonbd, bgbb": for messages. */
const char *btyd_model_names(void);

#endif
