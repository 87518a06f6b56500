/* Who filled in the labels and the class of one row, as JSON:
 * {"team":{"from":"gateway","field":"metadata.team"},"class":{"from":"policy",...}}.
 * The same few repeat from event to event, so the text is a text of the dictionary. */
#pragma once
#include "cursor.h"
#include "dict.h"
#include "spendwarden/buf.h"
#include "spendwarden/record.h"

struct provenances {
    const struct provenance *label_by[LABEL_COUNT];
    const struct provenance *class_by, *retry_depth_by;
};

/* The id of the row's text, 0 if there is nothing to say. The text is only made when its
 * parts were not seen before; `scratch` is overwritten. */
bool provenance_id(struct dict *d, const struct record *r, const struct schema *schema,
                   struct buf *scratch, int64_t *id, struct err *err);

void provenance_write(struct buf *out, const struct provenance *p);
void provenance_read(struct cursor *c, struct provenance *out);

/* The text of a row, into the cursor's arena. Labels that are no longer declared are
 * left out. */
const struct provenances *provenances_read(struct cursor *c, const struct schema *schema);
