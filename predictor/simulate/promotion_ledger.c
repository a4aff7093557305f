/* promotion_ledger.c - how strong each promotion was, and what came of it.
 * Room: predictor/simulate. May touch: nothing. */
#include "predictor/simulate/promotion_ledger.h"

#include "common/civil_time.h"

#include <stdlib.h>

/* The tallies of both entities, side by side. */
struct both_tallies {
    struct tally *tallies[ENTITY_COUNT];
    size_t counts[ENTITY_COUNT];
};

static struct both_tallies both(const struct crowd *crowd, const struct shelf *shelf)
{
    return (struct both_tallies){.tallies = {crowd->tallies, shelf->tallies},
                                 .counts = {crowd->count, shelf->count}};
}

int promotion_ledger_init(struct promotion_ledger *ledger, const struct crowd *crowd,
                          const struct shelf *shelf, struct error *err)
{
    *ledger = (struct promotion_ledger){
        .outcomes = calloc(crowd->timetable->past_count + 1, sizeof *ledger->outcomes),
        .room = calloc(2 * PROMOTION_DAYS_MAX * shelf->parent_count, sizeof *ledger->room),
        .p_users = calloc(crowd->count, sizeof *ledger->p_users),
        .p_products = calloc(shelf->count, sizeof *ledger->p_products),
    };
    if (ledger->outcomes == NULL || ledger->room == NULL || ledger->p_users == NULL ||
        ledger->p_products == NULL) {
        return error_set_memory(err, "keeping the ledger of promotions");
    }
    return 0;
}

void promotion_ledger_free(struct promotion_ledger *ledger)
{
    free(ledger->outcomes);
    free(ledger->room);
    free(ledger->p_users);
    free(ledger->p_products);
    *ledger = (struct promotion_ledger){0};
}

static void foretell(struct promotion_ledger *ledger, const struct promotion *promotion,
                     double multiplier, const struct crowd *crowd, const struct shelf *shelf)
{
    double visits[PROMOTION_DAYS_MAX];
    crowd_foretell(crowd, promotion, multiplier, ledger->p_users, visits);
    shelf_foretell(shelf, promotion, visits, ledger->room, ledger->p_products);
}

static int32_t begin_second(const struct promotion *promotion)
{
    return promotion->start_day * SECONDS_PER_DAY;
}

/* Expected returns of the dormant keys by what was foretold last; to `returns` [ENTITY_COUNT]. */
static void sum_returns(const struct promotion_ledger *ledger, const struct both_tallies *keys,
                        int32_t second, double *returns)
{
    const float *p_touch[ENTITY_COUNT] = {ledger->p_users, ledger->p_products};
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        returns[entity] = 0;
        for (size_t i = 0; i < keys->counts[entity]; i++) {
            if (tally_is_dormant(&keys->tallies[entity][i], second)) {
                returns[entity] += p_touch[entity][i];
            }
        }
    }
}

/* Expected returns in the coming promotion, were its multiplier that of promotion `index`, to
 * `returns` [ENTITY_COUNT]; `multiplier` 0 is an ordinary window. */
static void foretell_coming(struct promotion_ledger *ledger, double multiplier,
                            const struct crowd *crowd, const struct shelf *shelf, double *returns)
{
    const struct promotion *coming = timetable_coming(crowd->timetable);
    struct both_tallies keys = both(crowd, shelf);
    foretell(ledger, coming, multiplier, crowd, shelf);
    sum_returns(ledger, &keys, begin_second(coming), returns);
}

/* Turns expected returns, which `strength` holds so far, into strengths, for one kind of promotions. */
static void scale_strengths(struct promotion_ledger *ledger, const struct timetable *timetable,
                            int32_t kind, const double *ordinary)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < timetable->past_count; i++) {
            if (timetable->promotions[i].kind == kind) {
                sum += ledger->outcomes[i][entity].strength;
                count++;
            }
        }
        double unit = count > 0 ? sum / (double)count : ordinary[entity];
        for (size_t i = 0; i <= timetable->past_count; i++) {
            if (timetable->promotions[i].kind == kind && unit > 0) {
                ledger->outcomes[i][entity].strength /= unit;
            }
        }
    }
}

static void measure_strengths(struct promotion_ledger *ledger, const struct crowd *crowd,
                              const struct shelf *shelf)
{
    const struct timetable *timetable = crowd->timetable;
    double ordinary[ENTITY_COUNT], returns[ENTITY_COUNT];
    foretell_coming(ledger, 0, crowd, shelf, ordinary);
    for (size_t i = 0; i <= timetable->past_count; i++) {
        foretell_coming(ledger, timetable->promotions[i].multiplier, crowd, shelf, returns);
        for (int entity = 0; entity < ENTITY_COUNT; entity++) {
            ledger->outcomes[i][entity].strength = returns[entity];
        }
    }
    for (int32_t kind = 0; kind < PROMOTION_KIND_COUNT; kind++) {
        scale_strengths(ledger, timetable, kind, ordinary);
    }
}

void promotion_ledger_begin(struct promotion_ledger *ledger, const struct promotion *promotion,
                            struct crowd *crowd, struct shelf *shelf)
{
    struct both_tallies keys = both(crowd, shelf);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (size_t i = 0; i < keys.counts[entity]; i++) {
            tally_begin(&keys.tallies[entity][i]);
        }
    }
    if (promotion == timetable_coming(crowd->timetable)) {
        measure_strengths(ledger, crowd, shelf);
    }
    foretell(ledger, promotion, promotion->multiplier, crowd, shelf);
    for (size_t i = 0; i < crowd->count; i++) {
        crowd->tallies[i].p_touch = ledger->p_users[i];
    }
    for (size_t i = 0; i < shelf->count; i++) {
        shelf->tallies[i].p_touch = ledger->p_products[i];
    }
}

void promotion_ledger_end(struct promotion_ledger *ledger, const struct promotion *promotion,
                          const struct crowd *crowd, const struct shelf *shelf)
{
    struct promotion_outcome *outcomes = ledger->outcomes[promotion - crowd->timetable->promotions];
    struct both_tallies keys = both(crowd, shelf);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (size_t i = 0; i < keys.counts[entity]; i++) {
            const struct tally *tally = &keys.tallies[entity][i];
            if (tally_is_dormant(tally, begin_second(promotion))) {
                outcomes[entity].dormant_count++;
                outcomes[entity].expected_returns += tally->p_touch;
                outcomes[entity].returned_count += tally->hits > 0;
            }
        }
    }
}
