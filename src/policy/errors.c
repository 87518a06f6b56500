/* Failures of policies: counted, logged, and the last one kept. */
#include <ctype.h>

#include "set.h"
#include "spendwarden/utf8.h"

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

/* What a policy raised may be anything; this ends up in alerts. */
static void copy_clean(char out[POLICY_MESSAGE_SIZE], const char *message)
{
    size_t size = strnlen(message, POLICY_MESSAGE_SIZE - 1), i = 0;

    memcpy(out, message, size);
    while (i < size) {
        size_t length = utf8_length(out + i, size - i);
        if (length == 0 || (length == 1 && iscntrl((unsigned char)out[i])))
            out[i] = ' ';
        i += length ? length : 1;
    }
    out[size] = '\0';
}

static void note_last(const struct policy_set *s, const struct policy_fn *f, int reason,
                      const char *message)
{
    struct policy_failure *last = &s->last[f->policy_at];

    pthread_mutex_lock(s->lock);
    last->rule = f->where;
    last->reason = reasons[reason];
    copy_clean(last->message, message);
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
}

static bool is_fn_of(const struct policy_fn *f, size_t policy, struct str rule)
{
    return f->policy_at == policy && (!rule.size || str_eq(f->where, rule));
}

void policy_note_disabled(const struct policy_set *s, size_t policy)
{
    pthread_mutex_lock(s->lock);
    struct str rule = s->last[policy].rule;
    pthread_mutex_unlock(s->lock);
    for (size_t fn = 0; fn < s->build.fn_count; fn++) {
        if (!is_fn_of(&s->build.fns[fn], policy, rule))
            continue;
        __atomic_add_fetch(&s->stats[fn].failures[REASON_DISABLED], 1, __ATOMIC_RELAXED);
        return;
    }
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
