#include "breaker.h"

#include <pthread.h>
#include <stdlib.h>

#include "spendwarden/log.h"
#include "spendwarden/policy_errors.h"

struct breaker {
    pthread_mutex_t lock;          /* the rest; taken after the books' own */
    struct generation *generation; /* held */
    struct policy_mask disabled;   /* also those whose row is not written yet */
    bool unwritten;
    const struct generation *row_of; /* the one that `changes` gave; to compare */
    struct policy_mask in_row;       /* those that it named */
    bool counting;                   /* atomic: some count of events is above 0 */
    int64_t events[POLICIES_MAX], ticks[POLICIES_MAX];
    struct buf names; /* of the row at hand */
};

struct generation_row generation_row_of(const struct generation *g)
{
    return (struct generation_row){
        .config_hash = g->config->hash,
        .policy_hash = policy_hash(g->policies),
        .data_hash = policy_data_hash(g->policies),
        .price_hash = price_book_hash(g->prices),
        .active_since_ns = timestamp_now(),
    };
}

bool breaker_open(struct breaker **out, struct err *err)
{
    struct breaker *b = calloc(1, sizeof *b);

    *out = b;
    if (!b)
        return err_set(err, ERR_MEMORY, "circuit breaker: no memory");
    pthread_mutex_init(&b->lock, NULL);
    return true;
}

void breaker_close(struct breaker *b)
{
    if (!b)
        return;
    generation_release(b->generation);
    buf_release(&b->names);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void breaker_follow(struct breaker *b, struct generation *g)
{
    pthread_mutex_lock(&b->lock);
    generation_release(b->generation);
    b->generation = generation_hold(g);
    b->disabled = generation_ruling(g)->disabled;
    b->unwritten = false;
    memset(b->events, 0, sizeof b->events);
    memset(b->ticks, 0, sizeof b->ticks);
    __atomic_store_n(&b->counting, false, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&b->lock);
}

/* An older generation may have decided it: that one's policies are gone. */
static bool is_ours(const struct breaker *b, uint32_t number)
{
    const struct ruling *r = b->generation ? generation_ruling(b->generation) : NULL;

    while (r && r->number != number)
        r = r->before;
    return r != NULL;
}

static void disable(struct breaker *b, size_t policy, int64_t times, const char *what)
{
    const struct policy_file *files;
    struct policy_failure last;

    policy_files(b->generation->policies, &files);
    policy_mask_add(&b->disabled, policy);
    b->unwritten = true;
    policy_note_disabled(b->generation->policies, policy);
    if (!policy_last_failure(b->generation->policies, files[policy].name, &last))
        return;
    log_line(LOG_ERROR,
             "policy %.*s is disabled until the next reload: it failed %lld %s in a row; "
             "last %.*s (%s): %s",
             STR_ARG(files[policy].name), (long long)times, what, STR_ARG(last.rule),
             last.reason, last.message);
}

/* One event's or tick's marks into the counts. True: some is above 0. */
static bool count(struct breaker *b, const struct policy_marks *marks,
                  int64_t counts[POLICIES_MAX], int64_t most, const char *what)
{
    const struct policy_file *files;
    size_t policies = policy_files(b->generation->policies, &files);
    bool some = false;

    for (size_t i = 0; i < policies; i++) {
        if (policy_mask_has(&b->disabled, i))
            continue;
        if (policy_mask_has(&marks->failed, i))
            counts[i]++;
        else if (policy_mask_has(&marks->answered, i))
            counts[i] = 0;
        if (counts[i] >= most)
            disable(b, i, most, what);
        some |= counts[i] > 0;
    }
    return some;
}

/* Most events ask nothing of the breaker: no policy failed, in it or before. */
static void committed(void *ctx, const struct record *r)
{
    struct breaker *b = ctx;

    if (policy_mask_empty(&r->marks.failed) &&
        !__atomic_load_n(&b->counting, __ATOMIC_RELAXED))
        return;
    pthread_mutex_lock(&b->lock);
    if (is_ours(b, r->generation)) {
        int64_t most = b->generation->config->policies.limits.breaker_events;
        bool some = count(b, &r->marks, b->events, most, "events");
        __atomic_store_n(&b->counting, some, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&b->lock);
}

/* As a JSON list, in the order of files. */
static struct str disabled_names(struct breaker *b)
{
    const struct policy_file *files;
    size_t policies = policy_files(b->generation->policies, &files);

    buf_reset(&b->names);
    for (size_t i = 0; i < policies; i++) {
        if (!policy_mask_has(&b->disabled, i))
            continue;
        buf_byte(&b->names, b->names.size ? ',' : '[');
        buf_json(&b->names, files[i].name);
    }
    buf_byte(&b->names, ']');
    return buf_str(&b->names);
}

static bool changes(void *ctx, struct generation_row *row)
{
    struct breaker *b = ctx;

    pthread_mutex_lock(&b->lock);
    bool unwritten = b->unwritten;
    if (unwritten) {
        *row = generation_row_of(b->generation);
        row->disabled = disabled_names(b);
        b->row_of = b->generation;
        b->in_row = b->disabled;
        unwritten = !b->names.failed;
    }
    pthread_mutex_unlock(&b->lock);
    return unwritten;
}

static void changed(void *ctx, uint32_t number)
{
    struct breaker *b = ctx;

    pthread_mutex_lock(&b->lock);
    /* Else a reload came between. A tick may have, too: what it took out is in no row. */
    if (b->row_of == b->generation)
        b->unwritten = !generation_rule(b->generation, number, &b->in_row) ||
                       memcmp(&b->in_row, &b->disabled, sizeof b->in_row) != 0;
    pthread_mutex_unlock(&b->lock);
}

struct books_watcher breaker_watcher(struct breaker *b)
{
    return (struct books_watcher){b, committed, changes, changed};
}

bool breaker_tick(struct breaker *b, const struct generation *g,
                  const struct policy_marks *marks)
{
    bool unwritten = false;

    pthread_mutex_lock(&b->lock);
    if (b->generation == g) {
        count(b, marks, b->ticks, g->config->policies.limits.breaker_ticks, "ticks");
        unwritten = b->unwritten;
    }
    pthread_mutex_unlock(&b->lock);
    return unwritten;
}
