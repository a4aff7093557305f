/* predict_options.h - everything rekindle-predict can be asked on its command line, as one struct.
 * Room: predictor (top). May touch: common. */
#ifndef REKINDLE_PREDICTOR_PREDICT_OPTIONS_H
#define REKINDLE_PREDICTOR_PREDICT_OPTIONS_H

#include "common/options.h"

#define PREDICT_NOT_GIVEN UINT64_MAX

struct predict_options {
    /* all commands */
    const char *config, *now;
    bool is_quiet, is_verbose;
    /* where the history is, and its clock */
    const char *history, *zone;
    /* ingest */
    const char *format, *log, *columns, *delimiter, *user_rule, *product_rule, *status,
        *ignore_agents, *bad_lines;
    double max_bad_share;  /* below 0: not given */
    uint64_t memory_bytes; /* of all workers together, before they spill; 0: not given */
    uint64_t threads;      /* 0: as many as there are cores */
    int64_t bucket_second; /* 0: not given */
    /* rank */
    const char *event, *events, *window, *as_of, *scope, *entity, *model, *family, *out, *report,
        *dump_features;
    int64_t dormant_after_second, max_history_age_second;
    double event_strength;      /* 0: not given */
    uint64_t budget_bytes, top; /* 0: no limit */
    bool is_replaced;           /* the plan, also when it was edited */
    struct option_list attributes, pins, exclude;
    /* backtest */
    const char *models;
    int64_t length_second, lead_second, step_second; /* length 0: not given */
    uint64_t origins;
    bool is_at_events;
    /* inspect */
    const char *key;
    bool is_dump, is_logs;
    /* fit and simulate */
    const char *input;
    const char *shop, *end;
    uint64_t seed, users, products, days;
    uint64_t promotions; /* PREDICT_NOT_GIVEN: as many as the kind of shop has */
};

/* The commands with their options; ends at a NULL name. main.c runs what it finds there. */
extern const struct program predict_program;

/* Sets the defaults that are not 0. */
void predict_options_init(struct predict_options *options);

#endif
