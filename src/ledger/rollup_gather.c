/* Ranges of rows: the next one summed up, and old ones again as a proof. */
#include <stdlib.h>

#include "rollup.h"

static const char batches_sql[] =
    "SELECT first_seq, last_seq FROM rollup_batches ORDER BY last_seq";

bool ledger_rolled_seq(struct ledger_reader *r, uint64_t *seq, struct err *err)
{
    int64_t last = 0;
    bool exist;

    if (!rollups_exist(r, &exist, err) ||
        (exist &&
         !db_int64(r->db, "SELECT max(last_seq) FROM rollup_batches", &last, err)))
        return false;
    *seq = (uint64_t)last;
    return true;
}

/* False: the row does not fit, and the range ends before it. */
static bool take(struct rollup *u, const struct rolled *row)
{
    int64_t *sums = row->counts ? tally_at(&u->groups, row->key) : NULL;

    if (row->counts && (!sums || !sums_add(sums, row->sums, SPEND_SUM_COUNT)))
        return false;
    u->last_seq = row->seq;
    return true;
}

bool rollup_gather(struct ledger_reader *r, struct rollup *u, uint64_t until,
                   struct err *err)
{
    sqlite3_stmt *rows = NULL;
    struct rolled row;
    bool some = true;

    u->groups.key_count = ROLLUP_KEYS;
    u->groups.sum_count = SPEND_SUM_COUNT;
    u->groups.rows_max = ROLLUP_GROUPS_MAX;
    bool ok = rolled_entries(r, &rows, u->last_seq, until, err);
    while (ok && (ok = db_next(rows, &some, err)) && some) {
        rolled_entry(rows, &row);
        if (!take(u, &row))
            break;
    }
    sqlite3_finalize(rows);
    tally_sort(&u->groups);
    if (ok && u->last_seq < u->first_seq && some)
        return err_set(err, ERR_MEMORY, "rollups: no memory");
    return ok;
}

static bool begin_after(struct ledger_reader *r, uint64_t *after, struct err *err)
{
    int64_t opening;

    if (!ledger_rolled_seq(r, after, err) || !reader_opening(r, &opening, err))
        return false;
    if ((uint64_t)opening > *after)
        *after = (uint64_t)opening;
    return true;
}

static bool roll_up(struct ledger_reader *r, size_t rows_max, struct rollup *u,
                    struct err *err)
{
    if (!begin_after(r, &u->last_seq, err))
        return false;
    u->first_seq = u->last_seq + 1;
    return rollup_gather(r, u, u->last_seq + rows_max, err);
}

bool ledger_roll_up(struct ledger_reader *r, size_t rows_max, struct rollup **out,
                    struct err *err)
{
    struct rollup *u = calloc(1, sizeof *u);

    *out = NULL;
    if (!u)
        return err_set(err, ERR_MEMORY, "rollups: no memory");
    bool ok = reader_begin(r, err) && reader_end(r, roll_up(r, rows_max, u, err));
    if (ok && u->last_seq >= u->first_seq)
        *out = u;
    else
        rollup_free(u);
    return ok;
}

void rollup_free(struct rollup *u)
{
    if (!u)
        return;
    tally_release(&u->groups);
    free(u);
}

/* --- proof --- */

struct audit {
    struct ledger_reader *reader;
    struct rollup_audit *report;
    rollup_differs *differs;
    void *ctx;
    uint64_t opening, before; /* last row of the range before */
};

/* Compares the groups on file with those of `again`, if there is any, and adds up. */
static bool compare(struct audit *a, uint64_t batch, const struct rollup *again,
                    bool *same, struct err *err)
{
    const size_t row_bytes = (ROLLUP_KEYS + SPEND_SUM_COUNT) * sizeof(int64_t);
    sqlite3_stmt *groups = NULL;
    struct rolled row;
    size_t count = 0;
    bool some = true;

    *same = true;
    bool ok = rolled_groups(a->reader, &groups, batch, INT64_MIN, INT64_MAX, err);
    while (ok && (ok = db_next(groups, &some, err)) && some) {
        int64_t both[ROLLUP_KEYS + SPEND_SUM_COUNT];
        rolled_group(groups, &row);
        memcpy(both, row.key, sizeof row.key);
        memcpy(both + ROLLUP_KEYS, row.sums, sizeof row.sums);
        if (again && (count >= again->groups.count ||
                      memcmp(tally_row(&again->groups, count), both, row_bytes) != 0))
            *same = false;
        count++;
        if (!money_add(&a->report->charged, (struct money){row.sums[SPEND_CHARGE]}))
            ok = err_set(err, ERR_LIMIT, "rollups: their sum does not fit");
    }
    sqlite3_finalize(groups);
    *same = *same && (!again || count == again->groups.count);
    return ok;
}

static bool audit_batch(struct audit *a, uint64_t first, uint64_t last, struct err *err)
{
    struct rollup again = {.first_seq = first, .last_seq = first - 1};
    bool there = first > a->opening, same = true;

    if (a->report->batches++ && first != a->before + 1)
        a->differs(a->ctx, first, last, "does not follow the one before it");
    a->before = last;
    bool ok = !there || rollup_gather(a->reader, &again, last, err);
    ok = ok && compare(a, last, there ? &again : NULL, &same, err);
    if (ok && there) {
        a->report->checked++;
        if (!same || again.last_seq != last)
            a->differs(a->ctx, first, last, "is not the sum of its rows");
    }
    tally_release(&again.groups);
    return ok;
}

static bool audit(struct audit *a, struct err *err)
{
    sqlite3_stmt *batches = NULL;
    bool some = true, exist;
    int64_t opening;

    if (!reader_opening(a->reader, &opening, err) ||
        !rollups_exist(a->reader, &exist, err))
        return false;
    if (!exist)
        return true;
    a->opening = (uint64_t)opening;
    bool ok = db_prepare(a->reader->db, &batches, batches_sql, err);
    while (ok && (ok = db_next(batches, &some, err)) && some) {
        uint64_t first = (uint64_t)sqlite3_column_int64(batches, 0);
        uint64_t last = (uint64_t)sqlite3_column_int64(batches, 1);
        if (a->report->batches == 0)
            a->report->first_seq = first;
        a->report->last_seq = last;
        ok = audit_batch(a, first, last, err);
    }
    sqlite3_finalize(batches);
    return ok;
}

bool ledger_audit_rollups(struct ledger_reader *r, struct rollup_audit *out,
                          rollup_differs *differs, void *ctx, struct err *err)
{
    struct audit a = {.reader = r, .report = out, .differs = differs, .ctx = ctx};

    *out = (struct rollup_audit){0};
    return reader_begin(r, err) && reader_end(r, audit(&a, err));
}
