/* shop_files.h - what a simulated shop consists of beside its logs: calendar, attributes, SQL, config, truth.
 * Room: predictor/simulate. May touch: the streams it is given.
 * Errors while writing show in ferror() of the stream: whoever opened it asks. */
#ifndef REKINDLE_PREDICTOR_SHOP_FILES_H
#define REKINDLE_PREDICTOR_SHOP_FILES_H

#include "predictor/simulate/crowd.h"
#include "predictor/simulate/promotion_ledger.h"
#include "predictor/simulate/shelf.h"

#include <stdio.h>

void shop_files_put_events(FILE *out, const struct timetable *timetable);
void shop_files_put_attributes(FILE *out, const struct shelf *shelf);
/* Patterns for `ingest --ignore-agents`. */
void shop_files_put_crawlers(FILE *out);
/* Ready for `--config`: the history, events.csv, both logs, both families from SQLite in shop.db. */
void shop_files_put_config(FILE *out, const struct timetable *timetable);

void shop_files_put_truth(FILE *out, const struct crowd *crowd, const struct shelf *shelf);
void shop_files_put_event_truth(FILE *out, const struct timetable *timetable,
                                const struct promotion_ledger *ledger);

#endif
