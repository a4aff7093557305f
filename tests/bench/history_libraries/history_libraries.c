/* history_libraries.c - what one night's sorted keys cost in RocksDB, LMDB, SQLite and a plain sorted run.
 * Room: tests/bench. May touch: files. Usage: history_libraries STORE write|read KEYS PATH.
 * Prints one line: store, action, seconds, bytes on disk, peak RSS in bytes, sum of counts (the same for all).
 *
 * Every store gets the same sorted keys and the same encoded values, so only the container differs.
 * Each promises to be on disk when `write` ends. LMDB and SQLite have no checksums; the others do. */
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <rocksdb/c.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    KEY_SIZE_MAX = 16,
    VALUE_SIZE_MAX = 128,
    PAIR_COUNT_MAX = 12,
    BLOCK_SIZE = 64 * 1024,
    WRITE_SIZE = 4 * 1024 * 1024,
    PATH_SIZE = 1024
};

struct record {
    size_t key_size, value_size;
    unsigned char key[KEY_SIZE_MAX], value[VALUE_SIZE_MAX];
};

struct store {
    const char *name;
    void (*write)(const char *path, uint64_t key_count);
    uint64_t (*read)(const char *path); /* the sum of all counts */
};

static void require(bool is_good, const char *what)
{
    if (!is_good) {
        fprintf(stderr, "history_libraries: %s failed\n", what);
        exit(1);
    }
}

/* ---- the same data for everyone */
static uint64_t mix(uint64_t seed)
{
    seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return seed ^ (seed >> 31);
}

static size_t put_varint(unsigned char *at, uint64_t number)
{
    size_t size = 0;
    for (; number >= 128; number >>= 7) {
        at[size++] = (unsigned char)(number | 128);
    }
    at[size++] = (unsigned char)number;
    return size;
}

static size_t get_varint(const unsigned char *at, uint64_t *number)
{
    size_t size = 0;
    *number = 0;
    do {
        *number |= (uint64_t)(at[size] & 127) << (7 * size);
    } while (at[size++] & 128);
    return size;
}

/* Ids of 8 to 12 bytes that ascend with `index`; 1 to 12 pairs of (hours since the last, count). */
static void make_record(uint64_t index, struct record *record)
{
    char tail[KEY_SIZE_MAX];
    uint64_t random = mix(index + 1);
    snprintf(tail, sizeof tail, "%04u", (unsigned)(random % 10000));
    record->key_size = (size_t)snprintf((char *)record->key, sizeof record->key,
                                        "u%08" PRIu64 "%.*s", index, (int)(random % 4), tail);
    uint64_t pair_count = 1 + (random >> 16) % PAIR_COUNT_MAX;
    size_t size = put_varint(record->value, pair_count);
    for (uint64_t i = 0; i < pair_count; i++) {
        uint64_t pair = mix(random + i);
        size += put_varint(record->value + size, (i == 0 ? 480000 : 0) + pair % 300);
        size += put_varint(record->value + size, 1 + (pair >> 32) % 3);
    }
    record->value_size = size;
}

static uint64_t sum_counts(const unsigned char *value)
{
    uint64_t pair_count, gap, count, sum = 0;
    size_t at = get_varint(value, &pair_count);
    for (uint64_t i = 0; i < pair_count; i++) {
        at += get_varint(value + at, &gap);
        at += get_varint(value + at, &count);
        sum += count;
    }
    return sum;
}

static void sync_path(const char *path)
{
    int descriptor = open(path, O_RDONLY);
    require(descriptor >= 0 && fsync(descriptor) == 0, "fsync");
    close(descriptor);
}

/* ---- the sketch: blocks of varint-framed records, each with its XXH3 */
static void write_block(FILE *file, const unsigned char *block, size_t size)
{
    uint64_t head[2] = {size, XXH3_64bits(block, size)};
    require(fwrite(head, sizeof head, 1, file) == 1 && fwrite(block, size, 1, file) == 1, "write");
}

static void sketch_write(const char *path, uint64_t key_count)
{
    static unsigned char block[BLOCK_SIZE + KEY_SIZE_MAX + VALUE_SIZE_MAX];
    struct record record;
    size_t size = 0;
    FILE *file = fopen(path, "wb");
    require(file != NULL && setvbuf(file, NULL, _IOFBF, WRITE_SIZE) == 0, "open");
    for (uint64_t i = 0; i < key_count; i++) {
        make_record(i, &record);
        size += put_varint(block + size, record.key_size);
        memcpy(block + size, record.key, record.key_size);
        size += record.key_size;
        size += put_varint(block + size, record.value_size);
        memcpy(block + size, record.value, record.value_size);
        size += record.value_size;
        if (size >= BLOCK_SIZE || i + 1 == key_count) {
            write_block(file, block, size);
            size = 0;
        }
    }
    require(fflush(file) == 0 && fsync(fileno(file)) == 0 && fclose(file) == 0, "flush");
}

static uint64_t sketch_read(const char *path)
{
    static unsigned char block[BLOCK_SIZE + KEY_SIZE_MAX + VALUE_SIZE_MAX];
    uint64_t head[2], key_size, value_size, sum = 0;
    FILE *file = fopen(path, "rb");
    require(file != NULL && setvbuf(file, NULL, _IOFBF, WRITE_SIZE) == 0, "open");
    while (fread(head, sizeof head, 1, file) == 1) {
        require(head[0] <= sizeof block && fread(block, head[0], 1, file) == 1, "read");
        require(XXH3_64bits(block, head[0]) == head[1], "checksum");
        for (size_t at = 0; at < head[0];) {
            at += get_varint(block + at, &key_size);
            at += key_size;
            at += get_varint(block + at, &value_size);
            sum += sum_counts(block + at);
            at += value_size;
        }
    }
    fclose(file);
    return sum;
}

/* ---- RocksDB: an SST file of 64 KiB blocks, then ingested by rename and iterated */
static rocksdb_options_t *rocksdb_settings(void)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_size(table, BLOCK_SIZE);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_create_if_missing(options, 1);
    return options;
}

static void rocks_write(const char *path, uint64_t key_count)
{
    char *failure = NULL;
    char sst[PATH_SIZE];
    struct record record;
    require(mkdir(path, 0700) == 0, "mkdir");
    snprintf(sst, sizeof sst, "%s/night.sst", path);
    rocksdb_options_t *options = rocksdb_settings();
    rocksdb_envoptions_t *env = rocksdb_envoptions_create();
    rocksdb_sstfilewriter_t *writer = rocksdb_sstfilewriter_create(env, options);
    rocksdb_sstfilewriter_open(writer, sst, &failure);
    for (uint64_t i = 0; i < key_count && failure == NULL; i++) {
        make_record(i, &record);
        rocksdb_sstfilewriter_put(writer, (char *)record.key, record.key_size, (char *)record.value,
                                  record.value_size, &failure);
    }
    require(failure == NULL, "sstfilewriter_put");
    rocksdb_sstfilewriter_finish(writer, &failure);
    require(failure == NULL, "sstfilewriter_finish");
    rocksdb_sstfilewriter_destroy(writer);
    rocksdb_t *db = rocksdb_open(options, path, &failure);
    require(failure == NULL, "rocksdb_open");
    rocksdb_ingestexternalfileoptions_t *ingest = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(ingest, 1);
    const char *files[] = {sst};
    rocksdb_ingest_external_file(db, files, 1, ingest, &failure);
    require(failure == NULL, "ingest_external_file");
    rocksdb_close(db);
}

static uint64_t rocks_read(const char *path)
{
    char *failure = NULL;
    size_t size;
    uint64_t sum = 0;
    rocksdb_t *db = rocksdb_open(rocksdb_settings(), path, &failure);
    require(failure == NULL, "rocksdb_open");
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(options, 0);
    rocksdb_readoptions_set_readahead_size(options, WRITE_SIZE);
    rocksdb_iterator_t *at = rocksdb_create_iterator(db, options);
    for (rocksdb_iter_seek_to_first(at); rocksdb_iter_valid(at); rocksdb_iter_next(at)) {
        require(rocksdb_iter_key(at, &size) != NULL, "iter_key");
        sum += sum_counts((const unsigned char *)rocksdb_iter_value(at, &size));
    }
    rocksdb_iter_get_error(at, &failure);
    require(failure == NULL, "iterating");
    rocksdb_iter_destroy(at);
    rocksdb_close(db);
    return sum;
}

/* ---- LMDB: append mode in one transaction */
static MDB_env *lmdb_open(const char *path, unsigned flags)
{
    MDB_env *env;
    require(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, (size_t)4 << 30) == 0 &&
                mdb_env_open(env, path, MDB_NOSUBDIR | flags, 0600) == 0,
            "mdb_env_open");
    return env;
}

static void lmdb_write(const char *path, uint64_t key_count)
{
    MDB_txn *transaction;
    MDB_dbi table;
    struct record record;
    MDB_env *env = lmdb_open(path, MDB_WRITEMAP);
    require(mdb_txn_begin(env, NULL, 0, &transaction) == 0 &&
                mdb_dbi_open(transaction, NULL, 0, &table) == 0,
            "mdb_txn_begin");
    for (uint64_t i = 0; i < key_count; i++) {
        make_record(i, &record);
        MDB_val key = {record.key_size, record.key}, value = {record.value_size, record.value};
        require(mdb_put(transaction, table, &key, &value, MDB_APPEND) == 0, "mdb_put");
    }
    require(mdb_txn_commit(transaction) == 0, "mdb_txn_commit");
    mdb_env_close(env);
}

static uint64_t lmdb_read(const char *path)
{
    MDB_txn *transaction;
    MDB_dbi table;
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t sum = 0;
    MDB_env *env = lmdb_open(path, MDB_RDONLY);
    require(mdb_txn_begin(env, NULL, MDB_RDONLY, &transaction) == 0 &&
                mdb_dbi_open(transaction, NULL, 0, &table) == 0 &&
                mdb_cursor_open(transaction, table, &cursor) == 0,
            "mdb_cursor_open");
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        sum += sum_counts(value.mv_data);
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    mdb_env_close(env);
    return sum;
}

/* ---- SQLite: a clustered table, one transaction; a new file needs no journal to be all or nothing */
static sqlite3 *sqlite_open(const char *path)
{
    sqlite3 *db;
    require(sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_exec(db,
                             "PRAGMA page_size=16384; PRAGMA journal_mode=OFF;"
                             "PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE",
                             NULL, NULL, NULL) == SQLITE_OK,
            "sqlite3_open");
    return db;
}

static void sqlite_write(const char *path, uint64_t key_count)
{
    sqlite3_stmt *insert;
    struct record record;
    sqlite3 *db = sqlite_open(path);
    require(sqlite3_exec(db,
                         "CREATE TABLE history(id BLOB PRIMARY KEY, buckets BLOB) WITHOUT ROWID;"
                         "BEGIN",
                         NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, "INSERT INTO history VALUES(?,?)", -1, &insert, NULL) ==
                    SQLITE_OK,
            "CREATE TABLE");
    for (uint64_t i = 0; i < key_count; i++) {
        make_record(i, &record);
        sqlite3_bind_blob(insert, 1, record.key, (int)record.key_size, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, record.value, (int)record.value_size, SQLITE_STATIC);
        require(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK,
                "INSERT");
    }
    sqlite3_finalize(insert);
    require(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "COMMIT");
    sqlite3_close(db);
}

static uint64_t sqlite_read(const char *path)
{
    sqlite3_stmt *select;
    uint64_t sum = 0;
    sqlite3 *db = sqlite_open(path);
    require(sqlite3_prepare_v2(db, "SELECT id, buckets FROM history ORDER BY id", -1, &select,
                               NULL) == SQLITE_OK,
            "SELECT");
    while (sqlite3_step(select) == SQLITE_ROW) {
        require(sqlite3_column_blob(select, 0) != NULL, "column_blob");
        sum += sum_counts(sqlite3_column_blob(select, 1));
    }
    sqlite3_finalize(select);
    sqlite3_close(db);
    return sum;
}

static double now_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argument_count, char **arguments)
{
    static const struct store stores[] = {
        {"sketch", sketch_write, sketch_read},
        {"rocksdb", rocks_write, rocks_read},
        {"lmdb", lmdb_write, lmdb_read},
        {"sqlite", sqlite_write, sqlite_read},
    };
    struct rusage usage;
    uint64_t sum = 0;
    require(argument_count == 5, "usage: history_libraries STORE write|read KEYS PATH;");
    const struct store *store = stores;
    while (store < stores + sizeof stores / sizeof *stores &&
           strcmp(store->name, arguments[1]) != 0) {
        store++;
    }
    require(store < stores + sizeof stores / sizeof *stores, "finding the store");
    double started = now_second();
    if (strcmp(arguments[2], "write") == 0) {
        store->write(arguments[4], strtoull(arguments[3], NULL, 10));
        sync_path(arguments[4]);
    } else {
        sum = store->read(arguments[4]);
    }
    double seconds = now_second() - started;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s %s %.3f %ld %" PRIu64 "\n", store->name, arguments[2], seconds,
           usage.ru_maxrss * 1024L, sum);
    return 0;
}
