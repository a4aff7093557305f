/* geometric_dropout.h - what BG/NBD and MBG/NBD share: gamma rates, and a beta chance to leave after an access.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * Parameters in order: r, alpha (rate ~ Gamma), a, b (chance to leave ~ Beta).
 * Sources: BG/NBD Fader, Hardie, Lee 2005 (notes 004, 021, 029, 039); MBG/NBD Batislam, Denizel, Filiztekin 2007.
 * With s = 0 for BG/NBD (leaves only after a repeat access) and s = 1 for MBG/NBD (also right after the first):
 *   d    = ln a - ln(b + x - 1 + s) + (r + x) (ln(alpha + T) - ln(alpha + t_x)), the log odds of having left;
 *          minus infinity for x = 0 and s = 0
 *   ln L = lnG(r+x) - lnG(r) + r ln alpha + lnB(a, b+x+s) - lnB(a, b) - (r+x) ln(alpha+T) + ln(1 + e^d)
 *   P(return in (T+u, T+w]) = P(alive) { F(u / A') - (A' / (A'+h))^(r+x) F(u / (A'+h)) },  A' = alpha + T, h = w - u,
 *          F(z) = 2F1(r+x, a; a+b+x+s; -z)
 *   P(x repeats by T) = B(a, b+x+s) / B(a, b) NB(x) + B(a+1, b+x+s-1) / B(a, b) P(NB >= x), the latter for x + s > 0;
 *          NB: negative binomial with r and alpha / (alpha + T), the accesses of a key that never leaves. */
#ifndef REKINDLE_PREDICTOR_GEOMETRIC_DROPOUT_H
#define REKINDLE_PREDICTOR_GEOMETRIC_DROPOUT_H

#include "predictor/forecast/btyd_model.h"

enum dropout_start { DROPOUT_AFTER_REPEAT = 0, DROPOUT_AFTER_FIRST = 1 };

/* The starts are the same for both. */
void geometric_dropout_start(const struct triple_table *table, int which,
                             double parameters[BTYD_PARAMETERS]);

/* The other functions of struct btyd_model, each with `start` for s. */
int geometric_dropout_likelihood(enum dropout_start start, const struct triple_table *table,
                                 const double parameters[BTYD_PARAMETERS],
                                 struct btyd_likelihood *out);
double geometric_dropout_p_alive(enum dropout_start start, const double parameters[BTYD_PARAMETERS],
                                 const struct btyd_key *key);
double geometric_dropout_p_return(enum dropout_start start,
                                  const double parameters[BTYD_PARAMETERS],
                                  const struct btyd_key *key, const double window[2]);
double geometric_dropout_expected(enum dropout_start start,
                                  const double parameters[BTYD_PARAMETERS],
                                  const struct btyd_key *key, double to);
double geometric_dropout_p_repeats(enum dropout_start start,
                                   const double parameters[BTYD_PARAMETERS], double age,
                                   unsigned repeats);

#endif
