/* source_set.h - one open source for each family that a plan names.
 * Room: loader/warm. May touch: the sources. One thread a set. */
#ifndef REKINDLE_LOADER_SOURCE_SET_H
#define REKINDLE_LOADER_SOURCE_SET_H

#include "loader/source/source.h"

#include <stdbool.h>

struct source_set {
    struct source *
        *sources; /* [family_count], in the order of config->families; NULL: not needed */
    size_t count;
};

/* Opens the sources of the families with is_needed[family_index]. `stop` and `limits` as in source_options. */
int source_set_open(struct source_set *set, const struct config *config, const bool is_needed[],
                    const atomic_int *stop, struct source_limits *limits,
                    struct error *err) MUST_CHECK;
/* The same for the second look: a file does not change, so its source stays NULL. */
int source_set_open_again(struct source_set *set, const struct config *config,
                          const bool is_needed[], const atomic_int *stop,
                          struct source_limits *limits, struct error *err) MUST_CHECK;
/* Of all of them; NULL is none. */
void source_set_use_image(struct source_set *set, struct image_reader *image);
void source_set_close(struct source_set *set);

/* The sum over all sources; not while one is fetching. */
struct source_account source_set_account(const struct source_set *set);

#endif
