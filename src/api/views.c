/* A thread for what may take a while, so that ingest does not wait for a scrape, nor a
 * scrape for a reload. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

enum { VIEWS_WAITING_MAX = 64, VIEWS_STACK = 16 * 1024 * 1024 /* a reload runs Lua */ };

struct waiting_view {
    view *run;
    struct http_request *request;
};

struct views {
    struct server *server;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* the rest */
    pthread_cond_t wake;
    bool stopping;
    size_t first, count;
    struct waiting_view ring[VIEWS_WAITING_MAX];
};

static bool take(struct views *v, struct waiting_view *out)
{
    pthread_mutex_lock(&v->lock);
    while (v->count == 0 && !v->stopping)
        pthread_cond_wait(&v->wake, &v->lock);
    bool some = v->count > 0;
    if (some) {
        *out = v->ring[v->first];
        v->first = (v->first + 1) % VIEWS_WAITING_MAX;
        v->count--;
    }
    pthread_mutex_unlock(&v->lock);
    return some;
}

static void *run(void *arg)
{
    struct views *v = arg;
    struct waiting_view next;

    while (take(v, &next)) {
        struct http_response response = {.status = 200};
        next.run(v->server, next.request, &response);
        http_respond(next.request, &response);
    }
    return NULL;
}

bool views_open(struct views **out, struct server *s, struct err *err)
{
    struct views *v = calloc(1, sizeof *v);
    pthread_attr_t attributes;

    *out = NULL;
    if (!v)
        return err_set(err, ERR_MEMORY, "views: no memory");
    v->server = s;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->wake, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, VIEWS_STACK);
    errno = pthread_create(&v->thread, &attributes, run, v);
    pthread_attr_destroy(&attributes);
    v->started = errno == 0;
    if (!v->started) {
        err_set(err, ERR_IO, "view thread: %m");
        views_close(v);
        return false;
    }
    *out = v;
    return true;
}

void views_stop(struct views *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->stopping = true;
    pthread_cond_broadcast(&v->wake);
    pthread_mutex_unlock(&v->lock);
    if (v->started)
        pthread_join(v->thread, NULL);
    v->started = false;
}

void views_close(struct views *v)
{
    if (!v)
        return;
    views_stop(v);
    pthread_cond_destroy(&v->wake);
    pthread_mutex_destroy(&v->lock);
    free(v);
}

bool views_put(struct views *v, view *run_view, struct http_request *r)
{
    pthread_mutex_lock(&v->lock);
    bool room = v->count < VIEWS_WAITING_MAX && !v->stopping;
    if (room) {
        v->ring[(v->first + v->count) % VIEWS_WAITING_MAX] =
            (struct waiting_view){run_view, r};
        v->count++;
        pthread_cond_signal(&v->wake);
    }
    pthread_mutex_unlock(&v->lock);
    return room;
}
