/* value_encoding.c - see value_encoding.h.
 * Room: loader/source. May touch: malloc. */
#include "loader/source/value_encoding.h"

#include "loader/source/value_encoder.h"

/* Redis takes no longer string; it closes the connection instead of answering (proto-max-bulk-len). */
static const uint64_t redis_value_max_bytes = UINT64_C(512) << 20;

/* ---- the table */

static const struct value_encoder *find_encoder(enum value_encoding encoding)
{
    switch (encoding) {
    case VALUE_JSON:
        return &value_json_encoder;
    case VALUE_RAW:
        return &value_raw_encoder;
    case VALUE_HASH:
        return &value_hash_encoder;
    case VALUE_TEMPLATE:
        return &value_template_encoder;
    }
    return NULL;
}

/* ---- the plan */

static int check_names(const char *const names[], size_t count, struct error *err)
{
    if (count == 0) {
        return error_set(err, ERROR_INPUT, "the query gives no columns: it must be a SELECT");
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t later = i + 1; later < count; later++) {
            if (strcmp(names[i], names[later]) == 0) {
                return error_set(err, ERROR_INPUT,
                                 "the query gives two columns named '%s': rename one with AS",
                                 names[i]);
            }
        }
    }
    return 0;
}

size_t value_encoding_find(const struct value_columns *columns, struct slice name)
{
    size_t at = 0;
    while (at < columns->count && !slice_is_equal(slice_of(columns->names[at]), name)) {
        at++;
    }
    return at;
}

static uint64_t choose_max_bytes(const struct family *family)
{
    uint64_t most = family->max_value_bytes;
    return most == 0 || most > redis_value_max_bytes ? redis_value_max_bytes : most;
}

static const char *const *copy_names(const char *const names[], size_t count, struct arena *arena)
{
    const char **copies = arena_take(arena, count * sizeof *copies);
    for (size_t i = 0; i < count && copies != NULL; i++) {
        copies[i] = arena_copy_text(arena, slice_of(names[i]));
        copies = copies[i] == NULL ? NULL : copies;
    }
    return copies;
}

int value_encoding_plan_init(struct value_encoding_plan *plan, const struct family *family,
                             const char *const names[], size_t count, struct arena *arena,
                             struct error *err)
{
    *plan = (struct value_encoding_plan){.encoder = find_encoder(family->value),
                                         .max_value_bytes = choose_max_bytes(family)};
    if (check_names(names, count, err) != 0) {
        return -1;
    }
    plan->columns.names = copy_names(names, count, arena);
    if (plan->columns.names == NULL) {
        return error_set_memory(err, "reading a query's columns");
    }
    plan->columns.count = count;
    plan->columns.origin = family->query == NULL ? "source" : "query";
    plan->columns.version_at = value_encoding_find(&plan->columns, slice_of("version"));
    plan->prepared = plan->encoder->prepare(family, &plan->columns, arena, err);
    return plan->prepared == NULL ? -1 : 0;
}

enum record_kind value_encoding_kind(const struct value_encoding_plan *plan)
{
    return plan->encoder->kind;
}

/* ---- one row */

/* Bytes of all cells, when one of them was too long to be read; else 0. */
static uint64_t size_if_unread(const struct value_encoding_plan *plan, const struct cell cells[])
{
    uint64_t size = 0;
    bool is_unread = false;
    for (size_t i = 0; i < plan->columns.count; i++) {
        size += cells[i].bytes.size;
        is_unread = is_unread || (cells[i].bytes.bytes == NULL && cells[i].bytes.size > 0);
    }
    return is_unread ? size : 0;
}

static int keep_version(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct arena *arena, struct record *record)
{
    size_t at = plan->columns.version_at;
    if (at >= plan->columns.count || cells[at].kind == CELL_NULL ||
        (cells[at].bytes.bytes == NULL &&
         cells[at].bytes.size > 0)) { /* or was too long to be read */
        return 0;
    }
    record->version = arena_copy(arena, cells[at].bytes);
    return record->version.bytes == NULL ? -1 : 0;
}

int value_encoding_make(const struct value_encoding_plan *plan, const struct cell cells[],
                        struct value_buffer *buffer, struct arena *arena, struct record *record)
{
    *record = (struct record){.kind = RECORD_TOO_BIG, .value_size = size_if_unread(plan, cells)};
    if (record->value_size > 0) {
        return keep_version(plan, cells, arena, record);
    }
    buffer->size = 0;
    buffer->is_broken = false;
    if (!plan->encoder->make(plan->prepared, &plan->columns, cells, buffer)) {
        record->kind = RECORD_MISSING;
        return 0;
    }
    if (buffer->is_broken || keep_version(plan, cells, arena, record) != 0) {
        return -1;
    }
    record->value_size = buffer->size;
    if (buffer->size > plan->max_value_bytes) {
        return 0;
    }
    record->kind = plan->encoder->kind;
    record->value = arena_copy(arena, (struct slice){buffer->bytes, buffer->size});
    return record->value.bytes == NULL ? -1 : 0;
}
