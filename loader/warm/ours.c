/* ours.c - see ours.h.
 * Room: loader/warm. May touch: the sink (looking only). */
#include "loader/warm/ours.h"

#include "common/monotonic.h"

static bool is_same(const struct ours_key *key, const struct sink_look *look)
{
    struct value_digest digest = value_digest_of(look->value);
    return digest.high == key->digest.high && digest.low == key->digest.low &&
           look->expire_unix_ms == key->expire_unix * MS_PER_SECOND;
}

static int keep_item(struct ours *ours, size_t place, const struct sink_look *look,
                     struct error *err)
{
    struct slice value = arena_copy(&ours->values, look->value);
    if (value.bytes == NULL && look->value.size > 0) {
        return error_set_memory(err, "looking at keys of a run");
    }
    ours->places[ours->item_count] = place;
    ours->items[ours->item_count++] =
        (struct sink_item){.key = look->key,
                           .kind = look->kind,
                           .value = value,
                           .expire_unix = ours->keys[place].expire_unix};
    return 0;
}

/* Takes over the answers to looks of one kind; those that hold another type are left over, their places in front. */
static int take_answers(struct ours *ours, const struct sink_look looks[], size_t places[],
                        size_t *count, struct error *err)
{
    size_t left = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t place = places[i];
        if (looks[i].is_other_kind) {
            places[left++] = place;
        } else if (!looks[i].is_present) {
            ours->states[place] = OURS_GONE;
        } else if (is_same(&ours->keys[place], &looks[i])) {
            ours->states[place] = OURS_STILL;
            if (keep_item(ours, place, &looks[i], err) != 0) {
                return -1;
            }
        }
    }
    *count = left;
    return 0;
}

/* An intent does not say whether it is a string or a hash: ask for one, and where it is another for the other. */
int ours_look(struct ours *ours, struct sink *sink, struct error *err)
{
    static const enum record_kind kinds[] = {RECORD_STRING, RECORD_HASH};
    struct sink_look looks[OURS_LOOK_MAX];
    size_t places[OURS_LOOK_MAX], count = ours->count;
    arena_clear(&ours->values);
    ours->item_count = 0;
    for (size_t i = 0; i < count; i++) {
        ours->states[i] = OURS_REWRITTEN;
        places[i] = i;
    }
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds && count > 0; kind++) {
        for (size_t i = 0; i < count; i++) {
            looks[i] = (struct sink_look){.key = ours->keys[places[i]].key, .kind = kinds[kind]};
        }
        if (sink_look(sink, SINK_LOOK_VALUE, looks, count, err) != 0 ||
            take_answers(ours, looks, places, &count, err) != 0) {
            return -1;
        }
    }
    return 0;
}

void ours_free(struct ours *ours)
{
    arena_free(&ours->values);
}
