/* What engine.c, reload.c and tick.c share. */
#pragma once
#include <pthread.h>

#include "spendwarden/engine.h"

struct breaker;
struct filler;
struct ticker;

struct engine {
    struct generation_options options; /* borrowed: main's arguments */
    struct generation *first;          /* held: the ledger borrows its configuration */
    struct books *books;
    struct breaker *breaker;
    struct outcomes *outcomes;
    struct capture *capture;
    struct outbox *outbox;
    struct ticker *ticker;
    struct filler *filler;

    pthread_mutex_t generation_lock;
    struct generation *generation; /* atomic pointer; swapped under the lock */

    pthread_mutex_t reload_lock; /* one at a time */

    /* Held during a tick, and while a generation becomes the current one: window ids and
     * generation stay in step. */
    pthread_mutex_t decide_lock;
    bool declared; /* under it: the books' windows are those of the generation */

    pthread_mutex_t report_lock; /* the rest: what came of the last reload */
    struct reload_state reload;
    struct diags reload_errors;
};

/* Makes a loaded generation the one whose windows count, and numbers it if `write`. Under
 * the decide lock, if there are ticks. */
bool engine_adopt(struct engine *e, struct generation *g, bool write, struct err *err);

/* What came of a load. */
void reload_note(struct engine *e, const char *trigger, bool ok,
                 const struct diags *diags);

/* Makes the windows those of the current generation, where a reload that failed left
 * others. Under the decide lock. */
bool engine_declare(struct engine *e, struct err *err);

/* Whether a running engine can follow from one configuration to the other: what it was
 * opened with needs a restart, and is named in *diags. */
bool engine_can_follow(const struct config *now, const struct config *next,
                       struct diags *diags);

/* Starts the thread. Borrows the engine. */
bool ticker_open(struct ticker **out, struct engine *e, struct err *err);
void ticker_close(struct ticker *t); /* accepts NULL */

struct tick_view *ticker_view(struct ticker *t);
