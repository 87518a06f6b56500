/* What engine.c and tick.c share. */
#pragma once
#include <pthread.h>

#include "spendwarden/engine.h"

struct ticker;

struct engine {
    struct generation_options options; /* borrowed: main's arguments */
    struct generation *first;          /* held: the ledger borrows its configuration */
    struct books *books;
    struct outcomes *outcomes;
    struct outbox *outbox;
    struct ticker *ticker;

    pthread_mutex_t generation_lock;
    struct generation *generation; /* atomic pointer; swapped under the lock */

    /* Held during a tick and during a reload: window ids and generation stay in step. */
    pthread_mutex_t decide_lock;
    struct reload_state reload; /* atomic members */
};

/* Starts the thread. Borrows the engine. */
bool ticker_open(struct ticker **out, struct engine *e, struct err *err);
void ticker_close(struct ticker *t); /* accepts NULL */

struct tick_view *ticker_view(struct ticker *t);
