/* An alert as people read it, whether from an engine or from the ledger. */
#include <string.h>

#include "alerts.h"
#include "plain.h"

/* Of control characters JSON escapes all but C1. */
static void add_quoted(struct buf *out, const char *text)
{
    struct buf quoted = {0};

    buf_json(&quoted, str_of(text));
    plain_add(out, buf_str(&quoted));
    buf_release(&quoted);
}

void alert_name_add(struct buf *out, json_t *labels, bool severity)
{
    const char *name, *comma = "";
    json_t *value;

    plain_add(out, str_of(json_string_value(json_object_get(labels, "alertname"))));
    buf_byte(out, '{');
    json_object_foreach(labels, name, value)
    {
        if (strcmp(name, "alertname") == 0 ||
            (!severity && strcmp(name, "severity") == 0))
            continue;
        buf_add(out, str_of(comma));
        plain_add(out, str_of(name));
        buf_byte(out, '=');
        add_quoted(out, json_string_value(value));
        comma = ",";
    }
    buf_byte(out, '}');
}

void alert_time_add(struct buf *out, const char *time)
{
    enum { SECONDS_SIZE = sizeof "2026-01-31T00:00:00" - 1 };
    size_t size = strnlen(time, SECONDS_SIZE);

    plain_add(out, (struct str){time, size});
    if (size == SECONDS_SIZE)
        buf_byte(out, 'Z');
}
