/* source_set.c - see source_set.h.
 * Room: loader/warm. May touch: the sources. */
#include "loader/warm/source_set.h"

#include <stdlib.h>

/* Opens the source of family `i`, if it is needed. */
static int open_one(struct source_set *set, size_t i, const struct source_options *options,
                    bool is_needed, struct error *err)
{
    if (!is_needed) {
        return 0;
    }
    set->sources[i] = source_open(options, err);
    return set->sources[i] == NULL ? -1 : 0;
}

static int open_set(struct source_set *set, const struct config *config, const bool is_needed[],
                    bool are_files_needed, const struct source_options *common, struct error *err)
{
    *set = (struct source_set){.count = config->family_count};
    set->sources = calloc(config->family_count + 1, sizeof *set->sources);
    if (set->sources == NULL) {
        return error_set_memory(err, "opening the sources");
    }
    for (size_t i = 0; i < set->count; i++) {
        struct source_options options = *common;
        options.family = &config->families[i];
        bool is_wanted = are_files_needed || options.family->source != SOURCE_FILE;
        if (open_one(set, i, &options, is_needed[i] && is_wanted, err) != 0) {
            source_set_close(set);
            return -1;
        }
    }
    return 0;
}

int source_set_open(struct source_set *set, const struct config *config, const bool is_needed[],
                    const atomic_int *stop, struct source_limits *limits, struct error *err)
{
    const struct source_options options = {.config = config, .stop = stop, .limits = limits};
    return open_set(set, config, is_needed, true, &options, err);
}

int source_set_open_again(struct source_set *set, const struct config *config,
                          const bool is_needed[], const atomic_int *stop,
                          struct source_limits *limits, struct error *err)
{
    const struct source_options options = {.config = config, .stop = stop, .limits = limits};
    return open_set(set, config, is_needed, false, &options, err);
}

void source_set_use_image(struct source_set *set, struct image_reader *image)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->sources[i] != NULL) {
            source_use_image(set->sources[i], image);
        }
    }
}

void source_set_close(struct source_set *set)
{
    for (size_t i = 0; set->sources != NULL && i < set->count; i++) {
        source_close(set->sources[i]);
    }
    free(set->sources);
    *set = (struct source_set){0};
}

struct source_account source_set_account(const struct source_set *set)
{
    struct source_account sum = {0};
    for (size_t i = 0; i < set->count; i++) {
        if (set->sources[i] == NULL) {
            continue;
        }
        struct source_account one = source_account(set->sources[i]);
        sum.asked_count += one.asked_count;
        sum.found_count += one.found_count;
        sum.missing_count += one.missing_count;
        sum.ambiguous_count += one.ambiguous_count;
        sum.image_count += one.image_count;
        sum.chunk_count += one.chunk_count;
        sum.retry_count += one.retry_count;
        sum.value_bytes += one.value_bytes;
        sum.chunk_us_total += one.chunk_us_total;
        sum.chunk_us_max =
            one.chunk_us_max > sum.chunk_us_max ? one.chunk_us_max : sum.chunk_us_max;
    }
    return sum;
}
