/* Open, close, ticks and views. The commit is in commit.c, what start restores in
 * restore.c. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/log.h"
#include "spendwarden/rollup.h"

static bool remember(void *ctx, const struct dedupe_key *key, int64_t committed_ns)
{
    dedupe_restore(ctx, key, committed_ns);
    return true;
}

static bool restore_dedupe(struct books *b, struct err *err)
{
    struct ledger_reader *reader = NULL;
    int64_t since = timestamp_now() - b->options.dedupe_horizon_ns;

    bool ok = ledger_reader_open(&reader, b->options.ledger.path,
                                 b->options.ledger.schema, err) &&
              ledger_last_tick(reader, &b->last_ns, err) &&
              ledger_scan_keys(reader, since, remember, b->dedupe, err);
    ledger_reader_close(reader);
    return ok;
}

bool books_open(struct books **out, const struct books_options *options, struct err *err)
{
    struct books *b = calloc(1, sizeof *b);

    *out = NULL;
    if (!b)
        return err_set(err, ERR_MEMORY, "ledger: no memory");
    b->options = *options;
    b->stats.writable = true;
    b->shown_fd = -1;
    pthread_mutex_init(&b->fill_lock, NULL);
    pthread_mutex_init(&b->lock, NULL);
    pthread_mutex_init(&b->queue_lock, NULL);
    pthread_cond_init(&b->queue_done, NULL);
    b->guesses = guesses_open();
    if (!b->guesses || !known_open(&b->known)) {
        err_set(err, ERR_MEMORY, "ledger: no memory");
        goto fail;
    }
    if (!ledger_open(&b->ledger, &options->ledger, err) || !shown_open(b, err) ||
        !dedupe_open(&b->dedupe, options->dedupe_horizon_ns, options->dedupe_max_bytes,
                     err) ||
        !metrics_open(&b->metrics, &options->metrics, err) ||
        !windows_open(&b->windows, &options->windows, err) || !restore_dedupe(b, err))
        goto fail;
    *out = b;
    return true;

fail:
    books_close(b);
    return false;
}

static void write_last_checkpoint(struct books *b)
{
    struct err err = {0};

    books_now(b);
    if (!ledger_begin(b->ledger, &err) || !books_checkpoint(b, true, &err) ||
        !ledger_commit(b->ledger, b->last_ns, &err)) {
        ledger_rollback(b->ledger);
        log_line(LOG_WARN, "no checkpoint at the end, the next start takes longer: %s",
                 err.text);
    }
}

void books_close(struct books *b)
{
    if (!b)
        return;
    if (b->ledger && b->restored)
        write_last_checkpoint(b);
    books_fill_end(b);
    windows_close(b->windows);
    metrics_close(b->metrics);
    guesses_close(b->guesses);
    dedupe_close(b->dedupe);
    shown_close(b);
    ledger_close(b->ledger);
    known_close(&b->known);
    buf_release(&b->state);
    pthread_cond_destroy(&b->queue_done);
    pthread_mutex_destroy(&b->queue_lock);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->fill_lock);
    free(b);
}

bool books_finish(struct books *b, bool ok, struct err *err)
{
    ok = ok && ledger_commit(b->ledger, b->last_ns, err);
    b->stats.writable = ok;
    if (!ok)
        ledger_rollback(b->ledger);
    return ok;
}

bool books_generation(struct books *b, const struct generation_row *row, uint32_t *number,
                      struct err *err)
{
    pthread_mutex_lock(&b->lock);
    books_now(b);
    bool ok = ledger_begin(b->ledger, err) &&
              ledger_put_generation(b->ledger, row, number, err);
    ok = books_finish(b, ok, err);
    pthread_mutex_unlock(&b->lock);
    return ok;
}

bool books_ask_watcher(struct books *b, struct err *err)
{
    const struct books_watcher *w = &b->watcher;
    struct generation_row row;
    uint32_t number = 0;

    if (!w->committed || !w->changes(w->ctx, &row))
        return true;
    bool ok = ledger_begin(b->ledger, err) &&
              ledger_put_generation(b->ledger, &row, &number, err);
    ok = books_finish(b, ok, err);
    if (ok)
        w->changed(w->ctx, number);
    return ok;
}

void books_watch(struct books *b, const struct books_watcher *watcher)
{
    pthread_mutex_lock(&b->lock);
    b->watcher = *watcher;
    pthread_mutex_unlock(&b->lock);
}

bool books_settle(struct books *b, struct err *err)
{
    pthread_mutex_lock(&b->lock);
    books_now(b);
    bool ok = books_ask_watcher(b, err);
    pthread_mutex_unlock(&b->lock);
    return ok;
}

bool books_tick(struct books *b, const int *ids, size_t count, struct arena *arena,
                struct window_sums *sums, int64_t *tick_ns, struct err *err)
{
    pthread_mutex_lock(&b->lock);
    *tick_ns = books_now(b);
    uint64_t checkpoint_seq = b->checkpoint_seq;
    int64_t checkpoint_ns = b->checkpoint_ns;
    bool ok = ledger_begin(b->ledger, err) && books_checkpoint(b, false, err) &&
              ledger_put_tick(b->ledger, *tick_ns, err);
    ok = books_finish(b, ok, err);
    if (!ok) {
        b->checkpoint_seq = checkpoint_seq;
        b->checkpoint_ns = checkpoint_ns;
    }
    for (size_t i = 0; ok && i < count; i++)
        if (!windows_sums(b->windows, ids[i], *tick_ns, arena, &sums[i]))
            ok = err_set(err, ERR_MEMORY, "tick: no memory for the sums of a window");
    pthread_mutex_unlock(&b->lock);
    return ok;
}

bool books_put_alerts(struct books *b, const struct alert_row *rows, size_t count,
                      struct str states, struct err *err)
{
    pthread_mutex_lock(&b->lock);
    books_now(b);
    bool ok = ledger_begin(b->ledger, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = ledger_put_alert(b->ledger, &rows[i], err);
    ok = ok && ledger_put_state(b->ledger, STR("alerts"), states, err);
    ok = books_finish(b, ok, err);
    pthread_mutex_unlock(&b->lock);
    return ok;
}

bool books_alerts(struct books *b, struct buf *out, struct err *err)
{
    struct ledger_reader *reader = NULL;
    uint64_t seq;

    bool ok = ledger_reader_open(&reader, b->options.ledger.path,
                                 b->options.ledger.schema, err) &&
              ledger_read_state(reader, STR("alerts"), out, &seq, err);
    ledger_reader_close(reader);
    return ok;
}

struct metrics_copy *books_metrics(struct books *b, uint64_t *last_seq)
{
    pthread_mutex_lock(&b->lock);
    struct metrics_copy *copy = metrics_copy(b->metrics, books_now(b));
    *last_seq = ledger_last_seq(b->ledger);
    pthread_mutex_unlock(&b->lock);
    return copy;
}

void books_stats(struct books *b, struct books_stats *out)
{
    pthread_mutex_lock(&b->lock);
    *out = b->stats;
    ledger_stats(b->ledger, &out->ledger);
    windows_stats(b->windows, &out->windows);
    out->last_seq = ledger_last_seq(b->ledger);
    out->unrolled_rows = out->last_seq - ledger_rolled(b->ledger);
    out->opening_rows = out->ledger.opening_seq; /* there are no gaps */
    out->first_seq = out->last_seq ? out->opening_rows + 1 : 0;
    out->last_commit_ns = b->last_ns;
    out->last_checkpoint_ns = b->checkpoint_ns;
    out->dedupe_keys = dedupe_count(b->dedupe);
    out->dedupe_reach_ns = dedupe_reach_ns(b->dedupe, b->last_ns);
    pthread_mutex_unlock(&b->lock);
}

void books_look(struct books *b, const int *ids, size_t count, struct window_look *out)
{
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < count; i++)
        windows_look(b->windows, ids[i], &out[i]);
    pthread_mutex_unlock(&b->lock);
}

uint64_t books_last_seq(struct books *b)
{
    pthread_mutex_lock(&b->lock);
    uint64_t seq = ledger_last_seq(b->ledger);
    pthread_mutex_unlock(&b->lock);
    return seq;
}

bool books_tidy(struct books *b, struct err *err)
{
    return ledger_tidy(b->ledger, err);
}
