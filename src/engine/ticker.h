/* What tick.c (the order of a tick) and ticker.c (its thread) share. */
#pragma once
#include "../tick/tick_view.h"
#include "engine_internal.h"
#include "shadow_tick.h"
#include "sleeper.h"
#include "spendwarden/log.h"

struct ticker {
    struct engine *engine;
    struct rules *rules;
    struct generation *generation; /* held: that of `policies` */
    struct policy_vm *policies;
    struct shadow_tick *shadow; /* NULL: there are no candidates */
    struct arena arena;
    struct buf states, scratch;
    struct log_limit failed, unsettled;

    pthread_t thread;
    bool started;
    struct sleeper sleeper;
    pthread_mutex_t lock;       /* the rest */
    struct tick_view_box *view; /* the last one; held */
};

/* One tick, whatever comes of it. */
void tick_once(struct ticker *t);

struct rules_options ticker_rules_options(const struct config *c);
