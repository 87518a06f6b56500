/* Retention. First the opening moves on: the rows are put into rollups, read and added up
 * on a reader, and one small transaction makes them history. Then they are deleted in
 * steps of a few milliseconds, with the lock free in between. A crash leaves rows that no
 * scan shows, and the next call deletes them. */
#include <time.h>

#include "internal.h"

enum { RANGE_ROWS_MAX = 20000, STEP_ROWS = 1000, STEP_COUNT_MAX = 40, PAUSE_MS = 2 };

struct pruning {
    struct books *books;
    struct ledger_reader *reader;
    struct metrics *metrics; /* of the next opening */
    struct opening opening;  /* the last one, then the next one */
    struct buf state;        /* that opening was read from */
    struct buf books_state;  /* that checkpoint was read from */
    struct checkpoint checkpoint;
    uint64_t begin, end; /* rows begin < seq <= end go */
};

static bool is_left(struct books *b)
{
    struct ledger_stats stats;

    pthread_mutex_lock(&b->lock);
    ledger_stats(b->ledger, &stats);
    pthread_mutex_unlock(&b->lock);
    return stats.opening_seq > 0 && stats.first_seq <= stats.opening_seq;
}

/* *more: rows are left that the opening has. */
static bool delete_rows(struct books *b, bool *more, struct err *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};
    bool ok = true;

    *more = is_left(b);
    for (int i = 0; ok && *more && i < STEP_COUNT_MAX; i++) {
        pthread_mutex_lock(&b->lock);
        ok =
            ledger_begin(b->ledger, err) && ledger_prune(b->ledger, STEP_ROWS, more, err);
        ok = books_finish(b, ok, err);
        pthread_mutex_unlock(&b->lock);
        nanosleep(&pause, NULL);
    }
    return ok;
}

/* p->end: of what may go that is older than `age_ns`, at most about `rows_max` rows. What
 * follows the last checkpoint stays, and so does what its windows have in them. */
static bool find_end(struct pruning *p, int64_t age_ns, size_t rows_max, struct err *err)
{
    int64_t now = timestamp_now();
    uint64_t last;

    if (!ledger_prune_end(p->reader, rows_max, INT64_MAX, now - age_ns, &p->end, err))
        return false;
    if (p->end == p->begin)
        return true;
    if (!ledger_read_state(p->reader, STR("books"), &p->books_state, &last, err))
        return false;
    if (!checkpoint_read(&p->checkpoint, buf_str(&p->books_state))) {
        p->end = p->begin; /* there is none yet */
        return true;
    }
    if (p->checkpoint.at_ns < now)
        now = p->checkpoint.at_ns;
    return ledger_prune_end(p->reader, rows_max, last, now - age_ns, &p->end, err);
}

/* The rows that are too many, if all are of one size. */
static size_t excess_rows(const struct books_stats *stats, int64_t bytes)
{
    uint64_t rows = stats->last_seq - stats->opening_rows;
    double share = 1 - (double)bytes / (double)stats->ledger.used_bytes;
    double excess = (double)rows * share + 1;

    return excess < RANGE_ROWS_MAX ? (size_t)excess : RANGE_ROWS_MAX;
}

static bool plan(struct pruning *p, const struct retention *keep, struct err *err)
{
    const int64_t least_ns = RETENTION_LEAST_DAYS * NS_PER_DAY;
    struct books_stats stats;

    books_stats(p->books, &stats);
    p->begin = p->end = stats.opening_rows;
    if (keep->time_ns) {
        int64_t age_ns = keep->time_ns > least_ns ? keep->time_ns : least_ns;
        if (!find_end(p, age_ns, RANGE_ROWS_MAX, err))
            return false;
    }
    if (p->end > p->begin || !keep->bytes || stats.ledger.used_bytes <= keep->bytes)
        return true;
    if (!find_end(p, least_ns, excess_rows(&stats, keep->bytes), err))
        return false;
    if (p->end == p->begin)
        log_limited(&p->books->too_large, NS_PER_HOUR, LOG_WARN,
                    "the ledger has %lld bytes, more than ledger.retention.size: rows of "
                    "the last %d days stay",
                    (long long)stats.ledger.used_bytes, RETENTION_LEAST_DAYS);
    return true;
}

static bool add_row(void *ctx, const struct record *r, struct err *err)
{
    struct pruning *p = ctx;

    p->opening.rows++;
    metrics_apply(p->metrics, r);
    if (r->kind != RECORD_CHARGE || money_add(&p->opening.charged, r->charge.charge))
        return true;
    return err_set(err, ERR_LIMIT, "retention: the sum of charges does not fit");
}

/* The next opening: the last one and the rows that go. */
static bool sum_up(struct pruning *p, struct err *err)
{
    struct opening *o = &p->opening;
    uint64_t seq;

    if (!ledger_read_state(p->reader, STR("opening"), &p->state, &seq, err) ||
        !metrics_open(&p->metrics, &p->books->options.metrics, err))
        return false;
    if (!opening_read(o, buf_str(&p->state)))
        return err_set(err, ERR_INPUT, "%s: the opening balances are damaged",
                       p->books->options.ledger.path);
    if (!opening_restore(p->metrics, o, p->checkpoint.metrics))
        o->uncounted = o->charged;
    return ledger_scan(p->reader, p->begin, p->end, add_row, p, err);
}

static bool put_opening(struct pruning *p, struct err *err)
{
    struct books *b = p->books;
    struct buf metrics = {0}, state = {0};

    metrics_save(p->metrics, &metrics);
    p->opening.metrics = buf_str(&metrics);
    opening_write(&p->opening, &state);
    bool ok = !metrics.failed && !state.failed;
    if (!ok) {
        err_set(err, ERR_MEMORY, "retention: no memory");
    } else {
        pthread_mutex_lock(&b->lock);
        ok = ledger_begin(b->ledger, err) &&
             ledger_put_opening(b->ledger, p->end, buf_str(&state), err);
        ok = books_finish(b, ok, err);
        pthread_mutex_unlock(&b->lock);
    }
    buf_release(&metrics);
    buf_release(&state);
    return ok;
}

/* The counters of a checkpoint with other labels tell nothing of ours: the next one
 * will. */
static bool is_ours(const struct pruning *p)
{
    struct metrics *m = NULL;
    bool same = metrics_open(&m, &p->books->options.metrics, NULL) &&
                metrics_load(m, p->checkpoint.metrics, NULL);

    metrics_close(m);
    return same;
}

static bool move_opening(struct books *b, const struct retention *keep, struct err *err)
{
    struct pruning p = {.books = b};

    bool ok = ledger_reader_open(&p.reader, b->options.ledger.path,
                                 b->options.ledger.schema, err) &&
              plan(&p, keep, err);
    if (ok && p.end > p.begin && is_ours(&p))
        ok = books_roll_up_to(b, p.end, err) && sum_up(&p, err) && put_opening(&p, err);
    metrics_close(p.metrics);
    buf_release(&p.state);
    buf_release(&p.books_state);
    ledger_reader_close(p.reader);
    return ok;
}

bool books_prune(struct books *b, const struct retention *keep, struct err *err)
{
    bool more;

    if (!b->restored)
        return true;
    if (!delete_rows(b, &more, err))
        return false;
    if (more || (!keep->time_ns && !keep->bytes))
        return true;
    return move_opening(b, keep, err) && delete_rows(b, &more, err);
}
