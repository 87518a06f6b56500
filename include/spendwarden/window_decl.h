/* What a window keeps, of which events, by what, and how long. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/event.h"
#include "spendwarden/zone.h"

enum {
    WINDOW_BY_MAX = 8,
    WHERE_MAX = 8,
    WHERE_VALUES_MAX = 32,
};

/* Sum and largest value of a field that is a number; events; different values of a field
 * that is text or a whole number. */
enum aggregate { AGGREGATE_SUM, AGGREGATE_COUNT, AGGREGATE_MAX, AGGREGATE_DISTINCT };
enum where_op { WHERE_PRESENT, WHERE_MISSING, WHERE_IN };

struct where_clause {
    struct field field;
    enum where_op op;
    size_t value_count; /* WHERE_IN */
    const struct str *values;
};

enum span_kind { SPAN_ROLLING, SPAN_CALENDAR };

/* Two declarations that are equal are one window. */
struct window_decl {
    enum aggregate aggregate;
    struct field field; /* FIELD_NONE: events, or the value comes as an effect */
    struct str effect;  /* then its name, "window:NAME"; else empty */
    size_t by_count;
    struct field
        by[WINDOW_BY_MAX]; /* text or derived text, in the order of declaration */
    size_t where_count;
    struct where_clause where[WHERE_MAX];
    enum span_kind span;
    int64_t over_ns, offset_ns; /* SPAN_ROLLING: 5 min to 31 days; offset >= 0 */
    enum period period;         /* SPAN_CALENDAR */
    uint8_t start_day;          /* SPAN_CALENDAR, of a week or month */
    const struct zone *zone;    /* SPAN_CALENDAR */
};

/* "sum charge_usd by team over 1h" */
void window_decl_text(const struct window_decl *decl, const struct schema *schema,
                      struct buf *out);
