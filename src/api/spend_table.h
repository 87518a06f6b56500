/* Spend as a table: groups in order of what they cost, those beyond a limit as one. */
#pragma once
#include "internal.h"
#include "spendwarden/spend.h"
#include "spendwarden/tally.h"

enum { TABLE_ROWS_MAX = 50000 };

/* One step of one group. */
struct table_row {
    int64_t step;
    size_t rank;          /* of its group, from 0; the number of groups shown: the rest */
    const int64_t *texts; /* indices into spend.texts, one per label; NULL: the rest */
    const int64_t *sums;
};

struct spend_table {
    size_t row_count, group_count, shown_count;
    struct table_row *rows; /* owned; by step, then rank */
    int64_t total[SPEND_SUM_COUNT];
    struct tally groups, rest; /* sums by labels; by step */
    size_t *ranks;             /* owned; by group */
};

/* Borrows the spend. ERR_LIMIT: too many rows, or a sum that does not fit. */
bool spend_table_make(struct spend_table *t, const struct spend *s, enum spend_sum sort,
                      size_t limit, struct err *err);
void spend_table_release(struct spend_table *t);
