/* mbgnbd.c - the MBG/NBD model: a key may leave after any access, also the first.
 * Room: predictor/forecast. May touch: GSL. Pure. Formulae and sources in geometric_dropout.h. */
#include "predictor/forecast/geometric_dropout.h"

static int likelihood(const struct triple_table *table, const double parameters[BTYD_PARAMETERS],
                      struct btyd_likelihood *out)
{
    return geometric_dropout_likelihood(DROPOUT_AFTER_FIRST, table, parameters, out);
}

static double p_alive(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key)
{
    return geometric_dropout_p_alive(DROPOUT_AFTER_FIRST, parameters, key);
}

static double p_return(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key,
                       double from, double to)
{
    const double window[2] = {from, to};
    return geometric_dropout_p_return(DROPOUT_AFTER_FIRST, parameters, key, window);
}

static double expected(const double parameters[BTYD_PARAMETERS], const struct btyd_key *key,
                       double to)
{
    return geometric_dropout_expected(DROPOUT_AFTER_FIRST, parameters, key, to);
}

static double p_repeats(const double parameters[BTYD_PARAMETERS], double age, unsigned repeats)
{
    return geometric_dropout_p_repeats(DROPOUT_AFTER_FIRST, parameters, age, repeats);
}

const struct btyd_model mbgnbd_model = {
    .name = "mbgnbd",
    .parameters = {"r", "alpha", "a", "b"},
    .has_hessian = true,
    .start = geometric_dropout_start,
    .likelihood = likelihood,
    .p_alive = p_alive,
    .p_return = p_return,
    .expected = expected,
    .p_repeats = p_repeats,
};
