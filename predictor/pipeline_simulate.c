/* pipeline_simulate.c - the conductor of `simulate`: options in, a shop out.
 * Room: predictor (top). May touch: predictor/simulate. */
#include "predictor/pipeline.h"

#include "common/civil_time.h"

#include "predictor/simulate/simulate.h"

static int read_options(const struct predict_options *options, struct simulate_options *simulate,
                        struct error *err)
{
    *simulate = simulate_default_options();
    simulate->seed = options->seed;
    simulate->user_count = options->users;
    simulate->product_count = options->products;
    simulate->day_count = (int64_t)options->days;
    simulate->promotion_count = options->promotions == PREDICT_NOT_GIVEN
                                    ? SIMULATE_PROMOTIONS_BY_SHOP
                                    : (int64_t)options->promotions;
    simulate->out_folder = options->out;
    if (options->shop != NULL) {
        simulate->shop = options->shop;
    }
    if (options->end != NULL &&
        civil_parse_time(options->end, NULL, &simulate->end_unix, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--end");
    }
    return 0;
}

int pipeline_simulate(const struct pipeline *pipeline, struct error *err)
{
    struct simulate_options simulate;
    if (pipeline->options->out == NULL) {
        return error_set(err, ERROR_USAGE, "where to? give --out DIR");
    }
    if (read_options(pipeline->options, &simulate, err) != 0) {
        return -1;
    }
    return simulate_run(&simulate, pipeline->message, err);
}
