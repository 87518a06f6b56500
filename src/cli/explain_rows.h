/* Rows of `explain` for people: a name, a value, who decided it. */
#pragma once
#include "explain.h"
#include "plain.h"

enum { ROW_NAME = 24, ROW_VALUE = 28 }; /* widths */

void row_title(struct buf *out, const char *title);

/* The name, up to the value's column. */
void row_begin(struct buf *out, struct str name);

/* The line break; what only padded the row goes. */
void row_end(struct buf *out);

/* Spaces, at least two, until the row has `width` bytes since `from`. */
void row_pad(struct buf *out, size_t from, int width);

void row_money(struct buf *out, struct money amount);

/* "policy attribution: key alias (policies/attribution/policy.lua:17), was globex" */
void row_provenance(struct buf *out, const struct provenance *by);

/* `requested_usd` may be NULL. */
void explain_price(struct buf *out, const struct record *r,
                   const struct money *requested_usd);
