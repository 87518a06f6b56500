#include "filler.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sleeper.h"
#include "spendwarden/log.h"

enum { FILLER_NICE = 10, RETRY_SECONDS = 2 };

struct filler {
    struct books *books;
    struct log_limit failed;
    struct sleeper sleeper;
    pthread_t thread;
    bool started;
};

/* False: a step failed. */
static bool fill(struct filler *f)
{
    struct err err = {0};
    bool more = true;

    while (more && !sleeper_is_ending(&f->sleeper))
        if (!books_fill(f->books, &more, &err)) {
            log_limited(&f->failed, NS_PER_MINUTE, LOG_ERROR,
                        "the history of new windows is not read yet: %s", err.text);
            return false;
        }
    return true;
}

static void *run(void *arg)
{
    struct filler *f = arg;
    bool ok = true;

    /* Rules can wait a little longer; an answer to a gateway cannot. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), FILLER_NICE);
    do
        ok = fill(f);
    while (sleeper_sleep(&f->sleeper, ok ? SLEEP_LONG : RETRY_SECONDS * NS_PER_SECOND));
    return NULL;
}

bool filler_open(struct filler **out, struct books *b, struct err *err)
{
    struct filler *f = calloc(1, sizeof *f);

    *out = NULL;
    if (!f)
        return err_set(err, ERR_MEMORY, "filler: no memory");
    f->books = b;
    sleeper_init(&f->sleeper);
    errno = pthread_create(&f->thread, NULL, run, f);
    f->started = errno == 0;
    if (!f->started) {
        err_set(err, ERR_IO, "filler thread: %m");
        filler_close(f);
        return false;
    }
    *out = f;
    return true;
}

void filler_wake(struct filler *f)
{
    if (f)
        sleeper_wake(&f->sleeper);
}

void filler_close(struct filler *f)
{
    if (!f)
        return;
    sleeper_end(&f->sleeper);
    if (f->started)
        pthread_join(f->thread, NULL);
    sleeper_release(&f->sleeper);
    free(f);
}
