/* Start: the last checkpoint and the rows after it. No policy runs here: a row carries
 * what was decided. */
#include "internal.h"
#include "spendwarden/log.h"

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
    log_line(LOG_WARN, "counting all rows again, shown from 0 on: %s", why.text);
    b->anew = true;
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

/* Windows that the checkpoint does not hold are filled later: all of them if it cannot be
 * read. */
static bool load_checkpoint(struct books *b, struct ledger_reader *reader,
                            struct str state, uint64_t seq, struct err *err)
{
    struct checkpoint parts;
    struct err why = {0};

    if (!checkpoint_read(&parts, state) || !known_load(&b->known, parts.known))
        return err_set(err, ERR_INPUT, "%s: the checkpoint is damaged",
                       b->options.ledger.path);
    if (!windows_load(b->windows, parts.windows, &why))
        log_line(LOG_WARN, "filling all windows again: %s", why.text);
    return load_metrics(b, reader, parts.metrics, seq, err);
}

/* The first declaration: everything as it was. Without a checkpoint the windows see every
 * row, and have their history by that. */
static bool restore(struct books *b, struct ledger_reader *reader, struct err *err)
{
    uint64_t last = ledger_last_seq(b->ledger), seq;
    struct buf state = {0};

    bool ok = ledger_read_state(reader, STR("books"), &state, &seq, err);
    if (ok && state.size > 0)
        ok = load_checkpoint(b, reader, buf_str(&state), seq, err);
    else
        windows_begin(b->windows);
    buf_release(&state);
    if (!ok || !ledger_scan(reader, seq, last, apply_row, b, err))
        return false;
    b->checkpoint_seq = seq;
    b->checkpoint_ns = b->last_ns;
    b->restored = true;
    return true;
}

/* An exposed counter never falls: it begins anew. */
static bool show_anew(struct books *b, struct err *err)
{
    if (shown_more(b)) {
        log_line(LOG_WARN,
                 "%s: more was shown than this ledger holds, as after a restore from a "
                 "backup: counters are shown from 0 on",
                 b->options.ledger.path);
        b->anew = true;
    }
    if (!b->anew)
        return true;
    if (!metrics_show_anew(b->metrics, books_now(b)))
        return err_set(err, ERR_MEMORY, "counters: no memory");
    bool ok = ledger_begin(b->ledger, err) && books_checkpoint(b, true, err);
    return books_finish(b, ok, err);
}

static bool declare_all(struct books *b, const struct window_decl *windows, size_t count,
                        const struct metric_decl *metrics, size_t metric_count, int *ids,
                        struct err *err)
{
    bool ok = true;

    windows_forget_begin(b->windows);
    for (size_t i = 0; ok && i < count; i++) {
        ids[i] = windows_declare(b->windows, &windows[i], err);
        ok = ids[i] >= 0;
    }
    if (ok)
        windows_forget_end(b->windows);
    for (size_t i = 0; ok && i < metric_count; i++)
        ok = metrics_declare(b->metrics, &metrics[i], err);
    return ok;
}

static bool restore_once(struct books *b, struct err *err)
{
    struct ledger_reader *reader = NULL;

    if (b->restored)
        return true;
    bool ok = ledger_reader_open(&reader, b->options.ledger.path,
                                 b->options.ledger.schema, err) &&
              restore(b, reader, err);
    ledger_reader_close(reader);
    return ok && show_anew(b, err);
}

bool books_declare(struct books *b, const struct window_decl *windows,
                   size_t window_count, const struct metric_decl *metrics,
                   size_t metric_count, int *ids, struct err *err)
{
    pthread_mutex_lock(&b->lock);
    bool ok = declare_all(b, windows, window_count, metrics, metric_count, ids, err) &&
              restore_once(b, err);
    pthread_mutex_unlock(&b->lock);
    if (ok)
        books_fill_short(b, NULL); /* what fails is tried again by books_fill */
    return ok;
}
