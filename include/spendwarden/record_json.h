/* What the ledger keeps as flat JSON objects, the same from the command line and the API.
 */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/ledger.h"
#include "spendwarden/record.h"

/* A decided event, with the names of its fields. Absent ones are left out, money is an
 * exact decimal string, times are RFC 3339. Adds "class", "provenance" and "price". */
void record_json(struct buf *out, const struct record *r, const struct schema *schema);

/* One change of an alert's state. What an older version did not keep is left out. */
void alert_change_json(struct buf *out, uint64_t number, const struct alert_row *a);
