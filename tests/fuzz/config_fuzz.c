/* config_fuzz.c - any bytes as a config file: refused with a sentence, or loaded. */
#include "common/arena.h"
#include "common/config_entries.h"
#include "common/config_value.h"

#include "common/config.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A field large enough for any row. */
union field {
    struct config config;
    struct family family;
    struct log_config log;
};

static void set_all(struct arena *arena, const struct config_entry *entry)
{
    static union field field;
    struct error err;
    for (; entry != NULL; entry = entry->next) {
        struct config_target target = {&field, arena, "/folder"};
        if (config_value_set(&target, entry->row, entry->value, &err) != 0 &&
            err.kind != ERROR_INPUT) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena arena = {0};
    struct error err;
    const struct config_entry *first = NULL;
    char *text = arena_copy_text(&arena, (struct slice){(const char *)bytes, size});
    if (text == NULL) {
        abort();
    }
    if (config_entries_parse("fuzz.conf", text, size, &arena, &first, &err) == 0) {
        set_all(&arena, first);
    } else if (err.kind != ERROR_INPUT) {
        abort();
    }
    arena_free(&arena);
    return 0;
}
