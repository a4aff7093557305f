/* publish_keys.c - see publish_keys.h.
 * Room: loader/run. May touch: the Redis that holds the control keys, a file for nginx. */
#include "loader/run/publish_keys.h"

#include <stdio.h>

#include "common/file_io.h"
#include "loader/rules/ramp_rule.h"
#include "loader/sink/redis_control.h"

#define WARMING_KEY "rekindle:warming"

enum { KEY_SIZE = 256, WORD_SIZE = 32, BUCKETS_A_PERCENT = 100 };

static const char *key_of(char key[KEY_SIZE], const char *kind, const char *name)
{
    snprintf(key, KEY_SIZE, "rekindle:%s:%.200s", kind, name);
    return key;
}

int publish_keys_share(struct redis_control *control, const char *event, int share,
                       int64_t hold_second, bool is_new, struct error *err)
{
    char key[KEY_SIZE], text[RAMP_SHARE_SIZE];
    key_of(key, "ramp", event);
    ramp_rule_print_share(text, share);
    int result = is_new ? redis_control_set(control, key, text, hold_second, err)
                        : redis_control_set_existing(control, key, text, hold_second, err);
    return result < 0 ? -1 : 0;
}

int publish_keys_found_share(struct redis_control *control, const char *event)
{
    char key[KEY_SIZE], word[WORD_SIZE];
    struct error ignored = {0};
    int found = redis_control_get(control, key_of(key, "ramp", event), word, sizeof word, &ignored);
    if (found <= 0) {
        return found == 0 ? RAMP_KEY_LOST : RAMP_KEY_UNKNOWN;
    }
    int share = ramp_rule_parse_share(word);
    return share < 0 ? 0 : share;
}

int publish_keys_warming(struct redis_control *control, int64_t hold_second, struct error *err)
{
    return redis_control_set(control, WARMING_KEY, "1", hold_second, err);
}

bool publish_keys_is_warming(struct redis_control *control)
{
    char word[WORD_SIZE];
    struct error ignored = {0};
    return redis_control_get(control, WARMING_KEY, word, sizeof word, &ignored) == 1;
}

int publish_keys_end_warming(struct redis_control *control, struct error *err)
{
    return redis_control_delete(control, WARMING_KEY, err) < 0 ? -1 : 0;
}

int publish_keys_degrade(struct redis_control *control, const struct config *config,
                         bool is_degraded, int64_t hold_second, struct error *err)
{
    char key[KEY_SIZE];
    for (size_t i = 0; i < config->family_count; i++) {
        if (redis_control_set(control, key_of(key, "degrade", config->families[i].name),
                              is_degraded ? "on" : "off", hold_second, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int publish_keys_keep_off(struct redis_control *control, const struct config *config,
                          struct error *err)
{
    char key[KEY_SIZE], word[WORD_SIZE];
    for (size_t i = 0; i < config->family_count; i++) {
        const struct family *family = &config->families[i];
        if (!family->is_degraded_on_loss) {
            continue;
        }
        key_of(key, "degrade", family->name);
        int found = redis_control_get(control, key, word, sizeof word, err);
        if (found < 0 || (found == 0 && redis_control_set(control, key, "off", 0, err) != 0)) {
            return -1;
        }
    }
    return 0;
}

int publish_keys_end_degrade(struct redis_control *control, const struct config *config,
                             struct error *err)
{
    char key[KEY_SIZE];
    for (size_t i = 0; i < config->family_count; i++) {
        const struct family *family = &config->families[i];
        key_of(key, "degrade", family->name);
        int result = family->is_degraded_on_loss ? redis_control_set(control, key, "off", 0, err)
                                                 : redis_control_delete(control, key, err);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

int publish_keys_nginx(const char *path, const char *event, int share, struct error *err)
{
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    fprintf(out,
            "# written by rekindle-load ramp for %s\nsplit_clients \"$rekindle_user\" "
            "$rekindle_in {\n",
            event);
    if (share > 0) { /* nginx refuses 0% */
        fprintf(out, "    %d.%02d%%  1;\n", share / BUCKETS_A_PERCENT, share % BUCKETS_A_PERCENT);
    }
    fprintf(out, "    *  0;\n}\n");
    return file_draft_commit(draft, err);
}
