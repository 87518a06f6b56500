/* A field as a label's value: what windows group and select by, and counters carry. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/record.h"

enum { VALUE_TEXT_SIZE = 24 };

/* As record_text; a count is written as a decimal integer into `digits`, an absent
 * retry_depth as "0". Borrowed from the record or from `digits`. Empty: absent. */
struct str record_value(const struct record *r, struct field field,
                        char digits[VALUE_TEXT_SIZE]);

/* {"name":"value",...}: label sets, as JSON. */
void pairs_json(struct buf *out, const struct pair *pairs, size_t count);

/* A number of things, not of money or seconds: tokens, searches, retries. */
static inline bool field_is_whole(struct field field)
{
    return field.kind == FIELD_COUNT ||
           (field.kind == FIELD_DERIVED && field.index == DERIVED_TOTAL_TOKENS);
}

/* *sum += value, clamped to what fits. */
static inline void add_clamped(int64_t *sum, int64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum))
        *sum = value < 0 ? INT64_MIN : INT64_MAX;
}
