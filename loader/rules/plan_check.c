/* plan_check.c - see plan_check.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/plan_check.h"

#include <inttypes.h>

#include "common/config.h"
#include "common/plan_row.h"

enum { SHOWN_SIZE_MAX = 120 }; /* of a value in a message: the sentence must come to its end */

#define SHOWN(slice)                                                                               \
    (int)((slice).size < SHOWN_SIZE_MAX ? (slice).size : SHOWN_SIZE_MAX), (slice).bytes

static int refuse_key(const struct plan_row *row, const char *plan_path, uint64_t line,
                      struct slice rendered, struct error *err)
{
    if (rendered.size == 0) {
        return error_set(err, ERROR_INPUT,
                         "%s:%" PRIu64 ": the key of id '%.*s' in family %.*s would be longer than "
                         "%d bytes",
                         plan_path, line, SHOWN(row->id), SHOWN(row->family), KEY_SIZE_MAX);
    }
    return error_set(
        err, ERROR_INPUT,
        "%s:%" PRIu64 ": the key is '%.*s', but family %.*s makes '%.*s' of id "
        "'%.*s'; was the plan edited, did a spreadsheet take the id for a number (import "
        "that column as text), or was it made with another config?",
        plan_path, line, SHOWN(row->key), SHOWN(row->family), SHOWN(rendered), SHOWN(row->id));
}

int plan_check_row(const struct config *config, const struct plan_row *row, const char *plan_path,
                   uint64_t line, size_t *family_index, struct error *err)
{
    char key[KEY_SIZE_MAX];
    const struct family *family = config_find_family(config, row->family);
    if (family == NULL) {
        char hint[SPELLING_HINT_SIZE];
        struct spelling spelling = config_spell_family(config, row->family);
        return error_set(err, ERROR_INPUT,
                         "%s:%" PRIu64 ": family '%.*s' has no section [family %.*s] in %s%s",
                         plan_path, line, SHOWN(row->family), SHOWN(row->family),
                         config->path == NULL ? "the config; name one with --config" : config->path,
                         spelling_hint(&spelling, hint));
    }
    if (family->entity != row->entity) {
        return error_set(err, ERROR_INPUT,
                         "%s:%" PRIu64 ": the row is of a %s, but family %s is of the entity %s",
                         plan_path, line, entity_name(row->entity), family->name,
                         entity_name(family->entity));
    }
    struct slice rendered = {.bytes = key};
    rendered.size = key_template_render(&family->key, row->id, key);
    if (rendered.size == 0 || !slice_is_equal(rendered, row->key)) {
        return refuse_key(row, plan_path, line, rendered, err);
    }
    *family_index = (size_t)(family - config->families);
    return 0;
}
