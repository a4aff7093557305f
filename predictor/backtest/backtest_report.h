/* backtest_report.h - the evaluation as a long CSV, and as a table for a person.
 * Room: predictor/backtest. May touch: the streams it is given. */
#ifndef REKINDLE_PREDICTOR_BACKTEST_REPORT_H
#define REKINDLE_PREDICTOR_BACKTEST_REPORT_H

#include "common/entity.h"
#include "common/message.h"

#include "predictor/backtest/backtest_evaluation.h"

/* `origin,entity,model,metric,value,low,high` */
void backtest_report_write_header(FILE *out);
/* A row for each metric that has a value; origin is the time of the forecast, or `all`. Differences to the best
 * baseline are called `auc_minus_bgnbd`. */
void backtest_report_write(const struct backtest_evaluation *evaluation,
                           const struct backtest_rows *rows, enum entity entity, FILE *out);

/* Over all origins: one line a model, and how each that is no baseline compares with the best of those; 80 columns. */
void backtest_report_say(const struct backtest_evaluation *evaluation,
                         const struct backtest_rows *rows, enum entity entity,
                         const struct message *message);

#endif
