/* event_response.c - see event_response.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/event_response.h"

#include <math.h>

/* From those whom no event moves to those who come several times. */
static const double visits_of[RESPONSE_GRADES] = {0, 0.02, 0.06, 0.15, 0.4, 1, 2.5, 6};

struct grade_chances event_response_unknown(void)
{
    struct grade_chances chances;
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        chances.by_grade[i] = 1;
    }
    return chances;
}

/* P(visits), Poisson, over the highest that any mean could give. */
static double chance_of(double visits, double mean)
{
    return mean > 0 ? exp(visits * log(mean / visits) - mean + visits) : 0;
}

static double chance_of_deed(const struct event_deed *deed, double drawn)
{
    if (deed->visits <= 0) {
        return exp(-drawn); /* whether it came anyhow does not depend on the grade */
    }
    return deed->alive * chance_of(deed->visits, drawn + deed->anyhow) +
           (1 - deed->alive) * chance_of(deed->visits, drawn);
}

/* Keeps the largest at 1, so that many events do not make them all vanish. */
static void rescale(struct grade_chances *chances)
{
    double largest = 0;
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        largest = fmax(largest, chances->by_grade[i]);
    }
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        chances->by_grade[i] = largest > 0 ? chances->by_grade[i] / largest : 1;
    }
}

void event_response_see(struct grade_chances *chances, const struct event_deed *deed)
{
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        chances->by_grade[i] *= chance_of_deed(deed, visits_of[i] * deed->strength);
    }
    rescale(chances);
}

static double mean_visits(const struct event_response *response,
                          const struct grade_chances *chances)
{
    double all = 0;
    double sum = 0;
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        double share = response->shares[i] * chances->by_grade[i];
        all += share;
        sum += share * visits_of[i];
    }
    return sum / all;
}

double event_response_ratio(const struct event_response *response,
                            const struct grade_chances *chances)
{
    const struct grade_chances unknown = event_response_unknown();
    return mean_visits(response, chances) / mean_visits(response, &unknown);
}

double event_response_shape(const struct event_response *response,
                            const struct grade_chances *chances)
{
    const double least = 0.1;
    const double most = 20;
    double mean = mean_visits(response, chances);
    double all = 0;
    double squares = 0;
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        double share = response->shares[i] * chances->by_grade[i];
        double away = visits_of[i] - mean;
        all += share;
        squares += share * away * away;
    }
    return fmin(fmax(mean * mean * all / squares, least), most);
}

/* Adds to `sums` the part of one key that is of each grade. */
static void add_parts(const struct event_response *response, const struct grade_chances *chances,
                      double sums[RESPONSE_GRADES])
{
    double all = 0;
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        all += response->shares[i] * chances->by_grade[i];
    }
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        sums[i] += response->shares[i] * chances->by_grade[i] / all;
    }
}

void event_response_fit(struct event_response *response, const struct grade_chances *chances,
                        size_t count)
{
    enum { ROUNDS = 100 };     /* grades that the keys do not tell apart stay near the start */
    const double assumed = 20; /* keys of each grade, so that none dies out */
    for (size_t i = 0; i < RESPONSE_GRADES; i++) {
        response->shares[i] = 1.0 / RESPONSE_GRADES;
    }
    for (int round = 0; round < ROUNDS; round++) {
        double sums[RESPONSE_GRADES];
        for (size_t i = 0; i < RESPONSE_GRADES; i++) {
            sums[i] = assumed;
        }
        for (size_t i = 0; i < count; i++) {
            add_parts(response, &chances[i], sums);
        }
        for (size_t i = 0; i < RESPONSE_GRADES; i++) {
            response->shares[i] = sums[i] / ((double)count + assumed * RESPONSE_GRADES);
        }
    }
}
