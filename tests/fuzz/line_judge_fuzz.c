/* line_judge_fuzz.c - any bytes as a line of each format, with every kind of rule; ids must be such that
 * a history can hold them. The first byte chooses the format. */
#include "predictor/ingest/line_judge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct log_layout_options layouts[] = {
    {.format = "combined",
     .user_rule = "query:uid|field:remote_user",
     .product_rule = "path:/p/{id}.html|path:/*/{id}/**"},
    {.format = "common", .user_rule = "field:remote_addr", .product_rule = "path:/{id}"},
    {.format =
         "nginx:$msec|\"$http_cookie\" $request_time \"$request_uri\" $upstream_response_time",
     .user_rule = "cookie:uid",
     .product_rule = "query:item"},
    {.format = "csv", .columns = "time=1,user=2,product=3,size=4,cost=5", .delimiter = ";"},
    {.format = "ndjson",
     .columns = "time=t,size=s,cost=c,request=r,cookie=k",
     .user_rule = "cookie:uid|query:uid",
     .product_rule = "field:a.b|header:X-Item|path:/p/{id}"},
};

static void check(const struct access_event *event)
{
    bool is_good = event->id.size > 0 && event->id.size <= ENTITY_ID_SIZE_MAX &&
                   memchr(event->id.bytes, '\0', event->id.size) == NULL && event->at_unix > 0;
    if (!is_good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const int64_t now_unix = 1767225600;
    struct error err;
    struct log_layout layout;
    struct line_judge judge;
    if (size < 1 || size > LINE_SIZE_MAX) {
        return 0;
    }
    struct log_layout_options options = layouts[bytes[0] % (sizeof layouts / sizeof *layouts)];
    options.now_unix = now_unix;
    char *line = malloc(size); /* of its own, so that a step too far is seen */
    if (line == NULL || log_layout_init(&layout, &options, &err) != 0 ||
        line_judge_init(&judge, &layout, &err) != 0) {
        abort();
    }
    memcpy(line, bytes + 1, size - 1);
    struct access_event events[ENTITY_COUNT];
    size_t count;
    enum line_fate fate =
        line_judge_read(&judge, (struct slice){.bytes = line, .size = size - 1}, events, &count);
    for (size_t i = 0; fate == LINE_WITH_EVENT && i < count; i++) {
        check(&events[i]);
    }
    if (judge.scratch.used > size + SCRATCH_ID_ROOM || (fate == LINE_WITH_EVENT) != (count > 0)) {
        abort();
    }
    line_judge_free(&judge);
    log_layout_free(&layout);
    free(line);
    return 0;
}
