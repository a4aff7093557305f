/* rewarm_child.c - see rewarm_child.h.
 * Room: loader/run. May touch: the process it is in. */
#include "loader/run/rewarm_child.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/civil_time.h"
#include "loader/load_options.h"

enum { ARGUMENT_MAX = 48, NUMBER_SIZE = 32 };

struct run_words {
    char *words[ARGUMENT_MAX + 1]; /* ends at a NULL */
    size_t count;
};

static void add_word(struct run_words *command, const char *word)
{
    if (command->count == ARGUMENT_MAX) {
        _exit(
            REWARM_CHILD_CANNOT_RUN); /* never: ARGUMENT_MAX is more than what rewarm_child_become adds */
    }
    command->words[command->count++] = strdup(word);
}

/* Nothing where there is no value. */
static void add_option(struct run_words *command, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        add_word(command, name);
        add_word(command, value);
    }
}

static void add_flag(struct run_words *command, const char *name, bool is_given)
{
    if (is_given) {
        add_word(command, name);
    }
}

static void add_share(struct run_words *command, const char *name, double share)
{
    char text[NUMBER_SIZE] = "";
    if (share > 0) {
        snprintf(text, sizeof text, "%.17f", share);
    }
    add_option(command, name, text);
}

static void add_count(struct run_words *command, const char *name, uint64_t count, bool is_given)
{
    char text[NUMBER_SIZE] = "";
    if (is_given) {
        snprintf(text, sizeof text, "%" PRIu64, count);
    }
    add_option(command, name, text);
}

/* As the last run was called; measuring growth, though, would take minutes that nobody has now. */
static void add_manner(struct run_words *command, const struct run_manner *manner)
{
    static const char measured[] = "measured";
    bool is_rate = strncmp(manner->growth, measured, sizeof measured - 1) != 0;
    add_share(command, "--holdout", manner->holdout_share);
    add_share(command, "--memory-high", manner->memory_high);
    add_count(command, "--memory-budget", manner->memory_budget_bytes,
              manner->memory_budget_bytes > 0);
    add_option(command, "--growth", is_rate ? manner->growth : NULL);
    add_option(command, "--accept-eviction", manner->accept_eviction);
    add_flag(command, "--accept-stale", manner->is_stale_accepted);
    add_flag(command, "--allow-removed", manner->is_removal_allowed);
}

int64_t rewarm_child_now(const struct load_job *job)
{
    return (int64_t)time(NULL) - job->clock_shift_second;
}

void rewarm_child_become(const struct load_job *job, const struct rewarm_part *part)
{
    const struct load_options *options = job->options;
    static const char plan_age[] = "365d"; /* REWARM_CHILD_PLAN_AGE_SECOND */
    struct run_words command = {.count = 0};
    char now[CIVIL_TEXT_SIZE] = "";
    if (options->now != NULL) {
        civil_print_rfc3339(now, rewarm_child_now(job), NULL);
    }
    add_word(&command, "rekindle-load");
    add_word(&command, "run");
    add_word(&command, "--quiet");
    add_word(&command, "--lost");
    add_manner(&command, &part->manner);
    add_option(&command, "--max-plan-age", plan_age);
    add_option(&command, "--now", now);
    add_option(&command, "--plan", part->plan);
    add_option(&command, "--run", part->folder);
    add_option(&command, "--redis", options->redis);
    add_option(&command, "--config", options->config);
    add_option(&command, "--image", part->image);
    add_count(&command, "--rows", options->rows_per_second,
              options->rows_per_second != LOAD_ROWS_NOT_GIVEN);
    execv("/proc/self/exe", command.words);
    _exit(REWARM_CHILD_CANNOT_RUN);
}
