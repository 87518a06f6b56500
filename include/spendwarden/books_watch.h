/* Who follows the commits, in their order: the engine's circuit breaker. */
#pragma once
#include "spendwarden/books.h"

/* Told of each record once it is committed; then asked whether what decides changes by
 * that, and told the number of its row. Under the lock: none of it may call books. */
struct books_watcher {
    void *ctx;
    void (*committed)(void *ctx, const struct record *r);
    bool (*changes)(void *ctx, struct generation_row *row);
    void (*changed)(void *ctx, uint32_t number);
};

/* From now on; copies it. Before the first commit. */
void books_watch(struct books *b, const struct books_watcher *watcher);

/* Asks the watcher now, not after the next commit. False: its row is not written, and it
 * will be asked again. */
bool books_settle(struct books *b, struct err *err);
