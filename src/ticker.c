/* The thread of ticks: when, and from what state it begins. */
#include <errno.h>
#include <stdlib.h>

#include "ticker.h"

enum { TICK_STACK = 16 * 1024 * 1024 };

struct rules_options ticker_rules_options(const struct config *c)
{
    return (struct rules_options){
        .max_alerts = c->alerts_max,
        .resend_ns = c->resend_ns,
        .resolved_ns = 15 * NS_PER_MINUTE,
        .gap_ns = 3 * c->tick_ns,
    };
}

/* False: the ticker is to stop. */
static bool wait_for_tick(struct ticker *t, int64_t wait_ns)
{
    int64_t next_ns = timestamp_monotonic() + wait_ns;
    struct timespec until = {next_ns / NS_PER_SECOND, next_ns % NS_PER_SECOND};
    int rc = 0;

    pthread_mutex_lock(&t->lock);
    while (!t->stopping && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&t->wake, &t->lock, &until);
    bool stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return !stopping;
}

static void *run(void *arg)
{
    struct ticker *t = arg;

    do {
        tick_once(t);
        int64_t every = t->generation ? t->generation->config->tick_ns : NS_PER_SECOND;
        int64_t now = timestamp_now();
        if (!wait_for_tick(t, every - now % every))
            return NULL;
    } while (true);
}

static bool restore_states(struct ticker *t, struct err *err)
{
    struct buf states = {0};

    bool ok = books_alerts(t->engine->books, &states, err) &&
              (states.size == 0 || rules_load(t->rules, buf_str(&states), err));
    buf_release(&states);
    return ok;
}

/* Waits are not to stretch when the wall clock is set back. */
static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

static bool start_thread(struct ticker *t, struct err *err)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, TICK_STACK);
    errno = pthread_create(&t->thread, &attributes, run, t);
    pthread_attr_destroy(&attributes);
    t->started = errno == 0;
    return t->started || err_set(err, ERR_IO, "tick thread: %m");
}

bool ticker_open(struct ticker **out, struct engine *e, struct err *err)
{
    struct rules_options options = ticker_rules_options(e->generation->config);
    struct ticker *t = calloc(1, sizeof *t);

    *out = NULL;
    if (!t)
        return err_set(err, ERR_MEMORY, "ticks: no memory");
    t->engine = e;
    arena_init(&t->arena, 0);
    pthread_mutex_init(&t->lock, NULL);
    init_wake(&t->wake);
    if (!rules_open(&t->rules, &options, err) || !restore_states(t, err) ||
        !start_thread(t, err)) {
        ticker_close(t);
        return false;
    }
    *out = t;
    return true;
}

void ticker_close(struct ticker *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
    if (t->started)
        pthread_join(t->thread, NULL);
    policy_vm_close(t->policies);
    generation_release(t->generation);
    rules_close(t->rules);
    tick_view_drop(t->view);
    arena_release(&t->arena);
    buf_release(&t->states);
    buf_release(&t->scratch);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

struct tick_view *ticker_view(struct ticker *t)
{
    pthread_mutex_lock(&t->lock);
    struct tick_view *view = tick_view_hold(t->view);
    pthread_mutex_unlock(&t->lock);
    return view;
}
