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

static void *run(void *arg)
{
    struct ticker *t = arg;

    do {
        tick_once(t);
        int64_t every = t->generation ? t->generation->config->tick_ns : NS_PER_SECOND;
        int64_t now = timestamp_now();
        if (!sleeper_sleep(&t->sleeper, every - now % every))
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
    sleeper_init(&t->sleeper);
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
    sleeper_end(&t->sleeper);
    if (t->started)
        pthread_join(t->thread, NULL);
    shadow_tick_close(t->shadow);
    policy_vm_close(t->policies);
    generation_release(t->generation);
    rules_close(t->rules);
    tick_view_drop(t->view);
    arena_release(&t->arena);
    buf_release(&t->states);
    buf_release(&t->scratch);
    sleeper_release(&t->sleeper);
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
