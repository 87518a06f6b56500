/* Rollups: rows are summed up on a reader, and one transaction of some ms keeps the sums.
 * A crash in between leaves the rows as they were, to be summed up again. */
#include "spendwarden/rollup.h"
#include "internal.h"

enum { ROWS_MIN = 16384, ROWS_MAX = 65536, PAUSE_MS = 2 };

static bool keep(struct books *b, struct rollup *u, struct err *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};
    bool ok = true, more = true;

    while (ok && more) {
        pthread_mutex_lock(&b->lock);
        ok = ledger_begin(b->ledger, err) && ledger_put_rollup(b->ledger, u, &more, err);
        ok = books_finish(b, ok, err);
        pthread_mutex_unlock(&b->lock);
        if (ok && more)
            nanosleep(&pause, NULL);
    }
    return ok;
}

/* *rolled: the last row that a rollup has, then. */
static bool roll_up(struct books *b, struct ledger_reader *reader, uint64_t *rolled,
                    struct err *err)
{
    struct rollup *u = NULL;

    bool ok = ledger_roll_up(reader, ROWS_MAX, &u, err) && (!u || keep(b, u, err)) &&
              ledger_rolled_seq(reader, rolled, err);
    rollup_free(u);
    return ok;
}

static bool open_reader(struct books *b, struct ledger_reader **out, struct err *err)
{
    return ledger_reader_open(out, b->options.ledger.path, b->options.ledger.schema, err);
}

bool books_roll_up(struct books *b, bool *more, struct err *err)
{
    struct ledger_reader *reader = NULL;
    uint64_t last = books_last_seq(b), rolled = b->rolled_seq;
    bool ok = true;

    if (!b->rolled_known || last - rolled >= ROWS_MIN) {
        ok = open_reader(b, &reader, err) && ledger_rolled_seq(reader, &rolled, err);
        b->rolled_known = ok;
        if (ok && last - rolled >= ROWS_MIN)
            ok = roll_up(b, reader, &rolled, err);
        ledger_reader_close(reader);
    }
    if (ok)
        b->rolled_seq = rolled;
    *more = ok && last >= rolled + ROWS_MIN;
    return ok;
}

bool books_roll_up_to(struct books *b, uint64_t seq, struct err *err)
{
    struct ledger_reader *reader = NULL;
    uint64_t rolled = 0, before;

    bool ok = open_reader(b, &reader, err) && ledger_rolled_seq(reader, &rolled, err);
    while (ok && rolled < seq) {
        before = rolled;
        ok = roll_up(b, reader, &rolled, err);
        if (ok && rolled == before)
            ok = err_set(err, ERR_IO, "rollups: no row follows row %llu",
                         (unsigned long long)rolled);
    }
    ledger_reader_close(reader);
    return ok;
}
