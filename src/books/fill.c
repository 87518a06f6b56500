/* New windows get their history from the ledger while events come. The rows are read in
 * steps and go into windows apart (windows_part), so no step keeps a commit waiting; only
 * the last rows are read under the lock, and then the windows are all that they say. */
#include "internal.h"

enum {
    STEP_ROWS = 5000,
    LAST_ROWS = 200,   /* under the lock: less than a millisecond */
    SHORT_ROWS = 1000, /* a history that is short; and where rows come faster */
    STEPS_LOST_MAX = 8,
};

static uint64_t last_row(struct books *b)
{
    pthread_mutex_lock(&b->lock);
    uint64_t seq = ledger_last_seq(b->ledger);
    pthread_mutex_unlock(&b->lock);
    return seq;
}

static bool fill_row(void *ctx, const struct record *r, struct err *err)
{
    struct fill *f = ctx;
    int64_t now_ns = r->committed_ns > f->now_ns ? r->committed_ns : f->now_ns;

    (void)err;
    windows_apply(f->history, r, now_ns);
    f->done = r->seq;
    f->rows++;
    return true;
}

static bool open_reader(struct books *b, struct err *err)
{
    return b->fill.reader || ledger_reader_open(&b->fill.reader, b->options.ledger.path,
                                                b->options.ledger.schema, err);
}

static void end(struct books *b)
{
    windows_close(b->fill.history);
    ledger_reader_close(b->fill.reader);
    b->fill = (struct fill){.history = NULL};
}

/* Leaves b->fill.history NULL if nothing waits. */
static bool begin(struct books *b, struct err *err)
{
    struct fill *f = &b->fill;
    int64_t from_ns;

    f->began_ns = timestamp_monotonic();
    pthread_mutex_lock(&b->lock);
    f->now_ns = books_now(b);
    bool ok = windows_part(b->windows, &f->history, f->now_ns, &from_ns, err);
    pthread_mutex_unlock(&b->lock);
    if (!ok || !f->history)
        return ok;
    if (open_reader(b, err) && ledger_seq_before(f->reader, from_ns, &f->done, err))
        return true;
    end(b);
    return false;
}

static bool read_step(struct books *b, uint64_t last, uint64_t rows_max, struct err *err)
{
    struct fill *f = &b->fill;
    uint64_t until = last - f->done > rows_max ? f->done + rows_max : last;

    if (!ledger_scan(f->reader, f->done, until, fill_row, f, err))
        return false;
    f->done = until; /* pruned rows are not visited */
    return true;
}

/* Nothing is committed meanwhile: *caught_up once there is nothing left to read. */
static bool read_last(struct books *b, uint64_t rows_max, bool *caught_up,
                      struct err *err)
{
    struct fill *f = &b->fill;

    pthread_mutex_lock(&b->lock);
    uint64_t last = ledger_last_seq(b->ledger);
    bool ok = last <= f->done || read_step(b, last, rows_max, err);
    *caught_up = ok && last <= f->done;
    if (*caught_up) {
        windows_take(b->windows, f->history);
        f->history = NULL;
        b->checkpoint_seq = 0; /* the next one has more than the last */
    }
    pthread_mutex_unlock(&b->lock);
    return ok;
}

/* Where rows come faster than they are read, commits wait for a step now and then. */
static bool read_some(struct books *b, bool *caught_up, struct err *err)
{
    struct fill *f = &b->fill;
    uint64_t last = last_row(b), left = last > f->done ? last - f->done : 0;

    *caught_up = false;
    f->lost = f->left && left >= f->left ? f->lost + 1 : 0;
    f->left = left;
    if (f->lost > STEPS_LOST_MAX)
        return read_last(b, SHORT_ROWS, caught_up, err);
    if (left <= LAST_ROWS)
        return read_last(b, LAST_ROWS, caught_up, err);
    return read_step(b, last, STEP_ROWS, err);
}

bool books_fill_short(struct books *b, struct err *err)
{
    bool ok = true, caught_up = false;

    pthread_mutex_lock(&b->fill_lock);
    if (!b->fill.history)
        ok = begin(b, err);
    if (ok && b->fill.history && last_row(b) - b->fill.done <= SHORT_ROWS)
        ok = read_last(b, SHORT_ROWS, &caught_up, err);
    if (caught_up)
        end(b);
    pthread_mutex_unlock(&b->fill_lock);
    return ok;
}

static void note_failure(struct books *b)
{
    ledger_reader_close(b->fill.reader);
    b->fill.reader = NULL;
    pthread_mutex_lock(&b->lock);
    b->stats.failed_fills++;
    pthread_mutex_unlock(&b->lock);
}

static bool fill(struct books *b, bool *more, struct err *err)
{
    struct fill *f = &b->fill;
    bool caught_up;

    *more = true;
    if (!f->history && !begin(b, err))
        return false;
    *more = f->history != NULL;
    if (!*more)
        return true;
    if (!open_reader(b, err) || !read_some(b, &caught_up, err))
        return false;
    if (!caught_up)
        return true;
    log_line(LOG_INFO, "new windows have their history: %llu rows in %.1f s",
             (unsigned long long)f->rows,
             (double)(timestamp_monotonic() - f->began_ns) / 1e9);
    end(b);
    return true;
}

bool books_fill(struct books *b, bool *more, struct err *err)
{
    pthread_mutex_lock(&b->fill_lock);
    bool ok = fill(b, more, err);
    if (!ok)
        note_failure(b);
    pthread_mutex_unlock(&b->fill_lock);
    return ok;
}

void books_fill_end(struct books *b)
{
    end(b);
}
