/* http_settings.h - what the config says of a family that comes over HTTP, checked.
 * Room: loader/source. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_HTTP_SETTINGS_H
#define REKINDLE_LOADER_HTTP_SETTINGS_H

#include "common/config.h"
#include "common/slice.h"

/* Where the version of a row comes from. */
enum http_version_source {
    HTTP_VERSION_NONE,
    HTTP_VERSION_ETAG,
    HTTP_VERSION_LAST_MODIFIED,
    HTTP_VERSION_FIELD
};

struct http_settings {
    const char *url;     /* with {id} in it */
    struct slice before; /* the part of it before {id} */
    const char *after;   /* the part behind */
    enum http_version_source version_source;
    const char *field; /* of HTTP_VERSION_FIELD: a member of the JSON body */
};

/* Borrows from `config` and `family`. ERROR_INPUT: no url, one without {id}, of another scheme or with a password; an
 * unknown version; an encoding that would quote the body once more. */
int http_settings_read(struct http_settings *settings, const struct config *config,
                       const struct family *family, struct error *err) MUST_CHECK;

#endif
