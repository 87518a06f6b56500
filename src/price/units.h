/* What can be priced: a unit is priced by its usage field. */
#pragma once
#include "spendwarden/event.h"

enum { UNIT_COUNT = COUNT_USAGE_LAST + 1 };

/* A unit of the registry; the names are those of genai-prices where it has one. */
struct unit {
    enum count_field field;
    struct str name;         /* the usage field: "cache_read_tokens" */
    struct str key;          /* in a book: "cache_read_mtok" */
    uint64_t per;            /* units that one rate is for */
    int parent;              /* the unit that holds it; -1: none */
    bool parent_rate_is_use; /* without a rate the parent's is what providers bill */
};

extern const struct unit price_units[UNIT_COUNT];

const struct unit *price_unit_by_key(struct str key); /* NULL: no such unit */

struct rates {
    int64_t picousd[UNIT_COUNT]; /* per unit; -1: no rate */
};
