/* write_mode.c - see write_mode.h.
 * Room: loader/run. May touch: nothing. */
#include "loader/run/write_mode.h"

#include <inttypes.h>
#include <string.h>

static const char *const names[] = {
    [SINK_NX] = "nx", [SINK_IF_NEWER] = "if-newer", [SINK_OVERWRITE] = "overwrite"};
enum { MODE_COUNT = sizeof names / sizeof *names };

static int check_families(const struct config *config, const bool *is_family_needed,
                          struct error *err)
{
    for (size_t i = 0; i < config->family_count; i++) {
        const struct family *family = &config->families[i];
        if (is_family_needed[i] && family->version_in_value == NULL) {
            return error_set(
                err, ERROR_INPUT,
                "%s:%" PRId64 ": [family %s] needs version_in_value = FIELD for "
                "--mode if-newer: the field of its value that tells which one is newer",
                config->path, family->line, family->name);
        }
    }
    return 0;
}

int write_mode_parse(const char *text, const struct config *config, const bool *is_family_needed,
                     enum sink_mode *mode, struct error *err)
{
    *mode = SINK_NX;
    for (int i = 0; text != NULL && i < MODE_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum sink_mode)i;
            return *mode == SINK_IF_NEWER ? check_families(config, is_family_needed, err) : 0;
        }
    }
    return text == NULL ? 0
                        : error_set(err, ERROR_USAGE,
                                    "--mode: '%.60s' is not nx, if-newer or overwrite", text);
}

const char *write_mode_warning(enum sink_mode mode)
{
    switch (mode) {
    case SINK_NX:
        return NULL;
    case SINK_IF_NEWER:
        return "mode if-newer: a key that exists is replaced where the row is newer; what it held "
               "is lost, also to a rollback";
    case SINK_OVERWRITE:
        return "mode overwrite: every key that exists is replaced, also by an older row; what it "
               "held is lost, also to a rollback";
    }
    return NULL;
}
