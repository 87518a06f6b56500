/* Reloads: a generation is loaded beside the one that decides, checked, and changes
 * places with it. Loops and the tick follow at their next event. */
#include <stdio.h>

#include "breaker.h"
#include "engine_internal.h"
#include "load_test.h"
#include "spendwarden/log.h"

void reload_note(struct engine *e, const char *trigger, bool ok,
                 const struct diags *diags)
{
    struct reload_state *state = &e->reload;

    pthread_mutex_lock(&e->report_lock);
    state->at_ns = timestamp_now();
    state->successful = ok;
    if (ok)
        state->success_ns = state->at_ns;
    snprintf(state->trigger, sizeof state->trigger, "%s", trigger);
    diags_release(&e->reload_errors);
    diags_copy(&e->reload_errors, diags);
    pthread_mutex_unlock(&e->report_lock);
}

void engine_reload_state(struct engine *e, struct reload_state *out)
{
    pthread_mutex_lock(&e->report_lock);
    *out = e->reload;
    pthread_mutex_unlock(&e->report_lock);
}

void engine_reload_errors(struct engine *e, struct diags *out)
{
    pthread_mutex_lock(&e->report_lock);
    diags_copy(out, &e->reload_errors);
    pthread_mutex_unlock(&e->report_lock);
}

static void swap(struct engine *e, struct generation *g)
{
    pthread_mutex_lock(&e->generation_lock);
    struct generation *old = e->generation;
    __atomic_store_n(&e->generation, g, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&e->generation_lock);
    generation_release(old);
}

/* On failure the old generation's windows are declared again, and get their history again
 * where they had been forgotten; if not even that works, the next tick tries. */
static bool follow(struct engine *e, struct generation *g, struct diags *diags)
{
    struct err err = {0};

    pthread_mutex_lock(&e->decide_lock);
    bool ok = engine_adopt(e, g, true, &err);
    if (ok) {
        breaker_follow(e->breaker, g);
        swap(e, g);
    } else {
        diags_add(diags, "spendwarden", 0, 0, "%s", err.text);
        e->declared = false;
        engine_declare(e, NULL);
    }
    pthread_mutex_unlock(&e->decide_lock);
    return ok;
}

static void log_reload(const struct engine *e, const char *trigger, bool ok)
{
    const struct generation *g = e->generation;

    if (ok)
        log_line(LOG_INFO, "reloaded (%s): generation %u decides", trigger,
                 generation_ruling(g)->number);
    else
        log_line(LOG_ERROR, "reload (%s) failed: generation %u goes on", trigger,
                 generation_ruling(g)->number);
}

bool engine_reload(struct engine *e, const char *trigger, engine_check *check, void *ctx,
                   struct diags *diags)
{
    struct generation *g = NULL;

    pthread_mutex_lock(&e->reload_lock);
    bool ok = generation_load(&g, &e->options, diags) &&
              engine_can_follow(e->generation->config, g->config, diags) &&
              (!check || check(ctx, g->config, diags)) && load_test(g, diags) &&
              follow(e, g, diags);
    if (!ok)
        generation_release(g);
    reload_note(e, trigger, ok, diags);
    log_reload(e, trigger, ok);
    pthread_mutex_unlock(&e->reload_lock);
    return ok;
}
