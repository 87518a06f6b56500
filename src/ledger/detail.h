/* What has no column of its own, as compact JSON: declared labels, rare counts, price
 * components and steps, effects of policies, tags, metadata, gateway facts. */
#pragma once
#include "cursor.h"
#include "spendwarden/buf.h"
#include "spendwarden/record.h"

/* Empty if there is nothing. */
void detail_write(struct buf *out, const struct record *r, const struct schema *schema);

/* Where a record read back keeps what it points to. */
struct detail_store {
    struct effect effects[EFFECTS_MAX];
    struct provenance step_by[PRICE_STEPS_MAX];
    struct gateway gateway;
};

/* Sets c->failed if the text is not what detail_write makes. Borrows the text. */
void detail_read(struct cursor *c, struct record *r, struct detail_store *store,
                 const struct schema *schema);
