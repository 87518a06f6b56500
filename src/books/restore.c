/* Start: the last checkpoint and the rows after it. New windows: the rows of their span.
 * No policy runs here: a row carries what was decided. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/log.h"

enum { UNFILLED_MAX = 1024 };

/* Windows that want history: rows up to `until`; later ones reach them by commits. */
struct fill {
    struct books *books;
    int *ids;
    size_t count;
    uint64_t until;
    int64_t now_ns;
};

static bool fill_row(void *ctx, const struct record *r, struct err *err)
{
    struct fill *f = ctx;

    (void)err;
    pthread_mutex_lock(&f->books->lock);
    for (size_t i = 0; i < f->count; i++)
        windows_fill(f->books->windows, f->ids[i], r, f->now_ns);
    pthread_mutex_unlock(&f->books->lock);
    return true;
}

static bool fill_windows(struct fill *f, struct ledger_reader *reader, struct err *err)
{
    int64_t from_ns = f->now_ns;
    uint64_t after;

    if (f->count == 0)
        return true;
    pthread_mutex_lock(&f->books->lock);
    for (size_t i = 0; i < f->count; i++) {
        int64_t start = windows_span_start(f->books->windows, f->ids[i], f->now_ns);
        from_ns = start < from_ns ? start : from_ns;
    }
    pthread_mutex_unlock(&f->books->lock);
    if (!ledger_seq_before(reader, from_ns, &after, err) ||
        (after < f->until && !ledger_scan(reader, after, f->until, fill_row, f, err)))
        return false;
    pthread_mutex_lock(&f->books->lock);
    for (size_t i = 0; i < f->count; i++)
        windows_filled(f->books->windows, f->ids[i]);
    pthread_mutex_unlock(&f->books->lock);
    return true;
}

static bool apply_row(void *ctx, const struct record *r, struct err *err)
{
    struct books *b = ctx;

    (void)err;
    known_learn(&b->known, r);
    books_apply(b, r);
    return true;
}

static bool count_row(void *ctx, const struct record *r, struct err *err)
{
    struct books *b = ctx;

    (void)err;
    metrics_apply(b->metrics, r);
    return true;
}

/* Counters as of row `seq`; those that were saved with other labels are counted again
 * from the opening, or without it if its labels are others too. */
static bool load_metrics(struct books *b, struct ledger_reader *reader, struct str state,
                         uint64_t seq, struct err *err)
{
    struct err why = {0};
    struct buf saved = {0};
    struct opening opening;
    uint64_t pruned;

    if (metrics_load(b->metrics, state, &why))
        return true;
    log_line(LOG_WARN, "counting all rows again: %s", why.text);
    bool ok = ledger_read_state(reader, STR("opening"), &saved, &pruned, err);
    if (ok && !opening_read(&opening, buf_str(&saved)))
        ok = err_set(err, ERR_INPUT, "%s: the opening balances are damaged",
                     b->options.ledger.path);
    if (ok && !opening_restore(b->metrics, &opening, STR("")) && pruned)
        log_line(LOG_WARN,
                 "counters begin with row %llu: those of the pruned rows before have "
                 "other labels",
                 (unsigned long long)pruned + 1);
    buf_release(&saved);
    return ok && ledger_scan(reader, 0, seq, count_row, b, err);
}

/* Leaves in `f` the windows that the checkpoint does not hold: all of them if it cannot
 * be read. */
static bool load_checkpoint(struct books *b, struct ledger_reader *reader,
                            struct str state, struct fill *f, struct err *err)
{
    struct checkpoint parts;
    struct err why = {0};
    int unfilled[UNFILLED_MAX];
    size_t count;

    if (!checkpoint_read(&parts, state) || !known_load(&b->known, parts.known))
        return err_set(err, ERR_INPUT, "%s: the checkpoint is damaged",
                       b->options.ledger.path);
    if (windows_load(b->windows, parts.windows, unfilled, UNFILLED_MAX, &count, &why)) {
        memcpy(f->ids, unfilled, count * sizeof *unfilled);
        f->count = count;
    } else {
        log_line(LOG_WARN, "filling all windows again: %s", why.text);
    }
    return load_metrics(b, reader, parts.metrics, f->until, err);
}

/* The first declaration: everything as it was. `f` names all windows, in case there is no
 * checkpoint to load them from. */
static bool restore(struct books *b, struct ledger_reader *reader, struct fill *f,
                    struct err *err)
{
    uint64_t last = f->until;
    struct buf state = {0};

    bool ok = ledger_read_state(reader, STR("books"), &state, &f->until, err);
    if (ok && state.size > 0)
        ok = load_checkpoint(b, reader, buf_str(&state), f, err);
    buf_release(&state);
    ok = ok && fill_windows(f, reader, err) &&
         ledger_scan(reader, f->until, last, apply_row, b, err);
    if (!ok)
        return false;
    b->checkpoint_seq = f->until;
    b->checkpoint_ns = b->last_ns;
    b->restored = true;
    return true;
}

static bool declare_all(struct books *b, const struct window_decl *windows, size_t count,
                        const struct counter_decl *counters, size_t counter_count,
                        int *ids, int *fresh, size_t *fresh_count, struct err *err)
{
    bool is_new, ok = true;

    windows_forget_begin(b->windows);
    for (size_t i = 0; ok && i < count; i++) {
        ids[i] = windows_declare(b->windows, &windows[i], &is_new, err);
        ok = ids[i] >= 0;
        if (ok && is_new && *fresh_count < UNFILLED_MAX)
            fresh[(*fresh_count)++] = ids[i];
    }
    if (ok)
        windows_forget_end(b->windows);
    for (size_t i = 0; ok && i < counter_count; i++)
        ok = metrics_declare(b->metrics, &counters[i], err);
    return ok;
}

bool books_declare(struct books *b, const struct window_decl *windows,
                   size_t window_count, const struct counter_decl *counters,
                   size_t counter_count, int *ids, struct err *err)
{
    int fresh[UNFILLED_MAX];
    struct fill f = {.books = b, .ids = fresh};
    struct ledger_reader *reader = NULL;

    if (window_count > UNFILLED_MAX)
        return err_set(err, ERR_LIMIT, "policies declare %zu windows; %d are possible",
                       window_count, UNFILLED_MAX);
    if (!ledger_reader_open(&reader, b->options.ledger.path, b->options.ledger.schema,
                            err))
        return false;
    pthread_mutex_lock(&b->lock);
    bool first = !b->restored;
    bool ok = declare_all(b, windows, window_count, counters, counter_count, ids, fresh,
                          &f.count, err);
    f.until = ledger_last_seq(b->ledger);
    f.now_ns = books_now(b);
    pthread_mutex_unlock(&b->lock);
    if (ok)
        ok = first ? restore(b, reader, &f, err) : fill_windows(&f, reader, err);
    ledger_reader_close(reader);
    return ok;
}
