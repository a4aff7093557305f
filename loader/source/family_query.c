/* family_query.c - see family_query.h.
 * Room: loader/source. May touch: malloc. */
#include "loader/source/family_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ids_mark[] = "({ids})";

/* Bytes of `query` without blanks and `;` at its end. */
static size_t trimmed_size(const char *query)
{
    size_t size = strlen(query);
    while (size > 0 && strchr("; \t\r\n", query[size - 1]) != NULL) {
        size--;
    }
    return size;
}

static const char *find_mark(const char *query, struct error *err)
{
    const char *mark = strstr(query, ids_mark);
    if (mark == NULL || strstr(mark + 1, ids_mark) != NULL) {
        error_set(err, ERROR_INPUT,
                  "the query must hold ({ids}) exactly once, as in `WHERE id IN ({ids})`: %s",
                  query);
        return NULL;
    }
    return mark;
}

/* Writes `(?,?,...)` and returns what follows it. */
static char *put_placeholders(char *at, size_t count)
{
    *at++ = '(';
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        *at++ = '?';
    }
    *at++ = ')';
    return at;
}

char *family_query_render(const char *query, size_t count, struct error *err)
{
    const char *mark = find_mark(query, err);
    if (mark == NULL) {
        return NULL;
    }
    size_t size = trimmed_size(query);
    size_t before = (size_t)(mark - query);
    size_t after = size - before - (sizeof ids_mark - 1);
    char *text = malloc(size + 2 * count + 2);
    if (text == NULL) {
        error_set_memory(err, "preparing a query");
        return NULL;
    }
    memcpy(text, query, before);
    char *at = put_placeholders(text + before, count);
    memcpy(at, query + size - after, after);
    at[after] = '\0';
    return text;
}

/* Writes `name` between quotes, each quote in it doubled. */
static char *put_name(char *at, const char *name, char quote)
{
    *at++ = quote;
    for (; *name != '\0'; name++) {
        if (*name == quote) {
            *at++ = quote;
        }
        *at++ = *name;
    }
    *at++ = quote;
    return at;
}

char *family_query_render_versions(const char *query, size_t count, const char *id_name, char quote,
                                   struct error *err)
{
    static const char frame[] = "SELECT , version FROM () AS rekindle_rows";
    char *inner = family_query_render(query, count, err);
    if (inner == NULL) {
        return NULL;
    }
    size_t size = strlen(inner) + sizeof frame + 2 * strlen(id_name) + 2;
    char *text = malloc(size);
    if (text == NULL) {
        free(inner);
        error_set_memory(err, "preparing a query");
        return NULL;
    }
    static const char first[] = "SELECT ";
    memcpy(text, first, sizeof first - 1);
    char *at = put_name(text + sizeof first - 1, id_name, quote);
    snprintf(at, size - (size_t)(at - text), ", version FROM (%s) AS rekindle_rows", inner);
    free(inner);
    return text;
}
