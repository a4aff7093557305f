/* scan_warning.c - see scan_warning.h.
 * Room: loader/warm. May touch: a source, the message. */
#include "loader/warm/scan_warning.h"

enum { EXPLAIN_SIZE = 4096 };

int scan_warning_tell(const struct family *family, struct source *source, const struct slice ids[],
                      size_t count, const struct message *message, struct error *err)
{
    char plan[EXPLAIN_SIZE];
    bool is_scan = false;
    if (source_explain(source, ids, count, plan, sizeof plan, &is_scan, err) != 0) {
        return -1;
    }
    if (is_scan) {
        message_warn(message,
                     "family %s: the database would read the whole table for each query:\n  %s",
                     family->name, plan);
    }
    return 0;
}
