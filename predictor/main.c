/* main.c - rekindle-predict: parses the command line, loads the config, calls the conductor, prints the error.
 * Room: predictor (top). May touch: everything; nothing else prints an error or picks the exit code. */
#include "common/civil_time.h"
#include "common/config.h"
#include "common/message.h"

#include "predictor/pipeline.h"
#include "predictor/predict_options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    int (*run)(const struct pipeline *pipeline, struct error *err);
} conductors[] = {
    {"ingest", pipeline_ingest},     {"rank", pipeline_rank},       {"fit", pipeline_fit},
    {"backtest", pipeline_backtest}, {"inspect", pipeline_inspect}, {"compact", pipeline_compact},
    {"simulate", pipeline_simulate},
};

static int read_clock(const char *now, int64_t *now_unix, struct error *err)
{
    *now_unix = (int64_t)time(NULL);
    if (now != NULL && civil_parse_time(now, NULL, now_unix, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--now");
    }
    return 0;
}

static enum verbosity verbosity_of(const struct predict_options *options)
{
    if (options->is_quiet) {
        return VERBOSITY_QUIET;
    }
    return options->is_verbose ? VERBOSITY_VERBOSE : VERBOSITY_NORMAL;
}

static int run_command(const struct predict_options *options, const struct command_line *line,
                       struct error *err)
{
    int result = -1;
    struct config *config = NULL;
    struct message message = {.out = stderr, .verbosity = verbosity_of(options)};
    struct pipeline pipeline = {.options = options, .line = line, .message = &message};
    if (read_clock(options->now, &pipeline.now_unix, err) != 0 ||
        config_load(options->config, &config, err) != 0) {
        return -1;
    }
    pipeline.config = config;
    for (size_t i = 0; i < sizeof conductors / sizeof *conductors; i++) {
        if (strcmp(conductors[i].name, line->command->name) == 0) {
            result = conductors[i].run(&pipeline, err);
        }
    }
    config_free(config);
    return result;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct predict_options options;
    struct command_line line;
    signal(SIGXFSZ, SIG_IGN); /* a file beyond `ulimit -f` is an error of its write */
    predict_options_init(&options);
    if (options_parse(&predict_program, argc, argv, &options, &line, &err) == 0 &&
        (line.command == NULL || run_command(&options, &line, &err) == 0)) {
        return EXIT_SUCCESS;
    }
    message_error(stderr, "rekindle-predict", &err);
    return (int)err.kind;
}
