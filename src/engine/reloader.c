#include "reloader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sleeper.h"

enum { RELOADER_STACK = 16 * 1024 * 1024 };

static const int64_t look_every_ns = NS_PER_SECOND, settle_step_ns = 200 * NS_PER_MS,
                     quiet_ns = NS_PER_SECOND, /* after the last change */
    settle_max_ns = 10 * NS_PER_SECOND;        /* after the first */

struct reloader {
    struct engine *engine;
    struct server *server;
    struct watch *watch; /* owned */
    bool watching;
    const char *request; /* atomic; NULL: none */
    struct sleeper sleeper;
    pthread_t thread;
    bool started;
};

static void reload(struct reloader *r, const char *trigger)
{
    struct diags diags = {0};

    server_reload(r->server, trigger, &diags); /* it logs what was wrong */
    diags_release(&diags);
}

/* Half a file may be written, or half of a set. False: it is to end. */
static bool settle(struct reloader *r)
{
    int64_t first_ns = timestamp_monotonic(), last_ns = first_ns, now_ns = first_ns;
    char what[WATCH_TEXT_SIZE];

    while (now_ns - last_ns < quiet_ns && now_ns - first_ns < settle_max_ns) {
        if (!sleeper_sleep(&r->sleeper, settle_step_ns))
            return false;
        now_ns = timestamp_monotonic();
        if (watch_look(r->watch, what))
            last_ns = now_ns;
    }
    return true;
}

static bool is_watching(struct reloader *r)
{
    struct generation *g = engine_generation(r->engine);
    bool watching = g->config->watch_files;

    generation_release(g);
    return watching;
}

/* What a reload by somebody else has read is no change. */
static void follow_config(struct reloader *r)
{
    char what[WATCH_TEXT_SIZE];
    bool watching = is_watching(r);

    if (watching && !r->watching)
        watch_look(r->watch, what);
    r->watching = watching;
}

/* False: it is to end. */
static bool reload_changed(struct reloader *r)
{
    char what[WATCH_TEXT_SIZE], trigger[WATCH_TEXT_SIZE + 16];

    if (!watch_look(r->watch, what))
        return true;
    if (!settle(r))
        return false;
    snprintf(trigger, sizeof trigger, "changed files: %s", what);
    reload(r, trigger);
    return true;
}

static void *run(void *arg)
{
    struct reloader *r = arg;
    char what[WATCH_TEXT_SIZE];

    r->watching = is_watching(r);
    while (sleeper_sleep(&r->sleeper, look_every_ns)) {
        const char *request = __atomic_exchange_n(&r->request, NULL, __ATOMIC_ACQ_REL);
        follow_config(r);
        if (request) {
            watch_look(r->watch, what);
            reload(r, request);
        } else if (r->watching && !reload_changed(r)) {
            return NULL;
        }
    }
    return NULL;
}

static bool start(struct reloader *r, struct err *err)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, RELOADER_STACK);
    errno = pthread_create(&r->thread, &attributes, run, r);
    pthread_attr_destroy(&attributes);
    r->started = errno == 0;
    return r->started || err_set(err, ERR_IO, "reload thread: %m");
}

bool reloader_open(struct reloader **out, struct engine *e, struct server *s,
                   struct watch *w, struct err *err)
{
    struct reloader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r || !w) {
        free(r);
        watch_free(w);
        return err_set(err, ERR_MEMORY, "reloads: no memory");
    }
    r->engine = e;
    r->server = s;
    r->watch = w;
    sleeper_init(&r->sleeper);
    if (!start(r, err)) {
        reloader_close(r);
        return false;
    }
    *out = r;
    return true;
}

void reloader_close(struct reloader *r)
{
    if (!r)
        return;
    sleeper_end(&r->sleeper);
    if (r->started)
        pthread_join(r->thread, NULL);
    sleeper_release(&r->sleeper);
    watch_free(r->watch);
    free(r);
}

void reloader_request(struct reloader *r, const char *trigger)
{
    __atomic_store_n(&r->request, trigger, __ATOMIC_RELEASE);
    sleeper_wake(&r->sleeper);
}
