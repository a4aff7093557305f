/* http_settings.c - see http_settings.h.
 * Room: loader/source. May touch: nothing. */
#include "loader/source/http_settings.h"

static const char id_mark[] = "{id}";
static const char field_mark[] = "field:";

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static int read_url(struct http_settings *settings, const char *url, struct error *err)
{
    const char *mark = url == NULL ? NULL : strstr(url, id_mark);
    bool is_fine = mark != NULL && strstr(mark + 1, id_mark) == NULL &&
                   (begins_with(url, "http://") || begins_with(url, "https://"));
    if (!is_fine) {
        return error_set(err, ERROR_INPUT,
                         "source = http needs the family's url, or [http] url, with {id} once: "
                         "http://host/users/{id}");
    }
    const char *at_sign = strchr(url, '@');
    if (at_sign != NULL && at_sign < mark) {
        return error_set(err, ERROR_INPUT,
                         "a url must hold no password: give [http] token_file instead");
    }
    settings->url = url;
    settings->before = (struct slice){url, (size_t)(mark - url)};
    settings->after = mark + sizeof id_mark - 1;
    return 0;
}

static int read_version(struct http_settings *settings, const char *text, struct error *err)
{
    if (text == NULL || strcmp(text, "none") == 0) {
        settings->version_source = HTTP_VERSION_NONE;
    } else if (strcmp(text, "etag") == 0) {
        settings->version_source = HTTP_VERSION_ETAG;
    } else if (strcmp(text, "last-modified") == 0) {
        settings->version_source = HTTP_VERSION_LAST_MODIFIED;
    } else if (begins_with(text, field_mark) && text[sizeof field_mark - 1] != '\0') {
        settings->version_source = HTTP_VERSION_FIELD;
        settings->field = text + sizeof field_mark - 1;
    } else {
        return error_set(err, ERROR_INPUT,
                         "[http] version = %s: write none, etag, last-modified or field:NAME",
                         text);
    }
    return 0;
}

/* The body is somebody else's text: as a column of a JSON object it would be quoted once more. */
static int check_encoding(const struct family *family, struct error *err)
{
    if (family->value == VALUE_RAW || family->value == VALUE_TEMPLATE) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "source = http gives the columns id and body: write value = raw:body, or a "
                     "template with {body}");
}

int http_settings_read(struct http_settings *settings, const struct config *config,
                       const struct family *family, struct error *err)
{
    *settings = (struct http_settings){.url = NULL};
    const char *url = family->url != NULL ? family->url : config->http.url;
    return read_url(settings, url, err) != 0 || check_encoding(family, err) != 0
               ? -1
               : read_version(settings, config->http.version, err);
}
