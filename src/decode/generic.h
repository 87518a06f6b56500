/* The generic body's fields, as slots of its shape. */
#pragma once
#include "internal.h"

/* One field of the generic body, by name. */
struct generic_field {
    const char *name;
    struct field field;
    const char *wrong; /* why an event is rejected where its type is wrong */
};

/* Slots that are not fields of the event come first. */
enum generic_slot {
    GENERIC_SPEC_VERSION,
    GENERIC_DATA,
    GENERIC_DATA_BASE64,
    GENERIC_SOURCE,
    GENERIC_CURRENCY,
    GENERIC_STATUS,
    GENERIC_CACHE_HIT,
    GENERIC_STREAM,
    GENERIC_REPORTED,
    GENERIC_TAGS,
    GENERIC_METADATA,
    GENERIC_FIXED_COUNT,
};

/* Texts, counts and times that are no labels; their slots follow the fixed ones. */
size_t generic_fields(const struct generic_field **out);

/* Static text of a label's wrong type. */
const char *generic_label_wrong(struct field field);
