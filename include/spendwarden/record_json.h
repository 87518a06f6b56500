/* A decided event as one flat JSON object, with the names of the event's fields: for
 * `explain` and the API. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/record.h"

/* Absent fields are left out, money is an exact decimal string, times are RFC 3339. Adds
 * "class", "provenance" and "price". */
void record_json(struct buf *out, const struct record *r, const struct schema *schema);
