/* family_digest.c - see family_digest.h.
 * Room: loader/warm. May touch: xxHash. */
#include "loader/warm/family_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* The hash of all before is the seed of the next, so that no two lists of texts are one text. */
static uint64_t add_text(uint64_t hash, const char *text)
{
    static const uint64_t absent = 1;
    return text == NULL ? XXH3_64bits_withSeed(&absent, sizeof absent, hash)
                        : XXH3_64bits_withSeed(text, strlen(text) + 1, hash);
}

static uint64_t add_number(uint64_t hash, int64_t number)
{
    return XXH3_64bits_withSeed(&number, sizeof number, hash);
}

static uint64_t add_family(uint64_t hash, const struct family *family)
{
    hash = add_text(hash, family->name);
    hash = add_number(hash, (int64_t)family->source);
    hash = add_text(hash, family->query);
    hash = add_text(hash, family->url);
    hash = add_text(hash, family->file);
    hash = add_number(hash, (int64_t)family->value);
    hash = add_text(hash, family->value_column);
    hash = add_text(hash, family->value_template);
    hash = add_number(hash, family->ttl_after_end_second);
    hash = add_number(hash, family->ttl_jitter_second);
    hash = add_number(hash, family->negative_ttl_second);
    return add_number(hash, (int64_t)family->max_value_bytes);
}

void family_digest_print(const struct config *config, const bool is_needed[], char *text)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < config->family_count; i++) {
        hash = is_needed == NULL || is_needed[i] ? add_family(hash, &config->families[i]) : hash;
    }
    snprintf(text, FAMILY_DIGEST_SIZE, "%016" PRIx64, hash);
}
