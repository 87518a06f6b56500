#include "sleeper.h"

#include <errno.h>

#include "spendwarden/timestamp.h"

void sleeper_init(struct sleeper *s)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    s->woken = s->ending = false;
}

void sleeper_release(struct sleeper *s)
{
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
}

bool sleeper_sleep(struct sleeper *s, int64_t wait_ns)
{
    int64_t until_ns = timestamp_monotonic() + (wait_ns > 0 ? wait_ns : 0);
    struct timespec until = {until_ns / NS_PER_SECOND, until_ns % NS_PER_SECOND};
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    while (!s->woken && !s->ending && rc != ETIMEDOUT)
        rc = wait_ns == SLEEP_LONG ? pthread_cond_wait(&s->wake, &s->lock)
                                   : pthread_cond_timedwait(&s->wake, &s->lock, &until);
    s->woken = false;
    bool ending = s->ending;
    pthread_mutex_unlock(&s->lock);
    return !ending;
}

bool sleeper_is_ending(struct sleeper *s)
{
    pthread_mutex_lock(&s->lock);
    bool ending = s->ending;
    pthread_mutex_unlock(&s->lock);
    return ending;
}

static void set(struct sleeper *s, bool *what)
{
    pthread_mutex_lock(&s->lock);
    *what = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void sleeper_wake(struct sleeper *s)
{
    set(s, &s->woken);
}

void sleeper_end(struct sleeper *s)
{
    set(s, &s->ending);
}
