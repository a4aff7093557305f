/* config_test.c - the config file: what is understood, what is refused and where, defaults, paths. */
#include "common/config.h"

#include "common/config_rows.h"

#include "tests/unit/test_folder.h"

#include <unistd.h>

static struct config *load_text(void **state, const char *text)
{
    struct config *config = NULL;
    struct error err;
    error_clear(&err);
    if (config_load(test_put_text(state, "t.conf", text), &config, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return config;
}

/* The error behind the folder. */
static const char *refusal(void **state, const char *text)
{
    static struct error err;
    struct config *config = NULL;
    error_clear(&err);
    if (config_load(test_put_text(state, "t.conf", text), &config, &err) == 0) {
        config_free(config);
        return "no error";
    }
    assert_int_equal(err.kind, ERROR_INPUT);
    const char *folder = strstr(err.text, "rekindle-test-");
    return strchr(folder, '/') + 1;
}

static void a_whole_file_is_understood(void **state)
{
    static const char text[] =
        "\xef\xbb\xbf# a comment\r\n[history]\r\ndir = history\r\nzone = Europe/Madrid\nbucket = "
        "30m\n"
        "[events]\nfile = /etc/events.csv\n"
        "[log access]\nformat = nginx:$remote_addr [$time_local] \"$request\"\nuser = cookie:uid\n"
        "ignore_agents = crawlers.txt\n"
        "[log export]\nformat = csv\ndelimiter = ;\n"
        "[family user-profile]\nentity = user\nkey = user:{id}:profile\nsource = mysql\n"
        "query = SELECT id, name, updated_at AS version\n  FROM users\n\n  WHERE id IN ({ids})\n"
        "value = raw:name\nttl = event_end + 6h\nttl_jitter = 10m\nmiss_cost = 0.4ms\nsize = 2KiB\n"
        "[family page]\nentity = product\nkey = p:{id}\nvalue = template:<b>{name}</b>\nttl = "
        "event_end\n"
        "miss_cost = 350us\nnegative_ttl = 60s\nmax_value = 64k\n"
        "[mysql]\noption_file = my.cnf\nport = 3307\nconnections = 4\ntimeout = 500ms\n"
        "[redis]\naddress = unix:redis.sock\ntls = yes\ncontrol = 10.0.0.1:6380\n"
        "[budget]\nmemory = 2GiB\n[pace]\nrows = 20k\n[run]\nwindow_ranks = 500\n[redis]\ndatabase "
        "= 3\n";
    struct config *config = load_text(state, text);
    assert_string_equal(config->history_dir, test_path(state, "history"));
    assert_string_equal(config->history_zone, "Europe/Madrid");
    assert_int_equal(config->history_bucket_second, 1800);
    assert_string_equal(config->events_file, "/etc/events.csv");
    assert_int_equal(config->log_count, 2);
    assert_string_equal(config->logs[0].format, "nginx:$remote_addr [$time_local] \"$request\"");
    assert_string_equal(config->logs[0].user, "cookie:uid");
    assert_string_equal(config->logs[0].ignore_agents, test_path(state, "crawlers.txt"));
    assert_string_equal(config_find_log(config, slice_of("export"))->delimiter, ";");
    assert_null(config_find_log(config, slice_of("exp")));
    assert_int_equal(config->family_count, 2);
    const struct family *profile = config_find_family(config, slice_of("user-profile"));
    assert_int_equal(profile->entity, ENTITY_USER);
    assert_string_equal(profile->key.before, "user:");
    assert_int_equal(profile->source, SOURCE_MYSQL);
    assert_string_equal(profile->query,
                        "SELECT id, name, updated_at AS version FROM users WHERE id IN ({ids})");
    assert_int_equal(profile->value, VALUE_RAW);
    assert_string_equal(profile->value_column, "name");
    assert_int_equal(profile->ttl_after_end_second, 6 * 3600);
    assert_int_equal(profile->ttl_jitter_second, 600);
    assert_true(profile->miss_cost_ms == 0.4);
    assert_int_equal(profile->size_bytes, 2048);
    assert_int_equal(profile->max_value_bytes, 1 << 20);
    assert_int_equal(profile->line, 16);
    const struct family *page = config_find_family(config, slice_of("page"));
    assert_string_equal(page->value_template, "<b>{name}</b>");
    assert_int_equal(page->ttl_after_end_second, 0);
    assert_int_equal(page->ttl_jitter_second, 1800);
    assert_true(page->miss_cost_ms == 0.35);
    assert_int_equal(page->negative_ttl_second, 60);
    assert_int_equal(page->source, SOURCE_NONE);
    assert_null(config_find_family(config, slice_of("pag")));
    assert_string_equal(config->mysql.option_file, test_path(state, "my.cnf"));
    assert_int_equal(config->mysql.port, 3307);
    assert_int_equal(config->mysql.connections, 4);
    assert_int_equal(config->mysql.chunk_rows, 500);
    assert_int_equal(config->mysql.timeout_ms, 500);
    char address[TEST_PATH_SIZE * 2 + 5];
    snprintf(address, sizeof address, "unix:%s", test_path(state, "redis.sock"));
    assert_string_equal(config->redis.address, address);
    assert_string_equal(config->redis.control, "10.0.0.1:6380");
    assert_true(config->redis.is_tls);
    assert_false(config->redis.is_cluster);
    assert_int_equal(config->redis.database, 3);
    assert_int_equal(config->budget_memory_bytes, (uint64_t)2 << 30);
    assert_int_equal(config->pace.rows_per_second, 20000);
    assert_string_equal(config->run_dir, test_path(state, "runs"));
    assert_int_equal(config->window_ranks, 500);
    config_free(config);
}

static void defaults_need_no_file(void **state)
{
    (void)state;
    struct config *config;
    struct error err;
    assert_int_equal(config_load(NULL, &config, &err), 0);
    assert_null(config->path);
    assert_null(config->history_dir);
    assert_string_equal(config->history_zone, "UTC");
    assert_int_equal(config->history_bucket_second, 3600);
    assert_string_equal(config->redis.address, "127.0.0.1:6379");
    assert_int_equal(config->redis.pipeline, 512);
    assert_int_equal(config->redis.timeout_ms, 5000);
    assert_int_equal(config->mysql.timeout_ms, 10000);
    assert_string_equal(config->run_dir, "runs");
    assert_int_equal(config->window_ranks, 20000);
    assert_int_equal(config->family_count, 0);
    config_free(config);
    config_free(NULL);
}

static void long_values_stay_whole(void **state)
{
    static char text[40000];
    size_t lengths[] = {150, 197, 198, 199, 200, 201, 397, 398, 399, 400, 1000, 16000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t used = (size_t)sprintf(text, "[log a]\nformat = ");
        memset(text + used, 'x', lengths[i]);
        sprintf(text + used + lengths[i], "\nuser = u\n");
        struct config *config = load_text(state, text);
        assert_int_equal(strlen(config->logs[0].format), lengths[i]);
        assert_string_equal(config->logs[0].user, "u");
        config_free(config);
    }
    memset(text, 'x', 17000);
    memcpy(text, "[log a]\nformat = ", 17);
    strcpy(text + 17000, "\n");
    assert_string_equal(
        refusal(state, text),
        "t.conf:2: the line is longer than 16384 bytes; a value may go on in indented lines");
}

#define FAMILY "[family f]\nentity = user\nkey = {id}\n"

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[redis]\nadress = x:1\n",
         "t.conf:2: unknown key 'adress' in [redis]; did you mean address?"},
        {"[redis]\ncolour = red\n", "t.conf:2: unknown key 'colour' in [redis]"},
        {"[reddis]\nuser = x\n", "t.conf:2: unknown section [reddis]; did you mean [redis]?"},
        {"[familly x]\nkey = x\n",
         "t.conf:2: unknown section [familly]; did you mean [family NAME]?"},
        {"[weather]\nuser = x\n", "t.conf:2: unknown section [weather]"},
        {"[family]\nkey = {id}\n", "t.conf:2: [family] needs a name, as [family user-profile]"},
        {"[entity shelf]\nattributes = x\n",
         "t.conf:2: [entity shelf]: an entity is user or product"},
        {"[redis two]\nuser = x\n", "t.conf:2: [redis two] is unknown; this section has no name"},
        {"user = x\n", "t.conf:1: the key stands before the first [section]"},
        {"[redis]\nuser = a\n\nuser = b\n", "t.conf:4: 'user' is given in line 2 already"},
        {"[redis]\nuser a\n", "t.conf:2: this is neither `key = value` nor a [section]"},
        {"[redis\nuser = a\n", "t.conf:1: this is neither `key = value` nor a [section]"},
        {"[redis]\nuser =\n", "t.conf:2: user: there is no value behind the ="},
        {"[redis]\ndatabase = -1\n",
         "t.conf:2: database: '-1' is not a count; write 5000, 200k or 3M"},
        {"[mysql]\nport = 70000\n", "t.conf:2: port: 70000 is not between 0 and 65535"},
        {"[family f]\nsize = 513MiB\n",
         "t.conf:2: size: 513MiB is more than 512 MiB, which no value may have"},
        {"[mysql]\nchunk_rows = 1000\n", "t.conf:2: chunk_rows: 1000 is not between 1 and 999"},
        {"[redis]\ntls = maybe\n", "t.conf:2: tls: 'maybe' is neither yes nor no"},
        {"[redis]\naddress = localhost\n", "t.conf:2: address: 'localhost' is not an address; "
                                           "write 127.0.0.1:6379 or unix:/run/redis.sock"},
        {"[redis]\nuser = a\n  tls = yes\n", "t.conf:3: an indented line goes on with the value "
                                             "above, but 'tls' is a key; take the blanks before "
                                             "it away"},
        {"[family f]\nkey = {id}\n", "t.conf:2: [family f] has no 'entity'"},
        {"[family f]\nentity = user\n", "t.conf:2: [family f] has no 'key'"},
        {"[family f]\nentity = buyer\n", "t.conf:2: entity: 'buyer' is neither user nor product"},
        {"[family f]\nkey = user\n",
         "t.conf:2: key: the key 'user' has to hold {id} exactly once, as user:{id}:profile"},
        {FAMILY "source = oracle\n",
         "t.conf:4: source: there is no source 'oracle'; write mysql, sqlite, file or http"},
        {FAMILY "source = sqlite\n", "t.conf:2: [family f] has no 'query', which its source needs"},
        {FAMILY "query = SELECT 1\n",
         "t.conf:4: query: the query has to hold ({ids}) exactly once, as in WHERE id "
         "IN ({ids}): 'SELECT 1'"},
        {FAMILY "query = SELECT {ids} IN ({ids})\n",
         "t.conf:4: query: the query has to hold ({ids}) exactly once, as "
         "in WHERE id IN ({ids}): 'SELECT {ids} IN ({ids})'"},
        {FAMILY "query = IN ({ids}) IN ({ids})\n",
         "t.conf:4: query: the query has to hold ({ids}) exactly once, as "
         "in WHERE id IN ({ids}): 'IN ({ids}) IN ({ids})'"},
        {FAMILY "value = xml\n",
         "t.conf:4: value: 'xml' is no way to write a value; write json, hash, raw:COLUMN or "
         "template:TEXT"},
        {FAMILY "value = raw:\n",
         "t.conf:4: value: 'raw:' is no way to write a value; write json, hash, raw:COLUMN or "
         "template:TEXT"},
        {FAMILY "ttl = 6h\n",
         "t.conf:4: ttl: '6h' is not a lifetime; write event_end + 6h, so that nothing ends in "
         "the event"},
        {FAMILY "ttl = event_end - 6h\n",
         "t.conf:4: ttl: 'event_end - 6h' is not a lifetime; write event_end + 6h, "
         "so that nothing ends in the event"},
        {FAMILY "miss_cost = 0ms\n",
         "t.conf:4: miss_cost: '0ms' is not a cost; write 12ms, 0.4ms or 350us"},
        {FAMILY "miss_cost = dear\n",
         "t.conf:4: miss_cost: 'dear' is not a cost; write 12ms, 0.4ms or 350us"},
        {FAMILY "[family g]\nentity = product\nkey = {id}\n",
         "t.conf:5: [family f] and [family g] have the same key"},
        {FAMILY "size = big\n", "t.conf:4: size: 'big' is not a size; write 512, 64KiB or 2GiB"},
        {"[family aaaaaaaaaabbbbbbbbbbccccccccccddddddddddxyz]\nkey = {id}\n",
         "t.conf:2: the name in [family aaaaaaaaaabbbbbbbbbbccccccccccddddddddddxy...] is longer "
         "than "
         "40 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(refusal(state, cases[i].text), cases[i].expected);
    }
}

static void files_that_are_no_config_are_refused(void **state)
{
    struct config *config;
    struct error err;
    const char *path = test_put(state, "t.conf", "[redis]\nuser = a\0b\n", 20);
    assert_int_equal(config_load(path, &config, &err), -1);
    assert_non_null(strstr(err.text, "t.conf is not a text file: it has a NUL byte"));
    assert_int_equal(config_load(test_path(state, "none.conf"), &config, &err), -1);
    assert_non_null(strstr(err.text, "none.conf: No such file or directory"));
    assert_int_equal(err.kind, ERROR_INPUT);
}

static void indented_first_keys_are_keys(void **state)
{
    struct config *config = load_text(state, "[log a]\nformat = x\n[log b]\n  format = y\n");
    assert_string_equal(config->logs[0].format, "x");
    assert_string_equal(config->logs[1].format, "y");
    config_free(config);
}

/* A relative socket is named whole, also by a config that is named from its own folder. */
static void sockets_have_whole_names(void **state)
{
    char address[TEST_PATH_SIZE * 2 + 8], here[4096], folder[TEST_PATH_SIZE * 2];
    test_put_text(state, "here.conf", "[redis]\naddress = unix:redis.sock\n");
    snprintf(address, sizeof address, "unix:%s", test_path(state, "redis.sock"));
    snprintf(folder, sizeof folder, "%s", test_path(state, ""));
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    struct config *config = NULL;
    struct error err = {0};
    assert_int_equal(config_load("here.conf", &config, &err), 0);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(config->redis.address, address);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_understood),
        cmocka_unit_test(defaults_need_no_file),
        cmocka_unit_test(long_values_stay_whole),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(files_that_are_no_config_are_refused),
        cmocka_unit_test(indented_first_keys_are_keys),
        cmocka_unit_test(sockets_have_whole_names),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
