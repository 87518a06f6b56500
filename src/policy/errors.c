/* Failures of policies: counted, logged, and a breaker for those that only fail. */
#include <stdio.h>

#include "set.h"

static const char *const reasons[REASON_COUNT] = {"runtime", "instructions", "wall",
                                                  "memory",  "string",       "table",
                                                  "output",  "value",        "disabled"};

enum { LOG_EVERY_SECONDS = 60 };

int reason_of(const char *name)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reasons[i], name) == 0)
            return i;
    return REASON_RUNTIME;
}

static int64_t load(const int64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

bool fn_disabled(const struct policy_set *s, size_t fn)
{
    return __atomic_load_n(&s->stats[fn].disabled, __ATOMIC_RELAXED);
}

void fn_succeeded(const struct policy_set *s, size_t fn)
{
    /* Threads share the line: written only when there is something to write. */
    if (load(&s->stats[fn].in_a_row) != 0)
        __atomic_store_n(&s->stats[fn].in_a_row, 0, __ATOMIC_RELAXED);
}

static void disable(const struct policy_set *s, size_t fn, bool quiet)
{
    const struct policy_fn *f = &s->build.fns[fn];
    struct fn_stats *stats = &s->stats[fn];

    if (__atomic_exchange_n(&stats->disabled, true, __ATOMIC_RELAXED))
        return;
    __atomic_add_fetch(&stats->failures[REASON_DISABLED], 1, __ATOMIC_RELAXED);
    if (quiet)
        return;
    log_line(LOG_ERROR,
             "policy %.*s: %.*s is disabled until the next reload: it failed "
             "%d times in a row",
             STR_ARG(f->policy), STR_ARG(f->where), BREAKER_FAILURES);
}

static void note_last(const struct policy_set *s, const struct policy_fn *f, int reason,
                      const char *message)
{
    struct policy_failure *last = &s->last[f->policy_at];

    pthread_mutex_lock(s->lock);
    last->rule = f->where;
    last->reason = reasons[reason];
    snprintf(last->message, sizeof last->message, "%s", message);
    pthread_mutex_unlock(s->lock);
}

bool policy_last_failure(const struct policy_set *s, struct str policy,
                         struct policy_failure *out)
{
    out->reason = NULL;
    for (size_t i = 0; i < s->build.policy_count; i++) {
        if (!str_eq(s->build.policies[i].name, policy))
            continue;
        pthread_mutex_lock(s->lock);
        *out = s->last[i];
        pthread_mutex_unlock(s->lock);
    }
    return out->reason != NULL;
}

void fn_failed(const struct policy_set *s, size_t fn, int reason, const char *message,
               bool quiet)
{
    const struct policy_fn *f = &s->build.fns[fn];
    struct fn_stats *stats = &s->stats[fn];

    note_last(s, f, reason, message);
    __atomic_add_fetch(&stats->failures[reason], 1, __ATOMIC_RELAXED);
    if (!quiet)
        log_limited(&stats->log, LOG_EVERY_SECONDS * NS_PER_SECOND, LOG_WARN,
                    "policy %.*s: %.*s failed (%s): %s", STR_ARG(f->policy),
                    STR_ARG(f->where), reasons[reason], message);
    if (__atomic_add_fetch(&stats->in_a_row, 1, __ATOMIC_RELAXED) >= BREAKER_FAILURES)
        disable(s, fn, quiet);
}

size_t policy_errors(const struct policy_set *s, struct policy_error_count *out,
                     size_t max)
{
    size_t count = 0;

    for (size_t fn = 0; fn < s->build.fn_count; fn++) {
        for (int i = 0; i < REASON_COUNT; i++) {
            int64_t failures = load(&s->stats[fn].failures[i]);
            if (failures == 0)
                continue;
            if (count < max)
                out[count] = (struct policy_error_count){s->build.fns[fn].policy,
                                                         s->build.fns[fn].where,
                                                         reasons[i], failures, fn};
            count++;
        }
    }
    return count;
}
