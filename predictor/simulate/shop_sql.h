/* shop_sql.h - the tables of a simulated shop, as SQL.
 * Room: predictor/simulate. May touch: the stream it is given. */
#ifndef REKINDLE_PREDICTOR_SHOP_SQL_H
#define REKINDLE_PREDICTOR_SHOP_SQL_H

#include "predictor/simulate/crowd.h"
#include "predictor/simulate/shelf.h"

#include <stdio.h>

/* Tables users and products with their rows, in a dialect that SQLite and MariaDB share. Errors while
 * writing show in ferror() of the stream. */
void shop_sql_put(FILE *out, const struct crowd *crowd, const struct shelf *shelf, uint64_t seed);

#endif
