/* event_response_test.c - grades of keys by what they did in events: likelihoods, shares, shapes. */
#include "predictor/forecast/event_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

static const double visits_of[RESPONSE_GRADES] = {0, 0.02, 0.06, 0.15, 0.4, 1, 2.5, 6};
static const struct event_response alike = {{.125, .125, .125, .125, .125, .125, .125, .125}};

static struct grade_chances after(const struct event_deed *deeds, size_t count)
{
    struct grade_chances chances = event_response_unknown();
    for (size_t i = 0; i < count; i++) {
        event_response_see(&chances, &deeds[i]);
    }
    return chances;
}

static double ratio_after(const struct event_deed *deeds, size_t count)
{
    const struct grade_chances chances = after(deeds, count);
    return event_response_ratio(&alike, &chances);
}

/* By hand: each grade by its probability of the deed. */
static double ratio_by(const double *probabilities)
{
    double all = 0;
    double sum = 0;
    double mean = 0;
    for (int i = 0; i < RESPONSE_GRADES; i++) {
        all += probabilities[i];
        sum += probabilities[i] * visits_of[i];
        mean += visits_of[i] / RESPONSE_GRADES;
    }
    return sum / all / mean;
}

static void deeds_count_as_poisson_visits(void **state)
{
    (void)state;
    const struct event_deed away = {.strength = 0.5};
    const struct event_deed came = {.strength = 2, .visits = 3, .anyhow = 0.2, .alive = 0.75};
    double stays[RESPONSE_GRADES];
    double comes[RESPONSE_GRADES];
    for (int i = 0; i < RESPONSE_GRADES; i++) {
        double drawn = 2 * visits_of[i];
        stays[i] = exp(-0.5 * visits_of[i]);
        comes[i] =
            0.75 * exp(-drawn - 0.2) * pow(drawn + 0.2, 3) + 0.25 * exp(-drawn) * pow(drawn, 3);
    }
    assert_true(fabs(ratio_after(NULL, 0) - 1) < 1e-12);
    assert_true(fabs(ratio_after(&away, 1) - ratio_by(stays)) < 1e-9);
    assert_true(fabs(ratio_after(&came, 1) - ratio_by(comes)) < 1e-9);
}

static void strong_events_say_more(void **state)
{
    (void)state;
    const struct event_deed weak = {.strength = 0.3};
    const struct event_deed strong = {.strength = 3};
    const struct event_deed twice[] = {weak, weak};
    assert_true(ratio_after(&strong, 1) < ratio_after(&weak, 1));
    assert_true(ratio_after(twice, 2) < ratio_after(&weak, 1));
    assert_true(ratio_after(&weak, 1) < 1);
    /* to have come says less of a key that would have come anyhow */
    const struct event_deed drawn = {.strength = 1, .visits = 1, .anyhow = 0.01, .alive = 0.5};
    const struct event_deed anyhow = {.strength = 1, .visits = 1, .anyhow = 1, .alive = 0.99};
    assert_true(ratio_after(&anyhow, 1) < ratio_after(&drawn, 1));
}

static void many_events_leave_numbers(void **state)
{
    (void)state;
    struct grade_chances away = event_response_unknown();
    struct grade_chances here = event_response_unknown();
    for (int i = 0; i < 5000; i++) {
        event_response_see(&away, &(struct event_deed){.strength = 20});
        event_response_see(&here,
                           &(struct event_deed){.strength = 20, .visits = 90, .anyhow = 1e-9});
    }
    double least = event_response_ratio(&alike, &away);
    double most = event_response_ratio(&alike, &here);
    assert_true(isfinite(least) && least >= 0 && least < 0.01);
    assert_true(isfinite(most) && most > 1);
    assert_true(isfinite(event_response_shape(&alike, &away)));
    assert_true(isfinite(event_response_shape(&alike, &here)));
}

static void the_shape_is_that_of_a_gamma(void **state)
{
    (void)state;
    struct grade_chances chances = event_response_unknown();
    double mean = 0;
    double square = 0;
    for (int i = 0; i < RESPONSE_GRADES; i++) {
        mean += visits_of[i] / RESPONSE_GRADES;
        square += visits_of[i] * visits_of[i] / RESPONSE_GRADES;
    }
    double unknown = event_response_shape(&alike, &chances);
    assert_true(fabs(unknown - mean * mean / (square - mean * mean)) < 1e-9);
    for (int i = 0; i < 4; i++) {
        event_response_see(&chances, &(struct event_deed){
                                         .strength = 1, .visits = 2, .anyhow = 1e-3, .alive = 0.5});
    }
    assert_true(event_response_shape(&alike, &chances) > 5 * unknown);
}

/* Keys of which a quarter make one visit to an event, the others none: six events tell. */
static void shares_are_learned(void **state)
{
    (void)state;
    enum { KEYS = 4000, EVENTS = 6 };
    struct grade_chances *chances = malloc(KEYS * sizeof *chances);
    struct event_response learned;
    uint64_t dice = 7;
    assert_non_null(chances);
    for (int i = 0; i < KEYS; i++) {
        chances[i] = event_response_unknown();
        for (int j = 0; j < EVENTS; j++) {
            dice = dice * 6364136223846793005U + 1442695040888963407U;
            struct event_deed deed = {.strength = 1, .anyhow = 1e-3, .alive = 0.5};
            deed.visits = i % 4 == 0 && (double)(dice >> 11) * 0x1p-53 > exp(-1) ? 1 : 0;
            event_response_see(&chances[i], &deed);
        }
    }
    event_response_fit(&learned, chances, KEYS);
    double sum = 0;
    for (int i = 0; i < RESPONSE_GRADES; i++) {
        assert_true(learned.shares[i] > 0);
        sum += learned.shares[i];
    }
    assert_true(fabs(sum - 1) < 1e-9);
    double few = learned.shares[0] + learned.shares[1] + learned.shares[2];
    assert_true(few > 0.6 && few < 0.8);
    assert_true(learned.shares[4] + learned.shares[5] > 0.2 && learned.shares[7] < 0.02);
    event_response_fit(&learned, NULL, 0);
    assert_true(fabs(learned.shares[3] - 1.0 / RESPONSE_GRADES) < 1e-12);
    free(chances);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deeds_count_as_poisson_visits),
        cmocka_unit_test(strong_events_say_more),
        cmocka_unit_test(many_events_leave_numbers),
        cmocka_unit_test(the_shape_is_that_of_a_gamma),
        cmocka_unit_test(shares_are_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
