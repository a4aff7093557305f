/* ours_test.c - a key is still ours by its bytes and its second of expiry, string or hash.
 * Room: tests. The sink is a stand-in of four keys. */
#include "loader/warm/ours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/monotonic.h"

enum { EXPIRY = 2000000000 };

static const struct {
    const char *key, *value;
    enum record_kind kind;
    int64_t expire_unix;
} held[] = {
    {"text", "one", RECORD_STRING, EXPIRY},
    {"hash", "two", RECORD_HASH, EXPIRY},
    {"refilled", "one", RECORD_STRING, EXPIRY + 1},
    {"changed", "else", RECORD_STRING, EXPIRY},
};
static int look_count;

static void answer(struct sink_look *look)
{
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        if (slice_is_equal(look->key, slice_of(held[i].key))) {
            look->is_present = true;
            look->is_other_kind = look->kind != held[i].kind;
            look->value = look->is_other_kind ? (struct slice){"", 0} : slice_of(held[i].value);
            look->expire_unix_ms = held[i].expire_unix * MS_PER_SECOND;
        }
    }
}

int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err)
{
    (void)sink, (void)err;
    assert_int_equal(content, SINK_LOOK_VALUE);
    look_count++;
    for (size_t i = 0; i < count; i++) {
        answer(&looks[i]);
    }
    return 0;
}

static struct ours ours;

static void ask(const char *key, const char *value)
{
    ours.keys[ours.count++] = (struct ours_key){
        .key = slice_of(key), .digest = value_digest_of(slice_of(value)), .expire_unix = EXPIRY};
}

static void test_ours_and_not_ours(void **state)
{
    (void)state;
    struct error err = {0};
    ask("text", "one");
    ask("gone", "one");
    ask("hash", "two");
    ask("refilled", "one");
    ask("changed", "one");
    assert_int_equal(ours_look(&ours, NULL, &err), 0);
    static const enum ours_state wanted[] = {OURS_STILL, OURS_GONE, OURS_STILL, OURS_REWRITTEN,
                                             OURS_REWRITTEN};
    assert_memory_equal(ours.states, wanted, sizeof wanted);
    assert_int_equal(look_count, 2); /* the hash was asked for once more, as a hash */
    assert_int_equal(ours.item_count, 2);
    assert_int_equal(ours.places[0], 0);
    assert_int_equal(ours.places[1], 2);
    assert_true(slice_is_equal(ours.items[0].value, slice_of("one")));
    assert_int_equal(ours.items[1].kind, RECORD_HASH);
    assert_int_equal(ours.items[1].expire_unix, EXPIRY);
    assert_int_equal(ours.items[0].result, SINK_NOT_SENT);
    ours.count = 0; /* and once more, with nothing to ask */
    assert_int_equal(ours_look(&ours, NULL, &err), 0);
    assert_int_equal(ours.item_count, 0);
    assert_int_equal(look_count, 2);
    ours_free(&ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ours_and_not_ours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
