/* What was spent, summed by labels and over time, to the nano-dollar: from the rollups of
 * the ledger and the rows that are in none yet. */
#pragma once
#include "spendwarden/ledger.h"

/* What is summed, and its name everywhere: columns of `rollups`, the API. */
enum spend_sum {
    SPEND_CHARGE,
    SPEND_BILLED,
    SPEND_REPORTED,
    SPEND_COMPUTED,
    SPEND_RETRY, /* charges of requests with retry_depth above 0 */
    SPEND_LAST_MONEY = SPEND_RETRY,
    SPEND_REQUESTS,
    SPEND_FAILURES,
    SPEND_UNPRICED, /* booked at 0 because no price is known, failures without usage not
                       counted */
    SPEND_INPUT_TOKENS,
    SPEND_OUTPUT_TOKENS,
    SPEND_CACHE_READ_TOKENS,
    SPEND_CACHE_WRITE_TOKENS,
    SPEND_REASONING_TOKENS,
    SPEND_SUM_COUNT,
};

enum {
    SPEND_BY_MAX = 4,
    SPEND_FILTERS_MAX = 16,
    SPEND_STEPS_MAX = 10000,
    SPEND_CELLS_MAX = 250000,
};

#define SPEND_SLOT_NS (15 * NS_PER_MINUTE)

/* One row of a record, added to the sums of others. False: it is no charge. */
bool spend_of_record(int64_t sums[SPEND_SUM_COUNT], const struct record *r);

/* A field is one of the values; an empty one: it is absent. */
struct record_filter {
    struct field field;
    size_t value_count;
    const struct str *values;
};

bool record_passes(const struct record *r, const struct record_filter *filters,
                   size_t count);

struct spend_query {
    size_t by_count, filter_count, bound_count;
    struct field by[SPEND_BY_MAX];
    const struct record_filter *filters; /* all of them; SPEND_FILTERS_MAX at most */
    /* Ascending booked times, multiples of SPEND_SLOT_NS. Step i is [i, i + 1): at least
     * two, at most SPEND_STEPS_MAX + 1. */
    const int64_t *bounds;
    int64_t limit_ns; /* of its own time */
};

/* Cells that are not empty: by step, then the texts of `by` as indices into `texts`. */
struct spend {
    size_t cell_count, by_count;
    const int64_t *cells; /* 1 + by_count + SPEND_SUM_COUNT numbers each, no order */
    size_t text_count;
    const struct str *texts; /* the first one is empty: absent */
    uint64_t missing_rows;   /* of the time before there were rollups, and pruned */
    struct spend_store *store;
};

static inline const int64_t *spend_cell(const struct spend *s, size_t i)
{
    return s->cells + i * (1 + s->by_count + SPEND_SUM_COUNT);
}

/* Whether rollups carry the field. Another one needs rows: a query with it takes as long
 * as there are rows, and cannot tell of those that are pruned. */
bool spend_is_rolled(struct field field);

/* False with ERR_BUSY: out of time; ERR_LIMIT: too many cells or texts, or pruned rows
 * are needed. *err says what to ask instead. */
bool ledger_spend(struct ledger_reader *r, const struct spend_query *q, struct spend *out,
                  struct err *err);
void spend_release(struct spend *s); /* of a zeroed one too */
