/* main.c - rekindle-load: parses the command line, loads the config, calls the conductor, prints the error.
 * Room: loader (top). May touch: everything; nothing else prints an error or picks the exit code. */
#include "common/civil_time.h"
#include "common/config.h"
#include "common/message.h"

#include "loader/load_options.h"
#include "loader/load_job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    int (*run)(const struct load_job *job, struct error *err);
} conductors[] = {
    {"check", check_run},       {"run", warm_run},    {"verify", verify_run}, {"ready", ready_run},
    {"status", status_run},     {"pause", pause_run}, {"resume", resume_run}, {"stop", stop_run},
    {"rollback", rollback_run}, {"ramp", ramp_run},   {"guard", guard_run},
};

static int read_clock(const char *now, struct load_job *job, struct error *err)
{
    int64_t system_unix = (int64_t)time(NULL);
    job->now_unix = system_unix;
    if (now != NULL && civil_parse_time(now, NULL, &job->now_unix, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--now");
    }
    job->clock_shift_second = system_unix - job->now_unix;
    return 0;
}

static enum verbosity verbosity_of(const struct load_options *options)
{
    if (options->is_quiet) {
        return VERBOSITY_QUIET;
    }
    return options->is_verbose ? VERBOSITY_VERBOSE : VERBOSITY_NORMAL;
}

static int run_command(const struct load_options *options, const struct command_line *line,
                       struct error *err)
{
    int result = -1;
    struct config *config = NULL;
    struct message message = {.out = stderr, .verbosity = verbosity_of(options)};
    struct load_job job = {.options = options, .message = &message};
    if (read_clock(options->now, &job, err) != 0 ||
        config_load(options->config, &config, err) != 0) {
        return -1;
    }
    job.config = config;
    job.redis = config->redis;
    if (options->redis != NULL) {
        job.redis.address = options->redis;
        job.redis.sentinel = NULL;
        job.redis.master = NULL;
    }
    for (size_t i = 0; i < sizeof conductors / sizeof *conductors; i++) {
        if (strcmp(conductors[i].name, line->command->name) == 0) {
            result = conductors[i].run(&job, err);
        }
    }
    config_free(config);
    return result;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct load_options options;
    struct command_line line;
    load_options_init(&options);
    if (options_parse(&load_program, argc, argv, &options, &line, &err) == 0 &&
        (line.command == NULL || run_command(&options, &line, &err) == 0)) {
        return EXIT_SUCCESS;
    }
    fflush(stdout); /* so that the error comes last where both go to one file */
    message_error(stderr, "rekindle-load", &err);
    return (int)err.kind;
}
