/* predict_options.c - see predict_options.h.
 * Room: predictor (top). May touch: common. */
#include "predictor/predict_options.h"

#include "common/config_print.h"

#include <stddef.h>

#define FIELD(field) offsetof(struct predict_options, field)
#define END_OF_TABLE                                                                               \
    {                                                                                              \
        NULL, OPTION_FLAG, 0, NULL, NULL                                                           \
    }

static const struct option_row general_rows[] = {
    {"config", OPTION_TEXT, FIELD(config), "FILE", "INI file with families, logs and defaults"},
    {"quiet", OPTION_FLAG, FIELD(is_quiet), NULL, "say nothing but warnings and errors"},
    {"verbose", OPTION_FLAG, FIELD(is_verbose), NULL, "say more"},
    {"now", OPTION_TEXT, FIELD(now), "TIME", "take this for the present (for tests and replays)"},
    END_OF_TABLE,
};

static const struct option_row history_rows[] = {
    {"history", OPTION_TEXT, FIELD(history), "DIR",
     "folder of the history; default [history] dir of the config"},
    END_OF_TABLE,
};

static const struct option_row ingest_rows[] = {
    {"format", OPTION_TEXT, FIELD(format), "F",
     "combined, common, nginx:<log_format>, csv or ndjson"},
    {"log", OPTION_TEXT, FIELD(log), "NAME", "take format and rules from [log NAME] of the config"},
    {"columns", OPTION_TEXT, FIELD(columns), "MAP",
     "csv and ndjson: time=ts,user=user_id,product=item_id,...; csv without a "
     "header: time=1,user=2"},
    {"delimiter", OPTION_TEXT, FIELD(delimiter), "C", "csv: one character, or tab; default comma"},
    {"user", OPTION_TEXT, FIELD(user_rule), "RULE",
     "where a line names the user: cookie:uid field:remote_user query:uid header:X-User "
     "path:/u/{id}"},
    {"product", OPTION_TEXT, FIELD(product_rule), "RULE",
     "where a line names the product: path:/product/{id} and the others"},
    {"zone", OPTION_TEXT, FIELD(zone), "Z",
     "zone of times that tell none: UTC (default), +02:00, Europe/Madrid, local"},
    {"status", OPTION_TEXT, FIELD(status), "RANGES",
     "count only these answers, as 200-399 or 200-299,304"},
    {"ignore-agents", OPTION_TEXT, FIELD(ignore_agents), "FILE",
     "ignore lines whose user agent contains a line of this file"},
    {"bad-lines", OPTION_TEXT, FIELD(bad_lines), "FILE",
     "write every bad line there, with its reason"},
    {"max-bad-share", OPTION_SHARE, FIELD(max_bad_share), "SHARE",
     "give up when more lines are bad; default 20%"},
    {"memory", OPTION_BYTES_SOME, FIELD(memory_bytes), "BYTES",
     "sort in this much memory, then spill; default 1GiB"},
    {"threads", OPTION_COUNT_SOME, FIELD(threads), "N", "threads that parse; default one a core"},
    {"bucket", OPTION_DURATION_SECOND, FIELD(bucket_second), "TIME",
     "resolution of a new history; default 1h"},
    END_OF_TABLE,
};

static const struct option_row rank_rows[] = {
    {"event", OPTION_TEXT, FIELD(event), "NAME", "the coming event, from the calendar"},
    {"events", OPTION_TEXT, FIELD(events), "FILE",
     "the calendar, a CSV of name,start,end[,kind][,keys]; default [events] file of the config"},
    {"window", OPTION_TEXT, FIELD(window), "START/END", "or its window, as 2026-11-11/2026-11-14"},
    {"as-of", OPTION_TEXT, FIELD(as_of), "T",
     "forecast from here, looking at nothing later; default: now, or the start of the window"},
    {"dormant-after", OPTION_DURATION_SECOND, FIELD(dormant_after_second), "TIME",
     "a key is dormant after so long without access; default 30d"},
    {"scope", OPTION_TEXT, FIELD(scope), "WHICH", "dormant (default) or all keys"},
    {"entity", OPTION_TEXT, FIELD(entity), "WHICH", "user or product; default both"},
    {"model", OPTION_TEXT, FIELD(model), "NAME",
     "auto (default), bgnbd, mbgnbd, recency, frequency or decayed"},
    {"attributes", OPTION_LIST, FIELD(attributes), "ENTITY=FILE",
     "CSV of id[,parent][,category,...]: what siblings and groups do tells, too"},
    {"event-strength", OPTION_NUMBER, FIELD(event_strength), "X",
     "expected returns beside the mean of past events, as 1.3"},
    {"budget", OPTION_BYTES_SOME, FIELD(budget_bytes), "BYTES",
     "plan no more than fits in here; default [budget] memory, or no limit"},
    {"top", OPTION_COUNT_SOME, FIELD(top), "N", "plan at most so many keys; default no limit"},
    {"pins", OPTION_LIST, FIELD(pins), "FILE", "CSV of id or entity,id: always first"},
    {"exclude", OPTION_LIST, FIELD(exclude), "FILE", "CSV of id or entity,id: never"},
    {"zone", OPTION_TEXT, FIELD(zone), "Z", "zone of days and of dates given here; default UTC"},
    {"max-history-age", OPTION_DURATION_SECOND, FIELD(max_history_age_second), "TIME",
     "refuse a history that ends so long before as-of; default 2d"},
    {"out", OPTION_TEXT, FIELD(out), "FILE", "the plan; - is standard output"},
    {"replace", OPTION_FLAG, FIELD(is_replaced), NULL,
     "write over a plan that somebody has edited since; without it that is an error"},
    {"report", OPTION_TEXT, FIELD(report), "DIR", "summary.csv and budget-curve.csv go there"},
    {"dump-features", OPTION_TEXT, FIELD(dump_features), "DIR",
     "what auto learned from and is asked about, as CSV for other tools"},
    END_OF_TABLE,
};

static const struct option_row backtest_rows[] = {
    {"length", OPTION_DURATION_SECOND, FIELD(length_second), "TIME",
     "length of the window to forecast, as 3d"},
    {"origins", OPTION_COUNT, FIELD(origins), "N", "forecast from so many past moments; default 8"},
    {"at-events", OPTION_FLAG, FIELD(is_at_events), NULL,
     "forecast the past events of the calendar, instead of windows of --length"},
    {"step", OPTION_DURATION_SECOND, FIELD(step_second), "TIME",
     "from one such moment to the next; default 7d"},
    {"lead", OPTION_DURATION_SECOND, FIELD(lead_second), "TIME",
     "from there to the start of the window; default 3d"},
    {"models", OPTION_TEXT, FIELD(models), "A,B,...",
     "beside recency, frequency, decayed and bgnbd; default auto"},
    {"entity", OPTION_TEXT, FIELD(entity), "WHICH", "user or product; default both"},
    {"dormant-after", OPTION_DURATION_SECOND, FIELD(dormant_after_second), "TIME",
     "a key is dormant after so long without access; default 30d"},
    {"events", OPTION_TEXT, FIELD(events), "FILE",
     "the calendar, a CSV of name,start,end[,kind][,keys]; default [events] file of the config"},
    {"attributes", OPTION_LIST, FIELD(attributes), "ENTITY=FILE",
     "CSV of id[,parent][,category,...]: what siblings and groups do tells, too"},
    {"as-of", OPTION_TEXT, FIELD(as_of), "T",
     "the last moment that may be looked at; default the end of the history"},
    {"budget", OPTION_BYTES_SOME, FIELD(budget_bytes), "BYTES",
     "measure a plan of no more than this, too"},
    {"top", OPTION_COUNT_SOME, FIELD(top), "N", "or of at most so many keys"},
    {"zone", OPTION_TEXT, FIELD(zone), "Z", "zone of days and of dates given here; default UTC"},
    {"out", OPTION_TEXT, FIELD(out), "FILE", "the metrics as CSV; - is standard output"},
    END_OF_TABLE,
};

static const struct option_row inspect_rows[] = {
    {"key", OPTION_TEXT, FIELD(key), "ENTITY:ID", "show one key's buckets"},
    {"dump", OPTION_FLAG, FIELD(is_dump), NULL, "print the whole content as CSV, in order"},
    {"logs", OPTION_FLAG, FIELD(is_logs), NULL, "list the logs that were counted, as CSV"},
    END_OF_TABLE,
};

static const struct option_row fit_rows[] = {
    {"model", OPTION_TEXT, FIELD(model), "NAME", "bgnbd, mbgnbd, paretonbd or bgbb"},
    {"input", OPTION_TEXT, FIELD(input), "FILE",
     "CSV with the columns frequency,recency,T (bgbb: x,t.x,n.cal,custs)"},
    END_OF_TABLE,
};

static const struct option_row simulate_rows[] = {
    {"seed", OPTION_COUNT, FIELD(seed), "N", "same seed, same bytes; default 1"},
    {"users", OPTION_COUNT, FIELD(users), "N", "users of the shop; default 10k"},
    {"products", OPTION_COUNT, FIELD(products), "N", "products of the shop; default 1k"},
    {"days", OPTION_COUNT, FIELD(days), "N", "days of logs before the event; default 120"},
    {"promotions", OPTION_COUNT, FIELD(promotions), "N",
     "past promotions; default: as the kind of shop has, 2 in 120 days"},
    {"shop", OPTION_TEXT, FIELD(shop), "KIND", "sparse, dense or seasonal"},
    {"end", OPTION_TEXT, FIELD(end), "DATE",
     "where the logs end and the coming event begins; default 2026-11-11"},
    {"out", OPTION_TEXT, FIELD(out), "DIR", "where everything is written"},
    END_OF_TABLE,
};

static const struct command commands[] = {
    {"ingest",
     "Reads access logs into the history, each line once",
     {history_rows, ingest_rows, general_rows},
     "FILE...",
     {"rekindle-predict ingest --history history --format combined --user field:remote_user "
      "--product path:/product/{id} access.log.1.gz",
      "rekindle-predict ingest --history history --format csv --columns "
      "time=ts,user=user_id,product=item_id events.csv"}},
    {"rank",
     "Writes the plan: which dormant keys will come back, the best first",
     {history_rows, rank_rows, general_rows},
     NULL,
     {"rekindle-predict rank --config rekindle.conf --event summer-sale --budget 2GiB --out "
      "plan.csv "
      "--report report",
      "rekindle-predict rank --history history --window 2026-11-11/2026-11-14 --entity user --out "
      "-"}},
    {"backtest",
     "Measures how well each model would have forecast the past",
     {history_rows, backtest_rows, general_rows},
     NULL,
     {"rekindle-predict backtest --history history --length 3d --origins 8 --out backtest.csv",
      "rekindle-predict backtest --config rekindle.conf --length 7d --entity user --models "
      "auto,mbgnbd --out -"}},
    {"fit",
     "Fits one model to a summary table and prints its parameters",
     {fit_rows, general_rows},
     NULL,
     {"rekindle-predict fit --model bgnbd --input summary.csv",
      "rekindle-predict fit --model bgbb --input donations.csv"}},
    {"simulate",
     "Makes up a shop whose truth is known: logs, calendar, tables",
     {simulate_rows, general_rows},
     NULL,
     {"rekindle-predict simulate --seed 7 --users 20k --products 2k --days 120 --out shop",
      "rekindle-predict simulate --seed 7 --shop seasonal --promotions 4 --out shop"}},
    {"inspect",
     "Shows what a history holds",
     {history_rows, inspect_rows, general_rows},
     NULL,
     {"rekindle-predict inspect --history history",
      "rekindle-predict inspect --history history --key user:4711"}},
    {"compact",
     "Merges the segments of a history into one",
     {history_rows, general_rows},
     NULL,
     {"rekindle-predict compact --history history",
      "rekindle-predict compact --config rekindle.conf --verbose"}},
    {NULL, NULL, {NULL}, NULL, {NULL, NULL}},
};

const struct program predict_program = {
    "rekindle-predict",
    "Reads access logs, forecasts which dormant users and products come back in a\n"
    "coming event, and writes a plan of cache keys to warm, for rekindle-load.\n"
    "Works offline.",
    commands,
    {"rekindle-predict ingest --history history --format combined --user field:remote_user "
     "access.log",
     "rekindle-predict rank --history history --window 2026-11-11/2026-11-14 --out plan.csv"},
    config_print,
};

void predict_options_init(struct predict_options *options)
{
    enum { SEED = 1, USERS = 10000, PRODUCTS = 1000, DAYS = 120 };
    enum { SECONDS_PER_DAY = 86400, DORMANT_DAYS = 30, HISTORY_AGE_DAYS = 2 };
    enum { LEAD_DAYS = 3, STEP_DAYS = 7, ORIGINS = 8 };
    *options = (struct predict_options){
        .max_bad_share = -1,
        .dormant_after_second = DORMANT_DAYS * SECONDS_PER_DAY,
        .max_history_age_second = HISTORY_AGE_DAYS * SECONDS_PER_DAY,
        .lead_second = LEAD_DAYS * SECONDS_PER_DAY,
        .step_second = STEP_DAYS * SECONDS_PER_DAY,
        .origins = ORIGINS,
        .seed = SEED,
        .users = USERS,
        .products = PRODUCTS,
        .days = DAYS,
        .promotions = PREDICT_NOT_GIVEN,
    };
}
