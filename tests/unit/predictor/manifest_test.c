/* manifest_test.c - a manifest comes back as it was saved; each kind of bad line, and each changed byte, is refused. */
#include "predictor/history/manifest.h"

#include <xxhash.h>

#include "tests/unit/test_folder.h"

static struct log_mark mark_of(const char *bytes, size_t size)
{
    struct log_digest digest = log_digest_of(bytes, size);
    return (struct log_mark){size, size, digest, digest};
}

static void make_manifest(struct manifest *manifest)
{
    struct error err;
    *manifest = (struct manifest){.bucket_second = 60, .next_segment = 8};
    struct manifest_segment segment = {.number = 7,
                                       .totals = {.key_count = {5, 3},
                                                  .pair_count = 9,
                                                  .event_count = 12,
                                                  .first_bucket = INT32_MIN,
                                                  .last_bucket = INT32_MAX,
                                                  .size_bytes = UINT64_MAX,
                                                  .checksum = 0xfedcba9876543210}};
    assert_int_equal(manifest_add_segment(manifest, &segment, &err), 0);
    struct access_event tails[] = {{.at_unix = -7, .id = {"u %\n\xff", 5}, .entity = ENTITY_USER},
                                   {.at_unix = INT64_MAX,
                                    .id = {"p", 1},
                                    .entity = ENTITY_PRODUCT,
                                    .size_bytes = 3,
                                    .cost_us = 4}};
    struct log_entry entry = {.name = {"a log\0.gz", 9},
                              .rules = slice_of(""),
                              .complete = mark_of("ab", 1),
                              .whole = mark_of("ab", 2),
                              .event_count = 17,
                              .tail_events = tails,
                              .tail_event_count = 2};
    assert_int_equal(log_ledger_put(&manifest->ledger, NULL, &entry, &err), 0);
    entry = (struct log_entry){.name = slice_of("b"),
                               .rules = slice_of("csv --columns time=ts"),
                               .complete = mark_of("xyz", 3),
                               .whole = mark_of("xyz", 3)};
    assert_int_equal(log_ledger_put(&manifest->ledger, NULL, &entry, &err), 0);
}

static void comes_back_as_saved(void **state)
{
    struct manifest saved, loaded;
    struct error err;
    make_manifest(&saved);
    assert_int_equal(manifest_load(*state, &loaded, &err), 0);
    assert_int_equal(manifest_save(*state, &saved, &err), 0);
    assert_int_equal(manifest_load(*state, &loaded, &err), 1);
    assert_int_equal(loaded.bucket_second, 60);
    assert_int_equal(loaded.next_segment, 8);
    assert_int_equal(loaded.segment_count, 1);
    assert_memory_equal(loaded.segments, saved.segments, sizeof *saved.segments);
    assert_int_equal(loaded.ledger.entry_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct log_entry *a = &saved.ledger.entries[i], *b = &loaded.ledger.entries[i];
        assert_true(slice_is_equal(a->name, b->name));
        assert_true(slice_is_equal(a->rules, b->rules));
        assert_int_equal(a->event_count, b->event_count);
        assert_memory_equal(&a->complete, &b->complete, sizeof a->complete);
        assert_memory_equal(&a->whole, &b->whole, sizeof a->whole);
        assert_int_equal(a->tail_event_count, b->tail_event_count);
        for (size_t j = 0; j < a->tail_event_count; j++) {
            assert_true(slice_is_equal(a->tail_events[j].id, b->tail_events[j].id));
            assert_int_equal(a->tail_events[j].at_unix, b->tail_events[j].at_unix);
            assert_int_equal(a->tail_events[j].entity, b->tail_events[j].entity);
            assert_int_equal(a->tail_events[j].size_bytes, b->tail_events[j].size_bytes);
            assert_int_equal(a->tail_events[j].cost_us, b->tail_events[j].cost_us);
        }
    }
    manifest_free(&saved);
    manifest_free(&loaded);
}

/* The manifest of the test before, changed in each bit and cut at each byte. */
static void damage_is_refused(void **state)
{
    enum { SIZE_MAX_HERE = 4096 };
    char bytes[SIZE_MAX_HERE];
    struct manifest manifest;
    struct error err;
    FILE *file = fopen(test_path(state, MANIFEST_NAME), "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(manifest_parse("M", (struct slice){bytes, size}, &manifest, &err), 0);
    manifest_free(&manifest);
    for (size_t at = 0; at < size; at++) {
        assert_int_equal(manifest_parse("M", (struct slice){bytes, at}, &manifest, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
            assert_int_equal(manifest_parse("M", (struct slice){bytes, size}, &manifest, &err), -1);
            assert_int_equal(err.kind, ERROR_INPUT);
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
        }
    }
}

/* Lines below a good head, with the right checksum. */
static int parse_lines(const char *head, const char *lines, struct error *err)
{
    char text[2048];
    struct manifest manifest;
    int size = snprintf(text, sizeof text - 32, "%s%s", head, lines);
    size += snprintf(text + size, 32, "end %016llx\n",
                     (unsigned long long)XXH3_64bits(text, (size_t)size));
    int result = manifest_parse("DIR/MANIFEST", (struct slice){text, (size_t)size}, &manifest, err);
    if (result == 0) {
        manifest_free(&manifest);
    }
    return result;
}

#define HEAD   "rekindle-history 1\nbucket_second 3600\nnext_segment 3\n"
#define DIGEST "0123456789abcdef0123456789abcdef"
#define MARK   "3:" DIGEST ":3:" DIGEST
#define LOG    "log n % 1 " MARK " " MARK "\n"

static void bad_lines_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"", "segment 1 1 1 1 1 1 1 1 0123456789abcdef\n", LOG,
                                       LOG "tail user a 1 0 0\n"};
    static const char *const bad[] = {
        "\n",
        "word\n",
        "segment 3 1 1 1 1 1 1 1 0123456789abcdef\n",          /* a number not given out yet */
        "segment 1 1 1 1 1 1 1 1 0123456789abcde\n",           /* a digit is missing */
        "segment 1 1 1 1 1 1 1 1\n",                           /* the checksum is missing */
        "segment 1 1 1 1 1 1 2147483648 1 0123456789abcdef\n", /* more than 32 bits */
        "segment 1 1 1 1 18446744073709551616 1 1 1 0123456789abcdef\n",
        "segment 1 1 -1 1 1 1 1 1 0123456789abcdef\n",
        "log n%2 % 1 " MARK " " MARK "\n",
        "log n%ag % 1 " MARK " " MARK "\n",
        "log n % 1 " MARK "\n",
        "log n % 1 " MARK " 2:" DIGEST ":2:" DIGEST "\n", /* the whole is less than a part */
        "log n % 1 " MARK " 3:" DIGEST ":4:" DIGEST "\n", /* the head is more than the log */
        "tail user a 1 0 0\n",                            /* of no log */
        LOG "tail shop a 1 0 0\n",
        LOG "tail user % 1 0 0\n",
        LOG "tail user a x 0 0\n",
        LOG "tail user a 1 4294967296 0\n",
    };
    struct error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(parse_lines(HEAD, good[i], &err), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(parse_lines(HEAD, bad[i], &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, ": the line makes no sense; put the folder back"));
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(parse_lines("rekindle-history 2\n", "anything\n", &err), -1);
    assert_string_equal(err.text, "DIR/MANIFEST: the history has version 2, this program reads "
                                  "version 1; use the program that wrote it");
    assert_int_equal(parse_lines("rekindle 1\n", "", &err), -1);
    assert_string_equal(
        err.text, "DIR/MANIFEST is not the manifest of a history, or damaged in its first line");
    assert_int_equal(parse_lines("rekindle-history 1\n", "next_segment 1\n", &err), -1);
    assert_string_equal(err.text, "DIR/MANIFEST: bucket_second or next_segment is missing");
    assert_int_equal(parse_lines(HEAD, "segment 1\n", &err), -1);
    assert_string_equal(err.text,
                        "DIR/MANIFEST:4: the line makes no sense; put the folder back from a "
                        "backup, or remove it and ingest the logs again");
    struct manifest manifest;
    assert_int_equal(manifest_parse("M", slice_of(HEAD "end 0123456789abcdef\n"), &manifest, &err),
                     -1);
    assert_string_equal(err.text, "M: damaged: its checksum differs; put the folder back from a "
                                  "backup, or remove it and ingest the logs again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_saved),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
