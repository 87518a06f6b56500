/* What an author of a generic event should know before wondering. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/event.h"

struct explain_keys {
    const struct schema *schema;
    struct buf noted; /* owned: keys, one a line */
    size_t count;
};

/* Says on standard error which keys of these events are not read, each once. */
void explain_keys(struct explain_keys *k, struct str values);
