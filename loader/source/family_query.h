/* family_query.h - a family's query with its `({ids})` made into placeholders.
 * Room: loader/source. May touch: malloc. */
#ifndef REKINDLE_LOADER_FAMILY_QUERY_H
#define REKINDLE_LOADER_FAMILY_QUERY_H

#include "common/error.h"

#include <stddef.h>

/* `query` with `({ids})` replaced by `(?,?,...)`, `count` of them, a final `;` cut off; free() it.
 * ERROR_INPUT when `({ids})` does not stand in it exactly once. */
char *family_query_render(const char *query, size_t count, struct error *err) MUST_CHECK;

/* The same query asked for its columns `id_name` and `version` only: `SELECT id, version FROM (query)`.
 * `quote` encloses names: a backtick for MySQL, a double quote for SQLite. */
char *family_query_render_versions(const char *query, size_t count, const char *id_name, char quote,
                                   struct error *err) MUST_CHECK;

#endif
