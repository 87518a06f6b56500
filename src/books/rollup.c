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

static uint64_t rolled(struct books *b)
{
    pthread_mutex_lock(&b->lock);
    uint64_t seq = ledger_rolled(b->ledger);
    pthread_mutex_unlock(&b->lock);
    return seq;
}

static bool is_due(struct books *b)
{
    return books_last_seq(b) >= rolled(b) + ROWS_MIN;
}

/* The next range, if a row is left. */
static bool roll_up(struct books *b, struct err *err)
{
    struct ledger_reader *reader = NULL;
    struct rollup *u = NULL;

    bool ok = ledger_reader_open(&reader, b->options.ledger.path,
                                 b->options.ledger.schema, err) &&
              ledger_roll_up(reader, ROWS_MAX, &u, err);
    ledger_reader_close(reader);
    ok = ok && (!u || keep(b, u, err));
    rollup_free(u);
    return ok;
}

bool books_roll_up(struct books *b, bool *more, struct err *err)
{
    bool ok = !is_due(b) || roll_up(b, err);

    *more = ok && is_due(b);
    return ok;
}

bool books_roll_up_to(struct books *b, uint64_t seq, struct err *err)
{
    uint64_t done = rolled(b), before;

    while (done < seq) {
        before = done;
        if (!roll_up(b, err))
            return false;
        done = rolled(b);
        if (done == before)
            return err_set(err, ERR_IO, "rollups: no row follows row %llu",
                           (unsigned long long)done);
    }
    return true;
}
