/* One range of rollups, in steps that a writer can wait for. */
#include "rollup.h"
#include "writer.h"

static bool put_group(sqlite3_stmt *put, uint64_t batch, int64_t number,
                      const int64_t *group, struct err *err)
{
    sqlite3_bind_int64(put, 1, (int64_t)batch);
    sqlite3_bind_int64(put, 2, group[0]);
    sqlite3_bind_int64(put, 3, number);
    for (int i = 0; i < ROLLUP_LABELS; i++)
        if (group[1 + i])
            sqlite3_bind_int64(put, 4 + i, group[1 + i]);
        else
            sqlite3_bind_null(put, 4 + i);
    for (int i = 0; i < SPEND_SUM_COUNT; i++)
        sqlite3_bind_int64(put, 4 + ROLLUP_LABELS + i, group[ROLLUP_KEYS + i]);
    return db_run(put, err);
}

static bool put_batch(struct ledger *l, const struct rollup *u, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_BATCH];
    const struct tally *groups = &u->groups;

    sqlite3_bind_int64(put, 1, (int64_t)u->last_seq);
    sqlite3_bind_int64(put, 2, (int64_t)u->first_seq);
    if (groups->count) {
        sqlite3_bind_int64(put, 3, tally_row(groups, 0)[0]);
        sqlite3_bind_int64(put, 4,
                           tally_row(groups, groups->count - 1)[0] + SPEND_SLOT_NS);
    } else { /* no charge among them */
        sqlite3_bind_int64(put, 3, 0);
        sqlite3_bind_int64(put, 4, 0);
    }
    return db_run(put, err);
}

/* Rows must neither be summed twice nor left out. */
static bool follows(const struct ledger *l, const struct rollup *u, struct err *err)
{
    if (u->first_seq == l->now.rolled_seq + 1 && u->last_seq <= l->committed.seq)
        return true;
    return err_set(err, ERR_IO, "rollups: rows %llu to %llu do not follow row %llu",
                   (unsigned long long)u->first_seq, (unsigned long long)u->last_seq,
                   (unsigned long long)l->now.rolled_seq);
}

/* Groups whose range was never finished, by a process that ended, are in the way. */
static bool begin(struct ledger *l, const struct rollup *u, struct err *err)
{
    return follows(l, u, err) && db_run(l->statements[STATEMENT_DROP_GROUPS], err);
}

bool ledger_put_rollup(struct ledger *l, struct rollup *u, bool *more, struct err *err)
{
    const size_t end = u->put + ROLLUP_GROUPS_STEP;

    *more = false;
    if (!ledger_writable(l, err))
        return false;
    bool ok = u->put || begin(l, u, err);
    for (; ok && u->put < end && u->put < u->groups.count; u->put++)
        ok = put_group(l->statements[STATEMENT_PUT_GROUP], u->last_seq, (int64_t)u->put,
                       tally_row(&u->groups, u->put), err);
    *more = ok && u->put < u->groups.count;
    if (ok && !*more) {
        ok = follows(l, u, err) && put_batch(l, u, err);
        l->now.rolled_seq = u->last_seq;
    }
    return ledger_noted(l, ok);
}

uint64_t ledger_rolled(const struct ledger *l)
{
    return l->now.rolled_seq;
}
