/* simulate.h - the door of the simulate room: a shop whose truth is known.
 * Room: predictor/simulate. May touch: files in the folder it is given.
 * Promises: the same options give the same bytes in every file, on every run. */
#ifndef REKINDLE_PREDICTOR_SIMULATE_H
#define REKINDLE_PREDICTOR_SIMULATE_H

#include "common/error.h"
#include "common/message.h"

#include <stdint.h>

enum {
    SIMULATE_PROMOTIONS_BY_SHOP = -1, /* as many past promotions as the kind of shop has */
    SIMULATE_USERS_MAX = 50000000,
    SIMULATE_PRODUCTS_MAX = 5000000,
    SIMULATE_DAYS_MIN = 14,
    SIMULATE_DAYS_MAX = 3650,
};

struct simulate_options {
    uint64_t seed;
    uint64_t user_count;    /* 1..SIMULATE_USERS_MAX */
    uint64_t product_count; /* 1..SIMULATE_PRODUCTS_MAX */
    int64_t day_count;      /* days of log: SIMULATE_DAYS_MIN..SIMULATE_DAYS_MAX */
    int64_t
        promotion_count; /* past ones; SIMULATE_PROMOTIONS_BY_SHOP: two for 120 days or as the shop has */
    int64_t end_unix; /* where the log ends and the coming promotion begins; cut to a day of UTC */
    const char *shop; /* sparse, dense or seasonal: shop_kind.c has the table */
    const char *out_folder; /* made when absent; files of the same names in it are replaced */
};

/* The options that `make demo` is built on, without a folder: seed 1, 200,000 users, 20,000 products,
 * 120 days to 2026-11-11, a sparse shop: 2.2 million accesses. */
struct simulate_options simulate_default_options(void);

/* Lives through the days of the log, then through the coming promotion, and writes into the folder:
 *   access.log, access.csv      the accesses of the log; the CSV lacks the crawlers
 *   event-access.csv            the accesses during the coming promotion, for scoring
 *   events.csv                  name,start,end,kind of the past promotions and the coming one
 *   truth.csv                   entity,id,p_true,returned,hits,first_touch,last_seen: one row for each key
 *                               that the log holds; p_true is P(at least one access in the coming
 *                               promotion) given every rate and hidden state when the log ends
 *   truth-events.csv            each promotion's strength and what came of it, users and products apart
 *   product-attributes.csv      id,parent,category
 *   shop.sql                    the tables users and products, for SQLite and MariaDB
 *   crawlers.txt, rekindle.conf what `ingest`, `rank` and `rekindle-load` need to run on the folder
 * ERROR_USAGE for options out of range, ERROR_RESOURCE without memory or disk. Memory: some 60 bytes a user,
 * 70 a product, and one day of accesses twice. */
int simulate_run(const struct simulate_options *options, const struct message *message,
                 struct error *err) MUST_CHECK;

#endif
