/* Books whose rows were all made by support.h: what rollups and rows say of them. */
#pragma once
#include "support.h"

#include "spendwarden/rollup.h"
#include "spendwarden/spend.h"

static inline void batch_differs(void *ctx, uint64_t first, uint64_t last,
                                 const char *what)
{
    (void)ctx;
    fail_msg("rollup of rows %llu to %llu %s", (unsigned long long)first,
             (unsigned long long)last, what);
}

/* Spend has each of the rows 1 to `rows` once, pruned ones too. Gives how many ranges
 * there are. */
static inline uint64_t assert_spend(struct ledger_reader *reader, uint64_t rows)
{
    const int64_t bounds[] = {0, (timestamp_now() / SPEND_SLOT_NS + 2) * SPEND_SLOT_NS};
    struct spend_query q = {
        .bounds = bounds, .bound_count = 2, .limit_ns = NS_PER_MINUTE};
    struct rollup_audit audit;
    struct spend s;
    struct err err = {0};

    if (!ledger_audit_rollups(reader, &audit, batch_differs, NULL, &err) ||
        !ledger_spend(reader, &q, &s, &err))
        fail_msg("%s", err.text);
    assert_int_equal(s.missing_rows, 0);
    assert_int_equal(spend_cell(&s, 0)[1 + SPEND_REQUESTS], rows);
    assert_int_equal(spend_cell(&s, 0)[1 + SPEND_CHARGE],
                     rows * 1000 + rows * (rows + 1) / 2);
    spend_release(&s);
    return audit.batches;
}
