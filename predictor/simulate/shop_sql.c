/* shop_sql.c - the shop's tables as SQL that SQLite and MariaDB both accept and read fast.
 * Room: predictor/simulate. May touch: the stream it is given.
 * Tables first, then all rows in one transaction (MariaDB ends a transaction at each CREATE TABLE), so many a
 * statement. Text holds no backslash, which MariaDB would take as an escape and SQLite would not; a quote is
 * doubled, which both understand. Versions have fractional seconds, so that the loader trusts them. */
#include "predictor/simulate/shop_sql.h"

#include "common/civil_time.h"
#include "predictor/simulate/access_writer.h"
#include "predictor/simulate/draw.h"

enum {
    ROWS_PER_INSERT = 500,
    VERSION_DAYS = 90, /* a row was changed at some time in so many days before the log's end */
    MICROSECONDS = 1000000,
    POINTS_MAX = 5000,
    STOCK_MAX = 400,
    PRICE_CENTS_MIN = 199,
    PRICE_CENTS_RANGE = 20000,
    CENTS = 100,
    STAMP_SIZE = 64,
    DATE_PART = 10, /* of an RFC 3339 time: 2026-11-11 */
    CLOCK_PART = 8,
};

static const char *const first_names[] = {"Ada",   "Bilal", "Chloé", "Dmitri", "Elif", "Femi",
                                          "Grace", "Hana",  "Igor",  "Jun",    "Kofi", "Łucja",
                                          "Mei",   "Noor",  "Olga",  "Zoë"};
static const char *const last_names[] = {
    "Abe",    "Brown",  "Costa", "Dubois", "Eriksen", "Fischer", "Gómez",    "Haddad",
    "Ivanov", "Jensen", "Kim",   "Liu",    "Müller",  "Nguyen",  "O''Brien", "Şahin"};
static const char *const tiers[] = {"bronze", "bronze", "silver", "gold"};
static const char *const things[] = {"Lamp",  "Kettle", "Backpack", "Notebook",
                                     "Chair", "Mug",    "Scarf",    "Watch"};
static const char *const colours[] = {"red",   "green", "blue",   "black",
                                      "white", "birch", "copper", "½ off grey"};

enum {
    NAME_BITS = 4, /* 16 names of each kind */
    TIER_BITS = 2,
    THING_BITS = 3,
    POINTS_SHIFT = 16,
    STOCK_SHIFT = 40,
    PRICE_SHIFT = 24,
};
_Static_assert(sizeof first_names / sizeof first_names[0] == 1 << NAME_BITS, "a power of two");
_Static_assert(sizeof last_names / sizeof last_names[0] == 1 << NAME_BITS, "a power of two");
_Static_assert(sizeof tiers / sizeof tiers[0] == 1 << TIER_BITS, "a power of two");
_Static_assert(sizeof things / sizeof things[0] == 1 << THING_BITS, "a power of two");
_Static_assert(sizeof colours / sizeof colours[0] == 1 << THING_BITS, "a power of two");

/* Takes the lowest bits off `*hash` as an index. */
static size_t take_bits(uint64_t *hash, int bits)
{
    size_t index = *hash & (((uint64_t)1 << bits) - 1);
    *hash >>= bits;
    return index;
}

/* `2026-10-03 07:12:44.031337`, in UTC. */
static const char *print_version(char *stamp, int64_t end_unix, uint64_t hash)
{
    char text[CIVIL_TEXT_SIZE];
    int64_t age_second = 1 + (int64_t)(hash % ((uint64_t)VERSION_DAYS * SECONDS_PER_DAY));
    civil_print_rfc3339(text, end_unix - age_second, NULL);
    snprintf(stamp, STAMP_SIZE, "%.*s %.*s.%06u", DATE_PART, text, CLOCK_PART, text + DATE_PART + 1,
             (unsigned)((hash >> POINTS_SHIFT) % MICROSECONDS));
    return stamp;
}

static void begin_row(FILE *out, const char *table, size_t row)
{
    if (row % ROWS_PER_INSERT == 0) {
        fprintf(out, "%sINSERT INTO %s VALUES\n", row == 0 ? "" : ";\n", table);
    } else {
        fputs(",\n", out);
    }
}

static void put_users(FILE *out, size_t count, int64_t end_unix, uint64_t seed)
{
    char id[ACCESS_ID_SIZE], stamp[STAMP_SIZE];
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = draw_hash(seed, i);
        const char *version = print_version(stamp, end_unix, hash);
        unsigned points = (unsigned)((hash >> POINTS_SHIFT) % POINTS_MAX);
        begin_row(out, "users", i);
        const char *first = first_names[take_bits(&hash, NAME_BITS)];
        const char *last = last_names[take_bits(&hash, NAME_BITS)];
        fprintf(out, "(%s,'%s %s','%s',%u,'%s')", access_writer_print_user(id, i), first, last,
                tiers[take_bits(&hash, TIER_BITS)], points, version);
    }
    fputs(";\n", out);
}

static void put_products(FILE *out, const struct shelf *shelf, int64_t end_unix, uint64_t seed)
{
    char id[ACCESS_ID_SIZE], stamp[STAMP_SIZE];
    for (size_t i = 0; i < shelf->count; i++) {
        /* Apart from the users' hashes: ids of users stay below this. */
        uint64_t hash = draw_hash(seed, UINT32_MAX + (uint64_t)i);
        const char *version = print_version(stamp, end_unix, hash);
        unsigned cents = PRICE_CENTS_MIN + (unsigned)((hash >> PRICE_SHIFT) % PRICE_CENTS_RANGE);
        unsigned stock = (unsigned)((hash >> STOCK_SHIFT) % STOCK_MAX);
        const struct product_parent *parent = &shelf->parents[shelf->products[i].parent];
        begin_row(out, "products", i);
        const char *thing = things[take_bits(&hash, THING_BITS)];
        fprintf(out, "('%s','%s, %s','category-%02u',%u.%02u,%u,'%s')",
                access_writer_print_product(id, i), thing, colours[take_bits(&hash, THING_BITS)],
                (unsigned)parent->category + 1, cents / CENTS, cents % CENTS, stock, version);
    }
    fputs(";\n", out);
}

void shop_sql_put(FILE *out, const struct crowd *crowd, const struct shelf *shelf, uint64_t seed)
{
    int64_t end_unix = timetable_unix(crowd->timetable, crowd->timetable->log_days);
    fputs("-- A simulated shop: sqlite3 shop.db < shop.sql, or mariadb SHOP < shop.sql\n"
          "DROP TABLE IF EXISTS users;\n"
          "DROP TABLE IF EXISTS products;\n"
          "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, tier VARCHAR(16) "
          "NOT "
          "NULL, points INTEGER NOT NULL, updated_at DATETIME(6) NOT NULL);\n"
          "CREATE TABLE products (id VARCHAR(32) PRIMARY KEY, name VARCHAR(80) NOT NULL, category "
          "VARCHAR(32) NOT NULL, price DECIMAL(10,2) NOT NULL, stock INTEGER NOT NULL, updated_at "
          "DATETIME(6) NOT NULL);\n"
          "BEGIN;\n",
          out);
    put_users(out, crowd->count, end_unix, seed);
    put_products(out, shelf, end_unix, seed);
    fputs("COMMIT;\n", out);
}
