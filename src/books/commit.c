/* Group commit. Whoever finds no leader becomes it and commits for all that wait; the
 * others sleep until theirs is done. Counters and windows follow the ledger's commit, so
 * that a failure leaves them as they were. */
#include <stdlib.h>

#include "internal.h"

enum { CHECKPOINT_SECONDS = 60, CHECKPOINT_RECORDS = 500000 };

int64_t books_now(struct books *b)
{
    int64_t now = timestamp_now();

    if (now > b->last_ns)
        b->last_ns = now;
    return b->last_ns;
}

void books_apply(struct books *b, const struct record *r)
{
    metrics_apply(b->metrics, r);
    windows_apply(b->windows, r, r->committed_ns);
    b->stats.late += r->late;
    b->stats.future += r->future;
}

bool books_checkpoint(struct books *b, bool always, struct err *err)
{
    uint64_t seq = ledger_last_seq(b->ledger);
    bool due = b->last_ns - b->checkpoint_ns >= CHECKPOINT_SECONDS * NS_PER_SECOND ||
               seq - b->checkpoint_seq >= CHECKPOINT_RECORDS;

    bool same = seq == b->checkpoint_seq && !b->anew;

    if (!b->restored || same || !(due || always))
        return true;
    buf_reset(&b->state);
    checkpoint_write(b, &b->state);
    if (b->state.failed)
        return err_set(err, ERR_MEMORY, "checkpoint: no memory");
    if (!ledger_put_state(b->ledger, STR("books"), buf_str(&b->state), err))
        return false;
    b->checkpoint_ns = b->last_ns;
    b->checkpoint_seq = seq;
    b->anew = false;
    return true;
}

/* What another emitter says of a call that is booked already: labels and parts of the
 * usage that the first report may lack. It is kept, and charges nothing. */
static void make_amendment(struct record *r)
{
    r->kind = RECORD_AMENDMENT;
    r->charge.charge = r->charge.billed = (struct money){0};
}

/* What becomes of it, by what was found. False: it is not written. */
static bool rule(struct batch *batch, size_t i, const struct dedupe_found *found)
{
    struct record *r = batch->records[i];

    batch->conflicts += found->conflicts;
    if (found->duplicate == DUPLICATE_NONE) {
        batch->verdicts[i] = COMMIT_ACCEPTED;
        batch->accepted++;
        return true;
    }
    batch->duplicate++;
    r->completes = found->completes;
    batch->verdicts[i] = found->completes ? COMMIT_COMPLETED : COMMIT_DUPLICATE;
    if (found->completes)
        return true;
    if (found->duplicate == DUPLICATE_REPORT)
        return false;
    make_amendment(r);
    return true;
}

/* Whether it is known, by its keys, by a guess, or as a provider's batch; *own: the keys
 * that were added. */
static bool recognise(struct books *b, struct record *r, struct dedupe_keys *own,
                      struct dedupe_found *found, struct err *err)
{
    struct guessed guessed;
    bool first = true;

    dedupe_keys_of(own, r, ledger_seed(b->ledger));
    if (r->ev.identity_is_providers &&
        !ledger_claim_batch(b->ledger, own->list[0].report, &first, err))
        return false;
    enum guess guess = guesses_look(b->guesses, r, &own->list[0], &guessed);
    *found =
        dedupe_add(b->dedupe, own, guess == GUESS_JOIN ? &guessed.key : NULL, b->last_ns);
    if (found->duplicate == DUPLICATE_NONE && !first)
        found->duplicate = DUPLICATE_REPORT;
    if (found->duplicate == DUPLICATE_NONE && guess == GUESS_TELL)
        r->perhaps_seq = guessed.seq;
    return true;
}

/* One batch into the open transaction; `keys` collects those of the new records. */
static bool write_batch(struct books *b, struct batch *batch, struct dedupe_key *keys,
                        size_t *key_count, struct err *err)
{
    batch->accepted = batch->duplicate = batch->conflicts = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct record *r = batch->records[i];
        struct dedupe_keys own;
        struct dedupe_found found;
        if (!recognise(b, r, &own, &found, err))
            return false;
        memcpy(keys + *key_count, own.list, own.count * sizeof *keys);
        *key_count += own.count;
        if (!rule(batch, i, &found))
            continue;
        if (r->kind == RECORD_CHARGE)
            known_filter(&b->known, r);
        r->committed_ns = b->last_ns;
        if (!ledger_append(b->ledger, r, err))
            return false;
        if (batch->verdicts[i] == COMMIT_ACCEPTED)
            guesses_add(b->guesses, r, &own.list[0]);
    }
    return true;
}

static size_t count_records(const struct waiting *all)
{
    size_t count = 0;

    for (const struct waiting *w = all; w; w = w->next)
        for (const struct batch *batch = w->list; batch; batch = batch->next)
            count += batch->count;
    return count;
}

static bool write_all(struct books *b, struct waiting *all, struct dedupe_key *keys,
                      size_t *key_count, struct err *err)
{
    /* The checkpoint comes first: it holds what was applied, not what is about to be. */
    if (!ledger_begin(b->ledger, err) || !books_checkpoint(b, false, err))
        return false;
    for (struct waiting *w = all; w; w = w->next)
        for (struct batch *batch = w->list; batch; batch = batch->next)
            if (!write_batch(b, batch, keys, key_count, err))
                return false;
    return ledger_put_keys(b->ledger, keys, *key_count, err) &&
           ledger_commit(b->ledger, b->last_ns, err);
}

static void apply_batch(struct books *b, const struct batch *batch)
{
    const struct books_watcher *w = &b->watcher;

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->verdicts[i] == COMMIT_DUPLICATE)
            continue;
        books_apply(b, batch->records[i]);
        if (w->committed)
            w->committed(w->ctx, batch->records[i]);
    }
}

static void apply_all(struct books *b, const struct waiting *all)
{
    for (const struct waiting *w = all; w; w = w->next)
        for (const struct batch *batch = w->list; batch; batch = batch->next)
            apply_batch(b, batch);
}

/* The commit stands whatever comes of it: it is asked again after the next one. */
static void ask_watcher(struct books *b)
{
    struct err err = {0};

    if (!books_ask_watcher(b, &err))
        log_limited(&b->unsettled, NS_PER_MINUTE, LOG_ERROR,
                    "a change of what decides is not written, and waits: %s", err.text);
}

/* Under the lock. */
static bool commit_all(struct books *b, struct waiting *all, struct err *err)
{
    size_t key_count = 0, count = count_records(all);
    struct dedupe_key *keys = malloc((count * DEDUPE_KEYS_MAX + 1) * sizeof *keys);
    uint64_t checkpoint_seq = b->checkpoint_seq, mark = guesses_mark(b->guesses);
    int64_t checkpoint_ns = b->checkpoint_ns;

    books_now(b);
    bool ok = keys ? write_all(b, all, keys, &key_count, err)
                   : err_set(err, ERR_MEMORY, "commit: no memory");
    free(keys);
    b->stats.writable = ok;
    if (ok) {
        apply_all(b, all);
        ask_watcher(b);
        return true;
    }
    ledger_rollback(b->ledger);
    dedupe_undo(b->dedupe, key_count);
    guesses_rewind(b->guesses, mark);
    b->checkpoint_seq = checkpoint_seq;
    b->checkpoint_ns = checkpoint_ns;
    b->stats.failed_commits++;
    return false;
}

/* Takes everybody's turn, then wakes them. Called and left with the queue lock held. */
static void lead(struct books *b)
{
    struct waiting *all = b->queue;
    struct err err = {0};

    b->queue = NULL;
    b->leading = true;
    pthread_mutex_unlock(&b->queue_lock);

    pthread_mutex_lock(&b->lock);
    bool ok = commit_all(b, all, &err);
    pthread_mutex_unlock(&b->lock);

    pthread_mutex_lock(&b->queue_lock);
    b->leading = false;
    for (struct waiting *w = all, *next; w; w = next) {
        next = w->next; /* its owner may be gone once it is done */
        w->ok = ok;
        w->err = err;
        w->done = true;
    }
    pthread_cond_broadcast(&b->queue_done);
}

bool books_commit(struct books *b, struct batch *list, struct err *err)
{
    struct waiting mine = {.list = list};

    pthread_mutex_lock(&b->queue_lock);
    mine.next = b->queue;
    b->queue = &mine;
    while (!mine.done) {
        if (b->leading)
            pthread_cond_wait(&b->queue_done, &b->queue_lock);
        else
            lead(b);
    }
    pthread_mutex_unlock(&b->queue_lock);
    return mine.ok || err_set(err, mine.err.kind, "%s", mine.err.text);
}
