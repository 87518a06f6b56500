/* The circuit breaker: a policy that only fails is not asked any more until it is loaded
 * again. What counts are committed events in a row in which it failed, in the ledger's
 * order, so that threads have no say in it; and ticks in a row. Any thread. */
#pragma once
#include "spendwarden/books_watch.h"
#include "spendwarden/generation.h"

struct breaker;

bool breaker_open(struct breaker **out, struct err *err);
void breaker_close(struct breaker *b); /* accepts NULL */

/* Counts for this generation from now on, from 0. Holds it. */
void breaker_follow(struct breaker *b, struct generation *g);

/* What books tell, and ask. */
struct books_watcher breaker_watcher(struct breaker *b);

/* Without `disabled`. */
struct generation_row generation_row_of(const struct generation *g);

/* What a tick found, evaluated by `g`. True: it took a policy out, which books_settle
 * writes. */
bool breaker_tick(struct breaker *b, const struct generation *g,
                  const struct policy_marks *marks);
