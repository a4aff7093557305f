/* event_response.h - how readily a key follows events, from those it saw: came or stayed away, and how strong they were.
 * Room: predictor/forecast. May touch: nothing. Pure.
 * Empirical Bayes. Keys are of a few grades: one of grade g makes `visits_of(g)` visits to an event of ordinary strength,
 * on average and Poisson, on top of those that it would have made anyhow. Which part of the keys is of which grade is
 * learned from all of them, by expectation maximisation; what a key did in events tells its own grade. To have stayed away
 * from a strong event says more than from a weak one, and twice more than once, so ratios spread as more is known: a
 * coefficient learned while keys had seen one event still holds when they have seen three. */
#ifndef REKINDLE_PREDICTOR_EVENT_RESPONSE_H
#define REKINDLE_PREDICTOR_EVENT_RESPONSE_H

#include <stddef.h>

enum { RESPONSE_GRADES = 8 };

/* What is learned of all keys. */
struct event_response {
    double shares[RESPONSE_GRADES]; /* of keys, by grade; they sum to 1 */
};

/* What a key did in one event that found it existing, or that it was first seen in. */
struct event_deed {
    double strength; /* of the event, 1 being an ordinary one */
    double visits;   /* buckets with activity; 0: it stayed away */
    double anyhow;   /* those to be expected of it without the event, had it not left; above 0 */
    double alive;    /* P(it had not left) */
};

/* How likely all deeds of a key are by grade, up to a factor that all grades have in common. */
struct grade_chances {
    double by_grade[RESPONSE_GRADES];
};

/* Of a key that has done nothing yet. */
struct grade_chances event_response_unknown(void);
void event_response_see(struct grade_chances *chances, const struct event_deed *deed);

/* Visits to be expected of a key at an event, over those of a key of which nothing is known; above 0. */
double event_response_ratio(const struct event_response *response,
                            const struct grade_chances *chances);

/* How far its visits are known: the shape of a gamma distribution with the same mean and variance. */
double event_response_shape(const struct event_response *response,
                            const struct grade_chances *chances);

/* Learns the shares from the chances of `count` keys; without any, all grades are alike. */
void event_response_fit(struct event_response *response, const struct grade_chances *chances,
                        size_t count);

#endif
